// Looks through the memory of the process for passphrases, plaintexts, data keys and private keys once everything was freed.
//
// Takes the path of an empty directory. What is looked for is kept masked, so that only what was left behind is found.

#include "kms.h"

enum { LEN = 32, MASK = 0x5a, SECRETS = 16 };

static struct {
    const char *name;
    uint8_t masked[LEN];
} secrets[SECRETS];
static size_t count;

static void *wiped(void *bytes, size_t len) {
    volatile uint8_t *byte = (volatile uint8_t *)bytes;
    while (len-- > 0) {
        *byte++ = 0;
    }
    return bytes;
}

// Remembers LEN bytes by a name.
static void remember(const char *name, const uint8_t *secret) {
    CHECK(count < SECRETS);
    secrets[count].name = name;
    for (size_t i = 0; i < LEN; i++) {
        secrets[count].masked[i] = secret[i] ^ MASK;
    }
    count++;
}

// LEN random characters that a passphrase may have.
static void draw(const char *name, uint8_t *secret) {
    CHECK(miyao_random(secret, LEN) == MIYAO_STATUS_OK);
    for (size_t i = 0; i < LEN; i++) {
        secret[i] = (uint8_t)('a' + secret[i] % 26);
    }
    remember(name, secret);
}

// Whether half of a secret, from its first or its middle byte on, is at this place.
static int is_at(const volatile uint8_t *place, size_t which, size_t from) {
    for (size_t i = 0; i < LEN / 2; i++) {
        if ((place[i] ^ MASK) != secrets[which].masked[from + i]) {
            return 0;
        }
    }
    return 1;
}

// The number of places where something of a secret is, in all that can be read and written.
static int found(const char *when) {
    int places = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    char line[4096];
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start = 0, end = 0;
        char mode[5] = "";
        if (sscanf(line, "%lx-%lx %4s", &start, &end, mode) != 3 || mode[0] != 'r' || mode[1] != 'w') {
            continue;
        }
        const volatile uint8_t *at = (const volatile uint8_t *)start;
        for (size_t left = end - start; left >= LEN / 2; left--, at++) {
            for (size_t which = 0; which < count; which++) {
                for (size_t from = 0; from <= LEN / 2; from += LEN / 2) {
                    if ((*at ^ MASK) == secrets[which].masked[from] && is_at(at, which, from)) {
                        fprintf(stderr, "%s: %s at %p in %s", when, secrets[which].name, (void *)(uintptr_t)at, line);
                        places++;
                    }
                }
            }
        }
    }
    fclose(maps);
    return places;
}

static void use(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/store.db", directory);
    uint8_t passphrase[LEN], other[LEN], text[LEN], token[256];
    size_t len = 0;

    // A store under a passphrase, a value, a data key.
    draw("passphrase of the root", passphrase);
    miyao_root *root = NULL;
    miyao_kms *kms = NULL;
    DONE(miyao_root_passphrase(passphrase, LEN, 0, &root, &error));
    wiped(passphrase, sizeof passphrase);
    DONE(miyao_kms_init(TEXT(path), root, TEXT("service:orders"), &kms, &error));
    miyao_kms_free(kms);
    DONE(miyao_kms_open(TEXT(path), root, TEXT("service:orders"), &kms, &error));
    miyao_root_free(root);
    make(kms, "orders", MIYAO_SPEC_SM4);
    miyao_key_ref *key = named("orders");
    draw("value", text);
    DONE(miyao_kms_encrypt(kms, key, NULL, text, LEN, token, sizeof token, &len, &error));
    wiped(text, sizeof text);
    DONE(miyao_kms_decrypt(kms, NULL, token, len, text, sizeof text, &len, NULL, 0, NULL, NULL, &error));
    CHECK(found("while it is in use") > 0);
    wiped(text, sizeof text);
    DONE(miyao_kms_reencrypt(kms, NULL, token, miyao_token_len(LEN), token, sizeof token, &len, &error));
    DONE(miyao_kms_generate_data_key(kms, key, NULL, LEN, text, sizeof text, token, sizeof token, &len, &error));
    remember("data key", text);
    wiped(text, sizeof text);

    // A key pair: what its token brings back is PKCS#8, whose private half is remembered.
    miyao_sm2_public_key *public_key = NULL;
    miyao_sm2_private_key *private_key = NULL;
    DONE(miyao_kms_generate_data_key_pair(kms, key, NULL, &public_key, &private_key, token, sizeof token, &len, &error));
    DONE(miyao_sm2_private_key_expose(private_key, text, sizeof text));
    remember("private key", text);
    wiped(text, sizeof text);

    // Messages to a passphrase and to the pair, signed, in memory and in pieces.
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *message = NULL, *plain = NULL;
    draw("passphrase of a message", other);
    draw("text of a message", text);
    DONE(miyao_options_new(&options));
    DONE(miyao_options_add_passphrase(options, other, LEN, 0, &error));
    DONE(miyao_options_add_sm2(options, public_key, &error));
    DONE(miyao_options_add_key(options, kms, key, &error));
    DONE(miyao_options_set_signer(options, private_key, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_passphrase(opener, other, LEN, &error));
    DONE(miyao_opener_add_sm2(opener, private_key, &error));
    DONE(miyao_opener_set_signer(opener, public_key, &error));
    wiped(other, sizeof other);
    DONE(miyao_message_encrypt(options, text, LEN, &message, &error));
    miyao_encryptor *encryptor = NULL;
    DONE(miyao_encryptor_new(options, &encryptor, &error));
    DONE(miyao_encryptor_write(encryptor, text, LEN, &error));
    DONE(miyao_encryptor_finish(encryptor, &error));
    miyao_encryptor_free(encryptor);
    wiped(text, sizeof text);
    uint32_t is_signed = 0;
    DONE(miyao_message_decrypt(opener, miyao_buffer_data(message), miyao_buffer_len(message), &plain, &is_signed, NULL, 0, &error));
    CHECK(miyao_buffer_len(plain) == LEN && is_signed == MIYAO_SIGNED_VERIFIED);
    miyao_buffer_free(plain);
    miyao_decryptor *decryptor = NULL;
    DONE(miyao_decryptor_new(opener, &decryptor, &error));
    DONE(miyao_decryptor_write(decryptor, miyao_buffer_data(message), miyao_buffer_len(message), &error));
    DONE(miyao_decryptor_end(decryptor, &error));
    DONE(miyao_decryptor_read(decryptor, text, sizeof text, &len, &error));
    CHECK(len == LEN);
    wiped(text, sizeof text);
    miyao_decryptor_free(decryptor);
    miyao_opener_free(opener);
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_sm2(opener, private_key, &error));
    miyao_reader *reader = NULL;
    DONE(miyao_reader_new_in_memory(opener, miyao_buffer_data(message), miyao_buffer_len(message), &reader, &error));
    DONE(miyao_reader_read_at(reader, 0, text, sizeof text, &len, &error));
    wiped(text, sizeof text);
    miyao_reader_free(reader);

    miyao_buffer_free(message);
    miyao_options_free(options);
    miyao_opener_free(opener);
    miyao_sm2_private_key_free(private_key);
    miyao_sm2_public_key_free(public_key);
    miyao_key_ref_free(key);
    DONE(miyao_kms_close(kms, &error));
    miyao_kms_free(kms);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    use(argv[1]);
    CHECK(count == 6 && found("afterwards") == 0);
    return 0;
}
