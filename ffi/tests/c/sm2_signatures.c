// Signatures of SM2: the standard's example, every altered bit, and many at once.

#include "sm2.h"

#define E_A "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
#define R_A "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define S_A "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
#define N "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"

static miyao_sm2_public_key *key_of_the_standard(void) {
    miyao_sm2_private_key *own = private_key(D_A);
    miyao_sm2_public_key *key = public_half(own);
    miyao_sm2_private_key_free(own);
    return key;
}

static void the_example_of_the_standard_verifies(void) {
    miyao_sm2_public_key *key = key_of_the_standard();
    miyao_sm2_prepared_key *small, *full;
    DONE(miyao_sm2_prepared_key_new(key, &small));
    DONE(miyao_sm2_prepared_key_full(key, &full));
    uint8_t raw[MIYAO_SM2_SIGNATURE_LEN], e[MIYAO_SM2_DIGEST_LEN];
    unhex(R_A S_A, ALL(raw));
    DONE(miyao_sm2_public_key_verify(key, DEFAULT_ID, TEXT("message digest"), ALL(raw)));
    DONE(miyao_sm2_prepared_key_verify(small, DEFAULT_ID, TEXT("message digest"), ALL(raw)));
    DONE(miyao_sm2_prepared_key_verify(full, DEFAULT_ID, TEXT("message digest"), ALL(raw)));

    miyao_sm2_digest *digest, *copy;
    DONE(miyao_sm2_digest_new(key, DEFAULT_ID, &digest));
    DONE(miyao_sm2_digest_update(digest, TEXT("message")));
    DONE(miyao_sm2_digest_clone(digest, &copy));
    DONE(miyao_sm2_digest_update(digest, TEXT(" digest")));
    DONE(miyao_sm2_digest_finish(digest, ALL(e)));
    CHECK(equals_hex(ALL(e), E_A));
    DONE(miyao_sm2_public_key_verify_digest(key, ALL(e), ALL(raw)));
    DONE(miyao_sm2_prepared_key_verify_digest(small, ALL(e), ALL(raw)));
    DONE(miyao_sm2_prepared_key_verify_digest(full, ALL(e), ALL(raw)));
    DONE(miyao_sm2_digest_finish(copy, ALL(e)));
    CHECK(!equals_hex(ALL(e), E_A));
    GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_public_key_verify_digest(key, ALL(e), ALL(raw)));
    miyao_sm2_digest_free(digest);
    miyao_sm2_digest_free(copy);
    miyao_sm2_prepared_key_free(small);
    miyao_sm2_prepared_key_free(full);
    miyao_sm2_public_key_free(key);
}

static void an_altered_bit_an_id_a_message_or_a_key_is_refused(void) {
    miyao_sm2_public_key *key = key_of_the_standard(), *other;
    miyao_sm2_prepared_key *prepared;
    DONE(miyao_sm2_prepared_key_full(key, &prepared));
    uint8_t raw[MIYAO_SM2_SIGNATURE_LEN];
    unhex(R_A S_A, ALL(raw));
    for (size_t bit = 0; bit < 8 * sizeof raw; bit++) {
        raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
        GIVES(MIYAO_STATUS_REJECTED,
              miyao_sm2_public_key_verify(key, DEFAULT_ID, TEXT("message digest"), ALL(raw)));
        GIVES(MIYAO_STATUS_REJECTED,
              miyao_sm2_prepared_key_verify(prepared, DEFAULT_ID, TEXT("message digest"), ALL(raw)));
        raw[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_public_key_verify(key, NULL, 0, TEXT("message digest"), ALL(raw)));
    GIVES(MIYAO_STATUS_REJECTED,
          miyao_sm2_public_key_verify(key, TEXT("1234567812345679"), TEXT("message digest"), ALL(raw)));
    GIVES(MIYAO_STATUS_REJECTED,
          miyao_sm2_public_key_verify(key, DEFAULT_ID, TEXT("message digest "), ALL(raw)));
    GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_public_key_verify(key, DEFAULT_ID, NULL, 0, ALL(raw)));
    GIVES(MIYAO_STATUS_INVALID,
          miyao_sm2_public_key_verify(key, DEFAULT_ID, TEXT("message digest"), raw, sizeof raw - 1));
    miyao_sm2_private_key *fresh = fresh_key();
    other = public_half(fresh);
    GIVES(MIYAO_STATUS_REJECTED,
          miyao_sm2_public_key_verify(other, DEFAULT_ID, TEXT("message digest"), ALL(raw)));
    miyao_sm2_private_key_free(fresh);
    miyao_sm2_public_key_free(other);
    miyao_sm2_public_key_free(key);
    miyao_sm2_prepared_key_free(prepared);
}

static void numbers_out_of_range_are_no_signature(void) {
    static const char *const bad[] = {ZERO S_A, R_A ZERO, N S_A, R_A N, ZERO ZERO};
    miyao_sm2_public_key *key = key_of_the_standard();
    for (size_t at = 0; at < sizeof bad / sizeof *bad; at++) {
        uint8_t raw[MIYAO_SM2_SIGNATURE_LEN], der[MIYAO_SM2_SIGNATURE_DER_MAX], e[MIYAO_SM2_DIGEST_LEN] = {1};
        size_t len = 7;
        unhex(bad[at], ALL(raw));
        GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_public_key_verify_digest(key, ALL(e), ALL(raw)));
        GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_signature_to_der(ALL(raw), ALL(der), &len));
        CHECK(len == 7);
    }
    miyao_sm2_public_key_free(key);
}

static void der_and_the_raw_form_are_one_signature_and_other_der_is_none(void) {
    uint8_t raw[MIYAO_SM2_SIGNATURE_LEN], again[MIYAO_SM2_SIGNATURE_LEN], der[MIYAO_SM2_SIGNATURE_DER_MAX + 1];
    size_t len;
    unhex(R_A S_A, ALL(raw));
    DONE(miyao_sm2_signature_to_der(ALL(raw), ALL(der), &len));
    CHECK(equals_hex(der, len, "3046022100" R_A "022100" S_A));
    DONE(miyao_sm2_signature_from_der(der, len, ALL(again)));
    CHECK(memcmp(raw, again, sizeof raw) == 0);
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_signature_to_der(ALL(raw), der, MIYAO_SM2_SIGNATURE_DER_MAX - 1, &len));

    der[len] = 0;
    memset(again, 7, sizeof again);
    for (size_t cut = 0; cut <= len + 1; cut++) {
        if (cut != len) {
            GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_signature_from_der(der, cut, ALL(again)));
        }
    }
    static const char *const bad[] = {
        "304502210" "0" R_A "0220" S_A,            // a number below zero
        "304702220000" R_A "022100" S_A,           // a zero too many
        "308146022100" R_A "022100" S_A,           // a long form of a short length
        "3146022100" R_A "022100" S_A,             // another tag
        "3049022100" R_A "022100" S_A "020101",    // a third number
        "3006020100020101",                        // zero
    };
    for (size_t at = 0; at < sizeof bad / sizeof *bad; at++) {
        uint8_t bytes[128];
        size_t bad_len = unhex(bad[at], ALL(bytes));
        GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_signature_from_der(bytes, bad_len, ALL(again)));
    }
    for (size_t at = 0; at < sizeof again; at++) {
        CHECK(again[at] == 7);
    }
}

static void fresh_signatures_verify_and_differ(void) {
    miyao_sm2_private_key *own = fresh_key();
    miyao_sm2_public_key *key = public_half(own);
    uint8_t one[MIYAO_SM2_SIGNATURE_LEN], other[MIYAO_SM2_SIGNATURE_LEN], e[MIYAO_SM2_DIGEST_LEN];
    DONE(miyao_sm2_private_key_sign(own, TEXT("alice"), TEXT("message"), ALL(one)));
    DONE(miyao_sm2_private_key_sign(own, TEXT("alice"), TEXT("message"), ALL(other)));
    CHECK(memcmp(one, other, sizeof one) != 0);
    DONE(miyao_sm2_public_key_verify(key, TEXT("alice"), TEXT("message"), ALL(one)));
    miyao_sm2_digest *digest;
    DONE(miyao_sm2_digest_new(key, TEXT("alice"), &digest));
    DONE(miyao_sm2_digest_update(digest, TEXT("message")));
    DONE(miyao_sm2_digest_finish(digest, ALL(e)));
    DONE(miyao_sm2_public_key_verify_digest(key, ALL(e), ALL(one)));
    DONE(miyao_sm2_private_key_sign_digest(own, ALL(e), ALL(other)));
    DONE(miyao_sm2_public_key_verify(key, TEXT("alice"), TEXT("message"), ALL(other)));
    static const uint8_t long_id[MIYAO_SM2_ID_MAX + 1] = {0};
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_sign(own, ALL(long_id), TEXT("message"), ALL(one)));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_digest_new(key, ALL(long_id), &digest));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_sign(NULL, DEFAULT_ID, TEXT("message"), ALL(one)));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_sign_digest(own, e, sizeof e - 1, ALL(one)));
    miyao_sm2_digest_free(digest);
    miyao_sm2_public_key_free(key);
    miyao_sm2_private_key_free(own);
}

int main(void) {
    the_example_of_the_standard_verifies();
    an_altered_bit_an_id_a_message_or_a_key_is_refused();
    numbers_out_of_range_are_no_signature();
    der_and_the_raw_form_are_one_signature_and_other_der_is_none();
    fresh_signatures_verify_and_differ();
    return 0;
}
