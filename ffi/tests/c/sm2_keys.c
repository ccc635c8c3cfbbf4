// Keys of SM2: where they come from, what is none, and what is said of them.

#include "sm2.h"

static void the_bounds_of_a_private_key_are_those_of_the_standard(void) {
    static const struct {
        const char *d;
        miyao_status status;
    } keys[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000", MIYAO_STATUS_INVALID},
        {"0000000000000000000000000000000000000000000000000000000000000001", MIYAO_STATUS_OK},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121", MIYAO_STATUS_OK},      // n - 2
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122", MIYAO_STATUS_INVALID}, // n - 1
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123", MIYAO_STATUS_INVALID}, // n
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", MIYAO_STATUS_INVALID},
    };
    for (size_t at = 0; at < sizeof keys / sizeof *keys; at++) {
        uint8_t d[MIYAO_SM2_PRIVATE_KEY_LEN], again[MIYAO_SM2_PRIVATE_KEY_LEN];
        unhex(keys[at].d, d, sizeof d);
        miyao_sm2_private_key *key = NULL;
        GIVES(keys[at].status, miyao_sm2_private_key_from_bytes(d, sizeof d, &key));
        CHECK((key != NULL) == (keys[at].status == MIYAO_STATUS_OK));
        if (key != NULL) {
            DONE(miyao_sm2_private_key_expose(key, ALL(again)));
            CHECK(memcmp(d, again, sizeof d) == 0);
        }
        miyao_sm2_private_key_free(key);
    }
    uint8_t one[MIYAO_SM2_PRIVATE_KEY_LEN + 1] = {0};
    one[MIYAO_SM2_PRIVATE_KEY_LEN - 1] = 1;
    miyao_sm2_private_key *key;
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_from_bytes(one, MIYAO_SM2_PRIVATE_KEY_LEN - 1, &key));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_from_bytes(one, MIYAO_SM2_PRIVATE_KEY_LEN + 1, &key));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_from_bytes(NULL, MIYAO_SM2_PRIVATE_KEY_LEN, &key));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_from_bytes(one, MIYAO_SM2_PRIVATE_KEY_LEN, NULL));
}

static void fresh_keys_differ_and_a_batch_has_as_many_as_were_asked_for(void) {
    miyao_sm2_private_key *keys[20] = {0};
    uint8_t seen[20][MIYAO_SM2_PRIVATE_KEY_LEN];
    DONE(miyao_sm2_private_key_random_batch(keys, 19));
    CHECK(keys[19] == NULL);
    keys[19] = fresh_key();
    for (size_t at = 0; at < 20; at++) {
        DONE(miyao_sm2_private_key_expose(keys[at], ALL(seen[at])));
        for (size_t before = 0; before < at; before++) {
            CHECK(memcmp(seen[before], seen[at], sizeof seen[at]) != 0);
        }
    }
    for (size_t at = 0; at < 20; at++) {
        miyao_sm2_private_key_free(keys[at]);
    }
    DONE(miyao_sm2_private_key_random_batch(keys, 0));
    DONE(miyao_sm2_private_key_random_batch(NULL, 0));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_random_batch(NULL, 1));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_random_batch(keys, SIZE_MAX));
}

static void a_public_key_has_one_value_in_every_form(void) {
    miyao_sm2_private_key *own = private_key(D_A);
    miyao_sm2_public_key *key = public_half(own), *again;
    uint8_t point[MIYAO_SM2_PUBLIC_KEY_LEN], compressed[MIYAO_SM2_COMPRESSED_KEY_LEN], spki[MIYAO_SM2_SPKI_LEN];
    DONE(miyao_sm2_public_key_to_bytes(key, ALL(point)));
    CHECK(equals_hex(ALL(point), "04" X_A Y_A));
    DONE(miyao_sm2_public_key_to_compressed(key, ALL(compressed)));
    CHECK(equals_hex(ALL(compressed), "03" X_A));
    DONE(miyao_sm2_public_key_to_spki(key, ALL(spki)));

    DONE(miyao_sm2_public_key_from_bytes(ALL(point), &again));
    CHECK(miyao_sm2_public_key_equal(key, again));
    miyao_sm2_public_key_free(again);
    DONE(miyao_sm2_public_key_from_bytes(ALL(compressed), &again));
    CHECK(miyao_sm2_public_key_equal(key, again));
    miyao_sm2_public_key_free(again);
    DONE(miyao_sm2_public_key_from_coordinates(point + 1, MIYAO_SM2_COORDINATES_LEN, &again));
    CHECK(miyao_sm2_public_key_equal(key, again));
    miyao_sm2_public_key_free(again);
    DONE(miyao_sm2_public_key_parse(ALL(spki), &again, NULL));
    CHECK(miyao_sm2_public_key_equal(key, again));
    miyao_sm2_public_key_free(again);
    miyao_buffer *pem;
    DONE(miyao_sm2_public_key_to_pem(key, &pem));
    DONE(miyao_sm2_public_key_parse(miyao_buffer_data(pem), miyao_buffer_len(pem), &again, NULL));
    CHECK(miyao_sm2_public_key_equal(key, again));
    miyao_buffer_free(pem);

    compressed[0] ^= 1; // the other point with this x
    miyao_sm2_public_key *other;
    DONE(miyao_sm2_public_key_from_bytes(ALL(compressed), &other));
    CHECK(!miyao_sm2_public_key_equal(key, other));
    CHECK(!miyao_sm2_public_key_equal(key, NULL) && !miyao_sm2_public_key_equal(NULL, NULL));
    miyao_sm2_public_key_free(other);
    miyao_sm2_public_key_free(again);
    miyao_sm2_public_key_free(key);
    miyao_sm2_private_key_free(own);
}

static void what_is_no_point_of_the_curve_is_no_key(void) {
    static const char *const bad[] = {
        "",
        "00",                                                                       // the identity
        "04" X_A,                                                                   // half of it
        "05" X_A Y_A,                                                               // another prefix
        "06" X_A Y_A,                                                               // the hybrid form
        "04" Y_A X_A,                                                               // off the curve
        "03fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff",       // x = p
        "04" X_A "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad12", // y altered
        "04" X_A Y_A "00",
    };
    for (size_t at = 0; at < sizeof bad / sizeof *bad; at++) {
        uint8_t bytes[80];
        size_t len = unhex(bad[at], bytes, sizeof bytes);
        miyao_sm2_public_key *key = NULL;
        GIVES(MIYAO_STATUS_INVALID, miyao_sm2_public_key_from_bytes(bytes, len, &key));
        GIVES(MIYAO_STATUS_MALFORMED, miyao_sm2_public_key_parse(bytes, len, &key, NULL));
        CHECK(key == NULL);
    }
}

static void za_and_the_identifier_are_digests_of_the_key(void) {
    miyao_sm2_private_key *own = private_key(D_A);
    miyao_sm2_public_key *key = public_half(own);
    uint8_t digest[MIYAO_SM2_DIGEST_LEN], again[MIYAO_SM2_DIGEST_LEN], spki[MIYAO_SM2_SPKI_LEN];
    CHECK(strlen(MIYAO_SM2_DEFAULT_ID) == MIYAO_SM2_DEFAULT_ID_LEN);
    DONE(miyao_sm2_public_key_za(key, DEFAULT_ID, ALL(digest)));
    CHECK(equals_hex(ALL(digest), "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"));
    DONE(miyao_sm2_public_key_za(key, NULL, 0, ALL(again)));
    CHECK(memcmp(digest, again, sizeof digest) != 0);
    static const uint8_t long_id[MIYAO_SM2_ID_MAX + 1] = {0};
    DONE(miyao_sm2_public_key_za(key, long_id, MIYAO_SM2_ID_MAX, ALL(digest)));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_public_key_za(key, ALL(long_id), ALL(digest)));

    DONE(miyao_sm2_public_key_to_spki(key, ALL(spki)));
    DONE(miyao_sm3_digest(ALL(spki), ALL(digest)));
    DONE(miyao_sm2_public_key_identifier(key, ALL(again)));
    CHECK(memcmp(digest, again, sizeof digest) == 0);
    miyao_sm2_public_key_free(key);
    miyao_sm2_private_key_free(own);
}

static void both_sides_share_an_x(void) {
    miyao_sm2_private_key *one = fresh_key(), *other = fresh_key();
    miyao_sm2_public_key *one_public = public_half(one), *other_public = public_half(other);
    uint8_t x[MIYAO_SM2_DIGEST_LEN], again[MIYAO_SM2_DIGEST_LEN];
    DONE(miyao_sm2_private_key_shared_x(one, other_public, ALL(x)));
    DONE(miyao_sm2_private_key_shared_x(other, one_public, ALL(again)));
    CHECK(memcmp(x, again, sizeof x) == 0);
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_shared_x(one, other_public, x, sizeof x - 1));
    miyao_sm2_public_key_free(one_public);
    miyao_sm2_public_key_free(other_public);
    miyao_sm2_private_key_free(one);
    miyao_sm2_private_key_free(other);
}

int main(void) {
    the_bounds_of_a_private_key_are_those_of_the_standard();
    fresh_keys_differ_and_a_batch_has_as_many_as_were_asked_for();
    a_public_key_has_one_value_in_every_form();
    what_is_no_point_of_the_curve_is_no_key();
    za_and_the_identifier_are_digests_of_the_key();
    both_sides_share_an_x();
    return 0;
}
