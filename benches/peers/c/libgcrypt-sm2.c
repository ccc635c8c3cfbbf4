// SM2 of libgcrypt, which signs digests: ZA and the message are hashed here. Its encryption is not among the rows, since it
// takes messages for numbers and so loses the zeros in front.
#include "worker.h"

#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct field MESSAGE = {KEYS, 32}, ID = {(const uint8_t *)"1234567812345678", 16};
static gcry_sexp_t own, maker, signature;
static uint8_t point[65];

// a ‖ b ‖ xG ‖ yG of GB/T 32918.5-2017 §2.
static const char *CURVE = "FFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFC"
                           "28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"
                           "32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
                           "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0";
static uint8_t curve[128];

static void must(gcry_error_t error, const char *what) {
    if (!error) return;
    fprintf(stderr, "%s failed: %s\n", what, gcry_strerror(error));
    exit(1);
}

static void hash(uint8_t out[32], struct field id, const uint8_t point[65], struct field message) {
    uint8_t length[2] = {id.size * 8 >> 8, id.size * 8}, za[32];
    gcry_buffer_t first[4] = {{.data = length, .len = 2},
                              {.data = (void *)id.bytes, .len = id.size},
                              {.data = curve, .len = 128},
                              {.data = (void *)(point + 1), .len = 64}};
    gcry_buffer_t second[2] = {{.data = za, .len = 32}, {.data = (void *)message.bytes, .len = message.size}};
    must(gcry_md_hash_buffers(GCRY_MD_SM3, 0, za, first, 4), "ZA");
    must(gcry_md_hash_buffers(GCRY_MD_SM3, 0, out, second, 2), "a digest");
}

static gcry_sexp_t digest_of(struct field id, const uint8_t point[65], struct field message) {
    uint8_t e[32];
    gcry_sexp_t data;
    hash(e, id, point, message);
    must(gcry_sexp_build(&data, NULL, "(data(flags sm2)(hash sm3 %b))", 32, e), "a digest");
    return data;
}

// The key of `04 ‖ x ‖ y`, and of the scalar if there is one.
static gcry_sexp_t key_of(const uint8_t point[65], const uint8_t *d) {
    gcry_sexp_t key;
    const char *public = "(public-key(ecc(curve sm2p256v1)(q %b)))";
    const char *private = "(private-key(ecc(curve sm2p256v1)(q %b)(d %b)))";
    must(d ? gcry_sexp_build(&key, NULL, private, 65, point, 32, d) : gcry_sexp_build(&key, NULL, public, 65, point),
         "a key");
    return key;
}

static void point_of(const uint8_t d[32], uint8_t out[65]) {
    gcry_ctx_t context;
    gcry_mpi_t number, x = gcry_mpi_new(0), y = gcry_mpi_new(0);
    gcry_mpi_point_t product = gcry_mpi_point_new(0);
    must(gcry_mpi_ec_new(&context, NULL, "sm2p256v1"), "the curve");
    must(gcry_mpi_scan(&number, GCRYMPI_FMT_USG, d, 32, NULL), "a number");
    gcry_mpi_point_t base = gcry_mpi_ec_get_point("g", context, 1);
    gcry_mpi_ec_mul(product, number, base, context);
    must(gcry_mpi_ec_get_affine(x, y, product, context), "a public key");
    memset(out, 0, 65);
    out[0] = 4;
    size_t size;
    for (int half = 0; half < 2; half++) {
        uint8_t bytes[32];
        must(gcry_mpi_print(GCRYMPI_FMT_USG, bytes, 32, &size, half ? y : x), "a coordinate");
        memcpy(out + 33 + 32 * half - size, bytes, size);
    }
    gcry_mpi_point_release(base);
    gcry_mpi_point_release(product);
    gcry_mpi_release(x);
    gcry_mpi_release(y);
    gcry_mpi_release(number);
    gcry_ctx_release(context);
}

static int sign_row(uint8_t *message, size_t size, uint8_t *out) {
    gcry_sexp_t made, data = digest_of(ID, point, MESSAGE);
    (void)message, (void)size, (void)out;
    int good = !gcry_pk_sign(&made, data, own);
    gcry_sexp_release(made);
    gcry_sexp_release(data);
    return good;
}

static int verify_row(uint8_t *message, size_t size, uint8_t *out) {
    gcry_sexp_t data = digest_of(ID, point, MESSAGE);
    (void)message, (void)size, (void)out;
    int good = !gcry_pk_verify(signature, data, own);
    gcry_sexp_release(data);
    return good;
}

static int keygen_row(uint8_t *message, size_t size, uint8_t *out) {
    gcry_sexp_t key;
    (void)message, (void)size, (void)out;
    int good = !gcry_pk_genkey(&key, maker);
    gcry_sexp_release(key);
    return good;
}

struct row sm2_rows[] = {
    {"sm2-keygen", CALL, keygen_row, NULL},
    {"sm2-sign", CALL, sign_row, NULL},
    {"sm2-verify", CALL, verify_row, NULL},
    {NULL, 0, NULL, NULL},
};

static size_t ask_public(const struct field *f, uint8_t *out) {
    point_of(f[0].bytes, out);
    return 65;
}

// A number of a signature, as 32 bytes.
static void number_of(gcry_sexp_t made, const char *name, uint8_t out[32]) {
    size_t size;
    gcry_sexp_t found = gcry_sexp_find_token(made, name, 0);
    const uint8_t *bytes = (const uint8_t *)gcry_sexp_nth_data(found, 1, &size);
    for (; size > 32; size--) bytes++;
    memset(out, 0, 32);
    memcpy(out + 32 - size, bytes, size);
    gcry_sexp_release(found);
}

static size_t ask_sign(const struct field *f, uint8_t *out) {
    uint8_t point[65];
    point_of(f[0].bytes, point);
    gcry_sexp_t made, key = key_of(point, f[0].bytes), data = digest_of(f[1], point, f[2]);
    must(gcry_pk_sign(&made, data, key), "signing");
    number_of(made, "r", out);
    number_of(made, "s", out + 32);
    gcry_sexp_release(made);
    gcry_sexp_release(data);
    gcry_sexp_release(key);
    return 64;
}

static size_t ask_verify(const struct field *f, uint8_t *out) {
    gcry_sexp_t read, key = key_of(f[0].bytes, NULL), data = digest_of(f[1], f[0].bytes, f[2]);
    must(gcry_sexp_build(&read, NULL, "(sig-val(sm2(r %b)(s %b)))", 32, f[3].bytes, 32, f[3].bytes + 32), "numbers");
    out[0] = !gcry_pk_verify(read, data, key);
    gcry_sexp_release(read);
    gcry_sexp_release(data);
    gcry_sexp_release(key);
    return 1;
}

const struct question questions[] = {
    {"sm2-public", ask_public}, {"sm2-sign", ask_sign}, {"sm2-verify", ask_verify}, {NULL, NULL},
};

void sm2_ready(void) {
    for (int at = 0; at < 128; at++) {
        unsigned byte;
        sscanf(CURVE + 2 * at, "%2x", &byte);
        curve[at] = byte;
    }
    point_of(KEYS, point);
    own = key_of(point, KEYS);
    must(gcry_sexp_build(&maker, NULL, "(genkey(ecc(curve sm2p256v1)))"), "parameters");
    gcry_sexp_t data = digest_of(ID, point, MESSAGE);
    must(gcry_pk_sign(&signature, data, own), "signing");
    gcry_sexp_release(data);
}
