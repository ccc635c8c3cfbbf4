/* The rows of messages and key management.

   A store is made once in a process, in the directory that it runs in, and then opened by whoever asks, or every time where little is to be done. */
#ifndef OBJECTS_KMS_H
#define OBJECTS_KMS_H

#include "check.h"
#include "objects_sm2.h"

#define OBJECTS_KMS(ROW)                                                                          \
    ROW(context) ROW(key_ref) ROW(key_options) ROW(key_update) ROW(root) ROW(device_settings)     \
    ROW(options) ROW(opener) ROW(encryptor) ROW(decryptor) ROW(reader)

/* What is of use in the process alone that opened it, whose children can open none: whoever forks makes none before. */
#define OBJECTS_STORES(ROW) ROW(kms)

#define PRINCIPAL WORDS("service:rows")

static inline miyao_context *make_context(void) {
    static const uint8_t name[] = {'r', 'o', 'w'}, hidden[] = {'w', 'h', 'o'};
    miyao_context *made = NULL;
    OK(miyao_context_new(&made));
    OK(miyao_context_add(made, name, sizeof name, an_id, sizeof an_id, NULL));
    OK(miyao_context_add_hidden(made, hidden, sizeof hidden, an_id, sizeof an_id, NULL));
    return made;
}

static inline miyao_options *make_options(void) {
    miyao_sm2_private_key *key = make_sm2_private_key();
    miyao_sm2_public_key *half = make_sm2_public_key();
    miyao_options *made = NULL;
    OK(miyao_options_new(&made));
    OK(miyao_options_add_sm2(made, half, NULL));
    OK(miyao_options_set_signer(made, key, NULL));
    OK(miyao_options_set_frame_log2(made, 12, NULL));
    miyao_sm2_public_key_free(half);
    miyao_sm2_private_key_free(key);
    return made;
}

static inline miyao_opener *make_opener(void) {
    miyao_sm2_private_key *key = make_sm2_private_key();
    uint8_t text[SECRET_TEXT_LEN];
    miyao_opener *made = NULL;
    OK(miyao_opener_new(&made));
    OK(miyao_opener_add_sm2(made, key, NULL));
    miyao_sm2_private_key_free(key);
    secret_text(text);
    OK(miyao_opener_add_passphrase(made, text, sizeof text, NULL));
    wipe(text, sizeof text);
    return made;
}

/* Seals the secret text by these options and opens it again by that opener. */
static inline uint32_t there_and_back(const miyao_options *options, const miyao_opener *opener) {
    uint8_t text[SECRET_TEXT_LEN];
    miyao_buffer *message = NULL, *plaintext = NULL;
    uint32_t is_signed = 0;
    secret_text(text);
    OK(miyao_message_encrypt(options, text, sizeof text, &message, NULL));
    OK(miyao_message_decrypt(opener, miyao_buffer_data(message), miyao_buffer_len(message), &plaintext, &is_signed, NULL, 0, NULL));
    CHECK(miyao_buffer_len(plaintext) == sizeof text && memcmp(miyao_buffer_data(plaintext), text, sizeof text) == 0);
    wipe(text, sizeof text);
    miyao_buffer_free(message);
    return sum_of_buffer(plaintext) ^ is_signed;
}

/* A message of some frames that begins with the secret text, the same for the whole process. */
#define MESSAGE_TEXT_LEN 20000
static inline const miyao_buffer *a_message(void) {
    static miyao_buffer *made;
    static uint8_t text[MESSAGE_TEXT_LEN];
    if (made == NULL) {
        miyao_options *options = make_options();
        secret_text(text);
        OK(miyao_message_encrypt(options, text, sizeof text, &made, NULL));
        wipe(text, SECRET_TEXT_LEN);
        miyao_options_free(options);
    }
    return made;
}

static inline uint32_t share_context(const miyao_context *context) {
    miyao_options *options = make_options();
    miyao_opener *opener = make_opener();
    uint32_t sum;
    OK(miyao_options_set_context(options, context, NULL));
    OK(miyao_opener_set_context(opener, context, NULL));
    OK(miyao_opener_set_every_pair(opener, true, NULL));
    sum = there_and_back(options, opener);
    miyao_options_free(options);
    miyao_opener_free(opener);
    return sum;
}

static inline void use_context(miyao_context *context) {
    /* Refused, since it is there, and as before therefore. */
    static const uint8_t name[] = {'r', 'o', 'w'};
    CHECK(miyao_context_add(context, name, sizeof name, NULL, 0, NULL) == MIYAO_STATUS_INVALID);
}

static inline miyao_key_ref *make_key_ref(void) {
    miyao_key_ref *made = NULL;
    OK(miyao_key_ref_new(WORDS("orders"), &made, NULL));
    return made;
}

static inline uint32_t share_key_ref(const miyao_key_ref *key) {
    miyao_key_ref *second = NULL;
    OK(miyao_key_ref_with_version(key, 2, &second, NULL));
    miyao_key_ref_free(second);
    return 2;
}

static inline void use_key_ref(miyao_key_ref *key) { (void)key; }

static inline miyao_key_options *make_key_options(void) {
    miyao_key_options *made = NULL;
    OK(miyao_key_options_new(WORDS("payments"), MIYAO_SPEC_SM4, &made, NULL));
    return made;
}

/* A store alone reads them. */
static inline uint32_t share_key_options(const miyao_key_options *options) { return options != NULL; }

static inline void use_key_options(miyao_key_options *options) {
    OK(miyao_key_options_set_description(options, WORDS("of the rows"), NULL));
    OK(miyao_key_options_set_tag(options, WORDS("team"), WORDS("rows"), NULL));
    OK(miyao_key_options_set_device(options, WORDS("kms"), NULL));
    OK(miyao_key_options_set_rotate_every(options, 3600, NULL));
}

static inline miyao_key_update *make_key_update(void) {
    miyao_key_update *made = NULL;
    OK(miyao_key_update_new(&made));
    return made;
}

static inline uint32_t share_key_update(const miyao_key_update *update) { return update != NULL; }

static inline void use_key_update(miyao_key_update *update) {
    OK(miyao_key_update_set_description(update, WORDS("of the rows"), NULL));
    OK(miyao_key_update_set_tag(update, WORDS("team"), WORDS("rows"), NULL));
    OK(miyao_key_update_remove_tag(update, WORDS("owner"), NULL));
    OK(miyao_key_update_set_limits(update, 0, 0, 0, (uint64_t)1 << 40, NULL));
}

static inline miyao_root *make_root(void) {
    uint8_t text[SECRET_TEXT_LEN];
    miyao_root *made = NULL;
    secret_text(text);
    OK(miyao_root_passphrase(text, sizeof text, 0, &made, NULL));
    wipe(text, sizeof text);
    return made;
}

/* A store that is not there is missing under every root. */
static inline uint32_t share_root(const miyao_root *root) {
    miyao_kms *kms = NULL;
    return (uint32_t)miyao_kms_open(WORDS("none.db"), root, PRINCIPAL, &kms, NULL);
}

static inline void use_root(miyao_root *root) { (void)root; }

static inline miyao_device_settings *make_device_settings(void) {
    uint8_t text[SECRET_TEXT_LEN];
    miyao_device_settings *made = NULL;
    OK(miyao_device_settings_new(&made));
    secret_text(text);
    OK(miyao_device_settings_set_pin(made, text, sizeof text, NULL));
    wipe(text, sizeof text);
    return made;
}

/* A device that is not there is looked for with them. */
static inline uint32_t share_device_settings(const miyao_device_settings *settings) {
    miyao_device *device = NULL;
    miyao_error *error = NULL;
    uint32_t status = (uint32_t)miyao_device_open(WORDS("pkcs11:token=none?module-path=/none.so"), settings, &device, &error);
    CHECK(status != MIYAO_STATUS_OK && device == NULL && strlen(miyao_error_message(error)) > 10);
    miyao_error_free(error);
    return status;
}

static inline void use_device_settings(miyao_device_settings *settings) {
    OK(miyao_device_settings_set_suite(settings, WORDS("sm4-gcm-device"), NULL));
    OK(miyao_device_settings_set_sessions(settings, 2, NULL));
    OK(miyao_device_settings_set_deadline(settings, 1000, NULL));
    OK(miyao_device_settings_set_keypad(settings, 60000, NULL));
    OK(miyao_device_settings_set_gm_only(settings, true, NULL));
}

static inline uint32_t share_options(const miyao_options *options) {
    miyao_opener *opener = make_opener();
    uint32_t sum = there_and_back(options, opener);
    miyao_opener_free(opener);
    return sum;
}

static inline void use_options(miyao_options *options) {
    OK(miyao_options_set_suite(options, MIYAO_SUITE_CTR_HMAC, NULL));
    OK(miyao_options_set_spare(options, 1000, NULL));
    OK(miyao_options_set_threads(options, 2, NULL));
}

static inline uint32_t share_opener(const miyao_opener *opener) {
    const miyao_buffer *message = a_message();
    miyao_buffer *plaintext = NULL;
    OK(miyao_message_decrypt(opener, miyao_buffer_data(message), miyao_buffer_len(message), &plaintext, NULL, NULL, 0, NULL));
    return sum_of_buffer(plaintext);
}

static inline void use_opener(miyao_opener *opener) {
    miyao_sm2_public_key *signer = make_sm2_public_key();
    OK(miyao_opener_set_signer(opener, signer, NULL));
    OK(miyao_opener_set_threads(opener, 2, NULL));
    miyao_sm2_public_key_free(signer);
}

static inline miyao_encryptor *make_encryptor(void) {
    miyao_options *options = make_options();
    miyao_encryptor *made = NULL;
    OK(miyao_encryptor_new(options, &made, NULL));
    miyao_options_free(options);
    return made;
}

static inline uint32_t share_encryptor(const miyao_encryptor *encryptor) {
    return (uint32_t)miyao_encryptor_ready(encryptor);
}

static inline void use_encryptor(miyao_encryptor *encryptor) {
    uint8_t text[SECRET_TEXT_LEN], out[128];
    size_t len = 0;
    secret_text(text);
    OK(miyao_encryptor_write(encryptor, text, sizeof text, NULL));
    wipe(text, sizeof text);
    OK(miyao_encryptor_take(encryptor, out, sizeof out, &len, NULL));
}

/* How much of the message the decryptor that was made last has. */
static size_t fed;

static inline miyao_decryptor *make_decryptor(void) {
    miyao_opener *opener = make_opener();
    miyao_decryptor *made = NULL;
    OK(miyao_decryptor_new(opener, &made, NULL));
    miyao_opener_free(opener);
    fed = 0;
    return made;
}

static inline uint32_t share_decryptor(const miyao_decryptor *decryptor) { return decryptor != NULL; }

static inline void use_decryptor(miyao_decryptor *decryptor) {
    const miyao_buffer *message = a_message();
    uint8_t out[4096];
    size_t len = 0, piece = miyao_buffer_len(message) / 3;
    CHECK(fed + piece <= miyao_buffer_len(message));
    OK(miyao_decryptor_write(decryptor, miyao_buffer_data(message) + fed, piece, NULL));
    OK(miyao_decryptor_read(decryptor, out, sizeof out, &len, NULL));
    wipe(out, sizeof out);
    fed += piece;
}

static inline miyao_reader *make_reader(void) {
    const miyao_buffer *message = a_message();
    miyao_opener *opener = make_opener();
    miyao_reader *made = NULL;
    OK(miyao_reader_new_in_memory(opener, miyao_buffer_data(message), miyao_buffer_len(message), &made, NULL));
    miyao_opener_free(opener);
    return made;
}

static inline uint32_t share_reader(const miyao_reader *reader) {
    CHECK(miyao_reader_len(reader) == MESSAGE_TEXT_LEN);
    return MESSAGE_TEXT_LEN;
}

static inline void use_reader(miyao_reader *reader) {
    uint8_t out[SECRET_TEXT_LEN], text[SECRET_TEXT_LEN];
    size_t len = 0;
    OK(miyao_reader_read_at(reader, 0, out, sizeof out, &len, NULL));
    secret_text(text);
    CHECK(len == sizeof out && memcmp(out, text, len) == 0);
    wipe(text, sizeof text);
    wipe(out, sizeof out);
}

static inline void make_key(const miyao_kms *kms, const char *name, uint32_t spec, uint32_t origin) {
    miyao_key_options *options = NULL;
    OK(miyao_key_options_new(name, strlen(name), spec, &options, NULL));
    OK(miyao_key_options_set_origin(options, origin, NULL));
    OK(miyao_kms_create(kms, options, NULL, NULL));
    miyao_key_options_free(options);
}

static inline miyao_key_ref *key_named(const char *name) {
    miyao_key_ref *key = NULL;
    OK(miyao_key_ref_new(name, strlen(name), &key, NULL));
    return key;
}

/* Keys of every spec, and `brought`, whose material is the secret key. */
static inline miyao_kms *new_store(const char *path, const miyao_root *root) {
    miyao_kms *kms = NULL;
    miyao_key_ref *brought = key_named("brought");
    uint8_t key[SECRET_KEY_LEN];
    OK(miyao_kms_init(path, strlen(path), root, PRINCIPAL, &kms, NULL));
    make_key(kms, "orders", MIYAO_SPEC_SM4, MIYAO_ORIGIN_GENERATED);
    make_key(kms, "macs", MIYAO_SPEC_HMAC_SM3, MIYAO_ORIGIN_GENERATED);
    make_key(kms, "signer", MIYAO_SPEC_SM2_SIGN, MIYAO_ORIGIN_GENERATED);
    make_key(kms, "brought", MIYAO_SPEC_SM4, MIYAO_ORIGIN_IMPORTED);
    secret_key(key);
    OK(miyao_kms_import_raw(kms, brought, key, sizeof key, NULL, NULL));
    wipe(key, sizeof key);
    miyao_key_ref_free(brought);
    return kms;
}

static inline miyao_kms *make_kms(void) {
    static char path[64], file[64];
    static int count;
    miyao_root *root = NULL;
    miyao_kms *made = NULL;
    /* Where the grid runs in one process, a function before may have changed the root. */
    if (path[0] == 0 || is_light()) {
        snprintf(path, sizeof path, "store-%ld-%d.db", (long)getpid(), ++count);
        snprintf(file, sizeof file, "root-%ld-%d.key", (long)getpid(), count);
        OK(miyao_root_key_file_create(file, strlen(file), &root, NULL));
        made = new_store(path, root);
    } else {
        OK(miyao_root_key_file_open(file, strlen(file), &root, NULL));
        OK(miyao_kms_open(path, strlen(path), root, PRINCIPAL, &made, NULL));
    }
    miyao_root_free(root);
    return made;
}

static inline uint32_t share_kms(const miyao_kms *kms) {
    miyao_key_ref *macs = key_named("macs"), *brought = key_named("brought");
    miyao_context *context = make_context();
    uint8_t text[SECRET_TEXT_LEN], token[SECRET_TEXT_LEN + MIYAO_TOKEN_OVERHEAD], mac[MIYAO_KMS_MAC_LEN];
    size_t len = 0;
    uint32_t sum;
    OK(miyao_kms_mac(kms, macs, an_id, sizeof an_id, mac, sizeof mac, NULL, NULL));
    OK(miyao_kms_verify_mac(kms, macs, an_id, sizeof an_id, mac, sizeof mac, NULL, NULL, NULL));
    secret_text(text);
    OK(miyao_kms_encrypt(kms, brought, context, text, sizeof text, token, sizeof token, &len, NULL));
    wipe(text, sizeof text);
    OK(miyao_kms_decrypt(kms, context, token, len, text, sizeof text, &len, NULL, 0, NULL, NULL, NULL));
    sum = sum_of(text, len) ^ sum_of(mac, sizeof mac);
    wipe(text, sizeof text);
    miyao_context_free(context);
    miyao_key_ref_free(macs);
    miyao_key_ref_free(brought);
    return sum;
}

static inline void use_kms(miyao_kms *kms) {
    miyao_key_ref *key = make_key_ref();
    miyao_key_update *update = NULL;
    OK(miyao_key_update_new(&update));
    OK(miyao_key_update_set_description(update, WORDS("of the rows"), NULL));
    OK(miyao_kms_update(kms, key, update, NULL, NULL));
    OK(miyao_kms_flush(kms, NULL));
    miyao_key_update_free(update);
    miyao_key_ref_free(key);
}

#endif
