// What the programs about key stores and messages share: checks that tell where they failed, and errors that are looked at and freed.

#ifndef MIYAO_TEST_KMS_H
#define MIYAO_TEST_KMS_H

// One of the tests' programs in C99 and in C++17, as the others are in `../c`.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <miyao.h>

// Whoever waits for ever ends.
__attribute__((constructor)) static void limit(void) { alarm(900); }

// Whether a tool runs this that takes many times as long: then there is less of what is only more of the same.
static inline int is_light(void) { return getenv("MIYAO_LIGHT") != NULL; }

// A text and its length; bytes of a literal and their number.
#define TEXT(text) (text), strlen(text)
#define BYTES(text) ((const uint8_t *)(text)), (sizeof(text) - 1)

// Where calls put their errors.
static __thread miyao_error *error;

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                     \
            exit(1);                                                                            \
        }                                                                                       \
    } while (0)

// The call ends with this status; its error has it too, and words. An error without a failure, or the other way about, is a failure.
#define IS(name, call)                                                                          \
    do {                                                                                        \
        error = NULL;                                                                           \
        miyao_status status_ = (call);                                                          \
        if (status_ != MIYAO_STATUS_##name) {                                                   \
            fprintf(stderr, "%s:%d: %s: %s (%s)\n", __FILE__, __LINE__, #call,                  \
                    miyao_status_name((uint32_t)status_), miyao_error_message(error));                    \
            exit(1);                                                                            \
        }                                                                                       \
        if (error != NULL) {                                                                    \
            CHECK(miyao_error_status(error) == status_ && status_ != MIYAO_STATUS_OK);          \
            CHECK(strlen(miyao_error_message(error)) > 10);                                     \
            miyao_error_free(error);                                                            \
            error = NULL;                                                                       \
        }                                                                                       \
    } while (0)

#define DONE(call) IS(OK, call)

// Whether a record in JSON has this text in it; the buffer is freed.
static inline int tells(miyao_buffer *record, const char *text) {
    int found = memmem(miyao_buffer_data(record), miyao_buffer_len(record), text, strlen(text)) != NULL;
    if (!found) {
        fprintf(stderr, "%.*s\n", (int)miyao_buffer_len(record), (const char *)miyao_buffer_data(record));
    }
    miyao_buffer_free(record);
    return found;
}

static inline miyao_key_ref *named(const char *text) {
    miyao_key_ref *key = NULL;
    DONE(miyao_key_ref_new(TEXT(text), &key, &error));
    return key;
}

static inline void make(miyao_kms *kms, const char *name, uint32_t spec) {
    miyao_key_options *options = NULL;
    DONE(miyao_key_options_new(TEXT(name), spec, &options, &error));
    DONE(miyao_kms_create(kms, options, NULL, &error));
    miyao_key_options_free(options);
}

// Whom messages are for, and who opens them: the holder of a key that nobody else has. A passphrase would take minutes under Valgrind.
static inline void pair(miyao_options **options, miyao_opener **opener) {
    miyao_sm2_private_key *key = NULL;
    miyao_sm2_public_key *half = NULL;
    CHECK(miyao_sm2_private_key_random(&key) == MIYAO_STATUS_OK);
    CHECK(miyao_sm2_private_key_public_key(key, &half) == MIYAO_STATUS_OK);
    DONE(miyao_options_new(options));
    DONE(miyao_options_add_sm2(*options, half, &error));
    DONE(miyao_opener_new(opener));
    DONE(miyao_opener_add_sm2(*opener, key, &error));
    miyao_sm2_public_key_free(half);
    miyao_sm2_private_key_free(key);
}

// A store under a new key file, both in the directory.
static inline miyao_kms *made(const char *directory) {
    char path[4096], key[4096];
    snprintf(path, sizeof path, "%s/store.db", directory);
    snprintf(key, sizeof key, "%s/root.key", directory);
    miyao_root *root = NULL;
    miyao_kms *kms = NULL;
    DONE(miyao_root_key_file_create(TEXT(key), &root, &error));
    DONE(miyao_kms_init(TEXT(path), root, TEXT("service:orders"), &kms, &error));
    miyao_root_free(root);
    return kms;
}

// The same store again, as another object would open it.
static inline miyao_kms *opened(const char *directory) {
    char path[4096], key[4096];
    snprintf(path, sizeof path, "%s/store.db", directory);
    snprintf(key, sizeof key, "%s/root.key", directory);
    miyao_root *root = NULL;
    miyao_kms *kms = NULL;
    DONE(miyao_root_key_file_open(TEXT(key), &root, &error));
    DONE(miyao_kms_open(TEXT(path), root, TEXT("service:orders"), &kms, &error));
    miyao_root_free(root);
    return kms;
}

#endif
