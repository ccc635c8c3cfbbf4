// OpenSSL and what descends from it, through the interface they share. A cipher that a version has not is not offered:
// SM4-GCM and SM4-CCM are new in OpenSSL 3.1.
#include "worker.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static EVP_CIPHER_CTX *fresh, *ecb_key, *cbc_key, *cbc_back, *ctr_key, *gcm_key, *gcm_back, *ccm_key;
static EVP_MD_CTX *hash;
static EVP_MD *hash_kind;
static EVP_MAC_CTX *mac;

static int key(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size, (void)out;
    return EVP_CipherInit_ex(fresh, NULL, NULL, KEYS, NULL, 1);
}

// A message under a key that is ready; a tag comes later.
static int crypt(EVP_CIPHER_CTX *context, const uint8_t *nonce, uint8_t *message, size_t size) {
    int length;
    return EVP_CipherInit_ex(context, NULL, NULL, NULL, nonce, -1) &&
           EVP_CipherUpdate(context, message, &length, message, size);
}

static int finish(EVP_CIPHER_CTX *context) {
    uint8_t rest[16];
    int length;
    return EVP_CipherFinal_ex(context, rest, &length) > 0;
}

static int under_key(uint8_t *message, size_t size, uint8_t *out) {
    int length;
    (void)out;
    return EVP_CipherUpdate(fresh, message, &length, message, size);
}

static int ecb(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return crypt(ecb_key, NULL, message, size);
}

static int cbc_encrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return crypt(cbc_key, NONCE, message, size);
}

static int cbc_decrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return crypt(cbc_back, NONCE, message, size);
}

static int ctr(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return crypt(ctr_key, NONCE, message, size);
}

static int gcm_encrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return crypt(gcm_key, NONCE, message, size) && finish(gcm_key) &&
           EVP_CIPHER_CTX_ctrl(gcm_key, EVP_CTRL_AEAD_GET_TAG, 16, message + size);
}

static int gcm_decrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return crypt(gcm_back, NONCE, message, size) &&
           EVP_CIPHER_CTX_ctrl(gcm_back, EVP_CTRL_AEAD_SET_TAG, 16, message + size) && finish(gcm_back);
}

static int ccm(uint8_t *message, size_t size, uint8_t *out) {
    int length;
    (void)out;
    return EVP_CipherInit_ex(ccm_key, NULL, NULL, NULL, NONCE, -1) &&
           EVP_CipherUpdate(ccm_key, NULL, &length, NULL, size) &&
           EVP_CipherUpdate(ccm_key, message, &length, message, size) && finish(ccm_key) &&
           EVP_CIPHER_CTX_ctrl(ccm_key, EVP_CTRL_AEAD_GET_TAG, 16, message + size);
}

static int sm3(uint8_t *message, size_t size, uint8_t *out) {
    return EVP_DigestInit_ex(hash, hash_kind, NULL) && EVP_DigestUpdate(hash, message, size) &&
           EVP_DigestFinal_ex(hash, out, NULL);
}

static int sm3x16(uint8_t *message, size_t size, uint8_t *out) {
    int good = 1;
    for (size_t at = 0; at < 16; at++) good &= sm3(message + at * (size + STRIDE), size, out + 32 * at);
    return good;
}

static int hmac(uint8_t *message, size_t size, uint8_t *out) {
    size_t length;
    return EVP_MAC_init(mac, NULL, 0, NULL) && EVP_MAC_update(mac, message, size) &&
           EVP_MAC_final(mac, out, &length, 32);
}

struct row rows[] = {
    {"sm4-key", KEY, key, under_key},
    {"sm4-ecb", CRYPT, ecb, NULL},
    {"sm4-cbc-encrypt", CRYPT, cbc_encrypt, NULL},
    {"sm4-cbc-decrypt", CRYPT, cbc_decrypt, NULL},
    {"sm4-ctr", CRYPT, ctr, NULL},
    {"sm4-gcm-encrypt", SEAL, gcm_encrypt, NULL},
    {"sm4-gcm-decrypt", OPEN, gcm_decrypt, gcm_encrypt},
    {"sm4-ccm-encrypt", SEAL, ccm, NULL},
    {"sm3", HASH, sm3, NULL},
    {"sm3x16", MANY, sm3x16, NULL},
    {"hmac-sm3", HASH, hmac, NULL},
    {NULL, 0, NULL, NULL},
};

// NULL where this version has no such cipher.
static EVP_CIPHER_CTX *keyed(const char *name, int encrypts) {
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int is_ccm = !strcmp(name, "SM4-CCM");
    if (!cipher) return NULL;
    int good = EVP_CipherInit_ex(context, cipher, NULL, NULL, NULL, encrypts);
    if (is_ccm) {
        good = good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) > 0;
        good = good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, NULL) > 0;
    }
    if (!good || !EVP_CipherInit_ex(context, NULL, NULL, KEYS, NONCE, encrypts)) exit(1);
    EVP_CIPHER_CTX_set_padding(context, 0);
    return context;
}

static void withdraw(const char *prefix) {
    for (struct row *row = rows; row->name; row++)
        if (!strncmp(row->name, prefix, strlen(prefix))) row->work = NULL;
}

static void ready_hashes(void) {
    OSSL_PARAM sm3_inside[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "SM3", 0),
                               OSSL_PARAM_construct_end()};
    EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hash = EVP_MD_CTX_new();
    hash_kind = EVP_MD_fetch(NULL, "SM3", NULL);
    mac = EVP_MAC_CTX_new(kind);
    if (!hash_kind || !EVP_MAC_init(mac, KEYS, 16, sm3_inside)) exit(1);
}

const char *ready(void) {
    fresh = keyed("SM4-ECB", 1);
    ecb_key = keyed("SM4-ECB", 1);
    cbc_key = keyed("SM4-CBC", 1);
    cbc_back = keyed("SM4-CBC", 0);
    ctr_key = keyed("SM4-CTR", 1);
    if (!fresh || !cbc_key || !ctr_key) exit(1);
    gcm_key = keyed("SM4-GCM", 1);
    gcm_back = keyed("SM4-GCM", 0);
    if (!gcm_key) withdraw("sm4-gcm");
    ccm_key = keyed("SM4-CCM", 1);
    if (!ccm_key) withdraw("sm4-ccm");
    ready_hashes();
#ifdef TONGSUO_VERSION_NUMBER
    static char text[128];
    snprintf(text, sizeof text, "Tongsuo %d.%d.%d on %s", TONGSUO_VERSION_MAJOR, TONGSUO_VERSION_MINOR,
             TONGSUO_VERSION_PATCH, OpenSSL_version(OPENSSL_VERSION));
    return text;
#else
    return OpenSSL_version(OPENSSL_VERSION);
#endif
}
