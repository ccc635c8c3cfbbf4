// What a message says of itself once it was opened: its context and who signs, from a stream and from any place in it.

#include "kms.h"

// A value that no identifier in hexadecimal has in it by chance.
#define HIDDEN BYTES("4711, ward 7, bed 3")

static void says_it(miyao_buffer *record) {
    static const char *const said[] = {
        "\"authenticated\":true", "\"suite\":\"ctr-hmac\"", "\"frame_bytes\":4096", "\"key\":\"file\"", "\"value\":\"a\"",
        "\"key\":\"patient\"",    "\"value\":null",         "\"kind\":\"message\"", "\"signer\":\""};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        CHECK(memmem(miyao_buffer_data(record), miyao_buffer_len(record), said[i], strlen(said[i])) != NULL);
    }
    // What was hidden is nowhere.
    CHECK(memmem(miyao_buffer_data(record), miyao_buffer_len(record), HIDDEN) == NULL);
    miyao_buffer_free(record);
}

static void a_stream_says_it_once_it_is_open(const miyao_opener *opener, const uint8_t *message, size_t len, size_t body) {
    miyao_decryptor *decryptor = NULL;
    miyao_buffer *record = NULL;
    uint8_t text[8];
    size_t got = 0;
    DONE(miyao_decryptor_new(opener, &decryptor, &error));
    IS(INVALID, miyao_decryptor_record(decryptor, &record, &error));
    DONE(miyao_decryptor_write(decryptor, message, body - 1, &error));
    IS(INVALID, miyao_decryptor_record(decryptor, &record, &error));
    CHECK(record == NULL);
    DONE(miyao_decryptor_write(decryptor, message + body - 1, 1, &error));
    DONE(miyao_decryptor_record(decryptor, &record, &error));
    says_it(record);
    DONE(miyao_decryptor_write(decryptor, message + body, len - body, &error));
    DONE(miyao_decryptor_end(decryptor, &error));
    DONE(miyao_decryptor_read(decryptor, text, sizeof text, &got, &error));
    CHECK(got == 4);
    DONE(miyao_decryptor_read(decryptor, text, sizeof text, &got, &error));
    DONE(miyao_decryptor_finish(decryptor, NULL, NULL, 0, &error));
    DONE(miyao_decryptor_record(decryptor, &record, &error));
    says_it(record);
    IS(INVALID, miyao_decryptor_record(decryptor, NULL, &error));
    IS(INVALID, miyao_decryptor_record(NULL, &record, &error));
    miyao_decryptor_free(decryptor);
}

static void an_altered_header_says_nothing(const miyao_opener *opener, const uint8_t *message, size_t len) {
    uint8_t *copy = (uint8_t *)malloc(len);
    miyao_decryptor *decryptor = NULL;
    miyao_buffer *record = NULL;
    memcpy(copy, message, len);
    uint8_t *value = (uint8_t *)memmem(copy, len, "file", 4);
    CHECK(value != NULL);
    value[6] ^= 1;
    DONE(miyao_decryptor_new(opener, &decryptor, &error));
    IS(REJECTED, miyao_decryptor_write(decryptor, copy, len, &error));
    IS(INVALID, miyao_decryptor_record(decryptor, &record, &error));
    CHECK(record == NULL);
    miyao_decryptor_free(decryptor);
    free(copy);
}

int main(void) {
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_context *context = NULL, *known = NULL;
    miyao_sm2_private_key *signer = NULL;
    miyao_buffer *message = NULL, *record = NULL;
    miyao_reader *reader = NULL;
    pair(&options, &opener);
    CHECK(miyao_sm2_private_key_random(&signer) == MIYAO_STATUS_OK);
    DONE(miyao_context_new(&context));
    DONE(miyao_context_add(context, BYTES("file"), BYTES("a"), &error));
    DONE(miyao_context_add_hidden(context, BYTES("patient"), HIDDEN, &error));
    DONE(miyao_context_new(&known));
    DONE(miyao_context_add_hidden(known, BYTES("patient"), HIDDEN, &error));
    DONE(miyao_options_set_context(options, context, &error));
    DONE(miyao_options_set_suite(options, MIYAO_SUITE_CTR_HMAC, &error));
    DONE(miyao_options_set_frame_log2(options, 12, &error));
    DONE(miyao_options_set_signer(options, signer, &error));
    DONE(miyao_opener_set_context(opener, known, &error));
    DONE(miyao_message_encrypt(options, BYTES("text"), &message, &error));
    const uint8_t *bytes = miyao_buffer_data(message);
    size_t len = miyao_buffer_len(message);
    // One frame of four bytes with its tag, and the signature.
    a_stream_says_it_once_it_is_open(opener, bytes, len, len - 4 - 32 - 64);
    an_altered_header_says_nothing(opener, bytes, len);
    DONE(miyao_reader_new_in_memory(opener, bytes, len, &reader, &error));
    DONE(miyao_reader_record(reader, &record, &error));
    says_it(record);
    IS(INVALID, miyao_reader_record(reader, NULL, &error));
    IS(INVALID, miyao_reader_record(NULL, &record, &error));
    miyao_reader_free(reader);
    miyao_buffer_free(message);
    miyao_context_free(context);
    miyao_context_free(known);
    miyao_sm2_private_key_free(signer);
    miyao_options_free(options);
    miyao_opener_free(opener);
    return 0;
}
