// SM2 of IPPCP. It draws nothing itself: nonces and keys come from the system here, and are taken as they are, since one
// in 2^32 would be out of range.
#include "worker.h"

#include <ippcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static IppsGFpECState *curve;
static Ipp8u *scratch;
static IppsGFpECKeyExchangeSM2State *exchange;
static IppsHashState_rmf *hash;
// What is written anew for each call: own key, nonce, digest, r, s.
static IppsBigNumState *d, *k, *e, *r, *s, *shared;
static IppsGFpECPoint *point, *nonce_point, *peer, *peer_point;
// Those of the rows.
static IppsBigNumState *own, *own_r, *own_s;
static IppsGFpECPoint *public;
static const uint8_t *ID = (const uint8_t *)"1234567812345678";
static uint8_t hidden[129];

static void must(int done, const char *what) {
    if (done) return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static void *room(int size) {
    void *made = aligned_alloc(64, (size + 63) / 64 * 64);
    must(made != NULL, "memory");
    return made;
}

static IppsBigNumState *number(void) {
    int size;
    must(ippsBigNumGetSize(8, &size) == ippStsNoErr, "a number");
    IppsBigNumState *made = room(size);
    must(ippsBigNumInit(8, made) == ippStsNoErr, "a number");
    return made;
}

static IppsGFpECPoint *new_point(void) {
    int size;
    must(ippsGFpECPointGetSize(curve, &size) == ippStsNoErr, "a point");
    IppsGFpECPoint *made = room(size);
    must(ippsGFpECPointInit(NULL, NULL, made, curve) == ippStsNoErr, "a point");
    return made;
}

static int read_number(IppsBigNumState *out, const uint8_t bytes[32]) {
    return ippsSetOctString_BN(bytes, 32, out) == ippStsNoErr;
}

static int write_number(uint8_t out[32], const IppsBigNumState *from) {
    return ippsGetOctString_BN(out, 32, from) == ippStsNoErr;
}

// `04 ‖ x ‖ y`; the library has x ‖ y.
static int read_point(IppsGFpECPoint *out, const uint8_t bytes[65]) {
    return ippsGFpECSetPointOctString(bytes + 1, 64, out, curve) == ippStsNoErr;
}

static int public_of(const IppsBigNumState *scalar, IppsGFpECPoint *out) {
    return ippsGFpECPublicKey(scalar, out, curve, scratch) == ippStsNoErr;
}

// A fresh number into `k`, and its point where that is wanted.
static int draw(IppsGFpECPoint *out) {
    uint8_t bytes[32];
    return getrandom(bytes, 32, 0) == 32 && read_number(k, bytes) && (!out || public_of(k, out));
}

// By ZA and the hash: what ippsGFpECMessageRepresentationSM2 gives is verified by no other library.
static int digest(const IppsGFpECPoint *key, struct field id, struct field message) {
    uint8_t bytes[32];
    return ippsGFpECUserIDHashSM2(bytes, id.bytes, id.size, key, curve, scratch) == ippStsNoErr &&
           ippsHashInit_rmf(hash, ippsHashMethod_SM3()) == ippStsNoErr &&
           ippsHashUpdate_rmf(bytes, 32, hash) == ippStsNoErr &&
           ippsHashUpdate_rmf(message.bytes, message.size, hash) == ippStsNoErr &&
           ippsHashFinal_rmf(bytes, hash) == ippStsNoErr && read_number(e, bytes);
}

static int sign(const IppsBigNumState *key, const IppsGFpECPoint *half, struct field id, struct field message) {
    return digest(half, id, message) && draw(NULL) && ippsGFpECSignSM2(e, key, k, r, s, curve, scratch) == ippStsNoErr;
}

static int verify(const IppsGFpECPoint *key, struct field id, struct field message, const IppsBigNumState *r,
                  const IppsBigNumState *s) {
    IppECResult result = ippECInvalidSignature;
    return digest(key, id, message) && ippsGFpECVerifySM2(e, key, r, s, &result, curve, scratch) == ippStsNoErr &&
           result == ippECValid;
}

static size_t encrypt(const IppsGFpECPoint *key, struct field message, uint8_t *out) {
    int size = 0, most = message.size + 97;
    int good = draw(nonce_point) && ippsGFpECEncryptSM2_Ext(out, most, &size, message.bytes, message.size, key,
                                                            nonce_point, k, curve, scratch) == ippStsNoErr;
    return good ? size : 0;
}

static size_t decrypt(const IppsBigNumState *key, struct field bytes, uint8_t *out) {
    int size = 0;
    int good = ippsGFpECDecryptSM2_Ext(out, bytes.size - 97, &size, bytes.bytes, bytes.size, key, curve, scratch) ==
               ippStsNoErr;
    return good ? size : 0;
}

static int shared_x(const IppsBigNumState *key, const IppsGFpECPoint *peer, uint8_t out[32]) {
    return ippsGFpECSharedSecretDH(key, peer, shared, curve, scratch) == ippStsNoErr && write_number(out, shared);
}

// The key of 16 bytes, with the nonce that is in `k` and `nonce_point`.
static int agree(IppsKeyExchangeRoleSM2 role, const IppsBigNumState *key, const IppsGFpECPoint *half, uint8_t out[16]) {
    uint8_t za[2][32], confirmation[32];
    return ippsGFpECUserIDHashSM2(za[0], ID, 16, half, curve, scratch) == ippStsNoErr &&
           ippsGFpECUserIDHashSM2(za[1], ID, 16, peer, curve, scratch) == ippStsNoErr &&
           ippsGFpECKeyExchangeSM2_Init(exchange, role, curve) == ippStsNoErr &&
           ippsGFpECKeyExchangeSM2_Setup(za[0], za[1], half, peer, nonce_point, peer_point, exchange) == ippStsNoErr &&
           ippsGFpECKeyExchangeSM2_SharedKey(out, 16, confirmation, key, k, exchange, scratch) == ippStsNoErr;
}

static const struct field MESSAGE = {KEYS, 32};

static struct field default_id(void) { return (struct field){ID, 16}; }

static int keygen_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size, (void)out;
    return draw(nonce_point);
}

static int sign_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size;
    return sign(own, public, default_id(), MESSAGE) && write_number(out, r) && write_number(out + 32, s);
}

static int verify_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size, (void)out;
    return verify(public, default_id(), MESSAGE, own_r, own_s);
}

static int encrypt_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size;
    return encrypt(public, MESSAGE, out) == 129;
}

static int decrypt_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size;
    return decrypt(own, (struct field){hidden, sizeof hidden}, out) == 32;
}

static int ecdh_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size;
    return shared_x(own, peer, out);
}

static int exchange_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size;
    return draw(nonce_point) && agree(ippKESM2Requester, own, public, out);
}

struct row sm2_rows[] = {
    {"sm2-keygen", CALL, keygen_row, NULL},     {"sm2-sign", CALL, sign_row, NULL},
    {"sm2-verify", CALL, verify_row, NULL},     {"sm2-encrypt", CALL, encrypt_row, NULL},
    {"sm2-decrypt", CALL, decrypt_row, NULL},   {"sm2-ecdh", CALL, ecdh_row, NULL},
    {"sm2-exchange", CALL, exchange_row, NULL}, {NULL, 0, NULL, NULL},
};

static size_t ask_public(const struct field *f, uint8_t *out) {
    out[0] = 4;
    int good = read_number(d, f[0].bytes) && public_of(d, point) &&
               ippsGFpECGetPointOctString(point, out + 1, 64, curve) == ippStsNoErr;
    return good ? 65 : 0;
}

static size_t ask_sign(const struct field *f, uint8_t *out) {
    int good = read_number(d, f[0].bytes) && public_of(d, point) && sign(d, point, f[1], f[2]) &&
               write_number(out, r) && write_number(out + 32, s);
    return good ? 64 : 0;
}

static size_t ask_verify(const struct field *f, uint8_t *out) {
    out[0] = read_point(point, f[0].bytes) && read_number(r, f[3].bytes) && read_number(s, f[3].bytes + 32) &&
             verify(point, f[1], f[2], r, s);
    return 1;
}

static size_t ask_encrypt(const struct field *f, uint8_t *out) {
    return read_point(point, f[0].bytes) ? encrypt(point, f[1], out) : 0;
}

static size_t ask_decrypt(const struct field *f, uint8_t *out) {
    // It looks at no prefix.
    return f[1].bytes[0] == 4 && read_number(d, f[0].bytes) ? decrypt(d, f[1], out) : 0;
}

static size_t ask_ecdh(const struct field *f, uint8_t *out) {
    return read_number(d, f[0].bytes) && read_point(point, f[1].bytes) && shared_x(d, point, out) ? 32 : 0;
}

static size_t ask_exchange(const struct field *f, uint8_t *out) {
    IppsGFpECPoint *kept[2] = {peer, peer_point};
    peer = new_point(), peer_point = new_point();
    int good = read_number(d, f[1].bytes) && public_of(d, point) && read_number(k, f[2].bytes) &&
               public_of(k, nonce_point) && read_point(peer, f[3].bytes) && read_point(peer_point, f[4].bytes) &&
               agree(f[0].bytes[0] ? ippKESM2Responder : ippKESM2Requester, d, point, out);
    free(peer);
    free(peer_point);
    peer = kept[0], peer_point = kept[1];
    return good ? 16 : 0;
}

const struct question questions[] = {
    {"sm2-public", ask_public},   {"sm2-sign", ask_sign}, {"sm2-verify", ask_verify},     {"sm2-encrypt", ask_encrypt},
    {"sm2-decrypt", ask_decrypt}, {"sm2-ecdh", ask_ecdh}, {"sm2-exchange", ask_exchange}, {NULL, NULL},
};

static void ready_curve(void) {
    int size;
    must(ippsGFpGetSize(256, &size) == ippStsNoErr, "the field");
    IppsGFpState *field = room(size);
    must(ippsGFpInitFixed(256, ippsGFpMethod_p256sm2(), field) == ippStsNoErr &&
             ippsGFpECGetSize(field, &size) == ippStsNoErr,
         "the field");
    curve = room(size);
    must(ippsGFpECInitStdSM2(field, curve) == ippStsNoErr && ippsGFpECBindGxyTblStdSM2(curve) == ippStsNoErr &&
             ippsGFpECScratchBufferSize(2, curve, &size) == ippStsNoErr,
         "the curve");
    scratch = room(size);
    must(ippsGFpECKeyExchangeSM2_GetSize(curve, &size) == ippStsNoErr, "the key exchange");
    exchange = room(size);
    must(ippsHashGetSize_rmf(&size) == ippStsNoErr, "the hash");
    hash = room(size);
}

void sm2_ready(void) {
    ready_curve();
    d = number(), k = number(), e = number(), r = number(), s = number(), shared = number();
    own = number(), own_r = number(), own_s = number();
    point = new_point(), nonce_point = new_point(), peer = new_point(), peer_point = new_point(), public = new_point();
    uint8_t bytes[64];
    must(read_number(own, KEYS) && public_of(own, public) && draw(peer) && draw(peer_point), "keys");
    must(sign_row(NULL, 0, bytes) && read_number(own_r, bytes) && read_number(own_s, bytes + 32), "a signature");
    must(encrypt(public, MESSAGE, hidden) == sizeof hidden, "a ciphertext");
}
