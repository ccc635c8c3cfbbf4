// Private keys in files: every form is read again, with its passphrase or the key it was enveloped for, and the detective tells them apart.

#include "pki.h"

#define BYTES(buffer) miyao_buffer_data(buffer), miyao_buffer_len(buffer)

static miyao_sm2_private_key *own;
static miyao_sm2_public_key *own_public;

static bool is_own(miyao_sm2_private_key *key) {
    miyao_sm2_public_key *public_key = public_half(key);
    bool is = miyao_sm2_public_key_equal(public_key, own_public);
    miyao_sm2_public_key_free(public_key);
    miyao_sm2_private_key_free(key);
    return is;
}

/* Whether the record of what was found has this text in it. */
static bool tells(const miyao_inspection *inspection, const char *text) {
    miyao_buffer *record;
    DONE(miyao_inspection_record(inspection, &record));
    bool is = memmem(BYTES(record), text, strlen(text)) != NULL;
    miyao_buffer_free(record);
    return is;
}

static void plain_files_are_read_whichever_they_are(void) {
    miyao_status (*const writers[])(const miyao_sm2_private_key *, miyao_buffer **) = {
        miyao_sm2_private_key_to_pkcs8_der,
        miyao_sm2_private_key_to_pkcs8_pem,
        miyao_sm2_private_key_to_sec1_der,
    };
    static const char *const forms[] = {"pkcs8", "pkcs8", "sec1"};
    for (size_t at = 0; at < 3; at++) {
        miyao_buffer *file, *word;
        miyao_sm2_private_key *key;
        miyao_inspection *inspection;
        DONE(writers[at](own, &file));
        DONE(miyao_sm2_private_key_parse(BYTES(file), NULL, 0, &key, NULL));
        CHECK(is_own(key));
        DONE(miyao_inspection_new(BYTES(file), &inspection));
        DONE(miyao_inspection_kind(inspection, &word));
        CHECK(is_text(word, "private-key"));
        DONE(miyao_inspection_form(inspection, &word));
        CHECK(is_text(word, forms[at]) && miyao_inspection_is_strict(inspection));
        DONE(miyao_inspection_private_key(inspection, NULL, 0, NULL, &key, NULL));
        CHECK(is_own(key));
        miyao_inspection_free(inspection);
        key = NULL;
        for (size_t cut = 0; cut < miyao_buffer_len(file); cut++) {
            TELLS(MIYAO_STATUS_MALFORMED,
                  miyao_sm2_private_key_parse(miyao_buffer_data(file), at == 1 ? cut * 2 / 3 : cut, NULL, 0, &key, &error));
        }
        CHECK(key == NULL);
        miyao_buffer_free(file);
    }
}

static void a_passphrase_opens_what_was_written_under_it(void) {
    miyao_pkcs8_options *options;
    miyao_buffer *file;
    miyao_sm2_private_key *key = NULL;
    DONE(miyao_pkcs8_options_new(&options));
    GIVES(MIYAO_STATUS_INVALID, miyao_pkcs8_options_set_iterations(options, MIYAO_PKCS8_MIN_ITERATIONS - 1));
    GIVES(MIYAO_STATUS_INVALID, miyao_pkcs8_options_set_iterations(options, MIYAO_PKCS8_MAX_ITERATIONS + 1));
    GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_pkcs8_options_set_derivation(options, 0));
    DONE(miyao_pkcs8_options_set_iterations(options, 2000));
    for (uint32_t derivation = MIYAO_PKCS8_DERIVATION_HMAC_SM3; derivation <= MIYAO_PKCS8_DERIVATION_GMT0091;
         derivation++) {
        DONE(miyao_pkcs8_options_set_derivation(options, derivation));
        for (size_t pem = 0; pem < 2; pem++) {
            DONE((pem ? miyao_sm2_private_key_encrypt_pem : miyao_sm2_private_key_encrypt_der)(
                own, TEXT("口令"), options, &file));
            DONE(miyao_sm2_private_key_parse(BYTES(file), TEXT("口令"), &key, NULL));
            CHECK(is_own(key));
            TELLS(MIYAO_STATUS_REJECTED,
                  miyao_sm2_private_key_parse(BYTES(file), TEXT("passphrase"), &key, &error));
            TELLS(MIYAO_STATUS_MISSING, miyao_sm2_private_key_parse(BYTES(file), NULL, 0, &key, &error));
            miyao_buffer_free(file);
        }
    }
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_encrypt_der(own, NULL, 0, options, &file));
    miyao_pkcs8_options_free(options);
}

static void an_encrypted_file_of_another_tool_is_opened(void) {
    // gmsm v0.44.1: PBES2 with HMAC-SHA256 and AES-256-CBC; the fifth of tests/vectors/pki.json
    static const char theirs[] =
        "3081f7306206092a864886f70d01050d3055303406092a864886f70d01050c302704109694fb895430f6b95bdf02a1a2959d"
        "6c02020800020120300c06082a864886f70d02090500301d060960864801650304012a04100a31fba8d16420f2bcc54e3374"
        "1c430a048190fe3f0a17c83a5af2c23ce8e5e0a523a323ad58d919e0e059860dbe71020ac1bcc8a2f7a1c8391496b94f6651"
        "89c6fc8d10be45661c9f97abd1059987d01857ee561039b638ab3b3c210933a2fcb060151b3c1f48f0b6f7d6cbe494cad3f5"
        "a95c6121490e1db7d42ca762932dcec8e14dd3485c8c179150cf7a88010323df8bf58d88eb52dd0286ee721b00d1187231d8";
    uint8_t file[512];
    size_t len = unhex(theirs, file, sizeof file);
    miyao_sm2_private_key *key;
    DONE(miyao_sm2_private_key_parse(file, len, TEXT("口令 correct horse"), &key, NULL));
    uint8_t d[MIYAO_SM2_PRIVATE_KEY_LEN];
    DONE(miyao_sm2_private_key_expose(key, ALL(d)));
    CHECK(equals_hex(ALL(d), "f029dd8098cff3baa583fc0cd45564e1f71a9c3814f757fdae2697fdcecf39f6"));
    miyao_sm2_private_key_free(key);
    for (size_t at = 0; at < len; at++) {
        file[at] ^= 0x40;
        CHECK(miyao_sm2_private_key_parse(file, len, TEXT("口令 correct horse"), &key, NULL) != MIYAO_STATUS_OK);
        file[at] ^= 0x40;
    }
}

static void an_enveloped_key_opens_for_its_recipient_alone(void) {
    miyao_sm2_private_key *recipient = fresh_key(), *other = fresh_key(), *key = NULL;
    miyao_sm2_public_key *recipient_public = public_half(recipient), *told;
    miyao_buffer *file;
    miyao_inspection *inspection;
    DONE(miyao_sm2_enveloped_key_wrap(own, recipient_public, &file, NULL));
    DONE(miyao_sm2_enveloped_key_unwrap(BYTES(file), recipient, &key, NULL));
    CHECK(is_own(key));
    TELLS(MIYAO_STATUS_REJECTED, miyao_sm2_enveloped_key_unwrap(BYTES(file), other, &key, &error));
    TELLS(MIYAO_STATUS_MALFORMED,
          miyao_sm2_enveloped_key_unwrap(miyao_buffer_data(file), miyao_buffer_len(file) - 1, recipient, &key, &error));
    DONE(miyao_sm2_enveloped_key_unverified_public_key(BYTES(file), &told, NULL));
    CHECK(miyao_sm2_public_key_equal(told, own_public));

    DONE(miyao_inspection_new(BYTES(file), &inspection));
    TELLS(MIYAO_STATUS_MISSING, miyao_inspection_private_key(inspection, NULL, 0, NULL, &key, &error));
    TELLS(MIYAO_STATUS_REJECTED, miyao_inspection_private_key(inspection, NULL, 0, other, &key, &error));
    DONE(miyao_inspection_private_key(inspection, NULL, 0, recipient, &key, NULL));
    CHECK(is_own(key));
    CHECK(miyao_inspection_verdict(inspection) == MIYAO_VERDICT_NONE);
    DONE(miyao_inspection_ask(inspection, other));
    CHECK(miyao_inspection_verdict(inspection) == MIYAO_VERDICT_DOES_NOT_OPEN);
    DONE(miyao_inspection_ask(inspection, recipient));
    CHECK(miyao_inspection_verdict(inspection) == MIYAO_VERDICT_OPENS);
    miyao_inspection_free(inspection);
    miyao_buffer_free(file);
    miyao_sm2_public_key_free(told);
    miyao_sm2_public_key_free(recipient_public);
    miyao_sm2_private_key_free(recipient);
    miyao_sm2_private_key_free(other);
}

static void what_was_found_is_written_in_another_form(void) {
    uint8_t point[MIYAO_SM2_PUBLIC_KEY_LEN], text[256], again[256];
    miyao_inspection *inspection;
    miyao_buffer *made, *word;
    miyao_sm2_public_key *key;
    miyao_sm2_private_key *none = NULL;
    DONE(miyao_sm2_public_key_to_bytes(own_public, ALL(point)));
    DONE(miyao_inspection_new(ALL(point), &inspection));
    DONE(miyao_inspection_form(inspection, &word));
    CHECK(is_text(word, "point"));
    CHECK(tells(inspection, "{\"authenticated\":false,\"form\":\"point\",\"kind\":\"public-key\","));
    GIVES(MIYAO_STATUS_INVALID, miyao_inspection_record(inspection, NULL));
    GIVES(MIYAO_STATUS_INVALID, miyao_inspection_record(NULL, &word));
    DONE(miyao_inspection_convert(inspection, WORDS("spki"), MIYAO_ARMOR_PEM, &made, NULL));
    DONE(miyao_sm2_public_key_parse(BYTES(made), &key, NULL));
    CHECK(miyao_sm2_public_key_equal(key, own_public));
    miyao_buffer_free(made);
    TELLS(MIYAO_STATUS_INVALID, miyao_inspection_convert(inspection, WORDS("pkcs8"), MIYAO_ARMOR_PEM, &made, &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_inspection_convert(inspection, WORDS("point"), MIYAO_ARMOR_PEM, &made, &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_inspection_convert(inspection, WORDS("form"), MIYAO_ARMOR_PEM, &made, &error));
    TELLS(MIYAO_STATUS_UNSUPPORTED, miyao_inspection_convert(inspection, WORDS("spki"), 0, &made, &error));
    TELLS(MIYAO_STATUS_INVALID, miyao_inspection_private_key(inspection, NULL, 0, NULL, &none, &error));
    GIVES(MIYAO_STATUS_INVALID, miyao_inspection_assume(inspection, MIYAO_SM2_ENCODING_C1C3C2));
    miyao_sm2_public_key_free(key);
    miyao_inspection_free(inspection);

    // The order of a raw ciphertext: its bytes do not tell, the key does.
    size_t len, again_len;
    DONE(miyao_sm2_public_key_encrypt(own_public, TEXT("plaintext"), MIYAO_SM2_ENCODING_C1C2C3, ALL(text), &len));
    DONE(miyao_inspection_new(text, len, &inspection));
    TELLS(MIYAO_STATUS_INVALID, miyao_inspection_convert(inspection, WORDS("der"), MIYAO_ARMOR_BINARY, &made, &error));
    DONE(miyao_inspection_ask(inspection, own));
    CHECK(miyao_inspection_verdict(inspection) == MIYAO_VERDICT_OPENS);
    CHECK(tells(inspection, "\"order\":\"c1c2c3\"") && tells(inspection, "\"plaintext_bytes\":9"));
    CHECK(tells(inspection, "\"verdict\":\"opens\""));
    DONE(miyao_inspection_convert(inspection, WORDS("der"), MIYAO_ARMOR_BINARY, &made, NULL));
    DONE(miyao_sm2_private_key_decrypt(own, BYTES(made), MIYAO_SM2_ENCODING_DER, ALL(again), &again_len));
    CHECK(again_len == 9 && memcmp(again, "plaintext", 9) == 0);
    miyao_buffer_free(made);
    miyao_inspection_free(inspection);

    DONE(miyao_inspection_new(NULL, 0, &inspection));
    DONE(miyao_inspection_kind(inspection, &word));
    CHECK(is_text(word, "unknown"));
    DONE(miyao_inspection_form(inspection, &word));
    CHECK(is_text(word, ""));
    DONE(miyao_inspection_report(inspection, &word));
    CHECK(miyao_buffer_len(word) > 10);
    miyao_buffer_free(word);
    TELLS(MIYAO_STATUS_MISSING, miyao_inspection_public_key(inspection, &key, &error));
    miyao_inspection_free(inspection);
}

int main(void) {
    own = fresh_key();
    own_public = public_half(own);
    plain_files_are_read_whichever_they_are();
    a_passphrase_opens_what_was_written_under_it();
    an_encrypted_file_of_another_tool_is_opened();
    an_enveloped_key_opens_for_its_recipient_alone();
    what_was_found_is_written_in_another_form();
    miyao_sm2_private_key_free(own);
    miyao_sm2_public_key_free(own_public);
    return 0;
}
