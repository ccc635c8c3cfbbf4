// SM2 of crypto_mb: eight at a time. It draws nothing itself: nonces and keys come from the system here, so many bytes in
// one call, and are taken as they are, since one in 2^32 would be out of range.
#include "worker.h"

#define BN_OPENSSL_DISABLE
#include <crypto_mb/ec_sm2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { LANES = 8 };

// Numbers as crypto_mb has them: the lowest word first.
typedef int64u number[4];

struct lanes {
    number d[LANES], x[LANES], y[LANES];
    uint8_t message[LANES][32], r[LANES][32], s[LANES][32];
};

static const uint8_t *ID = (const uint8_t *)"1234567812345678";
static struct lanes own;

static void must(int done, const char *what) {
    if (done) return;
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static void read_number(number out, const uint8_t bytes[32]) {
    for (int at = 0; at < 4; at++) {
        out[at] = 0;
        for (int byte = 0; byte < 8; byte++) out[at] = out[at] << 8 | bytes[24 - 8 * at + byte];
    }
}

static void write_number(uint8_t out[32], const number from) {
    for (int at = 0; at < 32; at++) out[at] = from[3 - at / 8] >> (56 - 8 * (at % 8));
}

static void draw(number out[LANES]) {
    must(getrandom(out, LANES * sizeof(number), 0) == LANES * sizeof(number), "randomness");
}

#define EACH(type, array, name) \
    type *name[LANES];          \
    for (int lane = 0; lane < LANES; lane++) name[lane] = (array)[lane]

static int keygen(struct lanes *l) {
    EACH(int64u, l->x, x);
    EACH(int64u, l->y, y);
    EACH(const int64u, l->d, d);
    // Affine where no z is asked for.
    return mbx_sm2_ecpublic_key_mb8(x, y, NULL, d, NULL) == 0;
}

static int sign(struct lanes *l, const uint8_t *id, int id_size, const uint8_t *const messages[LANES], int size) {
    number nonces[LANES];
    draw(nonces);
    EACH(uint8_t, l->r, r);
    EACH(uint8_t, l->s, s);
    EACH(const int64u, nonces, k);
    EACH(const int64u, l->d, d);
    EACH(const int64u, l->x, x);
    EACH(const int64u, l->y, y);
    const uint8_t *ids[LANES];
    int id_sizes[LANES], sizes[LANES];
    for (int lane = 0; lane < LANES; lane++) ids[lane] = id, id_sizes[lane] = id_size, sizes[lane] = size;
    return mbx_sm2_ecdsa_sign_mb8(r, s, ids, id_sizes, messages, sizes, k, d, x, y, NULL, NULL) == 0;
}

// A status for each lane.
static mbx_status verify(struct lanes *l, const uint8_t *id, int id_size, const uint8_t *const messages[LANES], int size) {
    EACH(const uint8_t, l->r, r);
    EACH(const uint8_t, l->s, s);
    EACH(const int64u, l->x, x);
    EACH(const int64u, l->y, y);
    const uint8_t *ids[LANES];
    int id_sizes[LANES], sizes[LANES];
    for (int lane = 0; lane < LANES; lane++) ids[lane] = id, id_sizes[lane] = id_size, sizes[lane] = size;
    return mbx_sm2_ecdsa_verify_mb8(r, s, ids, id_sizes, messages, sizes, x, y, NULL, NULL);
}

static int sign_row(uint8_t *message, size_t size, uint8_t *out) {
    EACH(const uint8_t, own.message, messages);
    (void)message, (void)size, (void)out;
    return sign(&own, ID, 16, messages, 32);
}

static int verify_row(uint8_t *message, size_t size, uint8_t *out) {
    EACH(const uint8_t, own.message, messages);
    (void)message, (void)size, (void)out;
    return verify(&own, ID, 16, messages, 32) == 0;
}

static int keygen_row(uint8_t *message, size_t size, uint8_t *out) {
    struct lanes fresh;
    (void)message, (void)size, (void)out;
    draw(fresh.d);
    return keygen(&fresh);
}

struct row sm2_rows[] = {
    {"sm2-batch8-sign", CALL, sign_row, NULL},
    {"sm2-batch8-verify", CALL, verify_row, NULL},
    {"sm2-batch8-keygen", CALL, keygen_row, NULL},
    {NULL, 0, NULL, NULL},
};

// What is asked has a lane of its own each time; it is the same in the others unless said otherwise.
static int turn(void) {
    static int lane;
    return lane = (lane + 1) % LANES;
}

static void private_lanes(struct lanes *l, const uint8_t d[32]) {
    for (int lane = 0; lane < LANES; lane++) read_number(l->d[lane], d);
    must(keygen(l), "public keys");
}

static size_t ask_public(const struct field *f, uint8_t *out) {
    struct lanes l;
    int lane = turn();
    private_lanes(&l, f[0].bytes);
    out[0] = 4;
    write_number(out + 1, l.x[lane]);
    write_number(out + 33, l.y[lane]);
    return 65;
}

static size_t ask_sign(const struct field *f, uint8_t *out) {
    struct lanes l;
    const uint8_t *messages[LANES];
    int lane = turn();
    private_lanes(&l, f[0].bytes);
    for (int at = 0; at < LANES; at++) messages[at] = f[2].bytes;
    if (!sign(&l, f[1].bytes, f[1].size, messages, f[2].size)) return 0;
    memcpy(out, l.r[lane], 32);
    memcpy(out + 32, l.s[lane], 32);
    return 64;
}

// The other lanes have one bit of s changed, and must not have the verdict of this one.
static size_t ask_verify(const struct field *f, uint8_t *out) {
    struct lanes l;
    const uint8_t *messages[LANES];
    int lane = turn();
    for (int at = 0; at < LANES; at++) {
        messages[at] = f[2].bytes;
        read_number(l.x[at], f[0].bytes + 1);
        read_number(l.y[at], f[0].bytes + 33);
        memcpy(l.r[at], f[3].bytes, 32);
        memcpy(l.s[at], f[3].bytes + 32, 32);
        l.s[at][31] ^= at != lane;
    }
    mbx_status status = verify(&l, f[1].bytes, f[1].size, messages, f[2].size);
    out[0] = MBX_GET_STS(status, lane) == MBX_STATUS_OK;
    for (int at = 0; at < LANES; at++)
        must(at == lane || !out[0] || MBX_GET_STS(status, at) != MBX_STATUS_OK, "a lane of its own");
    return 1;
}

const struct question questions[] = {
    {"sm2-public", ask_public}, {"sm2-sign", ask_sign}, {"sm2-verify", ask_verify}, {NULL, NULL},
};

// Eight keys and eight messages.
void sm2_ready(void) {
    draw(own.d);
    for (int lane = 0; lane < LANES; lane++)
        for (int at = 0; at < 32; at++) own.message[lane][at] = KEYS[at] ^ lane;
    must(keygen(&own) && sign_row(NULL, 0, NULL), "keys and signatures");
}
