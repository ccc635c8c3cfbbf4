/* SM3, SM4 and what is made of them, used as the header says, and against it. */
#include "objects.h"

static void of_hex(uint8_t *out, const char *hex) {
    for (; hex[0] != 0 && hex[1] != 0; hex += 2) {
        unsigned byte = 0;
        CHECK(sscanf(hex, "%2x", &byte) == 1);
        *out++ = (uint8_t)byte;
    }
}

static int is_hex(const uint8_t *bytes, size_t len, const char *hex) {
    uint8_t expected[64];
    CHECK(strlen(hex) == 2 * len && len <= sizeof expected);
    of_hex(expected, hex);
    return memcmp(bytes, expected, len) == 0;
}

static const uint8_t text[48] = "forty-seven bytes of plaintext for every mode.";

/* GB/T 32905 A.1, GB/T 32907 A.1, RFC 8998 A.1 and A.2. */
static void examples_of_the_standards(void) {
    uint8_t out[64], key[16], plain[64], aad[20], nonce[12], tag[16];
    size_t len = 0;
    miyao_sm4 *sm4 = NULL;
    miyao_gcm *gcm = NULL;
    miyao_ccm *ccm = NULL;
    OK(miyao_sm3_digest((const uint8_t *)"abc", 3, out, sizeof out));
    CHECK(is_hex(out, 32, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    of_hex(key, "0123456789abcdeffedcba9876543210");
    OK(miyao_sm4_new(key, sizeof key, &sm4));
    OK(miyao_sm4_encrypt(sm4, MIYAO_SM4_MODE_ECB, NULL, 0, key, 16, out, sizeof out, &len));
    CHECK(len == 16 && is_hex(out, 16, "681edf34d206965e86b3e94f536e4246"));
    miyao_sm4_free(sm4);
    of_hex(nonce, "00001234567800000000abcd");
    of_hex(aad, "feedfacedeadbeeffeedfacedeadbeefabaddad2");
    for (int at = 0; at < 64; at++) plain[at] = (uint8_t)(0x11 * "\xa\xb\xc\xd\xe\xf\xe\xa"[at / 8]);
    OK(miyao_gcm_new(key, sizeof key, 16, &gcm));
    OK(miyao_gcm_encrypt(gcm, nonce, 12, aad, 20, plain, 64, out, sizeof out, tag, sizeof tag));
    CHECK(is_hex(tag, 16, "83de3541e4c2b58177e065a9bf7b62ec"));
    miyao_gcm_free(gcm);
    OK(miyao_ccm_new(key, sizeof key, 16, &ccm));
    OK(miyao_ccm_encrypt(ccm, nonce, 12, aad, 20, plain, 64, out, sizeof out, tag, sizeof tag));
    CHECK(is_hex(tag, 16, "16842d4fa186f56ab33256971fa110f4"));
    miyao_ccm_free(ccm);
}

static void macs(void) {
    uint8_t one[32], pieces[32], fresh[32];
    miyao_hmac *hmac = NULL, *copy = NULL;
    miyao_cmac *cmac = NULL;
    OK(miyao_hmac_mac(text, 20, text, sizeof text, one, sizeof one));
    OK(miyao_hmac_new(text, 20, &hmac));
    OK(miyao_hmac_finish(hmac, fresh, sizeof fresh));
    OK(miyao_hmac_update(hmac, text, 5));
    OK(miyao_hmac_clone(hmac, &copy));
    OK(miyao_hmac_update(hmac, text + 5, sizeof text - 5));
    OK(miyao_hmac_finish(hmac, pieces, sizeof pieces));
    CHECK(memcmp(one, pieces, 32) == 0);
    OK(miyao_hmac_verify(hmac, one, 32));
    CHECK(miyao_hmac_verify(copy, one, 32) == MIYAO_STATUS_REJECTED);
    CHECK(miyao_hmac_verify(hmac, one, 31) == MIYAO_STATUS_REJECTED);
    CHECK(miyao_hmac_verify(hmac, NULL, 0) == MIYAO_STATUS_REJECTED);
    OK(miyao_hmac_reset(hmac));
    OK(miyao_hmac_verify(hmac, fresh, 32));
    miyao_hmac_free(copy);
    miyao_hmac_free(hmac);
    CHECK(miyao_cmac_mac(text, 15, text, 1, one, sizeof one) == MIYAO_STATUS_INVALID);
    OK(miyao_cmac_mac(text, 16, text, sizeof text, one, sizeof one));
    OK(miyao_cmac_new(text, 16, &cmac));
    for (size_t at = 0; at < sizeof text; at++) OK(miyao_cmac_update(cmac, text + at, 1));
    OK(miyao_cmac_verify(cmac, one, 16));
    OK(miyao_cmac_update(cmac, text, 1));
    CHECK(miyao_cmac_verify(cmac, one, 16) == MIYAO_STATUS_REJECTED);
    OK(miyao_cmac_reset(cmac));
    OK(miyao_cmac_update(cmac, text, sizeof text));
    OK(miyao_cmac_finish(cmac, pieces, sizeof pieces));
    CHECK(memcmp(one, pieces, 16) == 0);
    miyao_cmac_free(cmac);
}

static void derivations(void) {
    uint8_t prk[32], whole[64], steps[64], most[MIYAO_HKDF_MAX + 1];
    OK(miyao_hkdf_derive(text, 8, text, 32, text, 3, whole, sizeof whole));
    OK(miyao_hkdf_extract(text, 8, text, 32, prk, sizeof prk));
    OK(miyao_hkdf_expand(prk, sizeof prk, text, 3, steps, sizeof steps));
    CHECK(memcmp(whole, steps, sizeof whole) == 0);
    OK(miyao_hkdf_expand(prk, sizeof prk, NULL, 0, most, MIYAO_HKDF_MAX));
    memset(most, UNTOUCHED, sizeof most);
    CHECK(miyao_hkdf_expand(prk, sizeof prk, NULL, 0, most, sizeof most) == MIYAO_STATUS_INVALID);
    CHECK(is_untouched(most, sizeof most));
    CHECK(miyao_hkdf_expand(prk, 31, NULL, 0, steps, sizeof steps) == MIYAO_STATUS_INVALID);
    CHECK(miyao_kdf_derive(text, 8, NULL, 0) == MIYAO_STATUS_INVALID);
    CHECK(miyao_pbkdf2_derive(text, 8, text, 8, 0, steps, 16) == MIYAO_STATUS_INVALID);
}

/* Every mode in place, apart and in pieces; overlaps are refused. */
static void modes(void) {
    miyao_sm4 *sm4 = NULL;
    OK(miyao_sm4_new(text, 16, &sm4));
    for (uint32_t mode = MIYAO_SM4_MODE_ECB; mode <= MIYAO_SM4_MODE_CTR; mode++) {
        uint8_t place[96], apart[64], pieces[64];
        size_t iv_len = mode <= MIYAO_SM4_MODE_ECB_PKCS7 ? 0 : 16, len = 0, apart_len = 0, at = 0;
        int blocks = mode <= MIYAO_SM4_MODE_CBC_PKCS7, padded = mode % 2 == 0 && blocks;
        miyao_sm4_stream *stream = NULL;
        memcpy(place, text, 48);
        OK(miyao_sm4_encrypt(sm4, mode, a_nonce, iv_len, place, 48, place, sizeof place, &len));
        OK(miyao_sm4_encrypt(sm4, mode, a_nonce, iv_len, text, 48, apart, sizeof apart, &apart_len));
        CHECK(len == apart_len && len == (padded ? 64u : 48u) && memcmp(place, apart, len) == 0);
        OK(miyao_sm4_stream_new(text, 16, mode, MIYAO_SM4_ENCRYPT, a_nonce, iv_len, &stream));
        for (size_t from = 0; from < 48; from += 12) {
            size_t expected = miyao_sm4_stream_update_len(stream, 12);
            OK(miyao_sm4_stream_update(stream, text + from, 12, pieces + at, sizeof pieces - at, &len));
            CHECK(len == expected);
            at += len;
        }
        OK(miyao_sm4_stream_finish(stream, pieces + at, sizeof pieces - at, &len));
        CHECK(at + len == apart_len && memcmp(pieces, apart, apart_len) == 0);
        CHECK(miyao_sm4_stream_update(stream, text, 16, place, sizeof place, &len) == MIYAO_STATUS_INVALID);
        OK(miyao_sm4_stream_reset(stream, a_nonce, iv_len));
        memcpy(place, text, 48);
        CHECK(miyao_sm4_stream_update(stream, place, 32, place, sizeof place, &len) ==
              (blocks ? MIYAO_STATUS_INVALID : MIYAO_STATUS_OK));
        CHECK(memcmp(place, blocks ? text : apart, 32) == 0);
        miyao_sm4_stream_free(stream);
        memcpy(place, apart, apart_len);
        for (size_t off = 1; off < 48; off += 15)
            CHECK(miyao_sm4_decrypt(sm4, mode, a_nonce, iv_len, place, apart_len, place + off, sizeof place - off, &len) ==
                  MIYAO_STATUS_INVALID);
        CHECK(memcmp(place, apart, apart_len) == 0);
        OK(miyao_sm4_decrypt(sm4, mode, a_nonce, iv_len, place, apart_len, place, sizeof place, &len));
        CHECK(len == 48 && memcmp(place, text, 48) == 0);
        CHECK(miyao_sm4_encrypt(sm4, mode, a_nonce, 7, text, 48, apart, sizeof apart, &len) == MIYAO_STATUS_INVALID);
        memset(apart, UNTOUCHED, sizeof apart);
        CHECK(miyao_sm4_decrypt(sm4, mode, a_nonce, iv_len, text, 47, apart, sizeof apart, &len) ==
              (blocks ? MIYAO_STATUS_INVALID : MIYAO_STATUS_OK));
        CHECK(is_untouched(apart, sizeof apart) == blocks);
        if (padded) {
            CHECK(miyao_sm4_decrypt(sm4, mode, a_nonce, iv_len, text, 48, place, sizeof place, &len) == MIYAO_STATUS_REJECTED);
            for (int byte = 0; byte < 48; byte++) CHECK(place[byte] == 0);
        }
    }
    {
        uint8_t out[48];
        size_t len = 0;
        CHECK(miyao_sm4_encrypt(sm4, 9, a_nonce, 16, text, 48, out, sizeof out, &len) == MIYAO_STATUS_UNSUPPORTED);
        CHECK(miyao_sm4_encrypt(sm4, 0, a_nonce, 16, text, 48, out, sizeof out, &len) == MIYAO_STATUS_UNSUPPORTED);
        CHECK(miyao_sm4_padded_len(0) == 16 && miyao_sm4_padded_len(16) == 32 && miyao_sm4_padded_len(SIZE_MAX) == SIZE_MAX);
    }
    miyao_sm4_free(sm4);
}

/* A tag beside the text or behind it, of every length; what is not authentic is zeros, in place and apart. */
static void authentic(void) {
    for (size_t tag_len = 0; tag_len <= 17; tag_len++) {
        uint8_t sealed[64], opened[48];
        miyao_gcm *gcm = NULL;
        int exists = tag_len == 4 || tag_len == 8 || (tag_len >= 12 && tag_len <= 16);
        CHECK(miyao_gcm_new(text, 16, tag_len, &gcm) == (exists ? MIYAO_STATUS_OK : MIYAO_STATUS_INVALID));
        CHECK(miyao_gcm_tag_len(gcm) == (exists ? tag_len : 0));
        if (!exists) continue;
        memcpy(sealed, text, 48);
        OK(miyao_gcm_encrypt(gcm, a_nonce, 12, text, 9, sealed, 48, sealed, 48, sealed + 48, 16));
        OK(miyao_gcm_decrypt(gcm, a_nonce, 12, text, 9, sealed, 48, sealed + 48, tag_len, opened, sizeof opened));
        CHECK(memcmp(opened, text, 48) == 0);
        CHECK(miyao_gcm_decrypt(gcm, a_nonce, 12, text, 9, sealed, 48, sealed + 48, tag_len - 1, opened, 48) ==
              MIYAO_STATUS_REJECTED);
        for (int byte = 0; byte < 48; byte++) CHECK(opened[byte] == 0);
        sealed[47 + tag_len] ^= 1;
        CHECK(miyao_gcm_decrypt(gcm, a_nonce, 12, text, 9, sealed, 48, sealed + 48, tag_len, sealed, 48) ==
              MIYAO_STATUS_REJECTED);
        for (int byte = 0; byte < 48; byte++) CHECK(sealed[byte] == 0);
        memset(opened, UNTOUCHED, sizeof opened);
        CHECK(miyao_gcm_encrypt(gcm, NULL, 0, NULL, 0, text, 48, opened, 48, sealed + 48, 16) == MIYAO_STATUS_INVALID);
        CHECK(is_untouched(opened, sizeof opened));
        miyao_gcm_free(gcm);
    }
    for (size_t tag_len = 0; tag_len <= 17; tag_len++) {
        uint8_t sealed[64], opened[48];
        miyao_ccm *ccm = NULL;
        int exists = tag_len >= 4 && tag_len <= 16 && tag_len % 2 == 0;
        CHECK(miyao_ccm_new(text, 16, tag_len, &ccm) == (exists ? MIYAO_STATUS_OK : MIYAO_STATUS_INVALID));
        CHECK(miyao_ccm_tag_len(ccm) == (exists ? tag_len : 0));
        if (!exists) continue;
        memcpy(sealed, text, 48);
        OK(miyao_ccm_encrypt(ccm, a_nonce, 13, text, 9, sealed, 48, sealed, 48, sealed + 48, 16));
        OK(miyao_ccm_decrypt(ccm, a_nonce, 13, text, 9, sealed, 48, sealed + 48, tag_len, opened, sizeof opened));
        CHECK(memcmp(opened, text, 48) == 0);
        CHECK(miyao_ccm_decrypt(ccm, a_nonce, 12, text, 9, sealed, 48, sealed + 48, tag_len, opened, 48) ==
              MIYAO_STATUS_REJECTED);
        for (int byte = 0; byte < 48; byte++) CHECK(opened[byte] == 0);
        memset(opened, UNTOUCHED, sizeof opened);
        CHECK(miyao_ccm_encrypt(ccm, a_nonce, 14, NULL, 0, text, 48, opened, 48, sealed + 48, 16) == MIYAO_STATUS_INVALID);
        CHECK(is_untouched(opened, sizeof opened));
        miyao_ccm_free(ccm);
    }
}

/* Pieces make what the whole makes, in place and apart, under a key that is freed already; what is refused changes nothing. */
static void authentic_in_pieces(void) {
    uint8_t whole[48], tag[16], pieces[48], again[16], place[48];
    miyao_gcm *gcm = NULL;
    miyao_ccm *ccm = NULL;
    miyao_gcm_encryptor *in_gcm = NULL;
    miyao_ccm_encryptor *in_ccm = NULL;
    OK(miyao_gcm_new(text, 16, 13, &gcm));
    OK(miyao_gcm_encrypt(gcm, a_nonce, 12, text, 9, text, 48, whole, 48, tag, 13));
    CHECK(miyao_gcm_encryptor_new(gcm, NULL, 0, text, 9, &in_gcm) == MIYAO_STATUS_INVALID && in_gcm == NULL);
    OK(miyao_gcm_encryptor_new(gcm, a_nonce, 12, text, 9, &in_gcm));
    miyao_gcm_free(gcm);
    memcpy(place, text, 48);
    OK(miyao_gcm_encryptor_update(in_gcm, text, 11, pieces, sizeof pieces));
    OK(miyao_gcm_encryptor_update(in_gcm, NULL, 0, NULL, 0));
    CHECK(miyao_gcm_encryptor_update(in_gcm, place, 20, place + 1, 47) == MIYAO_STATUS_INVALID);
    OK(miyao_gcm_encryptor_update(in_gcm, place + 11, 37, place + 11, 37));
    memcpy(pieces + 11, place + 11, 37);
    CHECK(miyao_gcm_encryptor_finish(in_gcm, again, 12) == MIYAO_STATUS_INVALID);
    OK(miyao_gcm_encryptor_finish(in_gcm, again, 13));
    CHECK(memcmp(pieces, whole, 48) == 0 && memcmp(again, tag, 13) == 0);
    CHECK(miyao_gcm_encryptor_finish(in_gcm, again, 13) == MIYAO_STATUS_INVALID);
    CHECK(miyao_gcm_encryptor_update(in_gcm, text, 11, pieces, sizeof pieces) == MIYAO_STATUS_INVALID);
    CHECK(memcmp(pieces, whole, 48) == 0);
    miyao_gcm_encryptor_free(in_gcm);

    OK(miyao_ccm_new(text, 16, 10, &ccm));
    OK(miyao_ccm_encrypt(ccm, a_nonce, 13, text, 9, text, 48, whole, 48, tag, 10));
    CHECK(miyao_ccm_encryptor_new(ccm, a_nonce, 6, text, 9, 48, &in_ccm) == MIYAO_STATUS_INVALID && in_ccm == NULL);
    CHECK(miyao_ccm_encryptor_new(ccm, a_nonce, 13, text, 9, 1 << 16, &in_ccm) == MIYAO_STATUS_TOO_LARGE && in_ccm == NULL);
    OK(miyao_ccm_encryptor_new(ccm, a_nonce, 13, text, 9, 48, &in_ccm));
    miyao_ccm_free(ccm);
    memset(pieces, UNTOUCHED, sizeof pieces);
    OK(miyao_ccm_encryptor_update(in_ccm, text, 11, pieces, sizeof pieces));
    CHECK(miyao_ccm_encryptor_update(in_ccm, text, 38, pieces + 11, 38) == MIYAO_STATUS_INVALID);
    CHECK(miyao_ccm_encryptor_finish(in_ccm, again, 10) == MIYAO_STATUS_INVALID);
    CHECK(is_untouched(pieces + 11, 37));
    memcpy(place, text, 48);
    OK(miyao_ccm_encryptor_update(in_ccm, place + 11, 37, place + 11, 37));
    memcpy(pieces + 11, place + 11, 37);
    OK(miyao_ccm_encryptor_finish(in_ccm, again, 10));
    CHECK(memcmp(pieces, whole, 48) == 0 && memcmp(again, tag, 10) == 0);
    CHECK(miyao_ccm_encryptor_finish(in_ccm, again, 10) == MIYAO_STATUS_INVALID);
    miyao_ccm_encryptor_free(in_ccm);
}

static void sectors(void) {
    miyao_xts *ieee = NULL, *gb = NULL;
    uint8_t one[48], other[48];
    OK(miyao_xts_new(text, 32, MIYAO_XTS_IEEE, &ieee));
    OK(miyao_xts_new(text, 32, MIYAO_XTS_GB, &gb));
    OK(miyao_xts_encrypt(ieee, a_nonce, 16, text, 48, one, sizeof one));
    OK(miyao_xts_encrypt(gb, a_nonce, 16, text, 48, other, sizeof other));
    CHECK(memcmp(one, other, 16) == 0 && memcmp(one + 16, other + 16, 16) != 0);
    OK(miyao_xts_decrypt(ieee, a_nonce, 16, one, 48, one, sizeof one));
    OK(miyao_xts_decrypt(gb, a_nonce, 16, other, 48, other, sizeof other));
    CHECK(memcmp(one, text, 48) == 0 && memcmp(other, text, 48) == 0);
    CHECK(miyao_xts_encrypt(ieee, a_nonce, 16, text, MIYAO_XTS_MIN - 1, one, sizeof one) == MIYAO_STATUS_INVALID);
    CHECK(miyao_xts_encrypt(ieee, a_nonce, 16, text, MIYAO_XTS_MAX + 1, one, sizeof one) == MIYAO_STATUS_TOO_LARGE);
    miyao_xts_free(ieee);
    miyao_xts_free(gb);
    ieee = NULL;
    CHECK(miyao_xts_new(text, 32, 3, &ieee) == MIYAO_STATUS_UNSUPPORTED && ieee == NULL);
    memset(one, 7, sizeof one);
    CHECK(miyao_xts_new(one, 32, MIYAO_XTS_IEEE, &ieee) == MIYAO_STATUS_INVALID && ieee == NULL);
}

static void many_hashes(void) {
    const uint8_t *messages[100];
    size_t lens[100];
    uint8_t all[100 * MIYAO_SM3_LEN], one[MIYAO_SM3_LEN];
    for (size_t at = 0; at < 100; at++) {
        messages[at] = text;
        lens[at] = at % 49;
    }
    OK(miyao_sm3_digest_many(messages, lens, 100, all, sizeof all));
    for (size_t at = 0; at < 100; at++) {
        OK(miyao_sm3_digest(messages[at], lens[at], one, sizeof one));
        CHECK(memcmp(one, all + at * MIYAO_SM3_LEN, sizeof one) == 0);
    }
    OK(miyao_sm3_digest_many(NULL, NULL, 0, NULL, 0));
    messages[50] = NULL;
    memset(all, UNTOUCHED, sizeof all);
    CHECK(miyao_sm3_digest_many(messages, lens, 100, all, sizeof all) == MIYAO_STATUS_INVALID);
    CHECK(is_untouched(all, sizeof all));
}

int main(void) {
    CHECK(miyao_abi_version() == MIYAO_ABI_VERSION);
    OK(miyao_self_test());
    examples_of_the_standards();
    macs();
    derivations();
    modes();
    authentic();
    authentic_in_pieces();
    sectors();
    many_hashes();
    return 0;
}
