/* The outputs of messages and key management. */
#ifndef ROOMS_KMS_H
#define ROOMS_KMS_H

#include "objects.h"
#include "rooms_sm2.h"

#define ROOMS_KMS(ROW)                                                                    \
    ROW(miyao_decryptor_finish, signer, MIYAO_SIGNER_LEN)                                 \
    ROW(miyao_decryptor_read, out, FILLS)                                                 \
    ROW(miyao_encryptor_take, out, FILLS)                                                 \
    ROW(miyao_kms_decrypt, key_id, MIYAO_KEY_ID_LEN)                                      \
    ROW(miyao_kms_decrypt, out, sizeof forty)                                             \
    ROW(miyao_kms_encrypt, out, miyao_token_len(sizeof forty))                            \
    ROW(miyao_kms_generate_data_key, data_key, 32)                                        \
    ROW(miyao_kms_generate_data_key, token, miyao_token_len(32))                          \
    ROW(miyao_kms_generate_data_key_pair, token, MIYAO_KEY_PAIR_TOKEN_MAX)                \
    ROW(miyao_kms_generate_data_key_without_plaintext, token, miyao_token_len(32))        \
    ROW(miyao_kms_import_parameters, token, MIYAO_IMPORT_TOKEN_LEN)                       \
    ROW(miyao_kms_mac, out, MIYAO_KMS_MAC_LEN)                                            \
    ROW(miyao_kms_mac_stream, out, MIYAO_KMS_MAC_LEN)                                     \
    ROW(miyao_kms_recover, key_id, MIYAO_KEY_ID_LEN)                                      \
    ROW(miyao_kms_recover, out, sizeof forty)                                             \
    ROW(miyao_kms_reencrypt, out, miyao_token_len(sizeof forty))                          \
    ROW(miyao_kms_sign, out, MIYAO_SM2_SIGNATURE_LEN)                                     \
    ROW(miyao_kms_sign_digest, out, MIYAO_SM2_SIGNATURE_LEN)                              \
    ROW(miyao_kms_sign_stream, out, MIYAO_SM2_SIGNATURE_LEN)                              \
    ROW(miyao_kms_witness, out, MIYAO_WITNESS_LEN)                                        \
    ROW(miyao_message_decrypt, signer, MIYAO_SIGNER_LEN)                                  \
    ROW(miyao_message_decrypt_stream, signer, MIYAO_SIGNER_LEN)                           \
    ROW(miyao_reader_read_at, out, FILLS)                                                 \
    ROW(miyao_token_from_text, out, miyao_token_len(sizeof forty))                        \
    ROW(miyao_token_to_text, out, miyao_token_text_len(miyao_token_len(sizeof forty)))

/* One store for all rows, and the keys in it. */
static miyao_kms *a_store;
static miyao_key_ref *an_sm4_key, *a_mac_key, *a_signing_key, *an_imported_key;

static inline miyao_kms *the_store(void) {
    if (a_store == NULL) {
        a_store = make_kms();
        an_sm4_key = key_named("orders");
        a_mac_key = key_named("macs");
        a_signing_key = key_named("signer");
        an_imported_key = key_named("brought");
    }
    return a_store;
}

/* A token that holds `forty`. */
struct token {
    uint8_t bytes[sizeof forty + MIYAO_TOKEN_OVERHEAD];
    size_t len;
};

static inline struct token a_token(void) {
    struct token token;
    miyao_kms *kms = the_store();
    OK(miyao_kms_encrypt(kms, an_sm4_key, NULL, forty, sizeof forty, token.bytes, sizeof token.bytes, &token.len, NULL));
    return token;
}

static inline int64_t read_nothing(void *user, uint8_t *out, size_t cap) {
    (void)user, (void)out, (void)cap;
    return 0;
}

static inline int64_t read_message(void *user, uint8_t *out, size_t cap) {
    size_t *at = (size_t *)user, left = miyao_buffer_len(a_message()) - *at;
    cap = cap < left ? cap : left;
    memcpy(out, miyao_buffer_data(a_message()) + *at, cap);
    *at += cap;
    return (int64_t)cap;
}

static inline int64_t write_nowhere(void *user, const uint8_t *data, size_t len) {
    (void)user, (void)data;
    return (int64_t)len;
}

/* A decryptor that has the whole message. */
static inline miyao_decryptor *fed_decryptor(void) {
    miyao_decryptor *decryptor = make_decryptor();
    OK(miyao_decryptor_write(decryptor, miyao_buffer_data(a_message()), miyao_buffer_len(a_message()), NULL));
    OK(miyao_decryptor_end(decryptor, NULL));
    return decryptor;
}

static inline miyao_status room_miyao_decryptor_finish_signer(uint8_t *out, size_t cap) {
    static uint8_t text[MESSAGE_TEXT_LEN];
    miyao_decryptor *decryptor = fed_decryptor();
    miyao_status status;
    size_t len = 1;
    while (len > 0) OK(miyao_decryptor_read(decryptor, text, sizeof text, &len, NULL));
    status = miyao_decryptor_finish(decryptor, NULL, out, cap, NULL);
    miyao_decryptor_free(decryptor);
    return status;
}

static inline miyao_status room_miyao_decryptor_read_out(uint8_t *out, size_t cap) {
    size_t len = 0;
    miyao_decryptor *decryptor = fed_decryptor();
    miyao_status status = miyao_decryptor_read(decryptor, out, cap, &len, NULL);
    CHECK(len == cap);
    miyao_decryptor_free(decryptor);
    return status;
}

static inline miyao_status room_miyao_encryptor_take_out(uint8_t *out, size_t cap) {
    size_t len = 0;
    WITH(encryptor, miyao_encryptor_take(encryptor, out, cap, &len, NULL))
}

static inline miyao_status room_miyao_kms_decrypt_key_id(uint8_t *out, size_t cap) {
    struct token token = a_token();
    uint8_t text[sizeof forty];
    size_t len = 0;
    return miyao_kms_decrypt(a_store, NULL, token.bytes, token.len, text, sizeof text, &len, out, cap, NULL, NULL, NULL);
}

static inline miyao_status room_miyao_kms_decrypt_out(uint8_t *out, size_t cap) {
    struct token token = a_token();
    size_t len = 0;
    return miyao_kms_decrypt(a_store, NULL, token.bytes, token.len, out, cap, &len, NULL, 0, NULL, NULL, NULL);
}

static inline miyao_status room_miyao_kms_encrypt_out(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    size_t len = 0;
    return miyao_kms_encrypt(kms, an_sm4_key, NULL, forty, sizeof forty, out, cap, &len, NULL);
}

static inline miyao_status room_miyao_kms_generate_data_key_data_key(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    uint8_t token[32 + MIYAO_TOKEN_OVERHEAD];
    size_t len = 0;
    return miyao_kms_generate_data_key(kms, an_sm4_key, NULL, 32, out, cap, token, sizeof token, &len, NULL);
}

static inline miyao_status room_miyao_kms_generate_data_key_token(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    uint8_t key[32];
    size_t len = 0;
    return miyao_kms_generate_data_key(kms, an_sm4_key, NULL, 32, key, sizeof key, out, cap, &len, NULL);
}

static inline miyao_status room_miyao_kms_generate_data_key_pair_token(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    miyao_sm2_public_key *half = NULL;
    size_t len = 0;
    miyao_status status = miyao_kms_generate_data_key_pair(kms, an_sm4_key, NULL, &half, NULL, out, cap, &len, NULL);
    miyao_sm2_public_key_free(half);
    return status;
}

static inline miyao_status room_miyao_kms_generate_data_key_without_plaintext_token(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    size_t len = 0;
    return miyao_kms_generate_data_key_without_plaintext(kms, an_sm4_key, NULL, 32, out, cap, &len, NULL);
}

static inline miyao_status room_miyao_kms_import_parameters_token(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    miyao_sm2_public_key *half = NULL;
    miyao_status status = miyao_kms_import_parameters(kms, an_imported_key, 3600, &half, out, cap, NULL, NULL);
    miyao_sm2_public_key_free(half);
    return status;
}

static inline miyao_status room_miyao_kms_mac_out(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    return miyao_kms_mac(kms, a_mac_key, forty, sizeof forty, out, cap, NULL, NULL);
}

static inline miyao_status room_miyao_kms_mac_stream_out(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    return miyao_kms_mac_stream(kms, a_mac_key, read_nothing, NULL, out, cap, NULL, NULL);
}

static inline miyao_status room_miyao_kms_recover_key_id(uint8_t *out, size_t cap) {
    struct token token = a_token();
    uint8_t text[sizeof forty];
    size_t len = 0;
    return miyao_kms_recover(a_store, NULL, token.bytes, token.len, text, sizeof text, &len, out, cap, NULL, NULL, NULL);
}

static inline miyao_status room_miyao_kms_recover_out(uint8_t *out, size_t cap) {
    struct token token = a_token();
    size_t len = 0;
    return miyao_kms_recover(a_store, NULL, token.bytes, token.len, out, cap, &len, NULL, 0, NULL, NULL, NULL);
}

static inline miyao_status room_miyao_kms_reencrypt_out(uint8_t *out, size_t cap) {
    struct token token = a_token();
    size_t len = 0;
    return miyao_kms_reencrypt(a_store, NULL, token.bytes, token.len, out, cap, &len, NULL);
}

static inline miyao_status room_miyao_kms_sign_out(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    return miyao_kms_sign(kms, a_signing_key, DEFAULT_ID, forty, sizeof forty, out, cap, NULL, NULL);
}

static inline miyao_status room_miyao_kms_sign_digest_out(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    return miyao_kms_sign_digest(kms, a_signing_key, forty, MIYAO_SM2_DIGEST_LEN, out, cap, NULL, NULL);
}

static inline miyao_status room_miyao_kms_sign_stream_out(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    return miyao_kms_sign_stream(kms, a_signing_key, DEFAULT_ID, read_nothing, NULL, out, cap, NULL, NULL);
}

static inline miyao_status room_miyao_kms_witness_out(uint8_t *out, size_t cap) {
    miyao_kms *kms = the_store();
    return miyao_kms_witness(kms, out, cap, NULL);
}

static inline miyao_status room_miyao_message_decrypt_signer(uint8_t *out, size_t cap) {
    const miyao_buffer *message = a_message();
    const uint8_t *bytes = miyao_buffer_data(message);
    miyao_opener *opener = make_opener();
    miyao_buffer *plaintext = NULL;
    uint32_t is_signed = 0;
    miyao_status status = miyao_message_decrypt(opener, bytes, miyao_buffer_len(message), &plaintext, &is_signed, out, cap, NULL);
    miyao_buffer_free(plaintext);
    miyao_opener_free(opener);
    return status;
}

static inline miyao_status room_miyao_message_decrypt_stream_signer(uint8_t *out, size_t cap) {
    size_t at = 0;
    WITH(opener, miyao_message_decrypt_stream(opener, read_message, &at, write_nowhere, NULL, NULL, NULL, out, cap, NULL))
}

static inline miyao_status room_miyao_reader_read_at_out(uint8_t *out, size_t cap) {
    size_t len = 0;
    WITH(reader, miyao_reader_read_at(reader, 7, out, cap, &len, NULL))
}

static inline miyao_status room_miyao_token_from_text_out(uint8_t *out, size_t cap) {
    struct token token = a_token();
    char text[sizeof token.bytes * 2];
    size_t len = 0;
    OK(miyao_token_to_text(token.bytes, token.len, text, sizeof text, &len, NULL));
    return miyao_token_from_text(text, len, out, cap, &len, NULL);
}

static inline miyao_status room_miyao_token_to_text_out(uint8_t *out, size_t cap) {
    struct token token = a_token();
    size_t len = 0;
    return miyao_token_to_text(token.bytes, token.len, (char *)out, cap, &len, NULL);
}

#endif
