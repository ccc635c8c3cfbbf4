// What the tests of SM2 share: statuses that are checked, bytes from hexadecimal digits, and the keys of GB/T 32918.5-2017.

#ifndef MIYAO_TEST_SM2_H
#define MIYAO_TEST_SM2_H

#include "check.h"

// A call ends with this status.
#define GIVES(status, call)                                                                                            \
    do {                                                                                                               \
        miyao_status given = (call);                                                                                   \
        if (given != (status)) {                                                                                       \
            fprintf(stderr, "%s:%d: %s, not %s: %s\n", __FILE__, __LINE__, miyao_status_name(given),                   \
                    miyao_status_name(status), #call);                                                                 \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define DONE(call) GIVES(MIYAO_STATUS_OK, call)

#define DEFAULT_ID (const uint8_t *)MIYAO_SM2_DEFAULT_ID, MIYAO_SM2_DEFAULT_ID_LEN

// The bytes of a text, as two arguments.
#define TEXT(text) (const uint8_t *)(text), sizeof(text) - 1

// A text for people, as two arguments.
#define WORDS(text) (text), sizeof(text) - 1

// The bytes of an array, as two arguments.
#define ALL(array) (array), sizeof(array)

// The pair of A.2 and C.2.
#define D_A "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define X_A "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
#define Y_A "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"

static inline size_t unhex(const char *digits, uint8_t *out, size_t cap) {
    size_t len = strlen(digits) / 2;
    CHECK(len <= cap);
    for (size_t at = 0; at < len; at++) {
        unsigned byte;
        CHECK(sscanf(digits + 2 * at, "%2x", &byte) == 1);
        out[at] = (uint8_t)byte;
    }
    return len;
}

static inline bool equals_hex(const uint8_t *data, size_t len, const char *digits) {
    uint8_t wanted[512];
    return unhex(digits, wanted, sizeof wanted) == len && memcmp(data, wanted, len) == 0;
}

static inline miyao_sm2_private_key *private_key(const char *digits) {
    uint8_t d[MIYAO_SM2_PRIVATE_KEY_LEN];
    unhex(digits, d, sizeof d);
    miyao_sm2_private_key *key;
    DONE(miyao_sm2_private_key_from_bytes(d, sizeof d, &key));
    return key;
}

static inline miyao_sm2_public_key *public_half(const miyao_sm2_private_key *key) {
    miyao_sm2_public_key *public_key;
    DONE(miyao_sm2_private_key_public_key(key, &public_key));
    return public_key;
}

static inline miyao_sm2_private_key *fresh_key(void) {
    miyao_sm2_private_key *key;
    DONE(miyao_sm2_private_key_random(&key));
    return key;
}

#endif
