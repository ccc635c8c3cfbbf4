/* The outputs of SM3, SM4 and what is made of them.

   ROW(function, output, promised) asks for `room_function_output(out, cap)`, which calls the function with that room and all else right. */
#ifndef ROOMS_SYMMETRIC_H
#define ROOMS_SYMMETRIC_H

#include "objects.h"

#define ROOMS_SYMMETRIC(ROW)                      \
    ROW(miyao_random, out, FILLS)                 \
    ROW(miyao_sm3_digest, out, MIYAO_SM3_LEN)     \
    ROW(miyao_sm3_digest_many, out, 3 * MIYAO_SM3_LEN) \
    ROW(miyao_sm3_finish, out, MIYAO_SM3_LEN)     \
    ROW(miyao_hmac_mac, out, MIYAO_HMAC_LEN)      \
    ROW(miyao_hmac_finish, out, MIYAO_HMAC_LEN)   \
    ROW(miyao_cmac_mac, out, MIYAO_CMAC_LEN)      \
    ROW(miyao_cmac_finish, out, MIYAO_CMAC_LEN)   \
    ROW(miyao_hkdf_derive, out, FILLS)            \
    ROW(miyao_hkdf_extract, out, MIYAO_HKDF_PRK_LEN) \
    ROW(miyao_hkdf_expand, out, FILLS)            \
    ROW(miyao_kdf_derive, out, FILLS)             \
    ROW(miyao_pbkdf2_derive, out, FILLS)          \
    ROW(miyao_sm4_encrypt, out, 48)               \
    ROW(miyao_sm4_decrypt, out, 48)               \
    ROW(miyao_sm4_stream_update, out, 48)         \
    ROW(miyao_sm4_stream_finish, out, MIYAO_SM4_LEN) \
    ROW(miyao_gcm_encrypt, out, 47)               \
    ROW(miyao_gcm_encrypt, tag, MIYAO_GCM_TAG_LEN) \
    ROW(miyao_gcm_decrypt, out, 47)               \
    ROW(miyao_gcm_encryptor_update, out, 47)      \
    ROW(miyao_gcm_encryptor_finish, tag, MIYAO_GCM_TAG_LEN) \
    ROW(miyao_ccm_encrypt, out, 47)               \
    ROW(miyao_ccm_encrypt, tag, MIYAO_CCM_TAG_LEN) \
    ROW(miyao_ccm_decrypt, out, 47)               \
    ROW(miyao_ccm_encryptor_update, out, 47)      \
    ROW(miyao_ccm_encryptor_finish, tag, MIYAO_CCM_TAG_LEN) \
    ROW(miyao_xts_encrypt, out, 47)               \
    ROW(miyao_xts_decrypt, out, 47)

static const uint8_t a_text[48] = "a text of the length that the rows promise, 48";
static const uint8_t a_key[32] = "a key that is no secret of 32..";

static inline miyao_status room_miyao_random_out(uint8_t *out, size_t cap) { return miyao_random(out, cap); }

static inline miyao_status room_miyao_sm3_digest_out(uint8_t *out, size_t cap) {
    return miyao_sm3_digest(a_text, sizeof a_text, out, cap);
}

static inline miyao_status room_miyao_sm3_digest_many_out(uint8_t *out, size_t cap) {
    const uint8_t *const messages[3] = {a_text, NULL, a_key};
    const size_t lens[3] = {sizeof a_text, 0, sizeof a_key};
    return miyao_sm3_digest_many(messages, lens, 3, out, cap);
}

static inline miyao_status room_miyao_sm3_finish_out(uint8_t *out, size_t cap) {
    miyao_sm3 *sm3 = make_sm3();
    miyao_status status = miyao_sm3_finish(sm3, out, cap);
    miyao_sm3_free(sm3);
    return status;
}

static inline miyao_status room_miyao_hmac_mac_out(uint8_t *out, size_t cap) {
    return miyao_hmac_mac(a_key, sizeof a_key, a_text, sizeof a_text, out, cap);
}

static inline miyao_status room_miyao_hmac_finish_out(uint8_t *out, size_t cap) {
    miyao_hmac *hmac = make_hmac();
    miyao_status status = miyao_hmac_finish(hmac, out, cap);
    miyao_hmac_free(hmac);
    return status;
}

static inline miyao_status room_miyao_cmac_mac_out(uint8_t *out, size_t cap) {
    return miyao_cmac_mac(a_key, 16, a_text, sizeof a_text, out, cap);
}

static inline miyao_status room_miyao_cmac_finish_out(uint8_t *out, size_t cap) {
    miyao_cmac *cmac = make_cmac();
    miyao_status status = miyao_cmac_finish(cmac, out, cap);
    miyao_cmac_free(cmac);
    return status;
}

static inline miyao_status room_miyao_hkdf_derive_out(uint8_t *out, size_t cap) {
    return miyao_hkdf_derive(NULL, 0, a_key, sizeof a_key, a_text, 5, out, cap);
}

static inline miyao_status room_miyao_hkdf_extract_out(uint8_t *out, size_t cap) {
    return miyao_hkdf_extract(NULL, 0, a_key, sizeof a_key, out, cap);
}

static inline miyao_status room_miyao_hkdf_expand_out(uint8_t *out, size_t cap) {
    return miyao_hkdf_expand(a_key, sizeof a_key, a_text, 5, out, cap);
}

static inline miyao_status room_miyao_kdf_derive_out(uint8_t *out, size_t cap) {
    return miyao_kdf_derive(a_key, sizeof a_key, out, cap);
}

static inline miyao_status room_miyao_pbkdf2_derive_out(uint8_t *out, size_t cap) {
    return miyao_pbkdf2_derive(a_text, 8, a_key, 8, 2, out, cap);
}

static inline miyao_status room_miyao_sm4_encrypt_out(uint8_t *out, size_t cap) {
    miyao_sm4 *sm4 = make_sm4();
    size_t len = 0;
    miyao_status status =
        miyao_sm4_encrypt(sm4, MIYAO_SM4_MODE_CBC_PKCS7, a_key, 16, a_text, 47, out, cap, &len);
    CHECK(status != MIYAO_STATUS_OK || (len == 48 && miyao_sm4_padded_len(47) == 48));
    miyao_sm4_free(sm4);
    return status;
}

static inline miyao_status room_miyao_sm4_decrypt_out(uint8_t *out, size_t cap) {
    miyao_sm4 *sm4 = make_sm4();
    size_t len = 0;
    miyao_status status = miyao_sm4_decrypt(sm4, MIYAO_SM4_MODE_CBC, a_key, 16, a_text, 48, out, cap, &len);
    miyao_sm4_free(sm4);
    return status;
}

static inline miyao_status room_miyao_sm4_stream_update_out(uint8_t *out, size_t cap) {
    miyao_sm4_stream *stream = make_sm4_stream();
    uint8_t first[1];
    size_t len = 0;
    miyao_status status;
    OK(miyao_sm4_stream_update(stream, a_text, 15, first, 0, &len));
    CHECK(len == 0 && miyao_sm4_stream_update_len(stream, 47) == 48);
    status = miyao_sm4_stream_update(stream, a_text, 47, out, cap, &len);
    CHECK(status != MIYAO_STATUS_OK || len == 48);
    miyao_sm4_stream_free(stream);
    return status;
}

static inline miyao_status room_miyao_sm4_stream_finish_out(uint8_t *out, size_t cap) {
    miyao_sm4_stream *stream = make_sm4_stream();
    size_t len = 0;
    miyao_status status = miyao_sm4_stream_finish(stream, out, cap, &len);
    miyao_sm4_stream_free(stream);
    return status;
}

static inline miyao_status room_miyao_gcm_encrypt_out(uint8_t *out, size_t cap) {
    miyao_gcm *gcm = make_gcm();
    uint8_t tag[MIYAO_GCM_TAG_LEN];
    miyao_status status = miyao_gcm_encrypt(gcm, a_key, 12, NULL, 0, a_text, 47, out, cap, tag, sizeof tag);
    miyao_gcm_free(gcm);
    return status;
}

static inline miyao_status room_miyao_gcm_encrypt_tag(uint8_t *tag, size_t cap) {
    miyao_gcm *gcm = make_gcm();
    uint8_t out[47];
    miyao_status status = miyao_gcm_encrypt(gcm, a_key, 12, NULL, 0, a_text, 47, out, sizeof out, tag, cap);
    miyao_gcm_free(gcm);
    return status;
}

static inline miyao_status room_miyao_gcm_decrypt_out(uint8_t *out, size_t cap) {
    miyao_gcm *gcm = make_gcm();
    uint8_t sealed[47], tag[MIYAO_GCM_TAG_LEN];
    miyao_status status;
    OK(miyao_gcm_encrypt(gcm, a_key, 12, NULL, 0, a_text, 47, sealed, sizeof sealed, tag, sizeof tag));
    status = miyao_gcm_decrypt(gcm, a_key, 12, NULL, 0, sealed, sizeof sealed, tag, sizeof tag, out, cap);
    miyao_gcm_free(gcm);
    return status;
}

static inline miyao_status room_miyao_gcm_encryptor_update_out(uint8_t *out, size_t cap) {
    miyao_gcm_encryptor *encryptor = make_gcm_encryptor();
    miyao_status status = miyao_gcm_encryptor_update(encryptor, a_text, 47, out, cap);
    miyao_gcm_encryptor_free(encryptor);
    return status;
}

static inline miyao_status room_miyao_gcm_encryptor_finish_tag(uint8_t *tag, size_t cap) {
    miyao_gcm_encryptor *encryptor = make_gcm_encryptor();
    miyao_status status = miyao_gcm_encryptor_finish(encryptor, tag, cap);
    miyao_gcm_encryptor_free(encryptor);
    return status;
}

static inline miyao_status room_miyao_ccm_encrypt_out(uint8_t *out, size_t cap) {
    miyao_ccm *ccm = make_ccm();
    uint8_t tag[MIYAO_CCM_TAG_LEN];
    miyao_status status = miyao_ccm_encrypt(ccm, a_key, 12, NULL, 0, a_text, 47, out, cap, tag, sizeof tag);
    miyao_ccm_free(ccm);
    return status;
}

static inline miyao_status room_miyao_ccm_encrypt_tag(uint8_t *tag, size_t cap) {
    miyao_ccm *ccm = make_ccm();
    uint8_t out[47];
    miyao_status status = miyao_ccm_encrypt(ccm, a_key, 12, NULL, 0, a_text, 47, out, sizeof out, tag, cap);
    miyao_ccm_free(ccm);
    return status;
}

static inline miyao_status room_miyao_ccm_decrypt_out(uint8_t *out, size_t cap) {
    miyao_ccm *ccm = make_ccm();
    uint8_t sealed[47], tag[MIYAO_CCM_TAG_LEN];
    miyao_status status;
    OK(miyao_ccm_encrypt(ccm, a_key, 12, NULL, 0, a_text, 47, sealed, sizeof sealed, tag, sizeof tag));
    status = miyao_ccm_decrypt(ccm, a_key, 12, NULL, 0, sealed, sizeof sealed, tag, sizeof tag, out, cap);
    miyao_ccm_free(ccm);
    return status;
}

static inline miyao_status room_miyao_ccm_encryptor_update_out(uint8_t *out, size_t cap) {
    miyao_ccm_encryptor *encryptor = make_ccm_encryptor();
    miyao_status status = miyao_ccm_encryptor_update(encryptor, a_text, 47, out, cap);
    miyao_ccm_encryptor_free(encryptor);
    return status;
}

static inline miyao_status room_miyao_ccm_encryptor_finish_tag(uint8_t *tag, size_t cap) {
    miyao_ccm_encryptor *encryptor = make_ccm_encryptor();
    uint8_t text[SAID_TO_CCM] = {0};
    miyao_status status;
    OK(miyao_ccm_encryptor_update(encryptor, text, sizeof text, text, sizeof text));
    status = miyao_ccm_encryptor_finish(encryptor, tag, cap);
    miyao_ccm_encryptor_free(encryptor);
    return status;
}

static inline miyao_status room_miyao_xts_encrypt_out(uint8_t *out, size_t cap) {
    miyao_xts *xts = make_xts();
    miyao_status status = miyao_xts_encrypt(xts, a_key, 16, a_text, 47, out, cap);
    miyao_xts_free(xts);
    return status;
}

static inline miyao_status room_miyao_xts_decrypt_out(uint8_t *out, size_t cap) {
    miyao_xts *xts = make_xts();
    miyao_status status = miyao_xts_decrypt(xts, a_key, 16, a_text, 47, out, cap);
    miyao_xts_free(xts);
    return status;
}

#endif
