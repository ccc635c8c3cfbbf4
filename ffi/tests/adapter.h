// What the parts of the conformance adapter share: a request taken apart, and its reply.
//
// Knows no algorithm. A request is a line `op key=value ...`; what is taken out of it lives until `request_end`.

#ifndef MIYAO_ADAPTER_H
#define MIYAO_ADAPTER_H

#include <miyao.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// How a request is answered: `ok` with the fields that were replied, `bad`, `unsup`, or it is somebody else's operation.
enum answer { ANSWER_OK, ANSWER_BAD, ANSWER_UNSUPPORTED, ANSWER_OTHER };

enum { REQUEST_OWNED_MAX = 32 };

struct request {
    const char *line;
    FILE *out;   // the fields of the reply, each with a space before it
    bool is_bad; // a value was no hexadecimal, or no number: the answer is `bad` whatever it was
    void *owned[REQUEST_OWNED_MAX];
    size_t owned_count;
};

struct bytes {
    uint8_t *data;
    size_t len;
};

// Memory of a request.
static inline void *request_alloc(struct request *request, size_t len) {
    void *memory = malloc(len + 1);
    if (memory == NULL || request->owned_count == REQUEST_OWNED_MAX) {
        abort();
    }
    return request->owned[request->owned_count++] = memory;
}

static inline void request_end(struct request *request) {
    while (request->owned_count > 0) {
        free(request->owned[--request->owned_count]);
    }
}

// The text of a field; NULL where it is not there.
static inline const char *request_word(const struct request *request, const char *key, size_t *len) {
    size_t key_len = strlen(key);
    for (const char *word = request->line; (word = strchr(word, ' ')) != NULL;) {
        word++;
        if (strncmp(word, key, key_len) == 0 && word[key_len] == '=') {
            *len = strcspn(word + key_len + 1, " \r\n");
            return word + key_len + 1;
        }
    }
    *len = 0;
    return NULL;
}

// Whether a field is this word; the operation itself is `request_is(request, NULL, ...)`.
static inline bool request_is(const struct request *request, const char *key, const char *value) {
    size_t len = strcspn(request->line, " \r\n");
    const char *word = key == NULL ? request->line : request_word(request, key, &len);
    return word != NULL && strlen(value) == len && strncmp(word, value, len) == 0;
}

// The bytes of a field; none where it is not there.
static inline struct bytes request_bytes(struct request *request, const char *key) {
    size_t len;
    const char *word = request_word(request, key, &len);
    struct bytes bytes = {request_alloc(request, len / 2), len / 2};
    request->is_bad |= len % 2 != 0;
    for (size_t at = 0; at < bytes.len; at++) {
        unsigned byte = 0;
        for (size_t half = 0; half < 2; half++) {
            char digit = word[2 * at + half];
            const char *digits = "0123456789abcdef", *found = digit == 0 ? NULL : strchr(digits, digit);
            request->is_bad |= found == NULL;
            byte = byte << 4 | (unsigned)(found == NULL ? 0 : found - digits);
        }
        bytes.data[at] = (uint8_t)byte;
    }
    return bytes;
}

// The number of a field.
static inline long long request_number(struct request *request, const char *key) {
    size_t len;
    const char *word = request_word(request, key, &len);
    char *end = NULL;
    long long number = word == NULL ? 0 : strtoll(word, &end, 10);
    request->is_bad |= word == NULL || len == 0 || end != word + len;
    return number;
}

// Adds a field to the reply.
static inline void reply(struct request *request, const char *name, const uint8_t *data, size_t len) {
    fprintf(request->out, " %s=", name);
    for (size_t at = 0; at < len; at++) {
        fprintf(request->out, "%02x", data[at]);
    }
}

// SM2, keys in files, certificates and messages; ANSWER_OTHER for any other operation.
enum answer adapter_sm2(struct request *request);

#endif
