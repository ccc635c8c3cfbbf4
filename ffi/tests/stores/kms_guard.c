// Buffers that end where memory ends: no byte behind an input is read and none behind an output is written; one byte less is refused.
//
// Takes the path of an empty directory.

#include "kms.h"

#include <sys/mman.h>

// So many bytes, the last of a page before one that nobody may touch.
static uint8_t *edge(size_t len) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (len + page - 1) / page * page;
    uint8_t *start = (uint8_t *)mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(start != MAP_FAILED && mprotect(start + room, page, PROT_NONE) == 0);
    return start + room - len;
}

static uint8_t *copy(const void *bytes, size_t len) {
    return (uint8_t *)memcpy(edge(len), bytes, len);
}

static int64_t at_edge(void *user, uint8_t *out, size_t cap) {
    int *left = (int *)user;
    if (*left == 0) {
        return 0;
    }
    memset(out, 'm', cap);
    *left -= 1;
    return (int64_t)cap;
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    miyao_kms *kms = made(argv[1]);
    make(kms, "orders", MIYAO_SPEC_SM4);
    make(kms, "macs", MIYAO_SPEC_HMAC_SM3);
    miyao_key_ref *key = NULL, *macs = named("macs");
    DONE(miyao_key_ref_new((char *)copy("orders", 6), 6, &key, &error));
    miyao_context *context = NULL;
    DONE(miyao_context_new(&context));
    DONE(miyao_context_add(context, copy("row", 3), 3, copy("7", 1), 1, &error));

    const size_t lens[] = {0, 1, 15, 16, 17, 64, 4095, 4096, 65536};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        size_t text_len = lens[i], token_len = miyao_token_len(text_len), len = 0;
        uint8_t *text = edge(text_len), *token = edge(token_len), *back = edge(text_len), *anew = edge(token_len);
        memset(text, 'a', text_len);
        DONE(miyao_kms_encrypt(kms, key, context, text, text_len, token, token_len, &len, &error));
        IS(INVALID, miyao_kms_encrypt(kms, key, context, text, text_len, token, token_len - 1, &len, &error));
        DONE(miyao_kms_decrypt(kms, context, token, token_len, back, text_len, &len, NULL, 0, NULL, NULL, &error));
        CHECK(len == text_len && memcmp(text, back, len) == 0);
        if (text_len > 0) {
            IS(INVALID, miyao_kms_decrypt(kms, context, token, token_len, back, text_len - 1, &len, NULL, 0, NULL, NULL, &error));
        }
        DONE(miyao_kms_reencrypt(kms, context, token, token_len, anew, token_len, &len, &error));
        IS(INVALID, miyao_kms_reencrypt(kms, context, token, token_len, anew, token_len - 1, &len, &error));
        size_t words_len = miyao_token_text_len(token_len);
        char *words = (char *)edge(words_len);
        DONE(miyao_token_to_text(token, token_len, words, words_len, &len, &error));
        IS(INVALID, miyao_token_to_text(token, token_len, words, words_len - 1, &len, &error));
        DONE(miyao_token_from_text(words, words_len, anew, token_len, &len, &error));
        IS(INVALID, miyao_token_from_text(words, words_len, anew, token_len - 1, &len, &error));
        // Prefixes of a token end where memory ends.
        for (size_t cut = 0; cut < token_len && cut < 100; cut++) {
            uint8_t *prefix = copy(token, cut);
            CHECK(miyao_kms_decrypt(kms, context, prefix, cut, back, text_len, &len, NULL, 0, NULL, NULL, NULL) != MIYAO_STATUS_OK);
        }
    }

    size_t len = 0;
    uint8_t *data_key = edge(32), *token = edge(miyao_token_len(32)), *mac = edge(MIYAO_KMS_MAC_LEN);
    DONE(miyao_kms_generate_data_key(kms, key, context, 32, data_key, 32, token, miyao_token_len(32), &len, &error));
    IS(INVALID, miyao_kms_generate_data_key(kms, key, context, 32, data_key, 32, token, miyao_token_len(32) - 1, &len, &error));
    int left = 5;
    DONE(miyao_kms_mac_stream(kms, macs, at_edge, &left, mac, MIYAO_KMS_MAC_LEN, NULL, &error));
    uint8_t *witness = edge(MIYAO_WITNESS_LEN);
    DONE(miyao_kms_witness(kms, witness, MIYAO_WITNESS_LEN, &error));
    IS(INVALID, miyao_kms_witness(kms, witness, MIYAO_WITNESS_LEN - 1, &error));
    DONE(miyao_kms_check_witness(kms, witness, MIYAO_WITNESS_LEN, &error));

    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *message = NULL, *text = NULL;
    DONE(miyao_options_new(&options));
    DONE(miyao_options_add_key(options, kms, key, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_kms(opener, kms, &error));
    DONE(miyao_message_encrypt(options, copy("text", 4), 4, &message, &error));
    size_t whole = miyao_buffer_len(message);
    uint8_t *sealed = copy(miyao_buffer_data(message), whole);
    DONE(miyao_message_decrypt(opener, sealed, whole, &text, NULL, NULL, 0, &error));
    for (size_t cut = 0; cut < whole; cut += 7) {
        miyao_buffer *none = NULL;
        CHECK(miyao_message_decrypt(opener, copy(sealed, cut), cut, &none, NULL, NULL, 0, NULL) != MIYAO_STATUS_OK && none == NULL);
    }
    miyao_reader *reader = NULL;
    DONE(miyao_reader_new_in_memory(opener, sealed, whole, &reader, &error));
    uint8_t *room = edge(3);
    DONE(miyao_reader_read_at(reader, 1, room, 3, &len, &error));
    CHECK(len == 3 && memcmp(room, "ext", 3) == 0);
    miyao_reader_free(reader);
    miyao_encryptor *encryptor = NULL;
    DONE(miyao_encryptor_new(options, &encryptor, &error));
    DONE(miyao_encryptor_write(encryptor, copy("text", 4), 4, &error));
    DONE(miyao_encryptor_finish(encryptor, &error));
    while (miyao_encryptor_ready(encryptor) > 0) {
        DONE(miyao_encryptor_take(encryptor, edge(33), 33, &len, &error));
    }
    miyao_encryptor_free(encryptor);

    miyao_buffer_free(message);
    miyao_buffer_free(text);
    miyao_options_free(options);
    miyao_opener_free(opener);
    miyao_context_free(context);
    miyao_key_ref_free(key);
    miyao_key_ref_free(macs);
    miyao_kms_free(kms);
    return 0;
}
