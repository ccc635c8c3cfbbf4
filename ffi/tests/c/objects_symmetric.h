/* The rows of SM3, SM4 and what is made of them. */
#ifndef OBJECTS_SYMMETRIC_H
#define OBJECTS_SYMMETRIC_H

#include "check.h"

#define OBJECTS_SYMMETRIC(ROW)                                                                                                   \
    ROW(sm3) ROW(hmac) ROW(cmac) ROW(sm4) ROW(sm4_stream) ROW(gcm) ROW(gcm_encryptor) ROW(ccm) ROW(ccm_encryptor) ROW(xts)

/* Of few different bytes, so that nobody takes it for a secret. */
static const uint8_t a_nonce[16] = {1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4};

static inline miyao_sm3 *make_sm3(void) {
    miyao_sm3 *made = NULL;
    OK(miyao_sm3_new(&made));
    return made;
}

static inline uint32_t share_sm3(const miyao_sm3 *sm3) {
    uint8_t out[MIYAO_SM3_LEN];
    miyao_sm3 *copy = NULL;
    OK(miyao_sm3_finish(sm3, out, sizeof out));
    OK(miyao_sm3_clone(sm3, &copy));
    miyao_sm3_free(copy);
    return sum_of(out, sizeof out);
}

static inline void use_sm3(miyao_sm3 *sm3) {
    uint8_t text[SECRET_TEXT_LEN];
    secret_text(text);
    /* More than a block, so that the state is no constant. */
    OK(miyao_sm3_update(sm3, text, sizeof text));
    OK(miyao_sm3_update(sm3, text, sizeof text));
    wipe(text, sizeof text);
}

static inline miyao_hmac *make_hmac(void) {
    miyao_hmac *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_hmac_new(key, sizeof key, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t share_hmac(const miyao_hmac *hmac) {
    uint8_t out[MIYAO_HMAC_LEN];
    miyao_hmac *copy = NULL;
    OK(miyao_hmac_finish(hmac, out, sizeof out));
    OK(miyao_hmac_verify(hmac, out, sizeof out));
    OK(miyao_hmac_clone(hmac, &copy));
    miyao_hmac_free(copy);
    return sum_of(out, sizeof out);
}

static inline void use_hmac(miyao_hmac *hmac) {
    uint8_t text[SECRET_TEXT_LEN];
    secret_text(text);
    OK(miyao_hmac_update(hmac, text, sizeof text));
    OK(miyao_hmac_reset(hmac));
    OK(miyao_hmac_update(hmac, text, sizeof text));
    wipe(text, sizeof text);
}

static inline miyao_cmac *make_cmac(void) {
    miyao_cmac *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_cmac_new(key, 16, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t share_cmac(const miyao_cmac *cmac) {
    uint8_t out[MIYAO_CMAC_LEN];
    OK(miyao_cmac_finish(cmac, out, sizeof out));
    OK(miyao_cmac_verify(cmac, out, sizeof out));
    return sum_of(out, sizeof out);
}

static inline void use_cmac(miyao_cmac *cmac) {
    uint8_t text[SECRET_TEXT_LEN];
    secret_text(text);
    OK(miyao_cmac_update(cmac, text, sizeof text));
    OK(miyao_cmac_reset(cmac));
    OK(miyao_cmac_update(cmac, text, 21));
    wipe(text, sizeof text);
}

static inline miyao_sm4 *make_sm4(void) {
    miyao_sm4 *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_sm4_new(key, 16, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t share_sm4(const miyao_sm4 *sm4) {
    uint8_t text[SECRET_TEXT_LEN + 16], out[SECRET_TEXT_LEN + 16];
    uint32_t sum = 0;
    size_t len = 0;
    for (uint32_t mode = MIYAO_SM4_MODE_ECB; mode <= MIYAO_SM4_MODE_CTR; mode++) {
        size_t iv_len = mode <= MIYAO_SM4_MODE_ECB_PKCS7 ? 0 : 16;
        secret_text(text);
        OK(miyao_sm4_encrypt(sm4, mode, a_nonce, iv_len, text, SECRET_TEXT_LEN, out, sizeof out, &len));
        sum = sum * 31 + sum_of(out, len);
        wipe(text, sizeof text);
        OK(miyao_sm4_decrypt(sm4, mode, a_nonce, iv_len, out, len, text, sizeof text, &len));
        CHECK(len == SECRET_TEXT_LEN);
        sum = sum * 31 + sum_of(text, len);
        wipe(text, sizeof text);
    }
    return sum;
}

static inline void use_sm4(miyao_sm4 *sm4) { (void)sm4; }

static inline miyao_sm4_stream *make_sm4_stream(void) {
    miyao_sm4_stream *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_sm4_stream_new(key, 16, MIYAO_SM4_MODE_CBC_PKCS7, MIYAO_SM4_ENCRYPT, a_nonce, 16, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t share_sm4_stream(const miyao_sm4_stream *stream) {
    return (uint32_t)miyao_sm4_stream_update_len(stream, 100);
}

static inline void use_sm4_stream(miyao_sm4_stream *stream) {
    uint8_t text[SECRET_TEXT_LEN], out[SECRET_TEXT_LEN];
    size_t len = 0;
    secret_text(text);
    OK(miyao_sm4_stream_reset(stream, a_nonce, 16));
    OK(miyao_sm4_stream_update(stream, text, sizeof text - 1, out, sizeof out, &len));
    CHECK(len == 32);
    wipe(text, sizeof text);
    /* Its end is the state of the chain. */
    wipe(out, sizeof out);
}

static inline miyao_gcm *make_gcm(void) {
    miyao_gcm *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_gcm_new(key, 16, MIYAO_GCM_TAG_LEN, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t share_gcm(const miyao_gcm *gcm) {
    uint8_t text[SECRET_TEXT_LEN], tag[MIYAO_GCM_TAG_LEN];
    uint32_t sum;
    secret_text(text);
    OK(miyao_gcm_encrypt(gcm, a_nonce, 12, a_nonce, 5, text, sizeof text, text, sizeof text, tag, sizeof tag));
    sum = sum_of(text, sizeof text) ^ sum_of(tag, sizeof tag);
    OK(miyao_gcm_decrypt(gcm, a_nonce, 12, a_nonce, 5, text, sizeof text, tag, sizeof tag, text, sizeof text));
    sum ^= sum_of(text, sizeof text);
    wipe(text, sizeof text);
    return sum;
}

static inline void use_gcm(miyao_gcm *gcm) { CHECK(miyao_gcm_tag_len(gcm) == MIYAO_GCM_TAG_LEN); }

/* The key is freed before what was made of it; a block is left half, so that its key stream is there. */
static inline miyao_gcm_encryptor *make_gcm_encryptor(void) {
    miyao_gcm_encryptor *made = NULL;
    miyao_gcm *gcm = make_gcm();
    OK(miyao_gcm_encryptor_new(gcm, a_nonce, 12, a_nonce, 5, &made));
    miyao_gcm_free(gcm);
    return made;
}

/* Nothing that many threads may. */
static inline uint32_t share_gcm_encryptor(const miyao_gcm_encryptor *encryptor) { return encryptor != NULL; }

static inline void use_gcm_encryptor(miyao_gcm_encryptor *encryptor) {
    uint8_t text[SECRET_TEXT_LEN];
    secret_text(text);
    OK(miyao_gcm_encryptor_update(encryptor, text, 3, text, 3));
    OK(miyao_gcm_encryptor_update(encryptor, text + 3, sizeof text - 8, text + 3, sizeof text - 8));
    wipe(text, sizeof text);
}

static inline miyao_ccm *make_ccm(void) {
    miyao_ccm *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_ccm_new(key, 16, MIYAO_CCM_TAG_LEN, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t share_ccm(const miyao_ccm *ccm) {
    uint8_t text[SECRET_TEXT_LEN], tag[MIYAO_CCM_TAG_LEN];
    uint32_t sum;
    secret_text(text);
    OK(miyao_ccm_encrypt(ccm, a_nonce, 12, a_nonce, 5, text, sizeof text, text, sizeof text, tag, sizeof tag));
    sum = sum_of(text, sizeof text) ^ sum_of(tag, sizeof tag);
    OK(miyao_ccm_decrypt(ccm, a_nonce, 12, a_nonce, 5, text, sizeof text, tag, sizeof tag, text, sizeof text));
    sum ^= sum_of(text, sizeof text);
    wipe(text, sizeof text);
    return sum;
}

static inline void use_ccm(miyao_ccm *ccm) { CHECK(miyao_ccm_tag_len(ccm) == MIYAO_CCM_TAG_LEN); }

/* As many bytes as it is used for, and more. */
#define SAID_TO_CCM (4 * SECRET_TEXT_LEN)

static inline miyao_ccm_encryptor *make_ccm_encryptor(void) {
    miyao_ccm_encryptor *made = NULL;
    miyao_ccm *ccm = make_ccm();
    OK(miyao_ccm_encryptor_new(ccm, a_nonce, 12, a_nonce, 5, SAID_TO_CCM, &made));
    miyao_ccm_free(ccm);
    return made;
}

static inline uint32_t share_ccm_encryptor(const miyao_ccm_encryptor *encryptor) { return encryptor != NULL; }

static inline void use_ccm_encryptor(miyao_ccm_encryptor *encryptor) {
    uint8_t text[SECRET_TEXT_LEN];
    secret_text(text);
    OK(miyao_ccm_encryptor_update(encryptor, text, 3, text, 3));
    OK(miyao_ccm_encryptor_update(encryptor, text + 3, sizeof text - 8, text + 3, sizeof text - 8));
    wipe(text, sizeof text);
}

static inline miyao_xts *make_xts(void) {
    miyao_xts *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_xts_new(key, sizeof key, MIYAO_XTS_GB, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t share_xts(const miyao_xts *xts) {
    uint8_t text[SECRET_TEXT_LEN];
    uint32_t sum;
    secret_text(text);
    OK(miyao_xts_encrypt(xts, a_nonce, 16, text, sizeof text - 1, text, sizeof text));
    sum = sum_of(text, sizeof text - 1);
    OK(miyao_xts_decrypt(xts, a_nonce, 16, text, sizeof text - 1, text, sizeof text));
    sum ^= sum_of(text, sizeof text);
    wipe(text, sizeof text);
    return sum;
}

static inline void use_xts(miyao_xts *xts) { (void)xts; }

#endif
