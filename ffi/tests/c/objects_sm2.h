/* The rows of SM2, of keys in files, and of certificates. */
#ifndef OBJECTS_SM2_H
#define OBJECTS_SM2_H

#include "check.h"
#include "pki.h"

/* Each has public parts, which nobody wipes. */
#define OBJECTS_SM2(ROW)                                                                                 \
    ROW(sm2_private_key) ROW(sm2_public_key) ROW(sm2_prepared_key) ROW(sm2_digest) ROW(sm2_exchange)     \
    ROW(pkcs8_options) ROW(inspection) ROW(certificate) ROW(certificate_request) ROW(request_draft)      \
    ROW(certificate_template) ROW(crl) ROW(trust) ROW(cms_options)

static const uint8_t an_id[4] = {1, 2, 3, 4};

static inline miyao_sm2_private_key *make_sm2_private_key(void) {
    miyao_sm2_private_key *made = NULL;
    uint8_t key[SECRET_KEY_LEN];
    secret_key(key);
    OK(miyao_sm2_private_key_from_bytes(key, sizeof key, &made));
    wipe(key, sizeof key);
    return made;
}

static inline uint32_t sum_of_buffer(miyao_buffer *buffer) {
    uint32_t sum = sum_of(miyao_buffer_data(buffer), miyao_buffer_len(buffer));
    miyao_buffer_free(buffer);
    return sum;
}

static inline uint32_t share_sm2_private_key(const miyao_sm2_private_key *key) {
    uint8_t text[SECRET_TEXT_LEN], ciphertext[256], signature[MIYAO_SM2_SIGNATURE_LEN], x[MIYAO_SM2_DIGEST_LEN];
    miyao_sm2_public_key *half = NULL;
    miyao_sm2_private_key *again = NULL;
    miyao_buffer *file = NULL;
    size_t len = 0;
    uint32_t sum;
    OK(miyao_sm2_private_key_public_key(key, &half));
    OK(miyao_sm2_private_key_sign(key, an_id, sizeof an_id, an_id, sizeof an_id, signature, sizeof signature));
    OK(miyao_sm2_public_key_verify(half, an_id, sizeof an_id, an_id, sizeof an_id, signature, sizeof signature));
    secret_text(text);
    OK(miyao_sm2_public_key_encrypt(half, text, sizeof text, MIYAO_SM2_ENCODING_DER, ciphertext, sizeof ciphertext, &len));
    wipe(text, sizeof text);
    OK(miyao_sm2_private_key_decrypt(key, ciphertext, len, MIYAO_SM2_ENCODING_DER, text, sizeof text, &len));
    sum = sum_of(text, len);
    wipe(text, sizeof text);
    OK(miyao_sm2_private_key_shared_x(key, half, x, sizeof x));
    sum ^= sum_of(x, sizeof x);
    wipe(x, sizeof x);
    OK(miyao_sm2_private_key_to_pkcs8_pem(key, &file));
    OK(miyao_sm2_private_key_parse(miyao_buffer_data(file), miyao_buffer_len(file), NULL, 0, &again, NULL));
    miyao_sm2_private_key_free(again);
    sum ^= sum_of_buffer(file);
    OK(miyao_sm2_enveloped_key_wrap(key, half, &file, NULL));
    OK(miyao_sm2_enveloped_key_unwrap(miyao_buffer_data(file), miyao_buffer_len(file), key, &again, NULL));
    miyao_sm2_private_key_free(again);
    miyao_buffer_free(file);
    miyao_sm2_public_key_free(half);
    return sum;
}

static inline void use_sm2_private_key(miyao_sm2_private_key *key) { (void)key; }

static inline miyao_sm2_public_key *make_sm2_public_key(void) {
    miyao_sm2_private_key *own = make_sm2_private_key();
    miyao_sm2_public_key *made = NULL;
    OK(miyao_sm2_private_key_public_key(own, &made));
    miyao_sm2_private_key_free(own);
    return made;
}

static inline uint32_t share_sm2_public_key(const miyao_sm2_public_key *key) {
    uint8_t point[MIYAO_SM2_PUBLIC_KEY_LEN], za[MIYAO_SM2_DIGEST_LEN], bad[MIYAO_SM2_SIGNATURE_LEN] = {0};
    miyao_buffer *pem = NULL;
    OK(miyao_sm2_public_key_to_bytes(key, point, sizeof point));
    OK(miyao_sm2_public_key_za(key, an_id, sizeof an_id, za, sizeof za));
    OK(miyao_sm2_public_key_to_pem(key, &pem));
    CHECK(miyao_sm2_public_key_verify(key, an_id, sizeof an_id, point, sizeof point, bad, sizeof bad) ==
          MIYAO_STATUS_REJECTED);
    return sum_of(point, sizeof point) ^ sum_of(za, sizeof za) ^ sum_of_buffer(pem);
}

static inline void use_sm2_public_key(miyao_sm2_public_key *key) { (void)key; }

static inline miyao_sm2_prepared_key *make_sm2_prepared_key(void) {
    miyao_sm2_public_key *key = make_sm2_public_key();
    miyao_sm2_prepared_key *made = NULL;
    OK(miyao_sm2_prepared_key_full(key, &made));
    miyao_sm2_prepared_key_free(made);
    OK(miyao_sm2_prepared_key_new(key, &made));
    miyao_sm2_public_key_free(key);
    return made;
}

static inline uint32_t share_sm2_prepared_key(const miyao_sm2_prepared_key *prepared) {
    uint8_t text[SECRET_TEXT_LEN], ciphertext[256];
    miyao_sm2_public_key *key = NULL;
    size_t len = 0;
    uint32_t sum;
    OK(miyao_sm2_prepared_key_public_key(prepared, &key));
    sum = share_sm2_public_key(key);
    miyao_sm2_public_key_free(key);
    secret_text(text);
    OK(miyao_sm2_prepared_key_encrypt(prepared, text, sizeof text, MIYAO_SM2_ENCODING_C1C3C2, ciphertext, sizeof ciphertext,
                                      &len));
    wipe(text, sizeof text);
    return sum + (uint32_t)len;
}

static inline void use_sm2_prepared_key(miyao_sm2_prepared_key *prepared) { (void)prepared; }

static inline miyao_sm2_digest *make_sm2_digest(void) {
    miyao_sm2_public_key *key = make_sm2_public_key();
    miyao_sm2_digest *made = NULL;
    OK(miyao_sm2_digest_new(key, an_id, sizeof an_id, &made));
    miyao_sm2_public_key_free(key);
    return made;
}

static inline uint32_t share_sm2_digest(const miyao_sm2_digest *digest) {
    uint8_t e[MIYAO_SM2_DIGEST_LEN];
    miyao_sm2_digest *copy = NULL;
    OK(miyao_sm2_digest_finish(digest, e, sizeof e));
    OK(miyao_sm2_digest_clone(digest, &copy));
    miyao_sm2_digest_free(copy);
    return sum_of(e, sizeof e);
}

static inline void use_sm2_digest(miyao_sm2_digest *digest) {
    uint8_t text[SECRET_TEXT_LEN];
    secret_text(text);
    OK(miyao_sm2_digest_update(digest, text, sizeof text));
    wipe(text, sizeof text);
}

static inline miyao_sm2_exchange *make_sm2_exchange(void) {
    miyao_sm2_private_key *own = make_sm2_private_key();
    miyao_sm2_public_key *key = make_sm2_public_key();
    miyao_sm2_exchange *made = NULL;
    OK(miyao_sm2_exchange_new(MIYAO_SM2_ROLE_INITIATOR, own, an_id, sizeof an_id, own, key, an_id, sizeof an_id, key, &made));
    miyao_sm2_public_key_free(key);
    miyao_sm2_private_key_free(own);
    return made;
}

static inline uint32_t share_sm2_exchange(const miyao_sm2_exchange *exchange) {
    uint8_t key[48], confirmation[MIYAO_SM2_DIGEST_LEN];
    uint32_t sum;
    OK(miyao_sm2_exchange_key(exchange, key, sizeof key));
    sum = sum_of(key, sizeof key);
    wipe(key, sizeof key);
    OK(miyao_sm2_exchange_confirmation(exchange, MIYAO_SM2_ROLE_RESPONDER, confirmation, sizeof confirmation));
    OK(miyao_sm2_exchange_verify(exchange, confirmation, sizeof confirmation));
    return sum ^ sum_of(confirmation, sizeof confirmation);
}

static inline void use_sm2_exchange(miyao_sm2_exchange *exchange) { (void)exchange; }

static inline miyao_pkcs8_options *make_pkcs8_options(void) {
    miyao_pkcs8_options *made = NULL;
    OK(miyao_pkcs8_options_new(&made));
    OK(miyao_pkcs8_options_set_iterations(made, MIYAO_PKCS8_MIN_ITERATIONS));
    return made;
}

static inline uint32_t share_pkcs8_options(const miyao_pkcs8_options *options) {
    miyao_sm2_private_key *key = make_sm2_private_key(), *again = NULL;
    uint8_t text[SECRET_TEXT_LEN];
    miyao_buffer *file = NULL;
    size_t len;
    secret_text(text);
    OK(miyao_sm2_private_key_encrypt_pem(key, text, sizeof text, options, &file));
    OK(miyao_sm2_private_key_parse(miyao_buffer_data(file), miyao_buffer_len(file), text, sizeof text, &again, NULL));
    wipe(text, sizeof text);
    len = miyao_buffer_len(file);
    miyao_sm2_private_key_free(key);
    miyao_sm2_private_key_free(again);
    miyao_buffer_free(file);
    return (uint32_t)len;
}

static inline void use_pkcs8_options(miyao_pkcs8_options *options) {
    OK(miyao_pkcs8_options_set_derivation(options, MIYAO_PKCS8_DERIVATION_GMT0091));
}

static inline miyao_inspection *make_inspection(void) {
    miyao_sm2_private_key *key = make_sm2_private_key();
    miyao_inspection *made = NULL;
    miyao_buffer *file = NULL;
    OK(miyao_sm2_private_key_to_pkcs8_pem(key, &file));
    OK(miyao_inspection_new(miyao_buffer_data(file), miyao_buffer_len(file), &made));
    miyao_buffer_free(file);
    miyao_sm2_private_key_free(key);
    return made;
}

static inline uint32_t share_inspection(const miyao_inspection *inspection) {
    miyao_sm2_private_key *key = NULL;
    miyao_buffer *text = NULL;
    uint32_t sum;
    OK(miyao_inspection_report(inspection, &text));
    sum = sum_of_buffer(text);
    OK(miyao_inspection_private_key(inspection, NULL, 0, NULL, &key, NULL));
    miyao_sm2_private_key_free(key);
    OK(miyao_inspection_convert(inspection, "sec1", 4, MIYAO_ARMOR_BASE64, &text, NULL));
    return sum ^ sum_of_buffer(text);
}

static inline void use_inspection(miyao_inspection *inspection) {
    miyao_sm2_private_key *key = make_sm2_private_key();
    OK(miyao_inspection_ask(inspection, key));
    CHECK(miyao_inspection_verdict(inspection) == MIYAO_VERDICT_BELONGS);
    miyao_sm2_private_key_free(key);
}

static inline miyao_certificate *make_certificate(void) { return certificate(signing); }

static inline uint32_t share_certificate(const miyao_certificate *certificate) {
    miyao_buffer *text = NULL;
    uint32_t sum;
    OK(miyao_certificate_subject(certificate, &text));
    sum = sum_of_buffer(text);
    OK(miyao_certificate_alternative_names(certificate, &text));
    sum ^= sum_of_buffer(text);
    OK(miyao_certificate_to_pem(certificate, &text));
    return sum ^ sum_of_buffer(text) ^ miyao_certificate_key_usage(certificate);
}

static inline void use_certificate(miyao_certificate *certificate) { (void)certificate; }

static inline miyao_certificate_request *make_certificate_request(void) {
    uint8_t der[1024];
    size_t len = unhex(csr, der, sizeof der);
    miyao_certificate_request *made = NULL;
    OK(miyao_certificate_request_parse(der, len, &made, NULL));
    return made;
}

static inline uint32_t share_certificate_request(const miyao_certificate_request *request) {
    miyao_sm2_public_key *key = NULL;
    miyao_buffer *pem = NULL;
    OK(miyao_certificate_request_verify(request, DEFAULT_ID, &key, NULL));
    miyao_sm2_public_key_free(key);
    OK(miyao_certificate_request_to_pem(request, &pem));
    return sum_of_buffer(pem);
}

static inline void use_certificate_request(miyao_certificate_request *request) { (void)request; }

static inline miyao_request_draft *make_request_draft(void) {
    miyao_request_draft *made = NULL;
    OK(miyao_request_draft_new("CN=host,C=CN", 12, &made, NULL));
    return made;
}

static inline uint32_t share_request_draft(const miyao_request_draft *draft) {
    miyao_sm2_private_key *key = make_sm2_private_key();
    miyao_certificate_request *request = NULL;
    miyao_buffer *subject = NULL;
    OK(miyao_request_draft_sign(draft, key, DEFAULT_ID, &request, NULL));
    OK(miyao_certificate_request_unverified_subject(request, &subject));
    miyao_certificate_request_free(request);
    miyao_sm2_private_key_free(key);
    return sum_of_buffer(subject);
}

static inline void use_request_draft(miyao_request_draft *draft) {
    OK(miyao_request_draft_set_key_usage(draft, MIYAO_KEY_USAGE_KEY_AGREEMENT, NULL));
    OK(miyao_request_draft_set_alternative_names(draft, "dns:a\ndns:b", 11, NULL));
}

static inline miyao_certificate_template *make_certificate_template(void) {
    miyao_certificate_template *made = NULL;
    OK(miyao_certificate_template_authority("CN=root,C=CN", 12, NOW - 1, NOW + 1, 0, &made, NULL));
    return made;
}

static inline uint32_t share_certificate_template(const miyao_certificate_template *template_) {
    miyao_sm2_private_key *key = make_sm2_private_key();
    miyao_certificate *made = NULL;
    miyao_buffer *subject = NULL;
    OK(miyao_certificate_template_self_sign(template_, key, DEFAULT_ID, &made, NULL));
    OK(miyao_certificate_subject(made, &subject));
    miyao_certificate_free(made);
    miyao_sm2_private_key_free(key);
    return sum_of_buffer(subject);
}

static inline void use_certificate_template(miyao_certificate_template *template_) {
    OK(miyao_certificate_template_set_alternative_names(template_, "dns:a\ndns:b", 11, NULL));
}

static inline miyao_crl *make_crl(void) { return revocation_list(); }

static inline uint32_t share_crl(const miyao_crl *crl) {
    miyao_certificate *issuer = certificate(middle), *revoked = certificate(encryption);
    bool is_revoked = false;
    int64_t when = 0;
    OK(miyao_crl_find(crl, issuer, DEFAULT_ID, NOW, revoked, &is_revoked, &when, NULL, NULL));
    CHECK(is_revoked);
    miyao_certificate_free(issuer);
    miyao_certificate_free(revoked);
    return (uint32_t)when;
}

static inline void use_crl(miyao_crl *crl) { (void)crl; }

static inline miyao_trust *make_trust(void) {
    miyao_certificate *anchor = certificate(middle);
    miyao_trust *made = NULL;
    OK(miyao_trust_new(&made));
    OK(miyao_trust_add_anchor(made, anchor));
    miyao_certificate_free(anchor);
    return made;
}

static inline uint32_t share_trust(const miyao_trust *trust) {
    miyao_certificate *end = certificate(signing);
    miyao_buffer *path = NULL;
    miyao_error *error = NULL;
    OK(miyao_trust_verify(trust, end, MIYAO_PURPOSE_SIGNING, NOW, &path, NULL));
    CHECK(miyao_trust_verify(trust, end, MIYAO_PURPOSE_SIGNING, 0, NULL, &error) == MIYAO_STATUS_FORBIDDEN);
    miyao_error_free(error);
    miyao_certificate_free(end);
    return sum_of_buffer(path);
}

static inline void use_trust(miyao_trust *trust) {
    miyao_crl *crl = revocation_list();
    OK(miyao_trust_add_crl(trust, crl));
    miyao_crl_free(crl);
}

static inline miyao_cms_options *make_cms_options(void) {
    miyao_cms_options *made = NULL;
    OK(miyao_cms_options_new(&made));
    return made;
}

static inline uint32_t share_cms_options(const miyao_cms_options *options) {
    miyao_certificate *holder = certificate(signing);
    miyao_sm2_private_key *key = private_key(SIGNING_D);
    const miyao_certificate *holders[] = {holder};
    const miyao_sm2_private_key *keys[] = {key};
    miyao_buffer *message = NULL, *content = NULL;
    uint8_t text[SECRET_TEXT_LEN];
    secret_text(text);
    OK(miyao_cms_seal_signed(text, sizeof text, holders, keys, 1, holders, 1, options, &message, NULL));
    wipe(text, sizeof text);
    OK(miyao_cms_open_signed(miyao_buffer_data(message), miyao_buffer_len(message), holder, key, DEFAULT_ID, holders, 1, &content,
                             NULL, 0, NULL, NULL));
    miyao_buffer_free(message);
    miyao_certificate_free(holder);
    miyao_sm2_private_key_free(key);
    return sum_of_buffer(content);
}

static inline void use_cms_options(miyao_cms_options *options) {
    OK(miyao_cms_options_set_attributes(options, true));
}

#endif
