// Many signatures at once: each has its own outcome, and the call says whether all went well.

#include "sm2.h"

enum { COUNT = 21 };

static struct {
    miyao_sm2_private_key *own[COUNT];
    miyao_sm2_public_key *keys[COUNT];
    const uint8_t *ids[COUNT], *messages[COUNT];
    size_t id_lens[COUNT], message_lens[COUNT];
    uint8_t text[COUNT], digests[COUNT * MIYAO_SM2_DIGEST_LEN], signatures[COUNT * MIYAO_SM2_SIGNATURE_LEN];
    uint8_t statuses[COUNT];
} all;

static miyao_status sign(void) {
    return miyao_sm2_sign_batch((const miyao_sm2_private_key *const *)all.own, all.ids, all.id_lens, all.messages,
                                all.message_lens, COUNT, ALL(all.signatures), ALL(all.statuses));
}

static miyao_status verify(void) {
    return miyao_sm2_verify_batch((const miyao_sm2_public_key *const *)all.keys, all.ids, all.id_lens, all.messages,
                                  all.message_lens, ALL(all.signatures), COUNT, ALL(all.statuses));
}

static void begin(void) {
    DONE(miyao_sm2_private_key_random_batch(all.own, COUNT));
    for (size_t at = 0; at < COUNT; at++) {
        all.keys[at] = public_half(all.own[at]);
        all.text[at] = (uint8_t)at;
        all.messages[at] = all.text;
        all.message_lens[at] = at; // the first is empty
        all.ids[at] = (const uint8_t *)MIYAO_SM2_DEFAULT_ID;
        all.id_lens[at] = at % 3 == 0 ? at % 5 : MIYAO_SM2_DEFAULT_ID_LEN;
    }
}

static void what_a_batch_signs_verifies_alone_and_in_a_batch(void) {
    DONE(sign());
    for (size_t at = 0; at < COUNT; at++) {
        CHECK(all.statuses[at] == MIYAO_STATUS_OK);
        DONE(miyao_sm2_public_key_verify(all.keys[at], all.ids[at], all.id_lens[at], all.messages[at],
                                         all.message_lens[at], all.signatures + at * MIYAO_SM2_SIGNATURE_LEN,
                                         MIYAO_SM2_SIGNATURE_LEN));
    }
    memset(all.statuses, 7, sizeof all.statuses);
    DONE(verify());
    for (size_t at = 0; at < COUNT; at++) {
        CHECK(all.statuses[at] == MIYAO_STATUS_OK);
    }
}

static void one_that_is_refused_says_nothing_about_the_others(void) {
    all.signatures[3 * MIYAO_SM2_SIGNATURE_LEN + 9] ^= 1;
    memset(all.signatures + 11 * MIYAO_SM2_SIGNATURE_LEN, 0, MIYAO_SM2_SIGNATURE_LEN); // no signature at all
    memset(all.signatures + 20 * MIYAO_SM2_SIGNATURE_LEN, 0xff, MIYAO_SM2_SIGNATURE_LEN);
    GIVES(MIYAO_STATUS_PARTIAL, verify());
    for (size_t at = 0; at < COUNT; at++) {
        CHECK(all.statuses[at] == (at == 3 || at == 11 || at == 20 ? MIYAO_STATUS_REJECTED : MIYAO_STATUS_OK));
    }
}

static void an_id_that_is_too_long_is_one_items_trouble(void) {
    static const uint8_t long_id[MIYAO_SM2_ID_MAX + 1] = {0};
    const uint8_t *id = all.ids[5];
    size_t len = all.id_lens[5];
    all.ids[5] = long_id;
    all.id_lens[5] = sizeof long_id;
    memset(all.signatures, 7, sizeof all.signatures);
    GIVES(MIYAO_STATUS_PARTIAL, sign());
    for (size_t at = 0; at < COUNT; at++) {
        CHECK(all.statuses[at] == (at == 5 ? MIYAO_STATUS_INVALID : MIYAO_STATUS_OK));
    }
    for (size_t at = 0; at < MIYAO_SM2_SIGNATURE_LEN; at++) {
        CHECK(all.signatures[5 * MIYAO_SM2_SIGNATURE_LEN + at] == 0);
    }
    GIVES(MIYAO_STATUS_PARTIAL, verify());
    CHECK(all.statuses[5] == MIYAO_STATUS_REJECTED && all.statuses[6] == MIYAO_STATUS_OK);
    all.ids[5] = id;
    all.id_lens[5] = len;
}

static void digests_are_signed_and_verified_likewise(void) {
    const miyao_sm2_private_key *const *own = (const miyao_sm2_private_key *const *)all.own;
    const miyao_sm2_public_key *const *keys = (const miyao_sm2_public_key *const *)all.keys;
    DONE(miyao_random(ALL(all.digests)));
    DONE(miyao_sm2_sign_digest_batch(own, ALL(all.digests), COUNT, ALL(all.signatures)));
    DONE(miyao_sm2_verify_digest_batch(keys, ALL(all.digests), ALL(all.signatures), COUNT, ALL(all.statuses)));
    all.digests[8 * MIYAO_SM2_DIGEST_LEN] ^= 1;
    GIVES(MIYAO_STATUS_PARTIAL,
          miyao_sm2_verify_digest_batch(keys, ALL(all.digests), ALL(all.signatures), COUNT, ALL(all.statuses)));
    for (size_t at = 0; at < COUNT; at++) {
        CHECK(all.statuses[at] == (at == 8 ? MIYAO_STATUS_REJECTED : MIYAO_STATUS_OK));
    }
}

static void lengths_have_to_be_those_of_so_many(void) {
    const miyao_sm2_private_key *const *own = (const miyao_sm2_private_key *const *)all.own;
    const miyao_sm2_public_key *const *keys = (const miyao_sm2_public_key *const *)all.keys;
    memset(all.statuses, 7, sizeof all.statuses);
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_verify_digest_batch(keys, all.digests, sizeof all.digests - 1,
                                                              ALL(all.signatures), COUNT, ALL(all.statuses)));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_verify_digest_batch(keys, ALL(all.digests), all.signatures,
                                                              sizeof all.signatures - 64, COUNT, ALL(all.statuses)));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_verify_digest_batch(keys, ALL(all.digests), ALL(all.signatures), COUNT,
                                                              all.statuses, COUNT - 1));
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_sign_digest_batch(own, ALL(all.digests), COUNT, all.signatures,
                                                            sizeof all.signatures - 1));
    miyao_sm2_private_key *last = all.own[COUNT - 1];
    all.own[COUNT - 1] = NULL;
    GIVES(MIYAO_STATUS_INVALID, sign());
    all.own[COUNT - 1] = last;
    for (size_t at = 0; at < COUNT; at++) {
        CHECK(all.statuses[at] == 7);
    }
    DONE(miyao_sm2_verify_batch(NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, 0));
}

int main(void) {
    begin();
    what_a_batch_signs_verifies_alone_and_in_a_batch();
    one_that_is_refused_says_nothing_about_the_others();
    an_id_that_is_too_long_is_one_items_trouble();
    digests_are_signed_and_verified_likewise();
    lengths_have_to_be_those_of_so_many();
    for (size_t at = 0; at < COUNT; at++) {
        miyao_sm2_private_key_free(all.own[at]);
        miyao_sm2_public_key_free(all.keys[at]);
    }
    return 0;
}
