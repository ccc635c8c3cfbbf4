// Messages at their edges: what comes too early or is no message, a passphrase of nothing, and memory while a caller takes fixed blocks.
//
// Takes the path of an empty directory.

#include "kms.h"

#include <malloc.h>

enum { BLOCK = 4096 };

static void early_and_garbage(const miyao_opener *opener, const uint8_t *message, size_t len) {
    miyao_decryptor *decryptor = NULL;
    uint8_t text[64];
    size_t got = 9;
    uint32_t is_signed = 9;
    DONE(miyao_decryptor_new(opener, &decryptor, &error));
    IS(INVALID, miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, &error));
    DONE(miyao_decryptor_write(decryptor, message, len, &error));
    IS(INVALID, miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, &error));
    DONE(miyao_decryptor_end(decryptor, &error));
    IS(INVALID, miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, &error));
    CHECK(is_signed == 9);
    DONE(miyao_decryptor_read(decryptor, text, sizeof text, &got, &error));
    CHECK(got == 4 && memcmp(text, "text", 4) == 0);
    DONE(miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, &error));
    CHECK(is_signed == MIYAO_SIGNED_NO);
    IS(INVALID, miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, &error));
    miyao_decryptor_free(decryptor);

    DONE(miyao_decryptor_new(opener, &decryptor, &error));
    IS(MALFORMED, miyao_decryptor_write(decryptor, BYTES("this is no message, whoever reads it and however"), &error));
    IS(INVALID, miyao_decryptor_write(decryptor, message, len, &error));
    miyao_decryptor_free(decryptor);

    const char crooked[] = "miyao\xff\xfe";
    IS(MALFORMED, miyao_token_from_text(crooked, sizeof crooked - 1, text, sizeof text, &got, &error));
}

static void nothing_as_a_passphrase(const uint8_t *message, size_t len) {
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *out = NULL;
    DONE(miyao_options_new(&options));
    DONE(miyao_options_add_passphrase(options, NULL, 0, 0, &error));
    IS(INVALID, miyao_message_encrypt(options, BYTES("text"), &out, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_passphrase(opener, NULL, 0, &error));
    IS(MISSING, miyao_message_decrypt(opener, message, len, &out, NULL, NULL, 0, &error));
    CHECK(out == NULL);
    miyao_options_free(options);
    miyao_opener_free(opener);
}

// As much is taken as was written, in blocks, so a header's length is always ready still.
static void bounded(const miyao_options *options, const miyao_opener *opener) {
    static uint8_t block[BLOCK], taken[BLOCK];
    miyao_encryptor *encryptor = NULL;
    miyao_decryptor *decryptor = NULL;
    DONE(miyao_encryptor_new(options, &encryptor, &error));
    DONE(miyao_decryptor_new(opener, &decryptor, &error));
    size_t begun = mallinfo2().uordblks + mallinfo2().hblkhd, most = 0, got = 0, all = 0;
    size_t rounds = is_light() ? 1024 : 4096;
    for (size_t i = 0; i < rounds; i++) {
        DONE(miyao_encryptor_write(encryptor, block, sizeof block, &error));
        DONE(miyao_encryptor_take(encryptor, taken, sizeof taken, &got, &error));
        DONE(miyao_decryptor_write(decryptor, taken, got, &error));
        DONE(miyao_decryptor_read(decryptor, taken, sizeof taken, &got, &error));
        all += got;
        struct mallinfo2 now = mallinfo2();
        size_t used = now.uordblks + now.hblkhd;
        most = used > begun && used - begun > most ? used - begun : most;
    }
    CHECK(all > BLOCK * rounds / 2);
    CHECK(most < 6u << 20);
    miyao_encryptor_free(encryptor);
    miyao_decryptor_free(decryptor);
}

// Whoever restores into a place where somebody else has made a store meanwhile leaves that alone.
struct other {
    const char *path;
    const miyao_root *root;
};

static int64_t made_meanwhile(void *user, uint8_t *out, size_t cap) {
    struct other *other = (struct other *)user;
    miyao_kms *kms = NULL;
    (void)out, (void)cap;
    DONE(miyao_kms_init(TEXT(other->path), other->root, TEXT("b"), &kms, &error));
    miyao_kms_free(kms);
    return -EIO;
}

static void another_store_stays(const char *directory, const miyao_opener *opener) {
    char path[4096], key[4096];
    snprintf(path, sizeof path, "%s/contested.db", directory);
    snprintf(key, sizeof key, "%s/contested.key", directory);
    miyao_root *root = NULL;
    miyao_kms *kms = NULL;
    DONE(miyao_root_key_file_create(TEXT(key), &root, &error));
    struct other other = {path, root};
    CHECK(miyao_kms_restore(TEXT(path), root, TEXT("a"), opener, made_meanwhile, &other, &kms, NULL, NULL) != MIYAO_STATUS_OK);
    DONE(miyao_kms_open(TEXT(path), root, TEXT("b"), &kms, &error));
    miyao_kms_free(kms);
    miyao_root_free(root);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    miyao_kms *kms = made(argv[1]);
    make(kms, "orders", MIYAO_SPEC_SM4);
    miyao_key_ref *key = named("orders");
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *message = NULL;
    DONE(miyao_options_new(&options));
    DONE(miyao_options_add_key(options, kms, key, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_kms(opener, kms, &error));
    DONE(miyao_message_encrypt(options, BYTES("text"), &message, &error));
    early_and_garbage(opener, miyao_buffer_data(message), miyao_buffer_len(message));
    nothing_as_a_passphrase(miyao_buffer_data(message), miyao_buffer_len(message));
    bounded(options, opener);
    another_store_stays(argv[1], opener);
    CHECK(miyao_sm2_sign_batch(NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0) == MIYAO_STATUS_OK);
    CHECK(miyao_sm2_private_key_random_batch(NULL, 0) == MIYAO_STATUS_OK);
    miyao_buffer_free(message);
    miyao_key_ref_free(key);
    miyao_options_free(options);
    miyao_opener_free(opener);
    miyao_kms_free(kms);
    return 0;
}
