/* The outputs of SM2 and certificates. */
#ifndef ROOMS_SM2_H
#define ROOMS_SM2_H

#include "objects.h"

#define ROOMS_SM2(ROW)                                                                  \
    ROW(miyao_sm2_private_key_expose, out, MIYAO_SM2_PRIVATE_KEY_LEN)                   \
    ROW(miyao_sm2_private_key_sign, out, MIYAO_SM2_SIGNATURE_LEN)                       \
    ROW(miyao_sm2_private_key_sign_digest, out, MIYAO_SM2_SIGNATURE_LEN)                \
    ROW(miyao_sm2_private_key_decrypt, out, 40)                                         \
    ROW(miyao_sm2_private_key_shared_x, out, MIYAO_SM2_DIGEST_LEN)                      \
    ROW(miyao_sm2_public_key_to_bytes, out, MIYAO_SM2_PUBLIC_KEY_LEN)                   \
    ROW(miyao_sm2_public_key_to_compressed, out, MIYAO_SM2_COMPRESSED_KEY_LEN)          \
    ROW(miyao_sm2_public_key_to_spki, out, MIYAO_SM2_SPKI_LEN)                          \
    ROW(miyao_sm2_public_key_identifier, out, MIYAO_SM2_DIGEST_LEN)                     \
    ROW(miyao_sm2_public_key_za, out, MIYAO_SM2_DIGEST_LEN)                             \
    ROW(miyao_sm2_public_key_encrypt, out, miyao_sm2_ciphertext_max(40, MIYAO_SM2_ENCODING_DER)) \
    ROW(miyao_sm2_prepared_key_encrypt, out, miyao_sm2_ciphertext_max(40, MIYAO_SM2_ENCODING_C1C3C2)) \
    ROW(miyao_sm2_digest_finish, out, MIYAO_SM2_DIGEST_LEN)                             \
    ROW(miyao_sm2_exchange_key, out, FILLS)                                             \
    ROW(miyao_sm2_exchange_confirmation, out, MIYAO_SM2_DIGEST_LEN)                     \
    ROW(miyao_sm2_signature_to_der, out, MIYAO_SM2_SIGNATURE_DER_MAX)                   \
    ROW(miyao_sm2_signature_from_der, out, MIYAO_SM2_SIGNATURE_LEN)                     \
    ROW(miyao_sm2_sign_batch, out, 9 * MIYAO_SM2_SIGNATURE_LEN)                         \
    ROW(miyao_sm2_sign_batch, statuses, 9)                                              \
    ROW(miyao_sm2_sign_digest_batch, out, 9 * MIYAO_SM2_SIGNATURE_LEN)                  \
    ROW(miyao_sm2_verify_batch, statuses, 9)                                            \
    ROW(miyao_sm2_verify_digest_batch, statuses, 9)                                     \
    ROW(miyao_certificate_serial, out, MIYAO_CERTIFICATE_SERIAL_MAX)                    \
    ROW(miyao_cms_verify, signers, 1)                                                   \
    ROW(miyao_cms_verify_detached, signers, 1)                                          \
    ROW(miyao_cms_open_signed, signers, 1)

/* Makes the object, calls the function with it, and frees it. */
#define WITH(object, call)                             \
    miyao_##object *object = make_##object();          \
    miyao_status status = call;                        \
    miyao_##object##_free(object);                     \
    return status;

static const uint8_t forty[40] = "what is signed, encrypted and decrypted";

static inline miyao_status room_miyao_sm2_private_key_expose_out(uint8_t *out, size_t cap) {
    WITH(sm2_private_key, miyao_sm2_private_key_expose(sm2_private_key, out, cap))
}

static inline miyao_status room_miyao_sm2_private_key_sign_out(uint8_t *out, size_t cap) {
    WITH(sm2_private_key, miyao_sm2_private_key_sign(sm2_private_key, DEFAULT_ID, forty, sizeof forty, out, cap))
}

static inline miyao_status room_miyao_sm2_private_key_sign_digest_out(uint8_t *out, size_t cap) {
    WITH(sm2_private_key, miyao_sm2_private_key_sign_digest(sm2_private_key, forty, 32, out, cap))
}

static inline miyao_status room_miyao_sm2_private_key_decrypt_out(uint8_t *out, size_t cap) {
    miyao_sm2_public_key *key = make_sm2_public_key();
    uint8_t text[160];
    size_t len = 0;
    OK(miyao_sm2_public_key_encrypt(key, forty, sizeof forty, MIYAO_SM2_ENCODING_C1C2C3, text, sizeof text, &len));
    miyao_sm2_public_key_free(key);
    WITH(sm2_private_key,
         miyao_sm2_private_key_decrypt(sm2_private_key, text, len, MIYAO_SM2_ENCODING_C1C2C3, out, cap, &len))
}

static inline miyao_status room_miyao_sm2_private_key_shared_x_out(uint8_t *out, size_t cap) {
    miyao_sm2_public_key *peer = make_sm2_public_key();
    miyao_sm2_private_key *key = make_sm2_private_key();
    miyao_status status = miyao_sm2_private_key_shared_x(key, peer, out, cap);
    miyao_sm2_private_key_free(key);
    miyao_sm2_public_key_free(peer);
    return status;
}

static inline miyao_status room_miyao_sm2_public_key_to_bytes_out(uint8_t *out, size_t cap) {
    WITH(sm2_public_key, miyao_sm2_public_key_to_bytes(sm2_public_key, out, cap))
}

static inline miyao_status room_miyao_sm2_public_key_to_compressed_out(uint8_t *out, size_t cap) {
    WITH(sm2_public_key, miyao_sm2_public_key_to_compressed(sm2_public_key, out, cap))
}

static inline miyao_status room_miyao_sm2_public_key_to_spki_out(uint8_t *out, size_t cap) {
    WITH(sm2_public_key, miyao_sm2_public_key_to_spki(sm2_public_key, out, cap))
}

static inline miyao_status room_miyao_sm2_public_key_identifier_out(uint8_t *out, size_t cap) {
    WITH(sm2_public_key, miyao_sm2_public_key_identifier(sm2_public_key, out, cap))
}

static inline miyao_status room_miyao_sm2_public_key_za_out(uint8_t *out, size_t cap) {
    WITH(sm2_public_key, miyao_sm2_public_key_za(sm2_public_key, DEFAULT_ID, out, cap))
}

static inline miyao_status room_miyao_sm2_public_key_encrypt_out(uint8_t *out, size_t cap) {
    size_t len = 0;
    WITH(sm2_public_key,
         miyao_sm2_public_key_encrypt(sm2_public_key, forty, sizeof forty, MIYAO_SM2_ENCODING_DER, out, cap, &len))
}

static inline miyao_status room_miyao_sm2_prepared_key_encrypt_out(uint8_t *out, size_t cap) {
    size_t len = 0;
    WITH(sm2_prepared_key,
         miyao_sm2_prepared_key_encrypt(sm2_prepared_key, forty, sizeof forty, MIYAO_SM2_ENCODING_C1C3C2, out, cap, &len))
}

static inline miyao_status room_miyao_sm2_digest_finish_out(uint8_t *out, size_t cap) {
    WITH(sm2_digest, miyao_sm2_digest_finish(sm2_digest, out, cap))
}

static inline miyao_status room_miyao_sm2_exchange_key_out(uint8_t *out, size_t cap) {
    WITH(sm2_exchange, miyao_sm2_exchange_key(sm2_exchange, out, cap))
}

static inline miyao_status room_miyao_sm2_exchange_confirmation_out(uint8_t *out, size_t cap) {
    WITH(sm2_exchange, miyao_sm2_exchange_confirmation(sm2_exchange, MIYAO_SM2_ROLE_RESPONDER, out, cap))
}

/* Two numbers in range. */
static const uint8_t a_signature[MIYAO_SM2_SIGNATURE_LEN] = "a signature is two numbers r and s, each of them lower than n..";

static inline miyao_status room_miyao_sm2_signature_to_der_out(uint8_t *out, size_t cap) {
    size_t len = 0;
    return miyao_sm2_signature_to_der(a_signature, sizeof a_signature, out, cap, &len);
}

static inline miyao_status room_miyao_sm2_signature_from_der_out(uint8_t *out, size_t cap) {
    uint8_t der[MIYAO_SM2_SIGNATURE_DER_MAX];
    size_t len = 0;
    OK(miyao_sm2_signature_to_der(a_signature, sizeof a_signature, der, sizeof der, &len));
    return miyao_sm2_signature_from_der(der, len, out, cap);
}

/* Nine keys, their messages, and the signatures of these. */
struct nine {
    miyao_sm2_private_key *own[9];
    miyao_sm2_public_key *keys[9];
    const uint8_t *ids[9], *messages[9];
    size_t id_lens[9], message_lens[9];
    uint8_t digests[9 * MIYAO_SM2_DIGEST_LEN], signatures[9 * MIYAO_SM2_SIGNATURE_LEN], statuses[9];
};

#define OWN(nine) (const miyao_sm2_private_key *const *)(nine)->own
#define KEYS(nine) (const miyao_sm2_public_key *const *)(nine)->keys
#define MESSAGES(nine) (nine)->ids, (nine)->id_lens, (nine)->messages, (nine)->message_lens

static inline void nine_begin(struct nine *nine) {
    memset(nine, 0, sizeof *nine);
    OK(miyao_sm2_private_key_random_batch(nine->own, 9));
    for (size_t at = 0; at < 9; at++) {
        OK(miyao_sm2_private_key_public_key(nine->own[at], &nine->keys[at]));
        nine->ids[at] = nine->messages[at] = forty;
        nine->id_lens[at] = nine->message_lens[at] = at;
    }
}

static inline miyao_status nine_end(struct nine *nine, miyao_status status) {
    for (size_t at = 0; at < 9; at++) {
        miyao_sm2_private_key_free(nine->own[at]);
        miyao_sm2_public_key_free(nine->keys[at]);
    }
    return status;
}

static inline miyao_status room_miyao_sm2_sign_batch_out(uint8_t *out, size_t cap) {
    struct nine nine;
    nine_begin(&nine);
    return nine_end(&nine, miyao_sm2_sign_batch(OWN(&nine), MESSAGES(&nine), 9, out, cap, nine.statuses, 9));
}

static inline miyao_status room_miyao_sm2_sign_batch_statuses(uint8_t *out, size_t cap) {
    struct nine nine;
    nine_begin(&nine);
    return nine_end(&nine, miyao_sm2_sign_batch(OWN(&nine), MESSAGES(&nine), 9, nine.signatures, sizeof nine.signatures, out, cap));
}

static inline miyao_status room_miyao_sm2_sign_digest_batch_out(uint8_t *out, size_t cap) {
    struct nine nine;
    nine_begin(&nine);
    return nine_end(&nine, miyao_sm2_sign_digest_batch(OWN(&nine), nine.digests, sizeof nine.digests, 9, out, cap));
}

static inline miyao_status room_miyao_sm2_verify_batch_statuses(uint8_t *out, size_t cap) {
    struct nine nine;
    nine_begin(&nine);
    OK(miyao_sm2_sign_batch(OWN(&nine), MESSAGES(&nine), 9, nine.signatures, sizeof nine.signatures, nine.statuses, 9));
    return nine_end(&nine, miyao_sm2_verify_batch(KEYS(&nine), MESSAGES(&nine), nine.signatures, sizeof nine.signatures, 9, out, cap));
}

static inline miyao_status room_miyao_sm2_verify_digest_batch_statuses(uint8_t *out, size_t cap) {
    struct nine nine;
    nine_begin(&nine);
    OK(miyao_sm2_sign_digest_batch(OWN(&nine), nine.digests, sizeof nine.digests, 9, nine.signatures, sizeof nine.signatures));
    return nine_end(&nine, miyao_sm2_verify_digest_batch(KEYS(&nine), nine.digests, sizeof nine.digests, nine.signatures,
                                                         sizeof nine.signatures, 9, out, cap));
}

static inline miyao_status room_miyao_certificate_serial_out(uint8_t *out, size_t cap) {
    size_t len = 0;
    WITH(certificate, miyao_certificate_serial(certificate, out, cap, &len))
}

/* A message of one signer, verified: detached, or enveloped for the signer too, or neither. */
static inline miyao_status room_message(int is_detached, int is_enveloped, uint8_t *out, size_t cap) {
    miyao_certificate *holder = certificate(signing);
    miyao_sm2_private_key *key = private_key(SIGNING_D);
    const miyao_certificate *holders[1];
    const miyao_sm2_private_key *keys[1];
    miyao_cms_options *options = make_cms_options();
    miyao_buffer *message = NULL, *content = NULL;
    miyao_status status;
    holders[0] = holder;
    keys[0] = key;
    OK(miyao_cms_options_set_detached(options, is_detached != 0));
    if (is_enveloped) {
        OK(miyao_cms_seal_signed(forty, sizeof forty, holders, keys, 1, holders, 1, options, &message, NULL));
        status = miyao_cms_open_signed(miyao_buffer_data(message), miyao_buffer_len(message), holder, key, DEFAULT_ID, holders, 1,
                                       &content, out, cap, NULL, NULL);
    } else {
        OK(miyao_cms_sign(forty, sizeof forty, holders, keys, 1, options, &message, NULL));
        status = is_detached ? miyao_cms_verify_detached(miyao_buffer_data(message), miyao_buffer_len(message), forty, sizeof forty,
                                                         DEFAULT_ID, holders, 1, out, cap, NULL, NULL)
                             : miyao_cms_verify(miyao_buffer_data(message), miyao_buffer_len(message), DEFAULT_ID, holders, 1,
                                                &content, out, cap, NULL, NULL);
    }
    miyao_buffer_free(content);
    miyao_buffer_free(message);
    miyao_cms_options_free(options);
    miyao_sm2_private_key_free(key);
    miyao_certificate_free(holder);
    return status;
}

static inline miyao_status room_miyao_cms_verify_signers(uint8_t *out, size_t cap) { return room_message(0, 0, out, cap); }

static inline miyao_status room_miyao_cms_verify_detached_signers(uint8_t *out, size_t cap) { return room_message(1, 0, out, cap); }

static inline miyao_status room_miyao_cms_open_signed_signers(uint8_t *out, size_t cap) { return room_message(0, 1, out, cap); }

#endif
