// SM2 keys of a store: signatures, digests, decryption; material brought and handed out; pairs of data keys; signed messages.
//
// Takes the path of an empty directory.

#include "kms.h"

static int64_t one_by_one(void *user, uint8_t *out, size_t cap) {
    const char **rest = (const char **)user;
    if (**rest == 0) {
        return 0;
    }
    CHECK(cap > 0);
    *out = (uint8_t)*(*rest)++;
    return 1;
}

static void signatures(miyao_kms *kms) {
    make(kms, "signing", MIYAO_SPEC_SM2_SIGN);
    miyao_key_ref *key = named("signing"), *first = named("signing:1"), *second = named("signing:2");
    uint8_t signature[MIYAO_SM2_SIGNATURE_LEN], digest[MIYAO_SM2_DIGEST_LEN];
    uint32_t version = 0;
    uint64_t compromised = 1;
    const uint8_t *id = (const uint8_t *)"1234567812345678";
    DONE(miyao_kms_sign(kms, key, id, MIYAO_SM2_DEFAULT_ID_LEN, BYTES("message"), signature, sizeof signature, &version, &error));
    CHECK(version == 1);
    DONE(miyao_kms_verify(kms, key, id, MIYAO_SM2_DEFAULT_ID_LEN, BYTES("message"), signature, sizeof signature, &version, &compromised, &error));
    CHECK(version == 1 && compromised == 0);
    const char *rest = "message";
    DONE(miyao_kms_verify_stream(kms, first, id, MIYAO_SM2_DEFAULT_ID_LEN, one_by_one, &rest, signature, sizeof signature, NULL, NULL, &error));
    IS(REJECTED, miyao_kms_verify(kms, key, id, MIYAO_SM2_DEFAULT_ID_LEN, BYTES("massage"), signature, sizeof signature, NULL, NULL, &error));
    IS(REJECTED, miyao_kms_verify(kms, key, NULL, 0, BYTES("message"), signature, sizeof signature, NULL, NULL, &error));
    IS(INVALID, miyao_kms_verify(kms, key, id, MIYAO_SM2_DEFAULT_ID_LEN, BYTES("message"), signature, sizeof signature - 1, NULL, NULL, &error));
    rest = "message";
    DONE(miyao_kms_sign_stream(kms, key, id, MIYAO_SM2_DEFAULT_ID_LEN, one_by_one, &rest, signature, sizeof signature, NULL, &error));

    // The public half verifies anywhere; a digest is signed as long as its version is the primary.
    miyao_sm2_public_key *public_key = NULL;
    DONE(miyao_kms_public_key(kms, key, &public_key, &version, &error));
    CHECK(miyao_sm2_public_key_verify(public_key, id, MIYAO_SM2_DEFAULT_ID_LEN, BYTES("message"), signature, sizeof signature) == MIYAO_STATUS_OK);
    memset(digest, 7, sizeof digest);
    DONE(miyao_kms_sign_digest(kms, first, digest, sizeof digest, signature, sizeof signature, NULL, &error));
    CHECK(miyao_sm2_public_key_verify_digest(public_key, digest, sizeof digest, signature, sizeof signature) == MIYAO_STATUS_OK);
    DONE(miyao_kms_rotate(kms, key, 1, NULL, &error));
    IS(CONFLICT, miyao_kms_sign_digest(kms, first, digest, sizeof digest, signature, sizeof signature, NULL, &error));
    DONE(miyao_kms_sign_digest(kms, second, digest, sizeof digest, signature, sizeof signature, &version, &error));
    CHECK(version == 2);
    miyao_sm2_public_key_free(public_key);
    miyao_key_ref_free(key);
    miyao_key_ref_free(first);
    miyao_key_ref_free(second);
}

static void decryption(miyao_kms *kms) {
    make(kms, "opening", MIYAO_SPEC_SM2_ENCRYPT);
    miyao_key_ref *key = named("opening"), *signing = named("signing");
    miyao_sm2_public_key *public_key = NULL;
    DONE(miyao_kms_public_key(kms, key, &public_key, NULL, &error));
    uint8_t ciphertext[256];
    size_t len = 0;
    CHECK(miyao_sm2_public_key_encrypt(public_key, BYTES("text"), MIYAO_SM2_ENCODING_C1C3C2, ciphertext, sizeof ciphertext, &len) == MIYAO_STATUS_OK);
    miyao_buffer *text = NULL;
    uint32_t version = 0;
    bool unproven = true;
    DONE(miyao_kms_sm2_decrypt(kms, key, ciphertext, len, MIYAO_SM2_ENCODING_C1C3C2, &text, &version, &unproven, &error));
    CHECK(miyao_buffer_len(text) == 4 && memcmp(miyao_buffer_data(text), "text", 4) == 0 && version == 1 && !unproven);
    miyao_buffer_free(text);
    text = NULL;
    ciphertext[len - 1] ^= 1;
    IS(REJECTED, miyao_kms_sm2_decrypt(kms, key, ciphertext, len, MIYAO_SM2_ENCODING_C1C3C2, &text, NULL, NULL, &error));
    IS(UNSUPPORTED, miyao_kms_sm2_decrypt(kms, key, ciphertext, len, 9, &text, NULL, NULL, &error));
    IS(FORBIDDEN, miyao_kms_sm2_decrypt(kms, signing, ciphertext, len, MIYAO_SM2_ENCODING_C1C3C2, &text, NULL, NULL, &error));
    CHECK(text == NULL);

    // A message to it.
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *message = NULL;
    DONE(miyao_options_new(&options));
    DONE(miyao_options_add_key(options, kms, key, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_kms(opener, kms, &error));
    DONE(miyao_message_encrypt(options, BYTES("text"), &message, &error));
    DONE(miyao_message_decrypt(opener, miyao_buffer_data(message), miyao_buffer_len(message), &text, NULL, NULL, 0, &error));
    CHECK(miyao_buffer_len(text) == 4);
    miyao_buffer_free(text);
    miyao_buffer_free(message);
    miyao_options_free(options);
    miyao_opener_free(opener);
    miyao_sm2_public_key_free(public_key);
    miyao_key_ref_free(key);
    miyao_key_ref_free(signing);
}

static void material(miyao_kms *kms) {
    miyao_key_options *options = NULL;
    DONE(miyao_key_options_new(TEXT("brought"), MIYAO_SPEC_SM4, &options, &error));
    DONE(miyao_key_options_set_origin(options, MIYAO_ORIGIN_IMPORTED, &error));
    DONE(miyao_kms_create(kms, options, NULL, &error));
    miyao_key_options_free(options);
    miyao_key_ref *key = named("brought"), *signing = named("signing");
    uint8_t bytes[MIYAO_MATERIAL_LEN], token[MIYAO_IMPORT_TOKEN_LEN], ciphertext[256], back[MIYAO_MATERIAL_LEN];
    size_t len = 0;
    uint32_t version = 0;
    uint64_t expires = 0;
    CHECK(miyao_random(bytes, sizeof bytes) == MIYAO_STATUS_OK);
    IS(FORBIDDEN, miyao_kms_rotate(kms, key, 0, NULL, &error));
    IS(INVALID, miyao_kms_import_raw(kms, key, bytes, sizeof bytes - 1, NULL, &error));
    DONE(miyao_kms_import_raw(kms, key, bytes, sizeof bytes, &version, &error));
    CHECK(version == 1);

    miyao_sm2_public_key *to = NULL;
    IS(FORBIDDEN, miyao_kms_import_parameters(kms, signing, 3600, &to, token, sizeof token, &expires, &error));
    IS(INVALID, miyao_kms_import_parameters(kms, key, 0, &to, token, sizeof token, &expires, &error));
    DONE(miyao_kms_import_parameters(kms, key, 3600, &to, token, sizeof token, &expires, &error));
    CHECK(expires > 0);
    CHECK(miyao_sm2_public_key_encrypt(to, bytes, sizeof bytes, MIYAO_SM2_ENCODING_DER, ciphertext, sizeof ciphertext, &len) == MIYAO_STATUS_OK);
    token[40] ^= 1;
    IS(REJECTED, miyao_kms_import_wrapped(kms, key, token, sizeof token, ciphertext, len, &version, &error));
    token[40] ^= 1;
    DONE(miyao_kms_import_wrapped(kms, key, token, sizeof token, ciphertext, len, &version, &error));
    CHECK(version == 2);
    IS(MISSING, miyao_kms_import_wrapped(kms, key, token, sizeof token, ciphertext, len, &version, &error));
    miyao_sm2_public_key_free(to);

    // Handed out to a key of the caller's, and opened there.
    miyao_sm2_private_key *own = NULL;
    CHECK(miyao_sm2_private_key_random(&own) == MIYAO_STATUS_OK);
    CHECK(miyao_sm2_private_key_public_key(own, &to) == MIYAO_STATUS_OK);
    miyao_buffer *sealed = NULL;
    DONE(miyao_kms_export(kms, key, to, &sealed, &error));
    CHECK(miyao_sm2_private_key_decrypt(own, miyao_buffer_data(sealed), miyao_buffer_len(sealed), MIYAO_SM2_ENCODING_DER, back, sizeof back, &len) == MIYAO_STATUS_OK);
    CHECK(len == sizeof bytes && memcmp(back, bytes, len) == 0);
    miyao_buffer_free(sealed);
    miyao_sm2_public_key_free(to);
    miyao_sm2_private_key_free(own);
    miyao_key_ref_free(key);
    miyao_key_ref_free(signing);
}

static void pairs(miyao_kms *kms) {
    make(kms, "orders", MIYAO_SPEC_SM4);
    miyao_key_ref *key = named("orders");
    miyao_sm2_public_key *public_key = NULL, *again = NULL;
    miyao_sm2_private_key *private_key = NULL;
    uint8_t token[MIYAO_KEY_PAIR_TOKEN_MAX], der[MIYAO_KEY_PAIR_TOKEN_MAX];
    size_t len = 0;
    DONE(miyao_kms_generate_data_key_pair(kms, key, NULL, &public_key, &private_key, token, sizeof token, &len, &error));
    CHECK(miyao_sm2_private_key_public_key(private_key, &again) == MIYAO_STATUS_OK);
    CHECK(miyao_sm2_public_key_equal(public_key, again));
    DONE(miyao_kms_decrypt(kms, NULL, token, len, der, sizeof der, &len, NULL, 0, NULL, NULL, &error));
    CHECK(len > 100 && der[0] == 0x30);
    IS(INVALID, miyao_kms_generate_data_key_pair(kms, key, NULL, &again, NULL, token, 10, &len, &error));

    // A message signed by it: verified under it, unchecked without, rejected under another.
    miyao_options *options = NULL;
    miyao_opener *opener = NULL;
    miyao_buffer *message = NULL, *text = NULL;
    miyao_sm2_public_key *other = NULL;
    uint32_t is_signed = 9;
    uint8_t signer[MIYAO_SIGNER_LEN], expected[MIYAO_SIGNER_LEN];
    DONE(miyao_options_new(&options));
    DONE(miyao_options_add_sm2(options, public_key, &error));
    DONE(miyao_options_set_signer(options, private_key, &error));
    DONE(miyao_opener_new(&opener));
    DONE(miyao_opener_add_sm2(opener, private_key, &error));
    DONE(miyao_message_encrypt(options, BYTES("text"), &message, &error));
    const uint8_t *bytes = miyao_buffer_data(message);
    size_t whole = miyao_buffer_len(message);
    DONE(miyao_message_decrypt(opener, bytes, whole, &text, &is_signed, signer, sizeof signer, &error));
    CHECK(is_signed == MIYAO_SIGNED_UNCHECKED);
    CHECK(miyao_sm2_public_key_identifier(public_key, expected, sizeof expected) == MIYAO_STATUS_OK);
    CHECK(memcmp(signer, expected, sizeof signer) == 0);
    miyao_buffer_free(text);
    DONE(miyao_opener_set_signer(opener, public_key, &error));
    DONE(miyao_message_decrypt(opener, bytes, whole, &text, &is_signed, signer, sizeof signer, &error));
    CHECK(is_signed == MIYAO_SIGNED_VERIFIED);
    miyao_buffer_free(text);
    miyao_reader *reader = NULL;
    IS(INVALID, miyao_reader_new_in_memory(opener, bytes, whole, &reader, &error));
    miyao_decryptor *decryptor = NULL;
    DONE(miyao_decryptor_new(opener, &decryptor, &error));
    DONE(miyao_decryptor_write(decryptor, bytes, whole, &error));
    DONE(miyao_decryptor_end(decryptor, &error));
    uint8_t out[16];
    size_t got = 0;
    DONE(miyao_decryptor_read(decryptor, out, sizeof out, &got, &error));
    CHECK(got == 4);
    is_signed = 9;
    DONE(miyao_decryptor_finish(decryptor, &is_signed, NULL, 0, &error));
    CHECK(is_signed == MIYAO_SIGNED_VERIFIED);
    miyao_decryptor_free(decryptor);
    miyao_key_ref *opening = named("opening");
    DONE(miyao_kms_public_key(kms, opening, &other, NULL, &error));
    DONE(miyao_opener_set_signer(opener, other, &error));
    text = NULL;
    IS(REJECTED, miyao_message_decrypt(opener, bytes, whole, &text, NULL, NULL, 0, &error));
    CHECK(text == NULL);
    miyao_key_ref_free(opening);
    miyao_sm2_public_key_free(other);
    miyao_sm2_public_key_free(public_key);
    miyao_sm2_public_key_free(again);
    miyao_sm2_private_key_free(private_key);
    miyao_options_free(options);
    miyao_opener_free(opener);
    miyao_buffer_free(message);
    miyao_key_ref_free(key);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    miyao_kms *kms = made(argv[1]);
    signatures(kms);
    decryption(kms);
    material(kms);
    pairs(kms);
    miyao_kms_free(kms);
    return 0;
}
