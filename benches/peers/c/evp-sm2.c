// SM2 of OpenSSL and what descends from it: through EVP, and ECDH by points, since EVP has none for this curve.
#include "worker.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *ID = "1234567812345678";
static EC_GROUP *group;
static EVP_PKEY *own;
static EVP_PKEY_CTX *maker;
static EC_POINT *peer;
static BIGNUM *scalar;
// OpenSSL clears all the room that it is given.
enum { ROOM = 1024 };
static uint8_t signature[128], hidden[ROOM];
static size_t signature_size, hidden_size;

static void must(int done, const char *what) {
    if (done) return;
    fprintf(stderr, "%s failed\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static void point_of(const uint8_t *d, uint8_t point[65]) {
    EC_POINT *product = EC_POINT_new(group);
    BIGNUM *number = BN_bin2bn(d, 32, NULL);
    must(EC_POINT_mul(group, product, number, NULL, NULL, NULL) &&
             EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, 65, NULL) == 65,
         "a public key");
    BN_clear_free(number);
    EC_POINT_free(product);
}

// A key of `04 ‖ x ‖ y`, and of the scalar if there is one.
static EVP_PKEY *key_of(const uint8_t point[65], const uint8_t *d) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *number = d ? BN_bin2bn(d, 32, NULL) : NULL;
    must(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) &&
             OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 65) &&
             (!d || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number)),
         "parameters");
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    must(EVP_PKEY_fromdata_init(context) > 0 &&
             EVP_PKEY_fromdata(context, &key, d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters) > 0,
         "a key");
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    BN_clear_free(number);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *private_of(const uint8_t *d) {
    uint8_t point[65];
    point_of(d, point);
    return key_of(point, d);
}

// A context that hashes ZA and what follows.
static EVP_MD_CTX *digest(EVP_PKEY *key, const void *id, size_t id_size, int signs) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *inner = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    must(EVP_PKEY_CTX_set1_id(inner, id, id_size) > 0, "an id");
    EVP_MD_CTX_set_pkey_ctx(context, inner);
    must((signs ? EVP_DigestSignInit : EVP_DigestVerifyInit)(context, NULL, EVP_sm3(), NULL, key) > 0, "an init");
    return context;
}

static void finish(EVP_MD_CTX *context) {
    EVP_PKEY_CTX_free(EVP_MD_CTX_get_pkey_ctx(context));
    EVP_MD_CTX_free(context);
}

static size_t sign(EVP_PKEY *key, struct field id, struct field message, uint8_t *out) {
    size_t size = 128;
    EVP_MD_CTX *context = digest(key, id.bytes, id.size, 1);
    int good = EVP_DigestSign(context, out, &size, message.bytes, message.size) > 0;
    finish(context);
    return good ? size : 0;
}

static int verify(EVP_PKEY *key, struct field id, struct field message, struct field der) {
    EVP_MD_CTX *context = digest(key, id.bytes, id.size, 0);
    int good = EVP_DigestVerify(context, der.bytes, der.size, message.bytes, message.size) > 0;
    finish(context);
    return good;
}

static size_t encrypt(EVP_PKEY *key, struct field message, uint8_t *out) {
    size_t size = ROOM;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int good = EVP_PKEY_encrypt_init(context) > 0 &&
               EVP_PKEY_encrypt(context, out, &size, message.bytes, message.size) > 0;
    EVP_PKEY_CTX_free(context);
    return good ? size : 0;
}

static size_t decrypt(EVP_PKEY *key, struct field der, uint8_t *out) {
    size_t size = ROOM;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int good = EVP_PKEY_decrypt_init(context) > 0 && EVP_PKEY_decrypt(context, out, &size, der.bytes, der.size) > 0;
    EVP_PKEY_CTX_free(context);
    return good ? size : 0;
}

static int shared_x(const EC_POINT *point, const BIGNUM *d, uint8_t out[32]) {
    EC_POINT *product = EC_POINT_new(group);
    BIGNUM *x = BN_new();
    int good = EC_POINT_mul(group, product, NULL, point, d, NULL) &&
               EC_POINT_get_affine_coordinates(group, product, x, NULL, NULL) && BN_bn2binpad(x, out, 32) == 32;
    BN_clear_free(x);
    EC_POINT_clear_free(product);
    return good;
}

static const struct field MESSAGE = {KEYS, 32};

static struct field default_id(void) { return (struct field){(const uint8_t *)ID, 16}; }

static int keygen_row(uint8_t *message, size_t size, uint8_t *out) {
    EVP_PKEY *key = NULL;
    (void)message, (void)size, (void)out;
    int good = EVP_PKEY_keygen(maker, &key) > 0;
    EVP_PKEY_free(key);
    return good;
}

static int sign_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size;
    return sign(own, default_id(), MESSAGE, out) > 0;
}

static int verify_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size, (void)out;
    return verify(own, default_id(), MESSAGE, (struct field){signature, signature_size});
}

static int encrypt_row(uint8_t *message, size_t size, uint8_t *out) {
    uint8_t room[ROOM];
    (void)message, (void)size, (void)out;
    return encrypt(own, MESSAGE, room) > 0;
}

static int decrypt_row(uint8_t *message, size_t size, uint8_t *out) {
    uint8_t room[ROOM];
    (void)message, (void)size, (void)out;
    return decrypt(own, (struct field){hidden, hidden_size}, room) == 32;
}

static int ecdh_row(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size;
    return shared_x(peer, scalar, out);
}

struct row sm2_rows[] = {
    {"sm2-keygen", CALL, keygen_row, NULL},   {"sm2-sign", CALL, sign_row, NULL},
    {"sm2-verify", CALL, verify_row, NULL},   {"sm2-encrypt", CALL, encrypt_row, NULL},
    {"sm2-decrypt", CALL, decrypt_row, NULL}, {"sm2-ecdh", CALL, ecdh_row, NULL},
    {NULL, 0, NULL, NULL},
};

static size_t ask_public(const struct field *f, uint8_t *out) {
    point_of(f[0].bytes, out);
    return 65;
}

static size_t ask_sign(const struct field *f, uint8_t *out) {
    uint8_t der[128];
    const uint8_t *at = der;
    EVP_PKEY *key = private_of(f[0].bytes);
    ECDSA_SIG *read = d2i_ECDSA_SIG(NULL, &at, sign(key, f[1], f[2], der));
    EVP_PKEY_free(key);
    must(read && BN_bn2binpad(ECDSA_SIG_get0_r(read), out, 32) == 32 &&
             BN_bn2binpad(ECDSA_SIG_get0_s(read), out + 32, 32) == 32,
         "a signature");
    ECDSA_SIG_free(read);
    return 64;
}

static size_t ask_verify(const struct field *f, uint8_t *out) {
    uint8_t *der = NULL;
    ECDSA_SIG *made = ECDSA_SIG_new();
    must(ECDSA_SIG_set0(made, BN_bin2bn(f[3].bytes, 32, NULL), BN_bin2bn(f[3].bytes + 32, 32, NULL)), "numbers");
    int size = i2d_ECDSA_SIG(made, &der);
    EVP_PKEY *key = key_of(f[0].bytes, NULL);
    out[0] = verify(key, f[1], f[2], (struct field){der, size});
    EVP_PKEY_free(key);
    OPENSSL_free(der);
    ECDSA_SIG_free(made);
    return 1;
}

// The content of a DER element of fewer than 2^16 bytes; steps behind its header.
static struct field element(const uint8_t **at) {
    const uint8_t *bytes = *at;
    size_t digits = bytes[1] & 0x80 ? bytes[1] & 0x7f : 0, size = digits ? 0 : bytes[1];
    for (size_t digit = 0; digit < digits; digit++) size = size << 8 | bytes[2 + digit];
    *at = bytes + 2 + digits;
    return (struct field){*at, size};
}

// From DER to `04 ‖ x ‖ y ‖ C3 ‖ C2`.
static size_t ask_encrypt(const struct field *f, uint8_t *out) {
    uint8_t der[ROOM];
    const uint8_t *at = der;
    EVP_PKEY *key = key_of(f[0].bytes, NULL);
    must(encrypt(key, f[1], der) > 0, "encrypting");
    EVP_PKEY_free(key);
    element(&at);
    out[0] = 4;
    for (int half = 0; half < 2; half++) {
        struct field number = element(&at);
        BIGNUM *read = BN_bin2bn(number.bytes, number.size, NULL);
        must(BN_bn2binpad(read, out + 1 + 32 * half, 32) == 32, "a coordinate");
        BN_free(read);
        at += number.size;
    }
    struct field c3 = element(&at);
    memcpy(out + 65, c3.bytes, c3.size);
    at += c3.size;
    struct field c2 = element(&at);
    memcpy(out + 97, c2.bytes, c2.size);
    return 97 + c2.size;
}

static size_t header(uint8_t *out, int tag, size_t size) {
    uint8_t long_form[4] = {tag, 0x82, size >> 8, size}, short_form[2] = {tag, size};
    uint8_t middle[3] = {tag, 0x81, size};
    size_t length = size > 255 ? 4 : size > 127 ? 3 : 2;
    memcpy(out, size > 255 ? long_form : size > 127 ? middle : short_form, length);
    return length;
}

static size_t integer(uint8_t *out, const uint8_t number[32]) {
    ASN1_INTEGER *made = BN_to_ASN1_INTEGER(BN_bin2bn(number, 32, NULL), NULL);
    int size = i2d_ASN1_INTEGER(made, &out);
    ASN1_INTEGER_free(made);
    return size;
}

static size_t ask_decrypt(const struct field *f, uint8_t *out) {
    uint8_t body[ROOM], der[ROOM + 16];
    size_t c2 = f[1].size - 97, end = integer(body, f[1].bytes + 1);
    if (f[1].bytes[0] != 4) return 0;
    end += integer(body + end, f[1].bytes + 33);
    end += header(body + end, 0x04, 32);
    memcpy(body + end, f[1].bytes + 65, 32);
    end += 32;
    end += header(body + end, 0x04, c2);
    memcpy(body + end, f[1].bytes + 97, c2);
    end += c2;
    size_t start = header(der, 0x30, end);
    memcpy(der + start, body, end);
    EVP_PKEY *key = private_of(f[0].bytes);
    size_t size = decrypt(key, (struct field){der, start + end}, out);
    EVP_PKEY_free(key);
    return size;
}

static size_t ask_ecdh(const struct field *f, uint8_t *out) {
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *d = BN_bin2bn(f[0].bytes, 32, NULL);
    int good = EC_POINT_oct2point(group, point, f[1].bytes, 65, NULL) && shared_x(point, d, out);
    BN_clear_free(d);
    EC_POINT_free(point);
    return good ? 32 : 0;
}

static PKCS8_PRIV_KEY_INFO *info_of(const struct field *f) {
    EVP_PKEY *key = private_of(f[0].bytes);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    must(info != NULL, "a key file");
    EVP_PKEY_free(key);
    return info;
}

static size_t scalar_of(PKCS8_PRIV_KEY_INFO *info, uint8_t *out) {
    BIGNUM *number = NULL;
    EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;
    int good = key && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) && BN_bn2binpad(number, out, 32) == 32;
    BN_clear_free(number);
    EVP_PKEY_free(key);
    PKCS8_PRIV_KEY_INFO_free(info);
    return good ? 32 : 0;
}

static size_t ask_pkcs8(const struct field *f, uint8_t *out) {
    PKCS8_PRIV_KEY_INFO *info = info_of(f);
    int size = i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    PKCS8_PRIV_KEY_INFO_free(info);
    return size > 0 ? size : 0;
}

static size_t ask_read_pkcs8(const struct field *f, uint8_t *out) {
    const uint8_t *at = f[0].bytes;
    return scalar_of(d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, f[0].size), out);
}

static size_t ask_spki(const struct field *f, uint8_t *out) {
    EVP_PKEY *key = key_of(f[0].bytes, NULL);
    int size = i2d_PUBKEY(key, &out);
    EVP_PKEY_free(key);
    return size > 0 ? size : 0;
}

static size_t ask_read_spki(const struct field *f, uint8_t *out) {
    const uint8_t *at = f[0].bytes;
    size_t size = 0;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, f[0].size);
    int good = key && EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, out, 65, &size);
    EVP_PKEY_free(key);
    return good ? size : 0;
}

// With SM4-CBC, and what this version derives with unless told otherwise.
static size_t ask_seal(const struct field *f, uint8_t *out) {
    PKCS8_PRIV_KEY_INFO *info = info_of(f);
    X509_SIG *sealed = PKCS8_encrypt(-1, EVP_sm4_cbc(), (const char *)f[1].bytes, f[1].size, NULL, 0, 2048, info);
    int size = sealed ? i2d_X509_SIG(sealed, &out) : 0;
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(info);
    return size > 0 ? size : 0;
}

const struct question questions[] = {
    {"sm2-public", ask_public},   {"sm2-sign", ask_sign},   {"sm2-verify", ask_verify},
    {"sm2-encrypt", ask_encrypt}, {"sm2-decrypt", ask_decrypt}, {"sm2-ecdh", ask_ecdh},
    {"sm2-pkcs8", ask_pkcs8},     {"sm2-read-pkcs8", ask_read_pkcs8}, {"sm2-spki", ask_spki},
    {"sm2-read-spki", ask_read_spki}, {"sm2-seal", ask_seal}, {NULL, NULL},
};

void sm2_ready(void) {
    uint8_t point[65], other[32];
    for (int at = 0; at < 32; at++) other[at] = KEYS[31 - at];
    group = EC_GROUP_new_by_curve_name(NID_sm2);
    own = private_of(KEYS);
    scalar = BN_bin2bn(KEYS, 32, NULL);
    peer = EC_POINT_new(group);
    point_of(other, point);
    maker = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    must(EC_POINT_oct2point(group, peer, point, 65, NULL) && EVP_PKEY_keygen_init(maker) > 0, "keys of SM2");
    signature_size = sign(own, default_id(), MESSAGE, signature);
    hidden_size = encrypt(own, MESSAGE, hidden);
    must(signature_size && hidden_size, "a signature and a ciphertext");
}
