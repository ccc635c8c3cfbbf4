// A message goes from one recipient to another without a key store, in memory and in its file, and stays whole when it cannot.

#include "kms.h"

struct half {
    miyao_options *options;
    miyao_opener *opener;
};

static struct half somebody(void) {
    struct half made = {NULL, NULL};
    pair(&made.options, &made.opener);
    return made;
}

static void forget(struct half half) {
    miyao_options_free(half.options);
    miyao_opener_free(half.opener);
}

static void opens(const miyao_opener *opener, const miyao_buffer *message) {
    miyao_buffer *text = NULL;
    DONE(miyao_message_decrypt(opener, miyao_buffer_data(message), miyao_buffer_len(message), &text, NULL, NULL, 0, &error));
    CHECK(miyao_buffer_len(text) == 4 && memcmp(miyao_buffer_data(text), "text", 4) == 0);
    miyao_buffer_free(text);
}

static void does_not_open(const miyao_opener *opener, const miyao_buffer *message) {
    miyao_buffer *text = NULL;
    IS(MISSING, miyao_message_decrypt(opener, miyao_buffer_data(message), miyao_buffer_len(message), &text, NULL, NULL, 0, &error));
    CHECK(text == NULL);
}

static void write_all(const char *path, const miyao_buffer *message) {
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fwrite(miyao_buffer_data(message), miyao_buffer_len(message), 1, file) == 1);
    CHECK(fclose(file) == 0);
}

// What the file holds is the message.
static int holds(const char *path, const miyao_buffer *message) {
    static uint8_t found[1 << 16];
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    size_t len = fread(found, 1, sizeof found, file);
    fclose(file);
    return len == miyao_buffer_len(message) && memcmp(found, miyao_buffer_data(message), len) == 0;
}

static void in_memory(struct half from, struct half to, const miyao_buffer *message) {
    const uint8_t *bytes = miyao_buffer_data(message);
    size_t len = miyao_buffer_len(message);
    miyao_buffer *fresh = NULL, *altered = NULL;
    DONE(miyao_message_rewrap(from.opener, to.options, bytes, len, &fresh, &error));
    opens(to.opener, fresh);
    does_not_open(from.opener, fresh);
    opens(from.opener, message);
    // Nobody but a recipient can, and nothing is given of a failure.
    IS(MISSING, miyao_message_rewrap(to.opener, to.options, bytes, len, &altered, &error));
    IS(TRUNCATED, miyao_message_rewrap(from.opener, to.options, bytes, 40, &altered, &error));
    IS(INVALID, miyao_message_rewrap(NULL, to.options, bytes, len, &altered, &error));
    IS(INVALID, miyao_message_rewrap(from.opener, NULL, bytes, len, &altered, &error));
    CHECK(altered == NULL);
    IS(INVALID, miyao_message_rewrap(from.opener, to.options, bytes, len, NULL, &error));
    miyao_buffer_free(fresh);
}

static void in_its_file(struct half from, struct half to, const miyao_buffer *message, const char *path) {
    miyao_opener *either = NULL;
    miyao_sm2_private_key *nobody = NULL;
    uint32_t done = 7;
    write_all(path, message);
    IS(MISSING, miyao_message_rewrap_file(to.opener, to.options, TEXT(path), &done, &error));
    CHECK(done == 7 && holds(path, message));
    DONE(miyao_message_rewrap_file(from.opener, to.options, TEXT(path), &done, &error));
    CHECK(done == MIYAO_REWRAPPED_IN_PLACE && !holds(path, message));
    IS(MISSING, miyao_message_rewrap_file(from.opener, to.options, TEXT(path), NULL, &error));
    DONE(miyao_message_rewrap_file(to.opener, from.options, TEXT(path), NULL, &error));
    IS(MISSING, miyao_message_rewrap_file(from.opener, to.options, TEXT("/no/such/file"), &done, &error));
    // An opener without anybody opens nothing; options for nobody, or for two, name no recipient.
    DONE(miyao_opener_new(&either));
    IS(INVALID, miyao_message_rewrap_file(either, to.options, TEXT(path), &done, &error));
    CHECK(miyao_sm2_private_key_random(&nobody) == MIYAO_STATUS_OK);
    DONE(miyao_opener_add_sm2(either, nobody, &error));
    IS(MISSING, miyao_message_rewrap_file(either, to.options, TEXT(path), &done, &error));
    miyao_sm2_private_key_free(nobody);
    miyao_opener_free(either);
}

static void for_one_alone(struct half from, const miyao_buffer *message) {
    miyao_options *options = NULL;
    miyao_buffer *fresh = NULL;
    DONE(miyao_options_new(&options));
    for (int recipients = 0; recipients < 3; recipients++) {
        miyao_sm2_private_key *key = NULL;
        miyao_sm2_public_key *half = NULL;
        if (recipients != 1) {
            IS(INVALID, miyao_message_rewrap(from.opener, options, miyao_buffer_data(message), miyao_buffer_len(message), &fresh, &error));
        }
        CHECK(miyao_sm2_private_key_random(&key) == MIYAO_STATUS_OK);
        CHECK(miyao_sm2_private_key_public_key(key, &half) == MIYAO_STATUS_OK);
        DONE(miyao_options_add_sm2(options, half, &error));
        miyao_sm2_public_key_free(half);
        miyao_sm2_private_key_free(key);
    }
    CHECK(fresh == NULL);
    miyao_options_free(options);
}

// An identity that has another passphrase than a recipient hides none that can open the message.
static void by_whoever_can(struct half to) {
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_sm2_private_key *key = NULL;
    miyao_sm2_public_key *half = NULL;
    miyao_buffer *message = NULL, *fresh = NULL;
    CHECK(miyao_sm2_private_key_random(&key) == MIYAO_STATUS_OK);
    CHECK(miyao_sm2_private_key_public_key(key, &half) == MIYAO_STATUS_OK);
    DONE(miyao_options_new(&options));
    DONE(miyao_options_add_passphrase(options, BYTES("the right one"), 0, &error));
    DONE(miyao_options_add_sm2(options, half, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_passphrase(opener, BYTES("another one"), &error));
    DONE(miyao_opener_add_sm2(opener, key, &error));
    DONE(miyao_message_encrypt(options, BYTES("text"), &message, &error));
    opens(opener, message);
    DONE(miyao_message_rewrap(opener, to.options, miyao_buffer_data(message), miyao_buffer_len(message), &fresh, &error));
    opens(to.opener, fresh);
    miyao_buffer_free(message);
    miyao_buffer_free(fresh);
    miyao_opener_free(opener);
    miyao_options_free(options);
    miyao_sm2_public_key_free(half);
    miyao_sm2_private_key_free(key);
}

int main(int argc, char **argv) {
    struct half from = somebody(), to = somebody();
    miyao_buffer *message = NULL;
    char path[4096];
    CHECK(argc == 2 && snprintf(path, sizeof path, "%s/message", argv[1]) > 0);
    DONE(miyao_message_encrypt(from.options, BYTES("text"), &message, &error));
    in_memory(from, to, message);
    in_its_file(from, to, message, path);
    for_one_alone(from, message);
    by_whoever_can(to);
    miyao_buffer_free(message);
    forget(from);
    forget(to);
    return 0;
}
