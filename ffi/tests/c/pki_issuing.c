// An authority of one's own: a root, an authority below it, and the pair of certificates of whoever asked by a request.

#include "pki.h"

#define FROM (NOW - 1000)
#define UNTIL (NOW + 1000)

static miyao_certificate_template *authority(const char *name, uint32_t path_len) {
    miyao_certificate_template *made = NULL;
    DONE(miyao_certificate_template_authority(name, strlen(name), FROM, UNTIL, path_len, &made, NULL));
    return made;
}

static miyao_certificate *self_signed(const miyao_certificate_template *template_, const miyao_sm2_private_key *key) {
    miyao_certificate *made = NULL;
    DONE(miyao_certificate_template_self_sign(template_, key, DEFAULT_ID, &made, NULL));
    return made;
}

static void a_pair_is_issued_for_a_request_below_two_authorities(void) {
    miyao_sm2_private_key *root_key = fresh_key(), *middle_key = fresh_key(), *own = fresh_key();
    miyao_sm2_public_key *middle_half = public_half(middle_key), *asked = NULL, *told = NULL;
    miyao_certificate_template *template_ = authority("CN=根,C=CN", 1);
    miyao_certificate *root = self_signed(template_, root_key), *middle = NULL, *end = NULL;
    miyao_request_draft *draft = NULL;
    miyao_certificate_request *request = NULL;
    miyao_trust *trust = NULL;
    miyao_buffer *text = NULL;
    miyao_certificate_template_free(template_);
    CHECK(miyao_certificate_is_authority(root));

    template_ = authority("CN=middle,C=CN", 0);
    DONE(miyao_certificate_template_issue(template_, middle_half, root, root_key, DEFAULT_ID, &middle, NULL));
    // The middle may have no authority below it.
    TELLS(MIYAO_STATUS_FORBIDDEN,
          miyao_certificate_template_issue(template_, middle_half, middle, middle_key, DEFAULT_ID, &end, &error));
    miyao_certificate_template_free(template_);

    DONE(miyao_request_draft_new(WORDS("CN=host,C=CN"), &draft, NULL));
    DONE(miyao_request_draft_set_purposes(draft, WORDS("serverAuth,clientAuth"), NULL));
    DONE(miyao_request_draft_set_key_usage(draft, MIYAO_KEY_USAGE_DIGITAL_SIGNATURE, NULL));
    DONE(miyao_request_draft_sign(draft, own, DEFAULT_ID, &request, NULL));
    DONE(miyao_certificate_request_verify(request, DEFAULT_ID, &asked, NULL));
    CHECK(miyao_certificate_request_unverified_key_usage(request) == MIYAO_KEY_USAGE_DIGITAL_SIGNATURE);
    CHECK(miyao_certificate_request_unverified_key_usage(NULL) == 0);
    DONE(miyao_certificate_request_unverified_purposes(request, &text));
    CHECK(is_text(text, "serverAuth,clientAuth"));

    DONE(miyao_trust_new(&trust));
    DONE(miyao_trust_add_anchor(trust, root));
    DONE(miyao_trust_add_intermediate(trust, middle));
    for (int encrypts = 0; encrypts < 2; encrypts++) {
        DONE((encrypts ? miyao_certificate_template_encryption : miyao_certificate_template_signing)(
            WORDS("CN=host,C=CN"), FROM, UNTIL, &template_, NULL));
        DONE(miyao_certificate_template_set_purposes(template_, WORDS("serverAuth"), NULL));
        DONE(miyao_certificate_template_set_alternative_names(template_, WORDS("dns:a.example\nip:::1"), NULL));
        DONE(miyao_certificate_template_issue(template_, asked, middle, middle_key, DEFAULT_ID, &end, NULL));
        DONE(miyao_trust_verify(trust, end, encrypts ? MIYAO_PURPOSE_ENCRYPTION : MIYAO_PURPOSE_SIGNING, NOW, NULL, NULL));
        TELLS(MIYAO_STATUS_FORBIDDEN, miyao_trust_verify(trust, end, encrypts ? MIYAO_PURPOSE_SIGNING : MIYAO_PURPOSE_ENCRYPTION,
                                                         NOW, NULL, &error));
        TELLS(MIYAO_STATUS_FORBIDDEN, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, UNTIL + 1, NULL, &error));
        DONE(miyao_certificate_public_key(end, &told, NULL));
        CHECK(miyao_sm2_public_key_equal(told, asked));
        miyao_sm2_public_key_free(told);
        DONE(miyao_certificate_issuer(end, &text));
        CHECK(is_text(text, "CN=middle,C=CN"));
        DONE(miyao_certificate_alternative_names(end, &text));
        CHECK(is_text(text, "dns:a.example\nip:::1"));
        DONE(miyao_certificate_purposes(end, &text));
        CHECK(is_text(text, "serverAuth"));
        miyao_certificate_free(end);
        end = NULL;
        miyao_certificate_template_free(template_);
    }
    miyao_trust_free(trust);
    miyao_certificate_request_free(request);
    miyao_request_draft_free(draft);
    miyao_certificate_free(root);
    miyao_certificate_free(middle);
    miyao_sm2_public_key_free(middle_half);
    miyao_sm2_public_key_free(asked);
    miyao_sm2_private_key_free(root_key);
    miyao_sm2_private_key_free(middle_key);
    miyao_sm2_private_key_free(own);
}

static void what_does_not_fit_is_not_signed(void) {
    miyao_sm2_private_key *key = fresh_key(), *other = fresh_key();
    miyao_sm2_public_key *half = public_half(other);
    miyao_certificate_template *template_ = NULL, *end = NULL;
    miyao_certificate *root, *none = NULL;
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_authority(WORDS("root"), FROM, UNTIL, 0, &template_, &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_authority(NULL, 0, FROM, UNTIL, 0, &template_, &error));
    CHECK(template_ == NULL);
    template_ = authority("CN=root,C=CN", MIYAO_PATH_LEN_ANY);
    root = self_signed(template_, key);
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_issue(template_, half, root, other, DEFAULT_ID, &none, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_certificate_template_set_key_usage(template_, 512, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_certificate_template_set_purposes(template_, WORDS("anything"), &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_set_alternative_names(template_, WORDS("a.example"), &error));
    DONE(miyao_certificate_template_set_key_usage(template_, MIYAO_KEY_USAGE_DIGITAL_SIGNATURE, NULL));
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_self_sign(template_, key, DEFAULT_ID, &none, &error));
    miyao_certificate_template_free(template_);

    // A path of any length, and a name by its alternatives alone.
    DONE(miyao_certificate_template_signing(NULL, 0, FROM, UNTIL, &end, NULL));
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_issue(end, half, root, key, DEFAULT_ID, &none, &error));
    DONE(miyao_certificate_template_set_alternative_names(end, WORDS("dns:a.example"), NULL));
    static uint8_t id[MIYAO_SM2_ID_MAX + 1];
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_issue(end, half, root, key, id, sizeof id, &none, &error));
    CHECK(none == NULL);
    DONE(miyao_certificate_template_issue(end, half, root, key, DEFAULT_ID, &none, NULL));
    // Whoever is no authority signs nobody.
    miyao_certificate *below = NULL;
    TELLS(MIYAO_STATUS_FORBIDDEN, miyao_certificate_template_issue(end, half, none, other, DEFAULT_ID, &below, &error));
    miyao_certificate_template_free(end);
    DONE(miyao_certificate_template_signing(WORDS("CN=a"), UNTIL, FROM, &end, NULL));
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_issue(end, half, root, key, DEFAULT_ID, &below, &error));
    miyao_certificate_template_free(end);
    DONE(miyao_certificate_template_signing(WORDS("CN=a"), INT64_MIN, INT64_MAX, &end, NULL));
    TELLS(MIYAO_STATUS_INVALID, miyao_certificate_template_issue(end, half, root, key, DEFAULT_ID, &below, &error));
    CHECK(below == NULL);
    miyao_certificate_template_free(end);
    miyao_certificate_free(none);
    miyao_certificate_free(root);
    miyao_sm2_public_key_free(half);
    miyao_sm2_private_key_free(key);
    miyao_sm2_private_key_free(other);
}

static void a_list_is_written_as_it_was_read(void) {
    miyao_crl *crl = revocation_list(), *again = NULL;
    uint8_t wanted[1024];
    size_t len = unhex(list, wanted, sizeof wanted);
    miyao_buffer *der = NULL, *pem = NULL;
    DONE(miyao_crl_to_der(crl, &der));
    CHECK(miyao_buffer_len(der) == len && memcmp(miyao_buffer_data(der), wanted, len) == 0);
    DONE(miyao_crl_to_pem(crl, &pem));
    DONE(miyao_crl_parse(miyao_buffer_data(pem), miyao_buffer_len(pem), &again, NULL));
    miyao_buffer_free(der);
    DONE(miyao_crl_to_der(again, &der));
    CHECK(miyao_buffer_len(der) == len && memcmp(miyao_buffer_data(der), wanted, len) == 0);
    GIVES(MIYAO_STATUS_INVALID, miyao_crl_to_der(NULL, &der));
    GIVES(MIYAO_STATUS_INVALID, miyao_crl_to_pem(crl, NULL));
    miyao_buffer_free(der);
    miyao_buffer_free(pem);
    miyao_crl_free(crl);
    miyao_crl_free(again);
}

int main(void) {
    a_pair_is_issued_for_a_request_below_two_authorities();
    what_does_not_fit_is_not_signed();
    a_list_is_written_as_it_was_read();
    return 0;
}
