// libgcrypt, in the handles it keeps for a key.
#include "worker.h"

#include <gcrypt.h>
#include <stdio.h>
#include <stdlib.h>

static gcry_cipher_hd_t fresh, ecb_key, cbc_key, ctr_key, gcm_key, ccm_key, xts_key;
static gcry_md_hd_t mac;

static int key(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size, (void)out;
    return !gcry_cipher_setkey(fresh, KEYS, 16);
}

static int under_key(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_encrypt(fresh, message, size, NULL, 0);
}

static int ecb(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_encrypt(ecb_key, message, size, NULL, 0);
}

static int cbc_encrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_setiv(cbc_key, NONCE, 16) && !gcry_cipher_encrypt(cbc_key, message, size, NULL, 0);
}

static int cbc_decrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_setiv(cbc_key, NONCE, 16) && !gcry_cipher_decrypt(cbc_key, message, size, NULL, 0);
}

static int ctr(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_setctr(ctr_key, NONCE, 16) && !gcry_cipher_encrypt(ctr_key, message, size, NULL, 0);
}

static int gcm_encrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_setiv(gcm_key, NONCE, 12) && !gcry_cipher_encrypt(gcm_key, message, size, NULL, 0) &&
           !gcry_cipher_gettag(gcm_key, message + size, 16);
}

static int gcm_decrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_setiv(gcm_key, NONCE, 12) && !gcry_cipher_decrypt(gcm_key, message, size, NULL, 0) &&
           !gcry_cipher_checktag(gcm_key, message + size, 16);
}

static int ccm(uint8_t *message, size_t size, uint8_t *out) {
    uint64_t lengths[3] = {size, 0, 16};
    (void)out;
    return !gcry_cipher_setiv(ccm_key, NONCE, 12) &&
           !gcry_cipher_ctl(ccm_key, GCRYCTL_SET_CCM_LENGTHS, lengths, sizeof lengths) &&
           !gcry_cipher_encrypt(ccm_key, message, size, NULL, 0) &&
           !gcry_cipher_gettag(ccm_key, message + size, 16);
}

static int xts(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return !gcry_cipher_setiv(xts_key, NONCE, 16) && !gcry_cipher_encrypt(xts_key, message, size, NULL, 0);
}

static int sm3(uint8_t *message, size_t size, uint8_t *out) {
    gcry_md_hash_buffer(GCRY_MD_SM3, out, message, size);
    return 1;
}

static int sm3x16(uint8_t *message, size_t size, uint8_t *out) {
    for (size_t at = 0; at < 16; at++) sm3(message + at * (size + STRIDE), size, out + 32 * at);
    return 1;
}

static int hmac(uint8_t *message, size_t size, uint8_t *out) {
    gcry_md_reset(mac);
    gcry_md_write(mac, message, size);
    const uint8_t *tag = gcry_md_read(mac, GCRY_MD_SM3);
    for (size_t at = 0; at < 32; at++) out[at] = tag[at];
    return 1;
}

struct row rows[] = {
    {"sm4-key", KEY, key, under_key},
    {"sm4-ecb", CRYPT, ecb, NULL},
    {"sm4-cbc-encrypt", CRYPT, cbc_encrypt, NULL},
    {"sm4-cbc-decrypt", CRYPT, cbc_decrypt, NULL},
    {"sm4-ctr", CRYPT, ctr, NULL},
    {"sm4-gcm-encrypt", SEAL, gcm_encrypt, NULL},
    {"sm4-gcm-decrypt", OPEN, gcm_decrypt, gcm_encrypt},
    {"sm4-xts-encrypt", CRYPT, xts, NULL},
    {"sm4-ccm-encrypt", SEAL, ccm, NULL},
    {"sm3", HASH, sm3, NULL},
    {"sm3x16", MANY, sm3x16, NULL},
    {"hmac-sm3", HASH, hmac, NULL},
    {NULL, 0, NULL, NULL},
};

static gcry_cipher_hd_t keyed(int mode, size_t size) {
    gcry_cipher_hd_t handle;
    if (gcry_cipher_open(&handle, GCRY_CIPHER_SM4, mode, 0) || gcry_cipher_setkey(handle, KEYS, size)) exit(1);
    return handle;
}

const char *ready(void) {
    static char text[64];
    snprintf(text, sizeof text, "libgcrypt %s", gcry_check_version(NULL));
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    fresh = keyed(GCRY_CIPHER_MODE_ECB, 16);
    ecb_key = keyed(GCRY_CIPHER_MODE_ECB, 16);
    cbc_key = keyed(GCRY_CIPHER_MODE_CBC, 16);
    ctr_key = keyed(GCRY_CIPHER_MODE_CTR, 16);
    gcm_key = keyed(GCRY_CIPHER_MODE_GCM, 16);
    ccm_key = keyed(GCRY_CIPHER_MODE_CCM, 16);
    xts_key = keyed(GCRY_CIPHER_MODE_XTS, 32);
    if (gcry_md_open(&mac, GCRY_MD_SM3, GCRY_MD_FLAG_HMAC) || gcry_md_setkey(mac, KEYS, 16)) exit(1);
    return text;
}
