// Intel's crypto_mb: sixteen messages at a time and nothing else, so it is in that row alone.
#include "worker.h"

#include <crypto_mb/cpu_features.h>
#include <crypto_mb/sm3.h>
#include <crypto_mb/version.h>
#include <stdio.h>
#include <stdlib.h>

static int sm3x16(uint8_t *message, size_t size, uint8_t *out) {
    const int8u *messages[16];
    int8u *digests[16];
    int sizes[16];
    for (size_t at = 0; at < 16; at++) {
        messages[at] = message + at * (size + STRIDE);
        digests[at] = out + 32 * at;
        sizes[at] = size;
    }
    return mbx_sm3_msg_digest_mb16(messages, sizes, digests) == 0;
}

struct row rows[] = {
    {"sm3x16", MANY, sm3x16, NULL},
    {NULL, 0, NULL, NULL},
};

const char *ready(void) {
    static char text[256];
    if (!mbx_is_crypto_mb_applicable(0)) {
        fprintf(stderr, "crypto_mb needs AVX-512 IFMA, which this processor has not\n");
        exit(1);
    }
    snprintf(text, sizeof text, "%s", mbx_getversion()->strVersion);
    return text;
}
