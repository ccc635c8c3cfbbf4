// Certificates, paths, revocation lists and requests.

#include "pki.h"

static void a_certificate_says_what_stands_in_it(void) {
    miyao_certificate *found = certificate(signing);
    miyao_buffer *text;
    CHECK(miyao_certificate_version(found) == 3 && miyao_certificate_version(NULL) == 0);
    uint8_t serial[MIYAO_CERTIFICATE_SERIAL_MAX];
    size_t len;
    DONE(miyao_certificate_serial(found, ALL(serial), &len));
    CHECK(equals_hex(serial, len, "0080"));
    DONE(miyao_certificate_subject(found, &text));
    CHECK(is_text(text, "CN=signing,O=密钥,C=CN"));
    DONE(miyao_certificate_issuer(found, &text));
    CHECK(is_text(text, "CN=middle,O=密钥,C=CN"));
    DONE(miyao_certificate_alternative_names(found, &text));
    CHECK(is_text(text, "dns:a.example\nip:10.0.0.1"));
    DONE(miyao_certificate_purposes(found, &text));
    CHECK(is_text(text, ""));
    int64_t from, until;
    DONE(miyao_certificate_validity(found, &from, &until));
    CHECK(from == 1767225600 && until == 2713823999);
    CHECK(miyao_certificate_key_usage(found) ==
          (MIYAO_KEY_USAGE_DIGITAL_SIGNATURE | MIYAO_KEY_USAGE_NON_REPUDIATION));
    CHECK(!miyao_certificate_is_authority(found));
    miyao_sm2_private_key *own = private_key(SIGNING_D);
    miyao_sm2_public_key *key = public_half(own), *told;
    DONE(miyao_certificate_public_key(found, &told, NULL));
    CHECK(miyao_sm2_public_key_equal(key, told));

    miyao_buffer *der, *pem;
    uint8_t wanted[1024];
    DONE(miyao_certificate_to_der(found, &der));
    len = unhex(signing, wanted, sizeof wanted);
    CHECK(miyao_buffer_len(der) == len && memcmp(miyao_buffer_data(der), wanted, len) == 0);
    DONE(miyao_certificate_to_pem(found, &pem));
    miyao_certificate *again, *two[2] = {0};
    DONE(miyao_certificate_parse(miyao_buffer_data(pem), miyao_buffer_len(pem), &again, NULL));
    char both[4096];
    snprintf(both, sizeof both, "%.*s%.*s", (int)miyao_buffer_len(pem), (const char *)miyao_buffer_data(pem),
             (int)miyao_buffer_len(pem), (const char *)miyao_buffer_data(pem));
    size_t count;
    TELLS(MIYAO_STATUS_MALFORMED,
          miyao_certificate_parse((const uint8_t *)both, strlen(both), two, &error));
    TELLS(MIYAO_STATUS_TOO_LARGE,
          miyao_certificate_parse_all((const uint8_t *)both, strlen(both), two, 1, &count, &error));
    CHECK(two[0] == NULL);
    DONE(miyao_certificate_parse_all((const uint8_t *)both, strlen(both), two, 2, &count, NULL));
    CHECK(count == 2 && two[0] != NULL && two[1] != NULL);
    miyao_certificate_free(two[0]);
    miyao_certificate_free(two[1]);
    miyao_certificate_free(again);
    miyao_certificate_free(found);
    miyao_buffer_free(der);
    miyao_buffer_free(pem);
    miyao_sm2_public_key_free(key);
    miyao_sm2_public_key_free(told);
    miyao_sm2_private_key_free(own);
}

static void what_was_altered_or_cut_is_no_certificate_or_does_not_verify(void) {
    miyao_certificate *issuer = certificate(middle), *found;
    miyao_sm2_public_key *key;
    DONE(miyao_certificate_public_key(issuer, &key, NULL));
    CHECK(miyao_certificate_is_authority(issuer));
    uint8_t der[1024];
    size_t len = unhex(signing, der, sizeof der);
    for (size_t at = 0; at < len; at++) {
        TELLS(MIYAO_STATUS_MALFORMED, miyao_certificate_parse(der, at, &found, &error));
        der[at] ^= 0x01;
        if (miyao_certificate_parse(der, len, &found, NULL) == MIYAO_STATUS_OK) {
            CHECK(miyao_certificate_verify_signature(found, key, DEFAULT_ID, NULL) != MIYAO_STATUS_OK);
            miyao_certificate_free(found);
        }
        der[at] ^= 0x01;
    }
    DONE(miyao_certificate_parse(der, len, &found, NULL));
    DONE(miyao_certificate_verify_signature(found, key, DEFAULT_ID, NULL));
    TELLS(MIYAO_STATUS_REJECTED, miyao_certificate_verify_signature(found, key, NULL, 0, &error));
    miyao_certificate_free(found);
    miyao_certificate_free(issuer);
    miyao_sm2_public_key_free(key);
}

static void a_path_holds_in_its_time_for_its_purpose(void) {
    miyao_certificate *anchor = certificate(root), *between = certificate(middle), *end = certificate(signing);
    miyao_certificate *other = certificate(encryption);
    miyao_crl *crl = revocation_list();
    miyao_trust *trust;
    miyao_buffer *path;
    DONE(miyao_trust_new(&trust));
    TELLS(MIYAO_STATUS_MISSING, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, NOW, NULL, &error));
    DONE(miyao_trust_add_anchor(trust, anchor));
    TELLS(MIYAO_STATUS_MISSING, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, NOW, NULL, &error));
    DONE(miyao_trust_add_intermediate(trust, between));
    miyao_certificate_free(between); // a copy is kept
    DONE(miyao_trust_verify(trust, end, MIYAO_PURPOSE_SIGNING, NOW, &path, NULL));
    miyao_certificate *found[4];
    size_t count;
    DONE(miyao_certificate_parse_all(miyao_buffer_data(path), miyao_buffer_len(path), found, 4, &count, NULL));
    CHECK(count == 3);
    for (size_t at = 0; at < count; at++) {
        static const char *const subjects[] = {"CN=signing,O=密钥,C=CN", "CN=middle,O=密钥,C=CN", "CN=root,O=密钥,C=CN"};
        miyao_buffer *subject;
        DONE(miyao_certificate_subject(found[at], &subject));
        CHECK(is_text(subject, subjects[at]));
        miyao_certificate_free(found[at]);
    }
    miyao_buffer_free(path);
    DONE(miyao_trust_verify(trust, other, MIYAO_PURPOSE_ENCRYPTION, NOW, NULL, NULL));
    TELLS(MIYAO_STATUS_FORBIDDEN, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ENCRYPTION, NOW, NULL, &error));
    TELLS(MIYAO_STATUS_FORBIDDEN, miyao_trust_verify(trust, end, MIYAO_PURPOSE_AUTHORITY, NOW, NULL, &error));
    TELLS(MIYAO_STATUS_FORBIDDEN, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, 1767225599, NULL, &error));
    TELLS(MIYAO_STATUS_FORBIDDEN, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, 2713824000, NULL, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_trust_verify(trust, end, 0, NOW, NULL, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_trust_verify(trust, end, 7, NOW, NULL, &error));

    DONE(miyao_trust_set_user_id(trust, TEXT("somebody else")));
    TELLS(MIYAO_STATUS_REJECTED, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, NOW, NULL, &error));
    DONE(miyao_trust_set_user_id(trust, DEFAULT_ID));
    DONE(miyao_trust_demand_crls(trust));
    TELLS(MIYAO_STATUS_MISSING, miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, NOW, NULL, &error));
    miyao_trust_free(trust);

    // The middle as an anchor needs no list of the root.
    between = certificate(middle);
    DONE(miyao_trust_new(&trust));
    DONE(miyao_trust_add_anchor(trust, between));
    DONE(miyao_trust_add_crl(trust, crl));
    DONE(miyao_trust_verify(trust, end, MIYAO_PURPOSE_ANY, NOW, NULL, NULL));
    TELLS(MIYAO_STATUS_FORBIDDEN, miyao_trust_verify(trust, other, MIYAO_PURPOSE_ANY, NOW, NULL, &error));
    miyao_trust_free(trust);
    miyao_crl_free(crl);
    miyao_certificate_free(anchor);
    miyao_certificate_free(between);
    miyao_certificate_free(end);
    miyao_certificate_free(other);
}

static void a_list_says_who_is_revoked_when_and_why(void) {
    miyao_certificate *issuer = certificate(middle), *anchor = certificate(root);
    miyao_certificate *good = certificate(signing), *bad = certificate(encryption);
    miyao_crl *crl = revocation_list();
    miyao_buffer *name;
    int64_t made, next, when = 7;
    uint32_t reason = 7;
    bool revoked;
    DONE(miyao_crl_issuer(crl, &name));
    CHECK(is_text(name, "CN=middle,O=密钥,C=CN"));
    DONE(miyao_crl_updates(crl, &made, &next));
    CHECK(made == 1767225600 && next == 2713823999);
    DONE(miyao_crl_verify(crl, issuer, DEFAULT_ID, NOW, NULL));
    TELLS(MIYAO_STATUS_STALE, miyao_crl_verify(crl, issuer, DEFAULT_ID, next + 1, &error));
    TELLS(MIYAO_STATUS_STALE, miyao_crl_verify(crl, issuer, DEFAULT_ID, made - 1, &error));
    TELLS(MIYAO_STATUS_REJECTED, miyao_crl_verify(crl, anchor, DEFAULT_ID, NOW, &error));
    TELLS(MIYAO_STATUS_REJECTED, miyao_crl_verify(crl, issuer, NULL, 0, NOW, &error));

    DONE(miyao_crl_find(crl, issuer, DEFAULT_ID, NOW, good, &revoked, &when, &reason, NULL));
    CHECK(!revoked && when == 7 && reason == 7);
    DONE(miyao_crl_find(crl, issuer, DEFAULT_ID, NOW, bad, &revoked, &when, &reason, NULL));
    CHECK(revoked && when == 1767225600 && reason == 1);
    DONE(miyao_crl_find(crl, issuer, DEFAULT_ID, NOW, bad, &revoked, NULL, NULL, NULL));
    TELLS(MIYAO_STATUS_INVALID, miyao_crl_find(crl, issuer, DEFAULT_ID, NOW, issuer, &revoked, NULL, NULL, &error));
    TELLS(MIYAO_STATUS_STALE, miyao_crl_find(crl, issuer, DEFAULT_ID, 0, bad, &revoked, NULL, NULL, &error));
    miyao_crl_free(crl);
    miyao_certificate_free(issuer);
    miyao_certificate_free(anchor);
    miyao_certificate_free(good);
    miyao_certificate_free(bad);
}

static void a_request_of_others_is_read_and_verified(void) {
    uint8_t der[1024];
    size_t len = unhex(csr, der, sizeof der);
    miyao_certificate_request *request;
    miyao_sm2_private_key *own = private_key(SIGNING_D);
    miyao_sm2_public_key *key, *told = public_half(own);
    miyao_buffer *text;
    DONE(miyao_certificate_request_parse(der, len, &request, NULL));
    DONE(miyao_certificate_request_unverified_subject(request, &text));
    CHECK(is_text(text, "CN=a,C=CN"));
    DONE(miyao_certificate_request_unverified_alternative_names(request, &text));
    CHECK(is_text(text, "dns:a.example"));
    DONE(miyao_certificate_request_verify(request, DEFAULT_ID, &key, NULL));
    CHECK(miyao_sm2_public_key_equal(key, told));
    miyao_sm2_public_key_free(key);
    TELLS(MIYAO_STATUS_REJECTED, miyao_certificate_request_verify(request, NULL, 0, &key, &error));
    miyao_certificate_request_free(request);
    der[len - 1] ^= 1;
    DONE(miyao_certificate_request_parse(der, len, &request, NULL));
    TELLS(MIYAO_STATUS_REJECTED, miyao_certificate_request_verify(request, DEFAULT_ID, &key, &error));
    miyao_certificate_request_free(request);
    TELLS(MIYAO_STATUS_MALFORMED, miyao_certificate_request_parse(der, len - 1, &request, &error));
    miyao_sm2_public_key_free(told);
    miyao_sm2_private_key_free(own);
}

static void a_request_says_what_was_asked_for(void) {
    miyao_sm2_private_key *own = fresh_key();
    miyao_sm2_public_key *key, *told = public_half(own);
    miyao_request_draft *draft;
    miyao_certificate_request *request, *again;
    miyao_buffer *text;
    DONE(miyao_request_draft_new(WORDS("CN=主机,O=Example\\, Inc.,C=CN"), &draft, NULL));
    DONE(miyao_request_draft_set_key_usage(
        draft, MIYAO_KEY_USAGE_DIGITAL_SIGNATURE | MIYAO_KEY_USAGE_KEY_AGREEMENT, NULL));
    DONE(miyao_request_draft_set_purposes(draft, WORDS("serverAuth,clientAuth"), NULL));
    DONE(miyao_request_draft_set_alternative_names(draft, WORDS("dns:a.example\nip:::1"), NULL));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_request_draft_set_key_usage(draft, 512, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_request_draft_set_key_usage(draft, 0, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_request_draft_set_purposes(draft, WORDS("anything"), &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_request_draft_set_alternative_names(draft, WORDS("a.example"), &error));
    DONE(miyao_request_draft_sign(draft, own, DEFAULT_ID, &request, NULL));
    DONE(miyao_certificate_request_to_pem(request, &text));
    DONE(miyao_certificate_request_parse(miyao_buffer_data(text), miyao_buffer_len(text), &again, NULL));
    miyao_buffer_free(text);
    DONE(miyao_certificate_request_verify(again, DEFAULT_ID, &key, NULL));
    CHECK(miyao_sm2_public_key_equal(key, told));
    DONE(miyao_certificate_request_unverified_subject(again, &text));
    CHECK(is_text(text, "CN=主机,O=Example\\, Inc.,C=CN"));
    DONE(miyao_certificate_request_unverified_alternative_names(again, &text));
    CHECK(is_text(text, "dns:a.example\nip:::1"));
    miyao_request_draft_free(draft);
    TELLS(MIYAO_STATUS_INVALID, miyao_request_draft_new(WORDS("host"), &draft, &error));
    DONE(miyao_request_draft_new(NULL, 0, &draft, NULL));
    miyao_certificate_request *none = NULL;
    TELLS(MIYAO_STATUS_INVALID, miyao_request_draft_sign(draft, own, DEFAULT_ID, &none, &error));
    CHECK(none == NULL);
    miyao_request_draft_free(draft);
    miyao_certificate_request_free(request);
    miyao_certificate_request_free(again);
    miyao_sm2_public_key_free(key);
    miyao_sm2_public_key_free(told);
    miyao_sm2_private_key_free(own);
}

int main(void) {
    a_certificate_says_what_stands_in_it();
    what_was_altered_or_cut_is_no_certificate_or_does_not_verify();
    a_path_holds_in_its_time_for_its_purpose();
    a_list_says_who_is_revoked_when_and_why();
    a_request_of_others_is_read_and_verified();
    a_request_says_what_was_asked_for();
    return 0;
}
