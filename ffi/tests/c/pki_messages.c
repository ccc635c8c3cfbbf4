// Messages of GM/T 0010: signed, enveloped, both; and what becomes of those that were altered.

#include "pki.h"

#define CONTENT "内容 content"

static miyao_certificate *certificates[2]; // the signing and the encryption certificate
static miyao_sm2_private_key *keys[2];

#define BYTES(buffer) miyao_buffer_data(buffer), miyao_buffer_len(buffer)

static const miyao_certificate *const *known(void) { return (const miyao_certificate *const *)certificates; }

static const miyao_sm2_private_key *const *own(void) { return (const miyao_sm2_private_key *const *)keys; }

static void a_signed_message_gives_its_content_to_whoever_knows_the_signer(void) {
    miyao_buffer *message, *content;
    uint8_t signed_by[2] = {7, 7};
    uint32_t dialect;
    DONE(miyao_cms_sign(TEXT(CONTENT), known(), own(), 1, NULL, &message, NULL));
    DONE(miyao_cms_verify(BYTES(message), DEFAULT_ID, known(), 2, &content, ALL(signed_by), &dialect, NULL));
    CHECK(is_text(content, CONTENT) && signed_by[0] == 1 && signed_by[1] == 0);
    CHECK(dialect == MIYAO_CMS_DIALECT_STANDARD);
    DONE(miyao_cms_verify(BYTES(message), DEFAULT_ID, known(), 1, &content, NULL, 0, NULL, NULL));
    CHECK(is_text(content, CONTENT));
    TELLS(MIYAO_STATUS_MISSING, miyao_cms_verify(BYTES(message), DEFAULT_ID, known() + 1, 1, &content, NULL, 0, NULL,
                                                 &error));
    TELLS(MIYAO_STATUS_MISSING,
          miyao_cms_verify(BYTES(message), DEFAULT_ID, NULL, 0, &content, NULL, 0, NULL, &error));
    TELLS(MIYAO_STATUS_REJECTED,
          miyao_cms_verify(BYTES(message), NULL, 0, known(), 1, &content, NULL, 0, NULL, &error));
    TELLS(MIYAO_STATUS_INVALID,
          miyao_cms_verify(BYTES(message), DEFAULT_ID, known(), 2, &content, signed_by, 1, NULL, &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_cms_verify_detached(BYTES(message), TEXT(CONTENT), DEFAULT_ID, known(), 1, NULL, 0,
                                                          NULL, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED,
          miyao_cms_open(BYTES(message), certificates[0], keys[0], &content, &error));

    miyao_buffer *brought;
    DONE(miyao_cms_unverified_certificates(BYTES(message), &brought, NULL));
    miyao_certificate *found[2];
    size_t count;
    DONE(miyao_certificate_parse_all(BYTES(brought), found, 2, &count, NULL));
    CHECK(count == 1);
    miyao_certificate_free(found[0]);
    miyao_buffer_free(brought);
    miyao_buffer_free(message);
}

static void every_altered_byte_of_a_signed_message_is_noticed_or_beside_what_is_signed(void) {
    miyao_buffer *message, *content;
    DONE(miyao_cms_sign(TEXT(CONTENT), known(), own(), 1, NULL, &message, NULL));
    size_t len = miyao_buffer_len(message);
    uint8_t *copy = (uint8_t *)malloc(len);
    CHECK(copy != NULL);
    memcpy(copy, miyao_buffer_data(message), len);
    for (size_t at = 0; at < len; at++) {
        copy[at] ^= 0x01;
        // Certificates that go along prove nothing, so that an altered one alters nothing: the content is the signed one.
        if (miyao_cms_verify(copy, len, DEFAULT_ID, known(), 1, &content, NULL, 0, NULL, NULL) == MIYAO_STATUS_OK) {
            CHECK(is_text(content, CONTENT));
        }
        copy[at] ^= 0x01;
        CHECK(miyao_cms_verify(copy, at, DEFAULT_ID, known(), 1, &content, NULL, 0, NULL, NULL) ==
              MIYAO_STATUS_MALFORMED);
    }
    free(copy);
    miyao_buffer_free(message);
}

static void options_choose_how_it_is_written(void) {
    miyao_cms_options *options;
    miyao_certificate *issuer = certificate(middle);
    miyao_crl *crl = revocation_list();
    miyao_buffer *message, *content, *brought;
    uint8_t signed_by[2];
    uint32_t dialect;
    DONE(miyao_cms_options_new(&options));
    DONE(miyao_cms_options_set_dialect(options, MIYAO_CMS_DIALECT_PKCS7));
    DONE(miyao_cms_options_set_user_id(options, NULL, 0));
    DONE(miyao_cms_options_set_attributes(options, true));
    DONE(miyao_cms_options_set_detached(options, true));
    DONE(miyao_cms_options_add_certificate(options, issuer));
    DONE(miyao_cms_options_add_crl(options, crl));
    DONE(miyao_cms_sign(TEXT(CONTENT), known(), own(), 2, options, &message, NULL));
    DONE(miyao_cms_verify_detached(BYTES(message), TEXT(CONTENT), NULL, 0, known(), 2, ALL(signed_by), &dialect, NULL));
    CHECK(signed_by[0] == 1 && signed_by[1] == 1 && dialect == MIYAO_CMS_DIALECT_PKCS7);
    TELLS(MIYAO_STATUS_REJECTED, miyao_cms_verify_detached(BYTES(message), TEXT("other"), NULL, 0, known(), 2,
                                                           ALL(signed_by), &dialect, &error));
    TELLS(MIYAO_STATUS_INVALID,
          miyao_cms_verify(BYTES(message), NULL, 0, known(), 2, &content, NULL, 0, NULL, &error));
    miyao_certificate *found[4];
    size_t count;
    DONE(miyao_cms_unverified_certificates(BYTES(message), &brought, NULL));
    DONE(miyao_certificate_parse_all(BYTES(brought), found, 4, &count, NULL));
    CHECK(count == 3);
    for (size_t at = 0; at < count; at++) {
        miyao_certificate_free(found[at]);
    }
    miyao_buffer_free(brought);
    miyao_buffer_free(message);

    TELLS(MIYAO_STATUS_INVALID, miyao_cms_seal_signed(TEXT(CONTENT), known(), own(), 1, known() + 1, 1, options,
                                                      &message, &error));
    DONE(miyao_cms_options_set_dialect(options, MIYAO_CMS_DIALECT_GMSSL));
    TELLS(MIYAO_STATUS_INVALID, miyao_cms_sign(TEXT(CONTENT), known(), own(), 1, options, &message, &error));
    GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_cms_options_set_dialect(options, 0));
    GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_cms_options_set_dialect(options, 5));
    miyao_cms_options_free(options);
    miyao_certificate_free(issuer);
    miyao_crl_free(crl);
}

static void an_enveloped_message_opens_for_its_recipients_alone(void) {
    miyao_buffer *message, *content = NULL;
    DONE(miyao_cms_seal(TEXT(CONTENT), known() + 1, 1, NULL, &message, NULL));
    DONE(miyao_cms_open(BYTES(message), certificates[1], keys[1], &content, NULL));
    CHECK(is_text(content, CONTENT));
    content = NULL;
    TELLS(MIYAO_STATUS_MISSING, miyao_cms_open(BYTES(message), certificates[0], keys[0], &content, &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_cms_open(BYTES(message), certificates[1], keys[0], &content, &error));
    CHECK(content == NULL);
    miyao_buffer_free(message);
    DONE(miyao_cms_seal(NULL, 0, known(), 2, NULL, &message, NULL));
    for (size_t at = 0; at < 2; at++) {
        DONE(miyao_cms_open(BYTES(message), certificates[at], keys[at], &content, NULL));
        CHECK(is_text(content, ""));
    }
    miyao_buffer_free(message);
    TELLS(MIYAO_STATUS_INVALID, miyao_cms_seal(TEXT(CONTENT), NULL, 0, NULL, &message, &error));
}

static void a_signed_and_enveloped_message_is_both(void) {
    miyao_buffer *message, *content = NULL;
    uint8_t signed_by[1];
    uint32_t dialect;
    DONE(miyao_cms_seal_signed(TEXT(CONTENT), known(), own(), 1, known() + 1, 1, NULL, &message, NULL));
    DONE(miyao_cms_open_signed(BYTES(message), certificates[1], keys[1], DEFAULT_ID, known(), 1, &content,
                               ALL(signed_by), &dialect, NULL));
    CHECK(is_text(content, CONTENT) && signed_by[0] == 1 && dialect == MIYAO_CMS_DIALECT_STANDARD);
    content = NULL;
    TELLS(MIYAO_STATUS_MISSING, miyao_cms_open_signed(BYTES(message), certificates[1], keys[1], DEFAULT_ID, known() + 1,
                                                      1, &content, NULL, 0, NULL, &error));
    TELLS(MIYAO_STATUS_REJECTED, miyao_cms_open_signed(BYTES(message), certificates[1], keys[1], TEXT("id"), known(), 1,
                                                       &content, NULL, 0, NULL, &error));
    TELLS(MIYAO_STATUS_MISSING, miyao_cms_open_signed(BYTES(message), certificates[0], keys[0], DEFAULT_ID, known(), 1,
                                                      &content, NULL, 0, NULL, &error));
    CHECK(content == NULL);
    TELLS(MIYAO_STATUS_INVALID,
          miyao_cms_seal_signed(TEXT(CONTENT), known(), own(), 0, known() + 1, 1, NULL, &message, &error));
    TELLS(MIYAO_STATUS_INVALID,
          miyao_cms_seal_signed(TEXT(CONTENT), known(), own() + 1, 1, known() + 1, 1, NULL, &message, &error));
    miyao_buffer_free(message);
}

int main(void) {
    certificates[0] = certificate(signing);
    certificates[1] = certificate(encryption);
    keys[0] = private_key(SIGNING_D);
    keys[1] = private_key(ENCRYPTION_D);
    a_signed_message_gives_its_content_to_whoever_knows_the_signer();
    every_altered_byte_of_a_signed_message_is_noticed_or_beside_what_is_signed();
    options_choose_how_it_is_written();
    an_enveloped_message_opens_for_its_recipients_alone();
    a_signed_and_enveloped_message_is_both();
    for (size_t at = 0; at < 2; at++) {
        miyao_certificate_free(certificates[at]);
        miyao_sm2_private_key_free(keys[at]);
    }
    return 0;
}
