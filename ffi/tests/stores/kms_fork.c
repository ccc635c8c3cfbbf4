// A process forks between opening a store and using it: the child is refused it and may use what needs none, the parent goes on, and they draw other random bytes.
//
// Takes the path of an empty directory.

#include "kms.h"

static void works(miyao_kms *kms, miyao_key_ref *key) {
    uint8_t token[256], text[16];
    size_t len = 0, text_len = 0;
    DONE(miyao_kms_encrypt(kms, key, NULL, BYTES("value"), token, sizeof token, &len, &error));
    DONE(miyao_kms_decrypt(kms, NULL, token, len, text, sizeof text, &text_len, NULL, 0, NULL, NULL, &error));
    CHECK(text_len == 5);
}

// Objects that need no store are as good in the child.
static void opens(miyao_options *options, miyao_opener *opener) {
    miyao_buffer *message = NULL, *text = NULL;
    DONE(miyao_message_encrypt(options, BYTES("text"), &message, &error));
    DONE(miyao_message_decrypt(opener, miyao_buffer_data(message), miyao_buffer_len(message), &text, NULL, NULL, 0, &error));
    CHECK(miyao_buffer_len(text) == 4);
    miyao_buffer_free(message);
    miyao_buffer_free(text);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    miyao_kms *kms = made(argv[1]);
    make(kms, "orders", MIYAO_SPEC_SM4);
    miyao_key_ref *key = named("orders");
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    pair(&options, &opener);
    works(kms, key);
    opens(options, opener);

    int ends[2];
    CHECK(pipe(ends) == 0);
    uint8_t mine[32], its[32];
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        uint8_t token[256];
        size_t len = 0;
        IS(UNAVAILABLE, miyao_kms_encrypt(kms, key, NULL, BYTES("value"), token, sizeof token, &len, &error));
        char store[4096], file[4096];
        snprintf(store, sizeof store, "%s/store.db", argv[1]);
        snprintf(file, sizeof file, "%s/root.key", argv[1]);
        miyao_root *root = NULL;
        miyao_kms *own = NULL;
        DONE(miyao_root_key_file_open(TEXT(file), &root, &error));
        IS(UNAVAILABLE, miyao_kms_open(TEXT(store), root, TEXT("service:orders"), &own, &error));
        miyao_root_free(root);
        opens(options, opener);
        CHECK(miyao_random(its, sizeof its) == MIYAO_STATUS_OK);
        CHECK(write(ends[1], its, sizeof its) == (ssize_t)sizeof its);
        miyao_kms_free(kms);
        // What is the parent's of the store stays where it is, which a tool that looks for leaks would tell.
        execlp("true", "true", (char *)NULL);
        _exit(1);
    }
    CHECK(close(ends[1]) == 0);
    CHECK(miyao_random(mine, sizeof mine) == MIYAO_STATUS_OK);
    CHECK(read(ends[0], its, sizeof its) == (ssize_t)sizeof its);
    CHECK(memcmp(mine, its, sizeof mine) != 0);
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    works(kms, key);
    opens(options, opener);
    miyao_buffer *record = NULL;
    DONE(miyao_kms_doctor(kms, &record, &error));
    CHECK(tells(record, "\"clean\":true"));
    miyao_options_free(options);
    miyao_opener_free(opener);
    miyao_key_ref_free(key);
    miyao_kms_free(kms);
    return 0;
}
