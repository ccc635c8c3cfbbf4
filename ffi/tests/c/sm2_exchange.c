// The key exchange of SM2: the standard's example from both sides, and whoever is somebody else.

#include "sm2.h"

struct side {
    miyao_sm2_private_key *own, *ephemeral;
    miyao_sm2_public_key *key, *ephemeral_key;
};

static struct side side(miyao_sm2_private_key *own, miyao_sm2_private_key *ephemeral) {
    struct side side = {own, ephemeral, public_half(own), public_half(ephemeral)};
    return side;
}

static void side_end(struct side *side) {
    miyao_sm2_private_key_free(side->own);
    miyao_sm2_private_key_free(side->ephemeral);
    miyao_sm2_public_key_free(side->key);
    miyao_sm2_public_key_free(side->ephemeral_key);
}

static miyao_sm2_exchange *exchange(uint32_t role, const struct side *own, const struct side *peer) {
    miyao_sm2_exchange *exchange;
    DONE(miyao_sm2_exchange_new(role, own->own, DEFAULT_ID, own->ephemeral, peer->key, DEFAULT_ID, peer->ephemeral_key,
                                &exchange));
    return exchange;
}

static void the_example_of_the_standard_comes_out_on_both_sides(void) {
    struct side a = side(private_key("81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029"),
                         private_key("d4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3"));
    struct side b = side(private_key("785129917d45a9ea5437a59356b82338eaadda6ceb199088f14ae10defa229b5"),
                         private_key("7e07124814b309489125eaed101113164ebf0f3458c5bd88335c1f9d596243d6"));
    miyao_sm2_exchange *both[] = {
        exchange(MIYAO_SM2_ROLE_INITIATOR, &a, &b),
        exchange(MIYAO_SM2_ROLE_RESPONDER, &b, &a),
    };
    for (size_t at = 0; at < 2; at++) {
        uint8_t key[16], sb[MIYAO_SM2_DIGEST_LEN], sa[MIYAO_SM2_DIGEST_LEN];
        DONE(miyao_sm2_exchange_key(both[at], ALL(key)));
        CHECK(equals_hex(ALL(key), "6c89347354de2484c60b4ab1fde4c6e5"));
        DONE(miyao_sm2_exchange_confirmation(both[at], MIYAO_SM2_ROLE_RESPONDER, ALL(sb)));
        CHECK(equals_hex(ALL(sb), "d3a0fe15dee185ceae907a6b595cc32a266ed7b3367e9983a896dc32fa20f8eb"));
        DONE(miyao_sm2_exchange_confirmation(both[at], MIYAO_SM2_ROLE_INITIATOR, ALL(sa)));
        CHECK(equals_hex(ALL(sa), "18c7894b3816df16cf07b05c5ec0bef5d655d58f779cc1b400a4f3884644db88"));
        const uint8_t *from_peer = at == 0 ? sb : sa, *own = at == 0 ? sa : sb;
        DONE(miyao_sm2_exchange_verify(both[at], from_peer, sizeof sa));
        GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_exchange_verify(both[at], own, sizeof sa));
        GIVES(MIYAO_STATUS_INVALID, miyao_sm2_exchange_verify(both[at], from_peer, sizeof sa - 1));
        GIVES(MIYAO_STATUS_INVALID, miyao_sm2_exchange_key(both[at], NULL, 0));
        GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_sm2_exchange_confirmation(both[at], 0, ALL(sa)));
        miyao_sm2_exchange_free(both[at]);
    }
    side_end(&a);
    side_end(&b);
}

static void whoever_has_another_key_or_id_gets_another_key(void) {
    struct side a = side(fresh_key(), fresh_key()), b = side(fresh_key(), fresh_key());
    struct side c = side(fresh_key(), fresh_key());
    miyao_sm2_exchange *honest = exchange(MIYAO_SM2_ROLE_INITIATOR, &a, &b), *others[2];
    others[0] = exchange(MIYAO_SM2_ROLE_RESPONDER, &c, &a); // another key
    DONE(miyao_sm2_exchange_new(MIYAO_SM2_ROLE_RESPONDER, b.own, TEXT("bob"), b.ephemeral, a.key, DEFAULT_ID,
                                a.ephemeral_key, &others[1]));
    uint8_t key[64], other[64], confirmation[MIYAO_SM2_DIGEST_LEN];
    DONE(miyao_sm2_exchange_key(honest, ALL(key)));
    for (size_t at = 0; at < 2; at++) {
        DONE(miyao_sm2_exchange_key(others[at], ALL(other)));
        CHECK(memcmp(key, other, sizeof key) != 0);
        DONE(miyao_sm2_exchange_confirmation(others[at], MIYAO_SM2_ROLE_RESPONDER, ALL(confirmation)));
        GIVES(MIYAO_STATUS_REJECTED, miyao_sm2_exchange_verify(honest, ALL(confirmation)));
        miyao_sm2_exchange_free(others[at]);
    }
    static const uint8_t long_id[MIYAO_SM2_ID_MAX + 1] = {0};
    miyao_sm2_exchange *none = NULL;
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_exchange_new(MIYAO_SM2_ROLE_INITIATOR, a.own, ALL(long_id), a.ephemeral,
                                                       b.key, DEFAULT_ID, b.ephemeral_key, &none));
    GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_sm2_exchange_new(3, a.own, DEFAULT_ID, a.ephemeral, b.key, DEFAULT_ID,
                                                           b.ephemeral_key, &none));
    CHECK(none == NULL);
    miyao_sm2_exchange_free(honest);
    side_end(&a);
    side_end(&b);
    side_end(&c);
}

int main(void) {
    the_example_of_the_standard_comes_out_on_both_sides();
    whoever_has_another_key_or_id_gets_another_key();
    return 0;
}
