// Looks through the stack for the secret of a key's version once the call that made it has ended. Which secret that is, is known afterwards, by
// an export: so what lay there is kept, under a mask.
//
// Takes the path of an empty directory.

#include "kms.h"

enum { LEN = 32, MASK = 0x5a };

static uint8_t below[60 << 10];

// Keeps what lies below the caller. It calls nobody, who would write over it.
__attribute__((noinline)) static void keep(void) {
    volatile uint8_t here = 0;
    uintptr_t start = (uintptr_t)&here - sizeof below;
    for (size_t i = 0; i < sizeof below; i++) {
        below[i] = *(const volatile uint8_t *)(start + i) ^ MASK;
    }
}

// The number of places where half of a secret was, from its first or its middle byte on, in the order of its bytes or in the other.
static int was_there(const uint8_t *secret) {
    int places = 0;
    for (size_t at = 0; at + LEN / 2 <= sizeof below; at++) {
        for (size_t from = 0; from <= LEN / 2; from += LEN / 2) {
            size_t same = 0, turned = 0;
            while (same < LEN / 2 && (below[at + same] ^ MASK) == secret[from + same]) same++;
            while (turned < LEN / 2 && (below[at + turned] ^ MASK) == secret[from + LEN / 2 - 1 - turned]) turned++;
            places += same == LEN / 2 || turned == LEN / 2;
        }
    }
    return places;
}

static miyao_sm2_private_key *keeper;
static miyao_sm2_public_key *to;

// The secret of the primary.
static void secret_of(miyao_kms *kms, const miyao_key_ref *key, uint8_t *secret) {
    miyao_buffer *sealed = NULL;
    size_t len = 0;
    DONE(miyao_kms_export(kms, key, to, &sealed, &error));
    CHECK(miyao_sm2_private_key_decrypt(keeper, miyao_buffer_data(sealed), miyao_buffer_len(sealed), MIYAO_SM2_ENCODING_DER, secret, LEN, &len) ==
          MIYAO_STATUS_OK);
    CHECK(len == LEN);
    miyao_buffer_free(sealed);
}

// The call makes a version, and leaves nothing of its secret.
#define MAKES(call)                                                                                    \
    do {                                                                                               \
        miyao_status ended_ = (call);                                                                  \
        keep();                                                                                        \
        CHECK(ended_ == MIYAO_STATUS_OK);                                                              \
        memcpy(before, secret, LEN);                                                                   \
        secret_of(kms, key, secret);                                                                   \
        CHECK(memcmp(before, secret, LEN) != 0);                                                       \
        if (was_there(secret) > 0) fprintf(stderr, "%d places: %s\n", was_there(secret), #call);       \
        left += was_there(secret);                                                                     \
    } while (0)

// What a call would be that leaves a secret there.
__attribute__((noinline)) static void leave(const uint8_t *secret) {
    volatile uint8_t copy[LEN];
    for (size_t i = 0; i < LEN; i++) {
        copy[i] = secret[i];
    }
    CHECK(copy[0] == secret[0]);
}

static int left_by_a_key(miyao_kms *kms, const char *name, uint32_t spec) {
    int left = 0;
    uint8_t secret[LEN] = {0}, before[LEN];
    char version[100];
    miyao_key_ref *key = named(name), *one;
    miyao_key_options *options = NULL;
    DONE(miyao_key_options_new(TEXT(name), spec, &options, &error));
    MAKES(miyao_kms_create(kms, options, NULL, NULL));
    MAKES(miyao_kms_rotate(kms, key, 0, NULL, NULL));
    snprintf(version, sizeof version, "%s:2", name);
    one = named(version);
    MAKES(miyao_kms_suspend(kms, one, NULL));
    miyao_key_ref_free(one);
    snprintf(version, sizeof version, "%s:3", name);
    one = named(version);
    MAKES(miyao_kms_deactivate(kms, one, NULL));
    miyao_key_ref_free(one);
    snprintf(version, sizeof version, "%s:4", name);
    one = named(version);
    MAKES(miyao_kms_compromise(kms, one, NULL));
    miyao_key_ref_free(one);
    leave(secret);
    keep();
    CHECK(was_there(secret) > 0);
    miyao_key_options_free(options);
    miyao_key_ref_free(key);
    return left;
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    CHECK(miyao_sm2_private_key_random(&keeper) == MIYAO_STATUS_OK);
    CHECK(miyao_sm2_private_key_public_key(keeper, &to) == MIYAO_STATUS_OK);
    miyao_kms *kms = made(argv[1]);
    int left = left_by_a_key(kms, "orders", MIYAO_SPEC_SM4);
    left += left_by_a_key(kms, "signer", MIYAO_SPEC_SM2_SIGN);
    CHECK(left == 0);
    miyao_kms_free(kms);
    miyao_sm2_public_key_free(to);
    miyao_sm2_private_key_free(keeper);
    return 0;
}
