// Intel's IPPCP: one message at a time, on the code it chooses for this processor.
#include "worker.h"

#include <ippcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static IppsSMS4Spec *cipher;
static IppsSMS4_CCMState *state;
static IppsHMACState_rmf *mac;
static int cipher_size;

// Every call takes the same nonce; the library counts in what it is given.
static uint8_t *fresh(void) {
    static uint8_t nonce[16];
    return memcpy(nonce, NONCE, 16);
}

static int key(uint8_t *message, size_t size, uint8_t *out) {
    (void)message, (void)size, (void)out;
    return ippsSMS4Init(KEYS, 16, cipher, cipher_size) == ippStsNoErr;
}

static int ecb(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return ippsSMS4EncryptECB(message, message, size, cipher) == ippStsNoErr;
}

static int cbc_encrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return ippsSMS4EncryptCBC(message, message, size, cipher, NONCE) == ippStsNoErr;
}

static int cbc_decrypt(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return ippsSMS4DecryptCBC(message, message, size, cipher, NONCE) == ippStsNoErr;
}

static int ctr(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return ippsSMS4EncryptCTR(message, message, size, cipher, fresh(), 128) == ippStsNoErr;
}

static int ccm(uint8_t *message, size_t size, uint8_t *out) {
    (void)out;
    return ippsSMS4_CCMMessageLen(size, state) == ippStsNoErr &&
           ippsSMS4_CCMStart(NONCE, 12, NULL, 0, state) == ippStsNoErr &&
           ippsSMS4_CCMEncrypt(message, message, size, state) == ippStsNoErr &&
           ippsSMS4_CCMGetTag(message + size, 16, state) == ippStsNoErr;
}

static int sm3(uint8_t *message, size_t size, uint8_t *out) {
    return ippsHashMessage_rmf(message, size, out, ippsHashMethod_SM3()) == ippStsNoErr;
}

static int sm3x16(uint8_t *message, size_t size, uint8_t *out) {
    int good = 1;
    for (size_t at = 0; at < 16; at++) good &= sm3(message + at * (size + STRIDE), size, out + 32 * at);
    return good;
}

// After the tag of one message it is ready for the next.
static int hmac(uint8_t *message, size_t size, uint8_t *out) {
    return ippsHMACUpdate_rmf(message, size, mac) == ippStsNoErr && ippsHMACFinal_rmf(out, 32, mac) == ippStsNoErr;
}

struct row rows[] = {
    {"sm4-key", KEY, key, ecb},
    {"sm4-ecb", CRYPT, ecb, NULL},
    {"sm4-cbc-encrypt", CRYPT, cbc_encrypt, NULL},
    {"sm4-cbc-decrypt", CRYPT, cbc_decrypt, NULL},
    {"sm4-ctr", CRYPT, ctr, NULL},
    {"sm4-ccm-encrypt", SEAL, ccm, NULL},
    {"sm3", HASH, sm3, NULL},
    {"sm3x16", MANY, sm3x16, NULL},
    {"hmac-sm3", HASH, hmac, NULL},
    {NULL, 0, NULL, NULL},
};

const char *ready(void) {
    static char text[256];
    Ipp64u features = 0;
    int ccm_size, mac_size;
    int good = ippcpInit() == ippStsNoErr && ippcpGetCpuFeatures(&features) == ippStsNoErr;
    good = good && ippsSMS4GetSize(&cipher_size) == ippStsNoErr && ippsSMS4_CCMGetSize(&ccm_size) == ippStsNoErr;
    good = good && ippsHMACGetSize_rmf(&mac_size) == ippStsNoErr;
    if (!good) exit(1);
    cipher = aligned_alloc(64, (cipher_size + 63) / 64 * 64);
    state = aligned_alloc(64, (ccm_size + 63) / 64 * 64);
    mac = aligned_alloc(64, (mac_size + 63) / 64 * 64);
    good = key(NULL, 0, NULL) && ippsSMS4_CCMInit(KEYS, 16, state, ccm_size) == ippStsNoErr;
    good = good && ippsSMS4_CCMTagLen(16, state) == ippStsNoErr;
    good = good && ippsHMACInit_rmf(KEYS, 16, mac, ippsHashMethod_SM3()) == ippStsNoErr;
    if (!good) exit(1);
    snprintf(text, sizeof text, "%s, code for %s", cryptoGetLibVersion()->strVersion,
             features & ippCPUID_AVX512GFNI ? "AVX-512 with GFNI" : "a processor without AVX-512 and GFNI");
    return text;
}
