// Encryption with SM2: the standard's example, every encoding, every altered byte.

#include "sm2.h"

#define C1_A                                                                                                           \
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"                                               \
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
#define C3_A "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
#define C2_A "21886ca989ca9c7d58087307ca93092d651efa"

static const uint32_t encodings[] = {MIYAO_SM2_ENCODING_DER, MIYAO_SM2_ENCODING_C1C3C2, MIYAO_SM2_ENCODING_C1C2C3};

static void the_example_of_the_standard_is_decrypted_and_every_altered_byte_refused(void) {
    static const char *const ciphertexts[] = {
        // SEQUENCE { INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2 }
        "307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
        "022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
        "0420" C3_A "0413" C2_A,
        C1_A C3_A C2_A,
        C1_A C2_A C3_A,
    };
    miyao_sm2_private_key *key = private_key(D_A);
    for (size_t at = 0; at < 3; at++) {
        uint8_t text[256], out[256];
        size_t len = unhex(ciphertexts[at], ALL(text)), out_len = 7;
        DONE(miyao_sm2_private_key_decrypt(key, text, len, encodings[at], out, len, &out_len));
        CHECK(out_len == 19 && memcmp(out, "encryption standard", 19) == 0);
        DONE(miyao_sm2_private_key_decrypt(key, text, len, encodings[at], out, 19, &out_len));
        memset(out, 7, sizeof out);
        GIVES(MIYAO_STATUS_INVALID, miyao_sm2_private_key_decrypt(key, text, len, encodings[at], out, 18, &out_len));
        for (size_t byte = 0; byte < len; byte++) {
            text[byte] ^= 0x10;
            GIVES(MIYAO_STATUS_REJECTED,
                  miyao_sm2_private_key_decrypt(key, text, len, encodings[at], ALL(out), &out_len));
            text[byte] ^= 0x10;
            GIVES(MIYAO_STATUS_REJECTED,
                  miyao_sm2_private_key_decrypt(key, text, byte, encodings[at], ALL(out), &out_len));
        }
        GIVES(MIYAO_STATUS_REJECTED,
              miyao_sm2_private_key_decrypt(key, text, len, encodings[(at + 1) % 3], ALL(out), &out_len));
        for (size_t byte = 0; byte < sizeof out; byte++) {
            CHECK(out[byte] == 7);
        }
    }
    miyao_sm2_private_key_free(key);
}

static void what_is_encrypted_is_decrypted_and_no_longer_than_was_said(void) {
    miyao_sm2_private_key *own = fresh_key(), *other = fresh_key();
    miyao_sm2_public_key *key = public_half(own);
    miyao_sm2_prepared_key *prepared;
    DONE(miyao_sm2_prepared_key_new(key, &prepared));
    static uint8_t text[70000], ciphertext[70200], out[70200];
    DONE(miyao_random(ALL(text)));
    static const size_t lens[] = {1, 2, 31, 32, 33, 127, 128, 255, 256, 65535, 65536, 70000};
    for (size_t at = 0; at < sizeof lens / sizeof *lens; at++) {
        for (size_t in = 0; in < 3; in++) {
            size_t most = miyao_sm2_ciphertext_max(lens[at], encodings[in]), len, out_len;
            DONE(miyao_sm2_public_key_encrypt(key, text, lens[at], encodings[in], ciphertext, most, &len));
            CHECK(in == 0 ? len <= most : len == most && len == lens[at] + 97);
            DONE(miyao_sm2_private_key_decrypt(own, ciphertext, len, encodings[in], ALL(out), &out_len));
            CHECK(out_len == lens[at] && memcmp(text, out, out_len) == 0);
            GIVES(MIYAO_STATUS_REJECTED,
                  miyao_sm2_private_key_decrypt(other, ciphertext, len, encodings[in], ALL(out), &out_len));
            GIVES(MIYAO_STATUS_INVALID,
                  miyao_sm2_public_key_encrypt(key, text, lens[at], encodings[in], ciphertext, most - 1, &len));
            DONE(miyao_sm2_prepared_key_encrypt(prepared, text, lens[at], encodings[in], ciphertext, most, &len));
            DONE(miyao_sm2_private_key_decrypt(own, ciphertext, len, encodings[in], ALL(out), &out_len));
            CHECK(out_len == lens[at] && memcmp(text, out, out_len) == 0);
        }
    }
    miyao_sm2_private_key_free(own);
    miyao_sm2_private_key_free(other);
    miyao_sm2_public_key_free(key);
    miyao_sm2_prepared_key_free(prepared);
}

static void nothing_is_not_encrypted_and_no_encoding_is_guessed(void) {
    miyao_sm2_private_key *own = fresh_key();
    miyao_sm2_public_key *key = public_half(own);
    uint8_t out[256];
    size_t len;
    GIVES(MIYAO_STATUS_INVALID, miyao_sm2_public_key_encrypt(key, NULL, 0, MIYAO_SM2_ENCODING_DER, ALL(out), &len));
    GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_sm2_public_key_encrypt(key, TEXT("text"), 0, ALL(out), &len));
    GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_sm2_public_key_encrypt(key, TEXT("text"), 4, ALL(out), &len));
    GIVES(MIYAO_STATUS_UNSUPPORTED, miyao_sm2_private_key_decrypt(own, ALL(out), 77, ALL(out), &len));
    CHECK(miyao_sm2_ciphertext_max(1, 4) == 0);
    CHECK(miyao_sm2_ciphertext_max(SIZE_MAX, MIYAO_SM2_ENCODING_DER) == SIZE_MAX);
    GIVES(MIYAO_STATUS_INVALID,
          miyao_sm2_public_key_encrypt(key, TEXT("text"), MIYAO_SM2_ENCODING_DER, ALL(out), NULL));
    miyao_sm2_private_key_free(own);
    miyao_sm2_public_key_free(key);
}

int main(void) {
    the_example_of_the_standard_is_decrypted_and_every_altered_byte_refused();
    what_is_encrypted_is_decrypted_and_no_longer_than_was_said();
    nothing_is_not_encrypted_and_no_encoding_is_guessed();
    return 0;
}
