// miyao (密钥): 国密 SM2, SM3, SM4, envelope encryption and key management. The C interface.
// Made from the sources of ffi/src; a test compares it, nobody edits it.
//
// What holds for every function
//
// Status     What can fail returns a miyao_status, 0 when it was done. Functions of algorithms have nothing to add to it; those of keys,
//            messages, files and devices take a miyao_error ** last, which may be NULL: on failure an error with a sentence is put
//            there, for the caller to free, and on success nothing is.
// Inputs     come first, as a pointer and a length in bytes. NULL is allowed where the length is 0. Texts are UTF-8, need no NUL at their
//            end and contain none. Nothing is kept of an input after the call unless the function says so.
// Outputs    come last and are written only on success. A buffer of the caller's has its capacity after it, and must not overlap an
//            input, but for those that say that it may be the input itself. A decryption that fails leaves zeros, never plaintext.
//            What has no size known beforehand comes as a miyao_buffer.
// Objects    are opaque. Each is freed exactly once with the _free of its type, which takes NULL, and wipes what was secret. What was
//            freed must not be used: that is not found out here.
// NULL       for an object or an output that has to be there is MIYAO_STATUS_INVALID, never a crash.
// Threads    A miyao_kms, and every object passed as a pointer to const, may be used by many threads at once. Anything else by one at a time.
//            No object belongs to a thread.
// Fork       After fork() a child may use every object that no thread was just changing; generators of random numbers are seeded
//            anew. Open streams must be used by one of the two processes. Objects of a device are opened again by themselves.
// Process    Nothing has to be initialised or ended. No signal handler is set, errno is not touched on purpose, and nothing is printed.
// Names      begin with miyao_ or MIYAO_. A function that exists stays as it is for all libraries of one MIYAO_ABI_VERSION.


#ifndef MIYAO_H
#define MIYAO_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

// The user id that is meant where none is agreed (GM/T 0009-2012 §10): MIYAO_SM2_DEFAULT_ID_LEN bytes. An empty id is another id.
#define MIYAO_SM2_DEFAULT_ID "1234567812345678"


// The bytes of a nonce of CCM as RFC 8998 has it; 7 to 13 are taken, and a text has fewer than 2^(8 (15 − nonce_len)) bytes.
#define MIYAO_CCM_NONCE_LEN 12

// The bytes of a tag of CCM as it should be.
#define MIYAO_CCM_TAG_LEN 16

// The bytes of a tag of SM4-CMAC.
#define MIYAO_CMAC_LEN 16

// The bytes of a nonce of GCM as it should be; any other number but 0 is taken for what was made so.
#define MIYAO_GCM_NONCE_LEN 12

// The bytes of a tag of GCM as it should be.
#define MIYAO_GCM_TAG_LEN 16

// The bytes of a tag of HMAC-SM3.
#define MIYAO_HMAC_LEN 32

// The bytes of a pseudorandom key of HKDF-SM3.
#define MIYAO_HKDF_PRK_LEN 32

// The most bytes that HKDF-SM3 derives at a time: 255 digests.
#define MIYAO_HKDF_MAX 8160

// The most bytes of a serial number.
#define MIYAO_CERTIFICATE_SERIAL_MAX 20

// Signatures other than those below (digitalSignature).
#define MIYAO_KEY_USAGE_DIGITAL_SIGNATURE 1

// Signatures that their maker shall not be able to deny (nonRepudiation).
#define MIYAO_KEY_USAGE_NON_REPUDIATION 2

// Encrypting keys (keyEncipherment).
#define MIYAO_KEY_USAGE_KEY_ENCIPHERMENT 4

// Encrypting data itself (dataEncipherment).
#define MIYAO_KEY_USAGE_DATA_ENCIPHERMENT 8

// Agreeing on keys (keyAgreement).
#define MIYAO_KEY_USAGE_KEY_AGREEMENT 16

// Signing certificates (keyCertSign).
#define MIYAO_KEY_USAGE_KEY_CERT_SIGN 32

// Signing revocation lists (cRLSign).
#define MIYAO_KEY_USAGE_CRL_SIGN 64

// With key agreement, only to encrypt (encipherOnly).
#define MIYAO_KEY_USAGE_ENCIPHER_ONLY 128

// With key agreement, only to decrypt (decipherOnly).
#define MIYAO_KEY_USAGE_DECIPHER_ONLY 256

// GM/T 0010-2012 and GB/T 35275-2017, which is what is written unless another is chosen.
#define MIYAO_CMS_DIALECT_STANDARD 1

// The same under the content types of PKCS#7, which OpenSSL reads.
#define MIYAO_CMS_DIALECT_PKCS7 2

// GmSSL 3, which is only read: a signature says nothing of the user id.
#define MIYAO_CMS_DIALECT_GMSSL 3

// CFCA's SADK before 3.2, which is only read.
#define MIYAO_CMS_DIALECT_CFCA 4

// No key was asked, or it had nothing to say.
#define MIYAO_VERDICT_NONE 0

// The key opens it.
#define MIYAO_VERDICT_OPENS 1

// The key does not open it.
#define MIYAO_VERDICT_DOES_NOT_OPEN 2

// It is the key's public half, or the key itself.
#define MIYAO_VERDICT_BELONGS 3

// It belongs to another key.
#define MIYAO_VERDICT_IS_FOREIGN 4

// Nothing around the bytes.
#define MIYAO_ARMOR_BINARY 1

// PEM (RFC 7468), for the forms that have a label.
#define MIYAO_ARMOR_PEM 2

// Lower-case hexadecimal digits and a line end.
#define MIYAO_ARMOR_HEXADECIMAL 3

// Base64 and a line end.
#define MIYAO_ARMOR_BASE64 4

// Whatever the key at the end of a path is used for; its uses are not asked for.
#define MIYAO_PURPOSE_ANY 1

// Verifying signatures with it: digitalSignature or nonRepudiation, and no critical purposes.
#define MIYAO_PURPOSE_SIGNING 2

// Encrypting to it: keyEncipherment, dataEncipherment or keyAgreement, and no critical purposes.
#define MIYAO_PURPOSE_ENCRYPTION 3

// As a server's in TLS and TLCP.
#define MIYAO_PURPOSE_SERVER_AUTHENTICATION 4

// As a client's in TLS and TLCP.
#define MIYAO_PURPOSE_CLIENT_AUTHENTICATION 5

// As an authority's that signs certificates.
#define MIYAO_PURPOSE_AUTHORITY 6

// The bytes of MIYAO_SM2_DEFAULT_ID.
#define MIYAO_SM2_DEFAULT_ID_LEN 16

// The most bytes of a user id.
#define MIYAO_SM2_ID_MAX 8191

// The bytes of a private key.
#define MIYAO_SM2_PRIVATE_KEY_LEN 32

// The bytes of a public key as 04 ‖ x ‖ y.
#define MIYAO_SM2_PUBLIC_KEY_LEN 65

// The bytes of a public key as 02 ‖ x or 03 ‖ x.
#define MIYAO_SM2_COMPRESSED_KEY_LEN 33

// The bytes of a public key as x ‖ y.
#define MIYAO_SM2_COORDINATES_LEN 64

// The bytes of a public key as SubjectPublicKeyInfo in DER.
#define MIYAO_SM2_SPKI_LEN 91

// The bytes of a digest e, of ZA, of a key identifier, of a confirmation, and of the x of a shared point.
#define MIYAO_SM2_DIGEST_LEN 32

// The bytes of a signature r ‖ s.
#define MIYAO_SM2_SIGNATURE_LEN 64

// The most bytes of a signature in DER; 8 are the least.
#define MIYAO_SM2_SIGNATURE_DER_MAX 72

// SEQUENCE { x, y, C3, C2 } in DER (GM/T 0009-2012 §7.2).
#define MIYAO_SM2_ENCODING_DER 1

// 04 ‖ x ‖ y ‖ C3 ‖ C2 (GB/T 32918.4-2016).
#define MIYAO_SM2_ENCODING_C1C3C2 2

// 04 ‖ x ‖ y ‖ C2 ‖ C3, the order of 2010.
#define MIYAO_SM2_ENCODING_C1C2C3 3

// The user A, who starts.
#define MIYAO_SM2_ROLE_INITIATOR 1

// The user B, who answers.
#define MIYAO_SM2_ROLE_RESPONDER 2

// The iterations of PBKDF2 unless others are chosen.
#define MIYAO_PKCS8_DEFAULT_ITERATIONS 600000

// The fewest that are written (GM/T 0091-2020).
#define MIYAO_PKCS8_MIN_ITERATIONS 1024

// The most that are written, or paid for a file.
#define MIYAO_PKCS8_MAX_ITERATIONS 10000000

// HMAC-SM3 as 1.2.156.10197.1.401.2 without parameters, which GmSSL reads: what is written unless another is chosen.
#define MIYAO_PKCS8_DERIVATION_HMAC_SM3 1

// The same with NULL for parameters.
#define MIYAO_PKCS8_DERIVATION_HMAC_SM3_NULL 2

// HMAC-SM3 as 1.2.156.10197.1.401.3.1, the number of OpenSSL.
#define MIYAO_PKCS8_DERIVATION_HMAC_SM3_OPENSSL 3

// HMAC-SM3 under the numbers of GM/T 0091-2020.
#define MIYAO_PKCS8_DERIVATION_GMT0091 4

// The bytes of an SM3 digest.
#define MIYAO_SM3_LEN 32

// The bytes of a key, a block and an IV of SM4.
#define MIYAO_SM4_LEN 16

// ECB: whole blocks, each by itself; no IV. Equal blocks stay equal.
#define MIYAO_SM4_MODE_ECB 1

// ECB after PKCS#7 padding.
#define MIYAO_SM4_MODE_ECB_PKCS7 2

// CBC: whole blocks in a chain.
#define MIYAO_SM4_MODE_CBC 3

// CBC after PKCS#7 padding. Whoever may ask whether a padding is right learns the plaintext: authenticate before decrypting.
#define MIYAO_SM4_MODE_CBC_PKCS7 4

// CFB with feedback of whole blocks.
#define MIYAO_SM4_MODE_CFB 5

// CFB with feedback of single bytes.
#define MIYAO_SM4_MODE_CFB8 6

// OFB.
#define MIYAO_SM4_MODE_OFB 7

// CTR: the IV is the first counter block, which counts big-endian modulo 2^128.
#define MIYAO_SM4_MODE_CTR 8

// From plaintext to ciphertext.
#define MIYAO_SM4_ENCRYPT 1

// From ciphertext to plaintext.
#define MIYAO_SM4_DECRYPT 2

// The version of the binary interface: programs made for one number run with every library of that number.
#define MIYAO_ABI_VERSION 1

// The bytes of a key of XTS: that of the data, then that of the tweak.
#define MIYAO_XTS_KEY_LEN 32

// The fewest bytes of a sector.
#define MIYAO_XTS_MIN 16

// The most bytes of a sector.
#define MIYAO_XTS_MAX (1 << 24)

// The order of bits of IEEE 1619.
#define MIYAO_XTS_IEEE 1

// The order of bits of GB/T 17964-2021. The ciphertexts of the two differ from the second block on.
#define MIYAO_XTS_GB 2

// How a call ended. The numbers are those of docs/errors.md, given once and never reused; a later release may return
// others, which a program treats as a failure of unknown kind.
typedef enum {
  // It was done.
  MIYAO_STATUS_OK = 0,
  // Verification failed: wrong key, wrong context or altered bytes.
  MIYAO_STATUS_REJECTED = 3,
  // An argument is outside what the operation accepts.
  MIYAO_STATUS_INVALID = 4,
  // Bytes are not in the format they claim to be.
  MIYAO_STATUS_MALFORMED = 5,
  // A version, suite or algorithm that this build does not know.
  MIYAO_STATUS_UNSUPPORTED = 6,
  // Input ended before it was complete.
  MIYAO_STATUS_TRUNCATED = 7,
  // A size or count is beyond its documented limit.
  MIYAO_STATUS_TOO_LARGE = 8,
  // No key, version, alias, recipient or file of this name.
  MIYAO_STATUS_MISSING = 9,
  // The name is taken, or the output file exists.
  MIYAO_STATUS_EXISTS = 10,
  // Somebody else changed it first; read again and retry.
  MIYAO_STATUS_CONFLICT = 11,
  // The state of the key or of its version, or what its certificate says, forbids the operation.
  MIYAO_STATUS_FORBIDDEN = 12,
  // The policy does not permit this principal to do this.
  MIYAO_STATUS_DENIED = 13,
  // A limit of the key (period, messages, bytes) is used up; rotate it.
  MIYAO_STATUS_EXHAUSTED = 14,
  // The stored records contradict their MACs; run `doctor`.
  MIYAO_STATUS_CORRUPT = 15,
  // The store shows an older state than this client has already seen.
  MIYAO_STATUS_ROLLED_BACK = 16,
  // The store or the record was written by a newer release and can only be read.
  MIYAO_STATUS_READ_ONLY = 17,
  // Somebody holds the lock; try again.
  MIYAO_STATUS_BUSY = 18,
  // The store, device or file system does not answer.
  MIYAO_STATUS_UNAVAILABLE = 19,
  // Reading or writing failed.
  MIYAO_STATUS_IO = 20,
  // The system gave no randomness.
  MIYAO_STATUS_ENTROPY = 21,
  // A known-answer test failed; this build must not be used.
  MIYAO_STATUS_SELF_TEST = 22,
  // What is cached is older than the hard time-to-live and the store cannot be asked; or a revocation list is out of its time.
  MIYAO_STATUS_STALE = 23,
  // The clock stepped; time-driven changes wait for a confirmation.
  MIYAO_STATUS_CLOCK = 24,
  // Some of many items failed; the report lists them.
  MIYAO_STATUS_PARTIAL = 25,
  // A defect of miyao itself; please report it.
  MIYAO_STATUS_INTERNAL = 99,
} miyao_status;

// Bytes that this library allocated: a message, a key file, a record in JSON. They do not change and are wiped when freed.
typedef struct miyao_buffer miyao_buffer;

// A key of SM4-CCM (可鉴别加密) and the length of its tags. Many threads may use it at once.
typedef struct miyao_ccm miyao_ccm;

// A certificate (证书): X.509 v3 of RFC 5280 and GM/T 0015, as it was read, byte for byte.
typedef struct miyao_certificate miyao_certificate;

// A request for a certificate (证书请求): PKCS#10 of RFC 2986, as it was read, byte for byte.
typedef struct miyao_certificate_request miyao_certificate_request;

// A running SM4-CMAC (消息鉴别码) under its key.
typedef struct miyao_cmac miyao_cmac;

// How a message is written, and what goes along.
typedef struct miyao_cms_options miyao_cms_options;

// A revocation list (证书撤销列表) of RFC 5280 §5, as it was read, byte for byte.
typedef struct miyao_crl miyao_crl;

// A failure in words, for a log or a person: a sentence that says what happened and what to do next, and what caused it. It
// never contains key bytes, plaintext, contexts or the contents of files.
typedef struct miyao_error miyao_error;

// A key of SM4-GCM (可鉴别加密) and the length of its tags. Many threads may use it at once.
typedef struct miyao_gcm miyao_gcm;

// A running HMAC-SM3 (带密钥的杂凑) under its key.
typedef struct miyao_hmac miyao_hmac;

// What was found of a file (格式鉴别): a key, a signature or a ciphertext, in which form, and what is odd about it. It is read far more
// loosely than by any other function, and nothing of it is authenticated.
typedef struct miyao_inspection miyao_inspection;

// How a private key is encrypted under a passphrase: SM4-CBC under what PBKDF2 makes of it.
typedef struct miyao_pkcs8_options miyao_pkcs8_options;

// What a request shall say, before it is signed.
typedef struct miyao_request_draft miyao_request_draft;

// A running digest of what is signed or verified (GB/T 32918.2 §6.1 A1 and A2), for messages that come in pieces.
typedef struct miyao_sm2_digest miyao_sm2_digest;

// What both sides share after an exchange (密钥交换).
typedef struct miyao_sm2_exchange miyao_sm2_exchange;

// A public key prepared for use again and again (预计算公钥); many threads may use one.
typedef struct miyao_sm2_prepared_key miyao_sm2_prepared_key;

// A private key (私钥) d in [1, n − 2], with its public half.
//
// ```c
// miyao_sm2_private_key *key;
// uint8_t signature[MIYAO_SM2_SIGNATURE_LEN];
// const uint8_t *id = (const uint8_t *)MIYAO_SM2_DEFAULT_ID;
// if (miyao_sm2_private_key_random(&key) != MIYAO_STATUS_OK) return 1;
// if (miyao_sm2_private_key_sign(key, id, MIYAO_SM2_DEFAULT_ID_LEN, message, message_len, signature, sizeof signature)) return 1;
// miyao_sm2_private_key_free(key);
// ```
typedef struct miyao_sm2_private_key miyao_sm2_private_key;

// A public key (公钥): a point that is not the identity.
typedef struct miyao_sm2_public_key miyao_sm2_public_key;

// A running SM3 hash (杂凑).
typedef struct miyao_sm3 miyao_sm3;

// A key of SM4 (分组密码) that is expanded once for many calls.
typedef struct miyao_sm4 miyao_sm4;

// A text on its way through a mode of SM4, under its own key.
typedef struct miyao_sm4_stream miyao_sm4_stream;

// Whom one trusts, and with what help paths to them are found (RFC 5280 §6). Once it is made, many threads may verify with it.
//
// ```c
// miyao_trust *trust;
// miyao_error *error = NULL;
// miyao_trust_new(&trust);
// miyao_trust_add_anchor(trust, root);
// miyao_trust_add_intermediate(trust, middle);
// if (miyao_trust_verify(trust, leaf, MIYAO_PURPOSE_SIGNING, time(NULL), NULL, &error)) {
//     fputs(miyao_error_message(error), stderr);
//     miyao_error_free(error);
// }
// miyao_trust_free(trust);
// ```
typedef struct miyao_trust miyao_trust;

// A key of SM4-XTS. Many threads may use it at once.
typedef struct miyao_xts miyao_xts;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Its first byte; the bytes live until the buffer is freed. NULL for NULL, and not to be read where the length is 0.
const uint8_t *miyao_buffer_data(const miyao_buffer *buffer);

// The number of its bytes; 0 for NULL.
size_t miyao_buffer_len(const miyao_buffer *buffer);

// Wipes and frees it. NULL is nothing.
void miyao_buffer_free(miyao_buffer *buffer);

// Takes a key of 16 bytes, and the length of all tags under it: 16, unless another system asks for 4, 6, 8, 10, 12 or 14. It belongs to
// the key, so that nobody gets a shorter tag accepted by sending one. To be freed with `miyao_ccm_free`.
//
// MIYAO_STATUS_INVALID: the key is not 16 bytes long, or CCM has no such tags.
miyao_status miyao_ccm_new(const uint8_t *key,
                           size_t key_len,
                           size_t tag_len,
                           miyao_ccm **out);

// The bytes of its tags; 0 for NULL.
size_t miyao_ccm_tag_len(const miyao_ccm *ccm);

// `SM4-CCM[key, nonce](aad, data)`: encrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and writes
// the tag to `tag`. The tag stands by itself, so that a text can be encrypted where it is; for the order of RFC 5116, ciphertext and then
// tag, give `out + data_len`.
//
// A nonce must never meet the same key twice.
//
// MIYAO_STATUS_INVALID: the nonce is not 7 to 13 bytes long.
// MIYAO_STATUS_TOO_LARGE: the text is too long for a nonce of this length.
miyao_status miyao_ccm_encrypt(const miyao_ccm *ccm,
                               const uint8_t *nonce,
                               size_t nonce_len,
                               const uint8_t *aad,
                               size_t aad_len,
                               const uint8_t *data,
                               size_t data_len,
                               uint8_t *out,
                               size_t out_cap,
                               uint8_t *tag,
                               size_t tag_cap);

// Undoes `miyao_ccm_encrypt`: decrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and
// verifies the tag. CCM has to decrypt first: nobody else may read `out` before the call returns.
//
// MIYAO_STATUS_REJECTED: another key, nonce or associated data, altered bytes, or a tag of another length than the key's; `out` is zeros.
miyao_status miyao_ccm_decrypt(const miyao_ccm *ccm,
                               const uint8_t *nonce,
                               size_t nonce_len,
                               const uint8_t *aad,
                               size_t aad_len,
                               const uint8_t *data,
                               size_t data_len,
                               const uint8_t *tag,
                               size_t tag_len,
                               uint8_t *out,
                               size_t out_cap);

// Wipes and frees it. NULL is nothing.
void miyao_ccm_free(miyao_ccm *ccm);

// `SM4-CMAC[key](data)`: writes the 16 bytes of the tag to `out`. The key has 16 bytes.
miyao_status miyao_cmac_mac(const uint8_t *key,
                            size_t key_len,
                            const uint8_t *data,
                            size_t data_len,
                            uint8_t *out,
                            size_t out_cap);

// Takes a key of 16 bytes for messages that come in pieces; to be freed with `miyao_cmac_free`.
miyao_status miyao_cmac_new(const uint8_t *key, size_t key_len, miyao_cmac **out);

// Adds bytes to the message.
miyao_status miyao_cmac_update(miyao_cmac *cmac, const uint8_t *data, size_t data_len);

// Writes the tag of what was added so far to `out`, 16 bytes; more can be added afterwards.
miyao_status miyao_cmac_finish(const miyao_cmac *cmac, uint8_t *out, size_t out_cap);

// Compares the tag of what was added so far with `tag`, in constant time; use this, not `memcmp`.
//
// MIYAO_STATUS_REJECTED: it is another, or not 16 bytes long.
miyao_status miyao_cmac_verify(const miyao_cmac *cmac, const uint8_t *tag, size_t tag_len);

// Starts the next message under the same key.
miyao_status miyao_cmac_reset(miyao_cmac *cmac);

// Wipes and frees it. NULL is nothing.
void miyao_cmac_free(miyao_cmac *cmac);

// The status that came with it.
miyao_status miyao_error_status(const miyao_error *error);

// Its text in UTF-8, which lives until the error is freed; an empty text for NULL.
const char *miyao_error_message(const miyao_error *error);

// Frees it. NULL is nothing.
void miyao_error_free(miyao_error *error);

// Takes a key of 16 bytes, and the length of all tags under it: 16, unless another system asks for 4, 8 or 12 to 15. It belongs to the
// key, so that nobody gets a shorter tag accepted by sending one. To be freed with `miyao_gcm_free`.
//
// MIYAO_STATUS_INVALID: the key is not 16 bytes long, or GCM has no such tags.
miyao_status miyao_gcm_new(const uint8_t *key,
                           size_t key_len,
                           size_t tag_len,
                           miyao_gcm **out);

// The bytes of its tags; 0 for NULL.
size_t miyao_gcm_tag_len(const miyao_gcm *gcm);

// `SM4-GCM[key, nonce](aad, data)`: encrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and writes
// the tag to `tag`. The tag stands by itself, so that a text can be encrypted where it is; for the order of RFC 5116, ciphertext and then
// tag, give `out + data_len`.
//
// A nonce must never meet the same key twice, or the key is lost. There is no GCM in pieces: a decryption would give out what nobody
// verified. A long text is a message of this library, or many texts here.
//
// MIYAO_STATUS_INVALID: the nonce is empty.
// MIYAO_STATUS_TOO_LARGE: the text is longer than 2^36 − 32 bytes.
miyao_status miyao_gcm_encrypt(const miyao_gcm *gcm,
                               const uint8_t *nonce,
                               size_t nonce_len,
                               const uint8_t *aad,
                               size_t aad_len,
                               const uint8_t *data,
                               size_t data_len,
                               uint8_t *out,
                               size_t out_cap,
                               uint8_t *tag,
                               size_t tag_cap);

// Undoes `miyao_gcm_encrypt`: verifies the tag, then decrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself.
//
// MIYAO_STATUS_REJECTED: another key, nonce or associated data, altered bytes, or a tag of another length than the key's; `out` is zeros.
miyao_status miyao_gcm_decrypt(const miyao_gcm *gcm,
                               const uint8_t *nonce,
                               size_t nonce_len,
                               const uint8_t *aad,
                               size_t aad_len,
                               const uint8_t *data,
                               size_t data_len,
                               const uint8_t *tag,
                               size_t tag_len,
                               uint8_t *out,
                               size_t out_cap);

// Wipes and frees it. NULL is nothing.
void miyao_gcm_free(miyao_gcm *gcm);

// `HMAC-SM3[key](data)`: writes the 32 bytes of the tag to `out`. A key has any length; 32 bytes are the rule.
miyao_status miyao_hmac_mac(const uint8_t *key,
                            size_t key_len,
                            const uint8_t *data,
                            size_t data_len,
                            uint8_t *out,
                            size_t out_cap);

// Takes a key, of any length, for messages that come in pieces; to be freed with `miyao_hmac_free`.
miyao_status miyao_hmac_new(const uint8_t *key, size_t key_len, miyao_hmac **out);

// Adds bytes to the message.
miyao_status miyao_hmac_update(miyao_hmac *hmac, const uint8_t *data, size_t data_len);

// Writes the tag of what was added so far to `out`, 32 bytes; more can be added afterwards.
miyao_status miyao_hmac_finish(const miyao_hmac *hmac, uint8_t *out, size_t out_cap);

// Compares the tag of what was added so far with `tag`, in constant time; use this, not `memcmp`.
//
// MIYAO_STATUS_REJECTED: it is another, or not 32 bytes long.
miyao_status miyao_hmac_verify(const miyao_hmac *hmac, const uint8_t *tag, size_t tag_len);

// A copy that goes on by itself, to be freed too.
miyao_status miyao_hmac_clone(const miyao_hmac *hmac, miyao_hmac **out);

// Starts the next message under the same key.
miyao_status miyao_hmac_reset(miyao_hmac *hmac);

// Wipes and frees it. NULL is nothing.
void miyao_hmac_free(miyao_hmac *hmac);

// `HKDF-SM3(salt, ikm, info)` (RFC 5869): fills `out` with `out_cap` bytes, at most MIYAO_HKDF_MAX. Extract and expand in one
// call.
//
// MIYAO_STATUS_INVALID: more were asked for.
miyao_status miyao_hkdf_derive(const uint8_t *salt,
                               size_t salt_len,
                               const uint8_t *ikm,
                               size_t ikm_len,
                               const uint8_t *info,
                               size_t info_len,
                               uint8_t *out,
                               size_t out_cap);

// `HKDF-Extract(salt, ikm)` (RFC 5869 §2.2) with HMAC-SM3: writes the 32 bytes of the pseudorandom key to `out`.
miyao_status miyao_hkdf_extract(const uint8_t *salt,
                                size_t salt_len,
                                const uint8_t *ikm,
                                size_t ikm_len,
                                uint8_t *out,
                                size_t out_cap);

// `HKDF-Expand(prk, info)` (RFC 5869 §2.3) with HMAC-SM3: fills `out` with `out_cap` bytes, at most MIYAO_HKDF_MAX. The
// pseudorandom key has 32 bytes or more.
//
// MIYAO_STATUS_INVALID: it has fewer, or more bytes were asked for.
miyao_status miyao_hkdf_expand(const uint8_t *prk,
                               size_t prk_len,
                               const uint8_t *info,
                               size_t info_len,
                               uint8_t *out,
                               size_t out_cap);

// `KDF(z, out_cap)` of GB/T 32918.4 §5.4.3, which is that of X9.63 with SM3: fills `out` with `out_cap` bytes, at least one. What X9.63
// calls SharedInfo is the end of `z`.
//
// MIYAO_STATUS_INVALID: none were asked for, or more than 2^32 − 1 digests.
miyao_status miyao_kdf_derive(const uint8_t *z,
                              size_t z_len,
                              uint8_t *out,
                              size_t out_cap);

// `PBKDF2-HMAC-SM3(password, salt, iterations)` (GM/T 0091 §5, RFC 8018 §5.2): fills `out` with `out_cap` bytes, at least one. GM/T 0091
// wants at least 1,024 iterations and a salt of 8 bytes; a password asks for far more. That is the caller's policy.
//
// MIYAO_STATUS_INVALID: no iterations, no bytes, or more than 2^32 − 1 digests.
miyao_status miyao_pbkdf2_derive(const uint8_t *password,
                                 size_t password_len,
                                 const uint8_t *salt,
                                 size_t salt_len,
                                 uint32_t iterations,
                                 uint8_t *out,
                                 size_t out_cap);

// Reads the one certificate of PEM or DER, to be freed with `miyao_certificate_free`. Of another algorithm than SM2 it is read too, and
// not verified.
//
// MIYAO_STATUS_MALFORMED: anything else, and several; the error names the part.
miyao_status miyao_certificate_parse(const uint8_t *file,
                                     size_t file_len,
                                     miyao_certificate **out,
                                     miyao_error **error);

// Reads every certificate of PEM in its order, or the one of DER; writes a pointer to each to `out`, at most `out_cap`, and to `out_count`
// how many they are. Each is to be freed. A file has at most one certificate for every 200 bytes.
//
// MIYAO_STATUS_MALFORMED: none, or one that is none. MIYAO_STATUS_TOO_LARGE: more than `out_cap`.
miyao_status miyao_certificate_parse_all(const uint8_t *file,
                                         size_t file_len,
                                         miyao_certificate **out,
                                         size_t out_cap,
                                         size_t *out_count,
                                         miyao_error **error);

// Writes it in DER, byte for byte as it was read, to be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_to_der(const miyao_certificate *certificate, miyao_buffer **out);

// Writes it as PEM, `CERTIFICATE`, to be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_to_pem(const miyao_certificate *certificate, miyao_buffer **out);

// Its public key, to be freed with `miyao_sm2_public_key_free`.
//
// MIYAO_STATUS_UNSUPPORTED: a key of another algorithm or on another curve.
miyao_status miyao_certificate_public_key(const miyao_certificate *certificate,
                                          miyao_sm2_public_key **out,
                                          miyao_error **error);

// Verifies that the holder of `issuer` signed it under this user id, MIYAO_SM2_DEFAULT_ID as a rule. Nothing else is asked, not the time
// and not what the issuer may: `miyao_trust_verify` does.
//
// MIYAO_STATUS_REJECTED: the signature does not verify. MIYAO_STATUS_MALFORMED: it names two algorithms.
// MIYAO_STATUS_UNSUPPORTED: another algorithm than SM2 with SM3.
miyao_status miyao_certificate_verify_signature(const miyao_certificate *certificate,
                                                const miyao_sm2_public_key *issuer,
                                                const uint8_t *user_id,
                                                size_t user_id_len,
                                                miyao_error **error);

// Frees it. NULL is nothing.
void miyao_certificate_free(miyao_certificate *certificate);

// Its version: 1, 2 or 3; 0 for NULL.
uint32_t miyao_certificate_version(const miyao_certificate *certificate);

// Writes the serial number to `out`, big-endian two's complement, at most 20 bytes, for which there has to be room, and its length to
// `out_len`.
miyao_status miyao_certificate_serial(const miyao_certificate *certificate,
                                      uint8_t *out,
                                      size_t out_cap,
                                      size_t *out_len);

// The name of its subject as RFC 4514 writes it, `CN=host,O=Example,C=CN`, to be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_subject(const miyao_certificate *certificate, miyao_buffer **out);

// Likewise the name of its issuer.
miyao_status miyao_certificate_issuer(const miyao_certificate *certificate, miyao_buffer **out);

// The other names of its subject, with line ends (\n) between: `dns:host`, `ip:10.0.0.1`, email, uri, directory, or other with hexadecimal
// digits. Empty where there are none. To be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_alternative_names(const miyao_certificate *certificate,
                                                 miyao_buffer **out);

// From when to when it holds, both included, in seconds since 1970-01-01T00:00:00Z.
miyao_status miyao_certificate_validity(const miyao_certificate *certificate, int64_t *from, int64_t *until);

// What its key may do: bits MIYAO_KEY_USAGE_; 0 where it does not say, and for NULL.
uint32_t miyao_certificate_key_usage(const miyao_certificate *certificate);

// What its key is for, with commas between: serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, OCSPSigning,
// anyExtendedKeyUsage, or numbers such as 1.2.3. Empty where it does not say. To be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_purposes(const miyao_certificate *certificate,
                                        miyao_buffer **out);

// Whether it says that it is an authority's (the CA bit of its basic constraints); false for NULL.
bool miyao_certificate_is_authority(const miyao_certificate *certificate);

// Verifies every signature of a SignedData, in PEM or DER, that brings its content, under this user id (OpenSSL's is empty, everybody
// else's MIYAO_SM2_DEFAULT_ID): that each is by the holder of one of `count` certificates, and of nobody else. The content is to be
// freed with `miyao_buffer_free`. Certificates that the message brings are not looked at; `miyao_cms_unverified_certificates` gives them.
//
// `signers` has room for `count` bytes, or is NULL: a 1 stands where the holder of that certificate signed, a 0 elsewhere. Whether
// the certificate is to be believed, `miyao_trust_verify` says. To `dialect`, unless it is NULL, a MIYAO_CMS_DIALECT_ is written;
// signatures of MIYAO_CMS_DIALECT_GMSSL say nothing of the user id.
//
// MIYAO_STATUS_REJECTED: a signature does not verify. MIYAO_STATUS_MISSING: nobody signed, or somebody else. MIYAO_STATUS_INVALID: the
// content is elsewhere, or a user id of more than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_MALFORMED: no strict DER of this syntax.
// MIYAO_STATUS_UNSUPPORTED: another kind of message, version or algorithm. MIYAO_STATUS_TOO_LARGE: more than 64 signers.
miyao_status miyao_cms_verify(const uint8_t *message,
                              size_t message_len,
                              const uint8_t *user_id,
                              size_t user_id_len,
                              const miyao_certificate *const *certificates,
                              size_t count,
                              miyao_buffer **content,
                              uint8_t *signers,
                              size_t signers_cap,
                              uint32_t *dialect,
                              miyao_error **error);

// Likewise a SignedData whose content is elsewhere, which is given.
//
// Statuses as `miyao_cms_verify`; MIYAO_STATUS_INVALID for a message that brings its content.
miyao_status miyao_cms_verify_detached(const uint8_t *message,
                                       size_t message_len,
                                       const uint8_t *content,
                                       size_t content_len,
                                       const uint8_t *user_id,
                                       size_t user_id_len,
                                       const miyao_certificate *const *certificates,
                                       size_t count,
                                       uint8_t *signers,
                                       size_t signers_cap,
                                       uint32_t *dialect,
                                       miyao_error **error);

// Decrypts the content of an EnvelopedData, in PEM or DER, for the holder of this certificate and key; to be freed with
// `miyao_buffer_free`, which wipes it.
//
// It is not authenticated: anybody can make a message for a recipient, and whoever alters one on its way changes the text, mostly unseen.
// Whoever learns which altered messages open learns the text byte by byte: do not answer strangers.
//
// MIYAO_STATUS_MISSING: it is for somebody else. MIYAO_STATUS_INVALID: the key is not the one of the certificate.
// MIYAO_STATUS_REJECTED: altered bytes that show. MIYAO_STATUS_MALFORMED: no strict DER of this syntax. MIYAO_STATUS_UNSUPPORTED: another
// kind of message, version or algorithm.
miyao_status miyao_cms_open(const uint8_t *message,
                            size_t message_len,
                            const miyao_certificate *certificate,
                            const miyao_sm2_private_key *key,
                            miyao_buffer **content,
                            miyao_error **error);

// Decrypts the content of a SignedAndEnvelopedData, in PEM or DER, for the holder of this certificate and key, and verifies every
// signature of it, as `miyao_cms_verify` does; to be freed with `miyao_buffer_free`, which wipes it.
//
// Statuses as `miyao_cms_open` and `miyao_cms_verify`; bad padding and a signature that does not verify are one.
miyao_status miyao_cms_open_signed(const uint8_t *message,
                                   size_t message_len,
                                   const miyao_certificate *certificate,
                                   const miyao_sm2_private_key *key,
                                   const uint8_t *user_id,
                                   size_t user_id_len,
                                   const miyao_certificate *const *certificates,
                                   size_t count,
                                   miyao_buffer **content,
                                   uint8_t *signers,
                                   size_t signers_cap,
                                   uint32_t *dialect,
                                   miyao_error **error);

// The certificates of keys of SM2 that a SignedData brings, as PEM behind one another, empty where there are none, to be freed with
// `miyao_buffer_free`. Anybody can bring any: whoever verifies with them asks of each afterwards whether it is to be believed.
//
// MIYAO_STATUS_MALFORMED: no strict DER of this syntax. MIYAO_STATUS_UNSUPPORTED: another kind of message, version or algorithm.
miyao_status miyao_cms_unverified_certificates(const uint8_t *message,
                                               size_t message_len,
                                               miyao_buffer **out,
                                               miyao_error **error);

// Signs a content for each of `count` signers, with `keys[i]` as the holder of `certificates[i]`; gives a SignedData in DER, to be freed
// with `miyao_buffer_free`. The options are the usual ones for NULL.
//
// MIYAO_STATUS_INVALID: no signer, a key that is not the certificate's, a user id of more than MIYAO_SM2_ID_MAX bytes, a dialect that is
// only read, and a content that reads as signed attributes when it is to be signed without any. MIYAO_STATUS_TOO_LARGE: more than 64
// signers. MIYAO_STATUS_UNSUPPORTED: a certificate of another algorithm.
miyao_status miyao_cms_sign(const uint8_t *content,
                            size_t content_len,
                            const miyao_certificate *const *certificates,
                            const miyao_sm2_private_key *const *keys,
                            size_t count,
                            const miyao_cms_options *options,
                            miyao_buffer **out,
                            miyao_error **error);

// Encrypts a content for the holders of `count` certificates; gives an EnvelopedData in DER, to be freed with `miyao_buffer_free`. Of the
// options, which are the usual ones for NULL, only the dialect counts. It is not authenticated: see `miyao_cms_open`.
//
// MIYAO_STATUS_INVALID: no recipient, and a dialect that is only read. MIYAO_STATUS_UNSUPPORTED: a certificate of another algorithm.
miyao_status miyao_cms_seal(const uint8_t *content,
                            size_t content_len,
                            const miyao_certificate *const *recipients,
                            size_t count,
                            const miyao_cms_options *options,
                            miyao_buffer **out,
                            miyao_error **error);

// Signs a content as `miyao_cms_sign` does, and encrypts it for the holders of `recipients_count` certificates; gives a
// SignedAndEnvelopedData in DER, to be freed with `miyao_buffer_free`. Who signed is for everybody to see.
//
// Statuses as `miyao_cms_sign` and `miyao_cms_seal`; MIYAO_STATUS_INVALID for signatures that are to be detached.
miyao_status miyao_cms_seal_signed(const uint8_t *content,
                                   size_t content_len,
                                   const miyao_certificate *const *certificates,
                                   const miyao_sm2_private_key *const *keys,
                                   size_t count,
                                   const miyao_certificate *const *recipients,
                                   size_t recipients_count,
                                   const miyao_cms_options *options,
                                   miyao_buffer **out,
                                   miyao_error **error);

// The usual ones: MIYAO_CMS_DIALECT_STANDARD, signed under MIYAO_SM2_DEFAULT_ID, without attributes and with the content. To be freed with
// `miyao_cms_options_free`.
miyao_status miyao_cms_options_new(miyao_cms_options **out);

// Writes under other numbers. A dialect that is only read is refused when the message is made.
miyao_status miyao_cms_options_set_dialect(miyao_cms_options *options, uint32_t dialect);

// Signs under another user id; a copy is kept. OpenSSL reads the empty one.
miyao_status miyao_cms_options_set_user_id(miyao_cms_options *options, const uint8_t *user_id, size_t user_id_len);

// Whether attributes that name the content and its digest are signed, rather than the content.
miyao_status miyao_cms_options_set_attributes(miyao_cms_options *options, bool attributes);

// Whether the content stays elsewhere.
miyao_status miyao_cms_options_set_detached(miyao_cms_options *options, bool detached);

// A certificate to go along beside those of the signers, such as their issuer's; a copy is kept.
miyao_status miyao_cms_options_add_certificate(miyao_cms_options *options, const miyao_certificate *certificate);

// A revocation list to go along; a copy is kept.
miyao_status miyao_cms_options_add_crl(miyao_cms_options *options, const miyao_crl *crl);

// Frees it. NULL is nothing.
void miyao_cms_options_free(miyao_cms_options *options);

// Reads the one list of PEM or DER, to be freed with `miyao_crl_free`; nothing is verified yet.
//
// MIYAO_STATUS_MALFORMED: anything else, and several.
miyao_status miyao_crl_parse(const uint8_t *file, size_t file_len, miyao_crl **out, miyao_error **error);

// The name of its issuer as RFC 4514 writes it, as the list says, to be freed with `miyao_buffer_free`.
miyao_status miyao_crl_issuer(const miyao_crl *crl, miyao_buffer **out);

// When it was made and when the next comes at the latest, as the list says, in seconds since 1970-01-01T00:00:00Z; `next_update` is INT64_MAX
// where it does not say.
miyao_status miyao_crl_updates(const miyao_crl *crl,
                               int64_t *this_update,
                               int64_t *next_update);

// Verifies that this issuer signed the list under the user id, MIYAO_SM2_DEFAULT_ID as a rule, that it is current at `now`, and that it is
// of everything that the issuer revoked.
//
// MIYAO_STATUS_REJECTED: another issuer, or the signature does not verify. MIYAO_STATUS_FORBIDDEN: an issuer who may not sign lists.
// MIYAO_STATUS_STALE: before or after its time. MIYAO_STATUS_UNSUPPORTED: a critical extension that is not understood, and lists of a
// part. MIYAO_STATUS_MALFORMED: it names two algorithms.
miyao_status miyao_crl_verify(const miyao_crl *crl,
                              const miyao_certificate *issuer,
                              const uint8_t *user_id,
                              size_t user_id_len,
                              int64_t now,
                              miyao_error **error);

// Verifies the list likewise, and asks it for a certificate of its issuer: `revoked` says whether that is revoked. If it is, `when` says
// when, in seconds since 1970-01-01T00:00:00Z, and `reason` why, the number of RFC 5280 §5.3.1 (0 where it does not say); both may be NULL,
// and are left as they are for a certificate that is not revoked.
//
// Statuses as `miyao_crl_verify`; MIYAO_STATUS_INVALID: a certificate of another issuer.
miyao_status miyao_crl_find(const miyao_crl *crl,
                            const miyao_certificate *issuer,
                            const uint8_t *user_id,
                            size_t user_id_len,
                            int64_t now,
                            const miyao_certificate *certificate,
                            bool *revoked,
                            int64_t *when,
                            uint32_t *reason,
                            miyao_error **error);

// Frees it. NULL is nothing.
void miyao_crl_free(miyao_crl *crl);

// Asks for a certificate of this name, as RFC 4514 writes it, `CN=host,O=Example,C=CN`, which may be empty; to be freed with
// `miyao_request_draft_free`.
//
// MIYAO_STATUS_INVALID: no name.
miyao_status miyao_request_draft_new(const char *subject,
                                     size_t subject_len,
                                     miyao_request_draft **out,
                                     miyao_error **error);

// Asks for these uses of the key: bits MIYAO_KEY_USAGE_, at least one.
//
// MIYAO_STATUS_UNSUPPORTED: a bit that is none.
miyao_status miyao_request_draft_set_key_usage(miyao_request_draft *draft, uint32_t usage, miyao_error **error);

// Asks for these purposes of the key: the words of `miyao_certificate_purposes` with commas between.
//
// MIYAO_STATUS_UNSUPPORTED: another word.
miyao_status miyao_request_draft_set_purposes(miyao_request_draft *draft,
                                              const char *purposes,
                                              size_t purposes_len,
                                              miyao_error **error);

// Asks for further names of the subject, `dns:host`, `ip:10.0.0.1`, email or uri, with line ends (\n) between, as
// `miyao_certificate_alternative_names` writes them.
//
// MIYAO_STATUS_INVALID: other text.
miyao_status miyao_request_draft_set_alternative_names(miyao_request_draft *draft,
                                                       const char *names,
                                                       size_t names_len,
                                                       miyao_error **error);

// Signs the request with the key that it is for, under this user id, MIYAO_SM2_DEFAULT_ID as a rule; to be freed with
// `miyao_certificate_request_free`.
//
// MIYAO_STATUS_INVALID: no name of the subject at all, and a user id of more than MIYAO_SM2_ID_MAX bytes.
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_request_draft_sign(const miyao_request_draft *draft,
                                      const miyao_sm2_private_key *key,
                                      const uint8_t *user_id,
                                      size_t user_id_len,
                                      miyao_certificate_request **out,
                                      miyao_error **error);

// Frees it. NULL is nothing.
void miyao_request_draft_free(miyao_request_draft *draft);

// Tells what a file is, whatever is around it (PEM, base64, hexadecimal digits), to be freed with `miyao_inspection_free`. Every file is
// something, if only unknown; work and memory grow with its length alone.
miyao_status miyao_inspection_new(const uint8_t *file,
                                  size_t file_len,
                                  miyao_inspection **out);

// Asks a private key: it decides the order of a ciphertext, and whether what was found is its own, which `miyao_inspection_verdict` tells.
miyao_status miyao_inspection_ask(miyao_inspection *inspection,
                                  const miyao_sm2_private_key *key);

// What the key that was asked said, a MIYAO_VERDICT_.
uint32_t miyao_inspection_verdict(const miyao_inspection *inspection);

// One word for what it is: private-key, public-key, signature, ciphertext, certificate, request, revocation-list, message, pkcs12,
// parameters or unknown; to be freed with `miyao_buffer_free`. The words stay the same from release to release.
miyao_status miyao_inspection_kind(const miyao_inspection *inspection,
                                   miyao_buffer **out);

// One word for its form: pkcs8, sec1, scalar, device-scalar, encrypted, enveloped, old-pem, spki, point, compressed, coordinates,
// device-point, der, raw, device, bare or compressed-point, and empty for what has none; to be freed with `miyao_buffer_free`. The words
// stay the same from release to release.
miyao_status miyao_inspection_form(const miyao_inspection *inspection,
                                   miyao_buffer **out);

// Whether a strict reader takes the content, whatever is around it; false for NULL.
bool miyao_inspection_is_strict(const miyao_inspection *inspection);

// The words for what a strict reader would take offence at and what else one should know, with commas between, empty where there is
// nothing; to be freed with `miyao_buffer_free`. The words stay the same from release to release.
miyao_status miyao_inspection_oddities(const miyao_inspection *inspection,
                                       miyao_buffer **out);

// All that was found as a page for people, one finding a line, without any secret; to be freed with `miyao_buffer_free`.
miyao_status miyao_inspection_report(const miyao_inspection *inspection,
                                     miyao_buffer **out);

// Wipes and frees it. NULL is nothing.
void miyao_inspection_free(miyao_inspection *inspection);

// The SM2 public key that was found, or belongs to what was found, to be freed with `miyao_sm2_public_key_free`.
//
// MIYAO_STATUS_MISSING: there is none.
miyao_status miyao_inspection_public_key(const miyao_inspection *inspection,
                                         miyao_sm2_public_key **out,
                                         miyao_error **error);

// The private key that was found, to be freed with `miyao_sm2_private_key_free`: one under a passphrase is opened with it, one that is
// enveloped with `own`; both are NULL where they are not needed.
//
// MIYAO_STATUS_MISSING: it is under a passphrase or enveloped, and none or no key was given. MIYAO_STATUS_REJECTED: the passphrase or the
// key does not open it. MIYAO_STATUS_INVALID: no private key was found. MIYAO_STATUS_MALFORMED: its halves do not belong together.
// MIYAO_STATUS_UNSUPPORTED: encrypted with what is not read. MIYAO_STATUS_TOO_LARGE: more than MIYAO_PKCS8_MAX_ITERATIONS.
miyao_status miyao_inspection_private_key(const miyao_inspection *inspection,
                                          const uint8_t *passphrase,
                                          size_t passphrase_len,
                                          const miyao_sm2_private_key *own,
                                          miyao_sm2_private_key **out,
                                          miyao_error **error);

// Says in which order a ciphertext is, where neither its bytes nor a key tell: MIYAO_SM2_ENCODING_C1C3C2 or MIYAO_SM2_ENCODING_C1C2C3.
//
// MIYAO_STATUS_INVALID: no ciphertext was found.
miyao_status miyao_inspection_assume(miyao_inspection *inspection,
                                     uint32_t encoding);

// Writes what was found in a form that fits it, always strictly, with a MIYAO_ARMOR_ around it; to be freed with `miyao_buffer_free`,
// which wipes it. A form is, in text: of a private key pkcs8, sec1 or scalar; of a key spki, point, coordinates or compressed; of a
// signature der or raw; of a ciphertext der, c1c3c2, c1c2c3, bare-c1c3c2 or bare-c1c2c3. A private key may become a public one.
//
// MIYAO_STATUS_INVALID: a form of something else, a ciphertext whose order is unknown, and PEM around a form without a label.
// MIYAO_STATUS_MALFORMED: what contradicts itself or cannot be used. MIYAO_STATUS_UNSUPPORTED: what has no other form, or is still
// encrypted.
miyao_status miyao_inspection_convert(const miyao_inspection *inspection,
                                      const char *form,
                                      size_t form_len,
                                      uint32_t armor,
                                      miyao_buffer **out,
                                      miyao_error **error);

// Reads the one request of PEM or DER, to be freed with `miyao_certificate_request_free`; nothing is verified yet.
//
// MIYAO_STATUS_MALFORMED: anything else, and several.
miyao_status miyao_certificate_request_parse(const uint8_t *file,
                                             size_t file_len,
                                             miyao_certificate_request **out,
                                             miyao_error **error);

// The public key that it is for, once its holder has proved to have the private half: verifies the signature under this user id,
// MIYAO_SM2_DEFAULT_ID as a rule. To be freed with `miyao_sm2_public_key_free`.
//
// MIYAO_STATUS_REJECTED: it does not verify. MIYAO_STATUS_UNSUPPORTED: a key or signature of another algorithm.
miyao_status miyao_certificate_request_verify(const miyao_certificate_request *request,
                                              const uint8_t *user_id,
                                              size_t user_id_len,
                                              miyao_sm2_public_key **out,
                                              miyao_error **error);

// The name that is asked for as RFC 4514 writes it, as anybody may have written it before the request is verified, to be freed with
// `miyao_buffer_free`.
miyao_status miyao_certificate_request_unverified_subject(const miyao_certificate_request *request,
                                                          miyao_buffer **out);

// The further names that are asked for, written as `miyao_certificate_alternative_names` does, as anybody may have written them before
// the request is verified.
miyao_status miyao_certificate_request_unverified_alternative_names(const miyao_certificate_request *request,
                                                                    miyao_buffer **out);

// Writes it in DER, byte for byte as it was read, to be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_request_to_der(const miyao_certificate_request *request, miyao_buffer **out);

// Writes it as PEM, `CERTIFICATE REQUEST`, to be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_request_to_pem(const miyao_certificate_request *request, miyao_buffer **out);

// Frees it. NULL is nothing.
void miyao_certificate_request_free(miyao_certificate_request *request);

// Trusts nobody yet; to be freed with `miyao_trust_free`.
miyao_status miyao_trust_new(miyao_trust **out);

// Trusts this certificate, of which a copy is kept, whoever signed it; it holds in its time and for what it says it may do.
miyao_status miyao_trust_add_anchor(miyao_trust *trust,
                                    const miyao_certificate *certificate);

// A certificate that may stand between, in any order, of which a copy is kept; nobody has to trust it.
miyao_status miyao_trust_add_intermediate(miyao_trust *trust, const miyao_certificate *certificate);

// Demands from now on of every certificate below the anchor that a current revocation list of its issuer does not revoke it; lists are
// added with `miyao_trust_add_crl`.
miyao_status miyao_trust_demand_crls(miyao_trust *trust);

// A revocation list to be asked, of which a copy is kept; with the first one, lists are demanded of every issuer, as
// `miyao_trust_demand_crls` says.
miyao_status miyao_trust_add_crl(miyao_trust *trust, const miyao_crl *crl);

// The user id that all issuers signed under, where it is not MIYAO_SM2_DEFAULT_ID; a copy is kept.
miyao_status miyao_trust_set_user_id(miyao_trust *trust, const uint8_t *user_id, size_t user_id_len);

// Finds a path from a certificate to an anchor that holds at `now`, in seconds since 1970-01-01T00:00:00Z, for a MIYAO_PURPOSE_. Whose
// certificate it is, the caller compares. The path is written to `path` as PEM, from the certificate to the anchor, to be freed with
// `miyao_buffer_free`, unless that is NULL.
//
// Each error names what it is about. MIYAO_STATUS_FORBIDDEN: one that has expired, is not valid yet, is revoked, or may not do what it
// does here. MIYAO_STATUS_REJECTED: a signature does not verify. MIYAO_STATUS_MISSING: no issuer, or no revocation list of an issuer, is
// at hand. MIYAO_STATUS_STALE: a revocation list out of its time. MIYAO_STATUS_UNSUPPORTED: a critical extension that is not understood,
// and keys and signatures of other algorithms. MIYAO_STATUS_MALFORMED: a certificate contradicts itself. MIYAO_STATUS_TOO_LARGE: more
// than 10 certificates in a path, or 64 signatures in a search.
miyao_status miyao_trust_verify(const miyao_trust *trust,
                                const miyao_certificate *certificate,
                                uint32_t purpose,
                                int64_t now,
                                miyao_buffer **path,
                                miyao_error **error);

// Frees it. NULL is nothing.
void miyao_trust_free(miyao_trust *trust);

// Signs `count` messages, each as `miyao_sm2_private_key_sign` does; the keys may be different or the same, and from eight messages on
// it takes a fraction of the time. Of item i: `keys[i]`, a user id of `user_id_lens[i]` bytes at `user_ids[i]`, likewise the message;
// its signature is written to `out + 64 * i`, and to `statuses[i]` how it went, a miyao_status in a byte.
//
// MIYAO_STATUS_PARTIAL: some were not signed, which `statuses` tells: MIYAO_STATUS_INVALID for a user id of more than MIYAO_SM2_ID_MAX
// bytes. In place of their signatures are zeros. MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_sign_batch(const miyao_sm2_private_key *const *keys,
                                  const uint8_t *const *user_ids,
                                  const size_t *user_id_lens,
                                  const uint8_t *const *messages,
                                  const size_t *message_lens,
                                  size_t count,
                                  uint8_t *out,
                                  size_t out_cap,
                                  uint8_t *statuses,
                                  size_t statuses_cap);

// Signs `count` digests e of 32 bytes that stand behind one another, each as `miyao_sm2_private_key_sign_digest` does: with `keys[i]` the
// one at `digests + 32 * i`, whose signature is written to `out + 64 * i`.
//
// MIYAO_STATUS_INVALID: another length than 32 times `count`. MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_sign_digest_batch(const miyao_sm2_private_key *const *keys,
                                         const uint8_t *digests,
                                         size_t digests_len,
                                         size_t count,
                                         uint8_t *out,
                                         size_t out_cap);

// Verifies `count` messages, each as `miyao_sm2_public_key_verify` does. Of item i: `keys[i]`, a user id of `user_id_lens[i]` bytes at
// `user_ids[i]`, likewise the message, and the signature of 64 bytes at `signatures + 64 * i`; to `statuses[i]` is written how it went, a
// miyao_status in a byte: MIYAO_STATUS_OK or MIYAO_STATUS_REJECTED. One that is refused says nothing about the others.
//
// MIYAO_STATUS_OK: every signature verifies. MIYAO_STATUS_PARTIAL: at least one does not, which `statuses` tells.
// MIYAO_STATUS_INVALID: another length than 64 times `count`; nothing was verified.
miyao_status miyao_sm2_verify_batch(const miyao_sm2_public_key *const *keys,
                                    const uint8_t *const *user_ids,
                                    const size_t *user_id_lens,
                                    const uint8_t *const *messages,
                                    const size_t *message_lens,
                                    const uint8_t *signatures,
                                    size_t signatures_len,
                                    size_t count,
                                    uint8_t *statuses,
                                    size_t statuses_cap);

// Verifies `count` digests e of 32 bytes that stand behind one another, each as `miyao_sm2_public_key_verify_digest` does: with `keys[i]`
// the one at `digests + 32 * i` and the signature at `signatures + 64 * i`; to `statuses[i]` is written how it went, a miyao_status in a
// byte: MIYAO_STATUS_OK or MIYAO_STATUS_REJECTED.
//
// MIYAO_STATUS_OK: every signature verifies. MIYAO_STATUS_PARTIAL: at least one does not, which `statuses` tells.
// MIYAO_STATUS_INVALID: another length than 32 or 64 times `count`; nothing was verified.
miyao_status miyao_sm2_verify_digest_batch(const miyao_sm2_public_key *const *keys,
                                           const uint8_t *digests,
                                           size_t digests_len,
                                           const uint8_t *signatures,
                                           size_t signatures_len,
                                           size_t count,
                                           uint8_t *statuses,
                                           size_t statuses_cap);

// The most bytes of a ciphertext of so many bytes, which is what `out_cap` has to be for miyao_sm2_public_key_encrypt; exact but for
// MIYAO_SM2_ENCODING_DER. 0 for an encoding that does not exist.
size_t miyao_sm2_ciphertext_max(size_t plaintext_len,
                                uint32_t encoding);

// A digest that begins with ZA of this signer and has no byte of a message yet, to be freed with `miyao_sm2_digest_free`.
//
// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes.
miyao_status miyao_sm2_digest_new(const miyao_sm2_public_key *signer,
                                  const uint8_t *user_id,
                                  size_t user_id_len,
                                  miyao_sm2_digest **out);

// Adds bytes of the message.
miyao_status miyao_sm2_digest_update(miyao_sm2_digest *digest, const uint8_t *data, size_t data_len);

// Writes e of what was added so far to `out`, 32 bytes, for `miyao_sm2_private_key_sign_digest` or
// `miyao_sm2_public_key_verify_digest`; more can be added afterwards.
miyao_status miyao_sm2_digest_finish(const miyao_sm2_digest *digest, uint8_t *out, size_t out_cap);

// A copy that goes on by itself, to be freed too.
miyao_status miyao_sm2_digest_clone(const miyao_sm2_digest *digest, miyao_sm2_digest **out);

// Wipes and frees it. NULL is nothing.
void miyao_sm2_digest_free(miyao_sm2_digest *digest);

// Hides a private key for whoever holds the private half of `recipient`, as a certification authority hands out a key pair for
// encryption: DER, to be freed with `miyao_buffer_free`.
//
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_enveloped_key_wrap(const miyao_sm2_private_key *key,
                                          const miyao_sm2_public_key *recipient,
                                          miyao_buffer **out,
                                          miyao_error **error);

// Finds the private key of an enveloped key in DER again, with one's own, to be freed with `miyao_sm2_private_key_free`.
//
// MIYAO_STATUS_REJECTED: another key, and halves that do not belong together. MIYAO_STATUS_MALFORMED: another shape.
// MIYAO_STATUS_UNSUPPORTED: another cipher than SM4-ECB.
miyao_status miyao_sm2_enveloped_key_unwrap(const uint8_t *der,
                                            size_t der_len,
                                            const miyao_sm2_private_key *own,
                                            miyao_sm2_private_key **out,
                                            miyao_error **error);

// The public half that an enveloped key in DER names, as anybody may have written it, to be freed with `miyao_sm2_public_key_free`.
//
// MIYAO_STATUS_MALFORMED: another shape. MIYAO_STATUS_UNSUPPORTED: another cipher than SM4-ECB.
miyao_status miyao_sm2_enveloped_key_unverified_public_key(const uint8_t *der,
                                                           size_t der_len,
                                                           miyao_sm2_public_key **out,
                                                           miyao_error **error);

// Steps A4 to A7, or B3 to B6, of GB/T 32918.3 §6.1, in one's own role: from one's own key and user id, a fresh key that is used once
// (`miyao_sm2_private_key_random`; its public half goes to the peer), the peer's key and user id, and the peer's public half of such a
// one. To be freed with `miyao_sm2_exchange_free`; nothing of what was given is kept.
//
// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_REJECTED: the shared point is the identity.
miyao_status miyao_sm2_exchange_new(uint32_t role,
                                    const miyao_sm2_private_key *own,
                                    const uint8_t *own_id,
                                    size_t own_id_len,
                                    const miyao_sm2_private_key *ephemeral,
                                    const miyao_sm2_public_key *peer,
                                    const uint8_t *peer_id,
                                    size_t peer_id_len,
                                    const miyao_sm2_public_key *peer_ephemeral,
                                    miyao_sm2_exchange **out);

// `KDF(x ‖ y ‖ ZA ‖ ZB)`: fills `out` with `out_cap` bytes of the agreed key.
//
// MIYAO_STATUS_INVALID: no bytes, or more than the KDF gives.
miyao_status miyao_sm2_exchange_key(const miyao_sm2_exchange *exchange, uint8_t *out, size_t out_cap);

// The confirmation that the user of this role sends, 32 bytes to `out`: SB = S1 is the responder's, SA = S2 the initiator's.
miyao_status miyao_sm2_exchange_confirmation(const miyao_sm2_exchange *exchange,
                                             uint32_t role,
                                             uint8_t *out,
                                             size_t out_cap);

// Verifies the confirmation that the peer sent, 32 bytes.
//
// MIYAO_STATUS_REJECTED: the peer has another key. MIYAO_STATUS_INVALID: another length.
miyao_status miyao_sm2_exchange_verify(const miyao_sm2_exchange *exchange,
                                       const uint8_t *confirmation,
                                       size_t confirmation_len);

// Wipes and frees it. NULL is nothing.
void miyao_sm2_exchange_free(miyao_sm2_exchange *exchange);

// Reads a private-key file as the standards write them, whichever it is: PKCS#8 (RFC 5958), SEC1 (RFC 5915), or PKCS#8 under a passphrase
// (PBES2 of RFC 8018 and GM/T 0091-2020); in PEM or strict DER. The passphrase is for the last alone, and NULL with 0 where there is
// none. To be freed with `miyao_sm2_private_key_free`. What is written less strictly `miyao_inspection_new` reads.
//
// MIYAO_STATUS_MISSING: the key is under a passphrase, and none was given. MIYAO_STATUS_REJECTED: the passphrase does not open it.
// MIYAO_STATUS_MALFORMED: no SM2 key in these forms. MIYAO_STATUS_UNSUPPORTED: encrypted with what is not read.
// MIYAO_STATUS_TOO_LARGE: more than MIYAO_PKCS8_MAX_ITERATIONS.
miyao_status miyao_sm2_private_key_parse(const uint8_t *file,
                                         size_t file_len,
                                         const uint8_t *passphrase,
                                         size_t passphrase_len,
                                         miyao_sm2_private_key **out,
                                         miyao_error **error);

// Writes PKCS#8 in DER, unencrypted and with the public half inside, to be freed with `miyao_buffer_free`, which wipes it.
miyao_status miyao_sm2_private_key_to_pkcs8_der(const miyao_sm2_private_key *key,
                                                miyao_buffer **out);

// Writes PKCS#8 as PEM, `PRIVATE KEY`, unencrypted, to be freed with `miyao_buffer_free`, which wipes it.
miyao_status miyao_sm2_private_key_to_pkcs8_pem(const miyao_sm2_private_key *key, miyao_buffer **out);

// Writes ECPrivateKey of SEC1 in DER, unencrypted, with the curve's name and the public half, to be freed with `miyao_buffer_free`,
// which wipes it.
miyao_status miyao_sm2_private_key_to_sec1_der(const miyao_sm2_private_key *key,
                                               miyao_buffer **out);

// Writes PKCS#8 under a passphrase in DER, as the options say; of NULL they are the usual ones. To be freed with `miyao_buffer_free`.
//
// MIYAO_STATUS_INVALID: an empty passphrase. MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_private_key_encrypt_der(const miyao_sm2_private_key *key,
                                               const uint8_t *passphrase,
                                               size_t passphrase_len,
                                               const miyao_pkcs8_options *options,
                                               miyao_buffer **out);

// Likewise as PEM, `ENCRYPTED PRIVATE KEY`.
//
// MIYAO_STATUS_INVALID: an empty passphrase. MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_private_key_encrypt_pem(const miyao_sm2_private_key *key,
                                               const uint8_t *passphrase,
                                               size_t passphrase_len,
                                               const miyao_pkcs8_options *options,
                                               miyao_buffer **out);

// Prepares a key with the small table, 2 KiB: it takes about as long as one verification and pays from the second use on. To be freed
// with `miyao_sm2_prepared_key_free`; the key may be freed before.
miyao_status miyao_sm2_prepared_key_new(const miyao_sm2_public_key *key,
                                        miyao_sm2_prepared_key **out);

// Prepares a key with the full table, 86 KiB: it takes about ten verifications and makes each of them several times faster.
miyao_status miyao_sm2_prepared_key_full(const miyao_sm2_public_key *key,
                                         miyao_sm2_prepared_key **out);

// A copy of the key itself, to be freed with `miyao_sm2_public_key_free`.
miyao_status miyao_sm2_prepared_key_public_key(const miyao_sm2_prepared_key *prepared, miyao_sm2_public_key **out);

// Verifies a signature of a message, as `miyao_sm2_public_key_verify` does.
//
// MIYAO_STATUS_REJECTED: another key, user id, message or signature. MIYAO_STATUS_INVALID: a signature of another length.
miyao_status miyao_sm2_prepared_key_verify(const miyao_sm2_prepared_key *prepared,
                                           const uint8_t *user_id,
                                           size_t user_id_len,
                                           const uint8_t *message,
                                           size_t message_len,
                                           const uint8_t *signature,
                                           size_t signature_len);

// Verifies a signature of e, as `miyao_sm2_public_key_verify_digest` does.
//
// MIYAO_STATUS_REJECTED: another key, digest or signature. MIYAO_STATUS_INVALID: a signature or digest of another length.
miyao_status miyao_sm2_prepared_key_verify_digest(const miyao_sm2_prepared_key *prepared,
                                                  const uint8_t *digest,
                                                  size_t digest_len,
                                                  const uint8_t *signature,
                                                  size_t signature_len);

// Encrypts, as `miyao_sm2_public_key_encrypt` does.
//
// MIYAO_STATUS_INVALID: an empty plaintext, or too little room. MIYAO_STATUS_TOO_LARGE: too long a plaintext.
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_prepared_key_encrypt(const miyao_sm2_prepared_key *prepared,
                                            const uint8_t *plaintext,
                                            size_t plaintext_len,
                                            uint32_t encoding,
                                            uint8_t *out,
                                            size_t out_cap,
                                            size_t *out_len);

// Frees it. NULL is nothing.
void miyao_sm2_prepared_key_free(miyao_sm2_prepared_key *prepared);

// A fresh key (GB/T 32918.1 §6.1), to be freed with `miyao_sm2_private_key_free`.
//
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_private_key_random(miyao_sm2_private_key **out);

// Fresh keys, to be freed one by one: writes `count` pointers to `out`. From eight on it takes a fraction of the time that as many
// single ones take.
//
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_private_key_random_batch(miyao_sm2_private_key **out,
                                                size_t count);

// The key of 32 bytes, big-endian, to be freed with `miyao_sm2_private_key_free`.
//
// MIYAO_STATUS_INVALID: another length, or outside of [1, n − 2].
miyao_status miyao_sm2_private_key_from_bytes(const uint8_t *bytes, size_t bytes_len, miyao_sm2_private_key **out);

// Writes the key itself to `out`, 32 bytes, big-endian, for the caller to wipe.
miyao_status miyao_sm2_private_key_expose(const miyao_sm2_private_key *key, uint8_t *out, size_t out_cap);

// `[d]G`: a copy of the public half, to be freed with `miyao_sm2_public_key_free`.
miyao_status miyao_sm2_private_key_public_key(const miyao_sm2_private_key *key, miyao_sm2_public_key **out);

// `SM2.sign[d, user id](message)` (GB/T 32918.2 §6): writes r ‖ s to `out`, 64 bytes; `miyao_sm2_signature_to_der` makes DER of it. The
// user id is MIYAO_SM2_DEFAULT_ID unless another was agreed on.
//
// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_private_key_sign(const miyao_sm2_private_key *key,
                                        const uint8_t *user_id,
                                        size_t user_id_len,
                                        const uint8_t *message,
                                        size_t message_len,
                                        uint8_t *out,
                                        size_t out_cap);

// Signs e, the 32 bytes that `miyao_sm2_digest_finish` gives; writes r ‖ s to `out`, 64 bytes.
//
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_private_key_sign_digest(const miyao_sm2_private_key *key,
                                               const uint8_t *digest,
                                               size_t digest_len,
                                               uint8_t *out,
                                               size_t out_cap);

// `SM2.decrypt[d](ciphertext)` (GB/T 32918.4 §7), in a MIYAO_SM2_ENCODING_: writes the plaintext to `out` and its length to `out_len`.
// It is shorter than the ciphertext, so `ciphertext_len` is always room enough.
//
// MIYAO_STATUS_REJECTED: another key, altered or malformed bytes. MIYAO_STATUS_INVALID: too little room.
miyao_status miyao_sm2_private_key_decrypt(const miyao_sm2_private_key *key,
                                           const uint8_t *ciphertext,
                                           size_t ciphertext_len,
                                           uint32_t encoding,
                                           uint8_t *out,
                                           size_t out_cap,
                                           size_t *out_len);

// `x([d]P)`: writes the raw Diffie–Hellman value to `out`, 32 bytes. Derive keys from it, never use it as one.
miyao_status miyao_sm2_private_key_shared_x(const miyao_sm2_private_key *key,
                                            const miyao_sm2_public_key *peer,
                                            uint8_t *out,
                                            size_t out_cap);

// Wipes and frees it. NULL is nothing.
void miyao_sm2_private_key_free(miyao_sm2_private_key *key);

// The key of the bytes 04 ‖ x ‖ y, or 02 ‖ x or 03 ‖ x (GB/T 32918.1 §4.2.9), to be freed with `miyao_sm2_public_key_free`.
//
// MIYAO_STATUS_INVALID: any other bytes, a point off the curve and the identity.
miyao_status miyao_sm2_public_key_from_bytes(const uint8_t *bytes,
                                             size_t bytes_len,
                                             miyao_sm2_public_key **out);

// The key of the coordinates x ‖ y, 64 bytes, as devices and bare forms have them.
//
// MIYAO_STATUS_INVALID: another length, and a point off the curve.
miyao_status miyao_sm2_public_key_from_coordinates(const uint8_t *coordinates,
                                                   size_t coordinates_len,
                                                   miyao_sm2_public_key **out);

// Reads a key file: SubjectPublicKeyInfo, `PUBLIC KEY` in PEM or strict DER.
//
// MIYAO_STATUS_MALFORMED: anything else.
miyao_status miyao_sm2_public_key_parse(const uint8_t *file,
                                        size_t file_len,
                                        miyao_sm2_public_key **out,
                                        miyao_error **error);

// Writes 04 ‖ x ‖ y to `out`, 65 bytes.
miyao_status miyao_sm2_public_key_to_bytes(const miyao_sm2_public_key *key, uint8_t *out, size_t out_cap);

// Writes 02 ‖ x or 03 ‖ x to `out`, 33 bytes.
miyao_status miyao_sm2_public_key_to_compressed(const miyao_sm2_public_key *key, uint8_t *out, size_t out_cap);

// Writes SubjectPublicKeyInfo in DER to `out`, 91 bytes.
miyao_status miyao_sm2_public_key_to_spki(const miyao_sm2_public_key *key, uint8_t *out, size_t out_cap);

// Writes SubjectPublicKeyInfo as PEM, `PUBLIC KEY`, to be freed with `miyao_buffer_free`.
miyao_status miyao_sm2_public_key_to_pem(const miyao_sm2_public_key *key, miyao_buffer **out);

// Whether both are the same key; false where one is NULL.
bool miyao_sm2_public_key_equal(const miyao_sm2_public_key *key, const miyao_sm2_public_key *other);

// `SM3(SubjectPublicKeyInfo)`: writes the key identifier to `out`, 32 bytes.
miyao_status miyao_sm2_public_key_identifier(const miyao_sm2_public_key *key, uint8_t *out, size_t out_cap);

// `ZA = SM3(ENTLA ‖ IDA ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA)` (GB/T 32918.2 §5.5): writes 32 bytes to `out`.
//
// MIYAO_STATUS_INVALID: a user id of more than MIYAO_SM2_ID_MAX bytes.
miyao_status miyao_sm2_public_key_za(const miyao_sm2_public_key *key,
                                     const uint8_t *user_id,
                                     size_t user_id_len,
                                     uint8_t *out,
                                     size_t out_cap);

// Verifies a signature r ‖ s of 64 bytes of a message (GB/T 32918.2 §7).
//
// MIYAO_STATUS_REJECTED: another key, user id, message or signature. MIYAO_STATUS_INVALID: a signature of another length.
miyao_status miyao_sm2_public_key_verify(const miyao_sm2_public_key *key,
                                         const uint8_t *user_id,
                                         size_t user_id_len,
                                         const uint8_t *message,
                                         size_t message_len,
                                         const uint8_t *signature,
                                         size_t signature_len);

// Verifies a signature of e, the 32 bytes that `miyao_sm2_digest_finish` gives.
//
// MIYAO_STATUS_REJECTED: another key, digest or signature. MIYAO_STATUS_INVALID: a signature or digest of another length.
miyao_status miyao_sm2_public_key_verify_digest(const miyao_sm2_public_key *key,
                                                const uint8_t *digest,
                                                size_t digest_len,
                                                const uint8_t *signature,
                                                size_t signature_len);

// `SM2.encrypt[P](plaintext)` (GB/T 32918.4 §6), 1 byte to 2^30 bytes, in a MIYAO_SM2_ENCODING_: writes the ciphertext to `out` and its
// length to `out_len`; there has to be room for `miyao_sm2_ciphertext_max` bytes.
//
// MIYAO_STATUS_INVALID: an empty plaintext, or too little room. MIYAO_STATUS_TOO_LARGE: too long a plaintext.
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_sm2_public_key_encrypt(const miyao_sm2_public_key *key,
                                          const uint8_t *plaintext,
                                          size_t plaintext_len,
                                          uint32_t encoding,
                                          uint8_t *out,
                                          size_t out_cap,
                                          size_t *out_len);

// Frees it. NULL is nothing.
void miyao_sm2_public_key_free(miyao_sm2_public_key *key);

// HMAC-SM3 under its usual number and MIYAO_PKCS8_DEFAULT_ITERATIONS, to be freed with `miyao_pkcs8_options_free`.
miyao_status miyao_pkcs8_options_new(miyao_pkcs8_options **out);

// Chooses another cost.
//
// MIYAO_STATUS_INVALID: fewer than MIYAO_PKCS8_MIN_ITERATIONS, or more than MIYAO_PKCS8_MAX_ITERATIONS.
miyao_status miyao_pkcs8_options_set_iterations(miyao_pkcs8_options *options, uint32_t iterations);

// Chooses another way to write the derivation, a MIYAO_PKCS8_DERIVATION_, for a reader that asks for it.
miyao_status miyao_pkcs8_options_set_derivation(miyao_pkcs8_options *options, uint32_t derivation);

// Frees it. NULL is nothing.
void miyao_pkcs8_options_free(miyao_pkcs8_options *options);

// `SEQUENCE { r, s }`: writes a signature r ‖ s of 64 bytes in DER (GM/T 0009-2012 §7.3), at most 72 bytes, and says how many.
//
// MIYAO_STATUS_REJECTED: r or s lies outside of [1, n − 1], so it is no signature of anything. MIYAO_STATUS_INVALID: another length.
miyao_status miyao_sm2_signature_to_der(const uint8_t *signature,
                                        size_t signature_len,
                                        uint8_t *out,
                                        size_t out_cap,
                                        size_t *out_len);

// Reads a signature in strict DER; writes r ‖ s, 64 bytes.
//
// MIYAO_STATUS_REJECTED: any other bytes, and numbers outside of [1, n − 1].
miyao_status miyao_sm2_signature_from_der(const uint8_t *der, size_t der_len, uint8_t *out, size_t out_cap);

// `SM3(data)`: writes the 32 bytes of the digest to `out`.
miyao_status miyao_sm3_digest(const uint8_t *data, size_t data_len, uint8_t *out, size_t out_cap);

// `SM3` of each of `count` messages, side by side: writes 32 bytes for each to `out`, in their order. Message `i` is the `lens[i]` bytes
// at `messages[i]`. For many short messages this takes a fraction of the time of one by one.
miyao_status miyao_sm3_digest_many(const uint8_t *const *messages,
                                   const size_t *lens,
                                   size_t count,
                                   uint8_t *out,
                                   size_t out_cap);

// A hash of no bytes yet, to be freed with `miyao_sm3_free`.
miyao_status miyao_sm3_new(miyao_sm3 **out);

// Adds bytes.
miyao_status miyao_sm3_update(miyao_sm3 *sm3, const uint8_t *data, size_t data_len);

// Writes the digest of what was added so far to `out`, 32 bytes; more can be added afterwards.
miyao_status miyao_sm3_finish(const miyao_sm3 *sm3, uint8_t *out, size_t out_cap);

// A copy that goes on by itself, to be freed too.
miyao_status miyao_sm3_clone(const miyao_sm3 *sm3, miyao_sm3 **out);

// Starts again from no bytes.
miyao_status miyao_sm3_reset(miyao_sm3 *sm3);

// Wipes and frees it. NULL is nothing.
void miyao_sm3_free(miyao_sm3 *sm3);

// Takes a key of 16 bytes; to be freed with `miyao_sm4_free`.
miyao_status miyao_sm4_new(const uint8_t *key, size_t key_len, miyao_sm4 **out);

// How many bytes PKCS#7 makes of `len`: the next multiple of 16; SIZE_MAX where there is none.
size_t miyao_sm4_padded_len(size_t len);

// `SM4-mode[key, iv](data)`: encrypts `data` to `out` and writes the number of its bytes to `out_len`. `mode` is one of MIYAO_SM4_MODE_…;
// the IV has 16 bytes, and none in ECB. `out` has room for `data_len` bytes, with padding for `miyao_sm4_padded_len(data_len)`, and may
// be `data` itself.
//
// Nothing authenticates: take GCM or CCM unless another system asks for this.
//
// MIYAO_STATUS_INVALID: in ECB and CBC without padding, the bytes are not whole blocks of 16.
// MIYAO_STATUS_UNSUPPORTED: there is no such mode.
miyao_status miyao_sm4_encrypt(const miyao_sm4 *sm4,
                               uint32_t mode,
                               const uint8_t *iv,
                               size_t iv_len,
                               const uint8_t *data,
                               size_t data_len,
                               uint8_t *out,
                               size_t out_cap,
                               size_t *out_len);

// Undoes `miyao_sm4_encrypt`: decrypts `data` to `out`, which has room for `data_len` bytes and may be `data` itself, and writes the number
// of bytes of the plaintext to `out_len`.
//
// MIYAO_STATUS_INVALID: in ECB and CBC, the bytes are not whole blocks of 16.
// MIYAO_STATUS_UNSUPPORTED: there is no such mode.
// MIYAO_STATUS_REJECTED: the padding is none.
miyao_status miyao_sm4_decrypt(const miyao_sm4 *sm4,
                               uint32_t mode,
                               const uint8_t *iv,
                               size_t iv_len,
                               const uint8_t *data,
                               size_t data_len,
                               uint8_t *out,
                               size_t out_cap,
                               size_t *out_len);

// Wipes and frees it. NULL is nothing.
void miyao_sm4_free(miyao_sm4 *sm4);

// Begins a text: `mode` is one of MIYAO_SM4_MODE_…, `direction` MIYAO_SM4_ENCRYPT or MIYAO_SM4_DECRYPT; the key has 16 bytes, the IV 16, and none in
// ECB. To be freed with `miyao_sm4_stream_free`.
//
// MIYAO_STATUS_UNSUPPORTED: there is no such mode or direction.
miyao_status miyao_sm4_stream_new(const uint8_t *key,
                                  size_t key_len,
                                  uint32_t mode,
                                  uint32_t direction,
                                  const uint8_t *iv,
                                  size_t iv_len,
                                  miyao_sm4_stream **out);

// How many bytes the next `miyao_sm4_stream_update` with `data_len` bytes writes: as many, and in ECB and CBC what is whole blocks by then,
// at most 15 more than go in. 0 for NULL, SIZE_MAX past what a length can say.
size_t miyao_sm4_stream_update_len(const miyao_sm4_stream *stream,
                                   size_t data_len);

// Takes the next bytes, any number, writes what they make to `out` and the number of its bytes to `out_len`. `out` has room for
// `miyao_sm4_stream_update_len(stream, data_len)` bytes; in CFB, CFB8, OFB and CTR it may be `data` itself.
//
// What comes out of a decryption is not authentic.
//
// MIYAO_STATUS_INVALID: the text has ended, or `out` is `data` in ECB or CBC.
miyao_status miyao_sm4_stream_update(miyao_sm4_stream *stream,
                                     const uint8_t *data,
                                     size_t data_len,
                                     uint8_t *out,
                                     size_t out_cap,
                                     size_t *out_len);

// Ends the text, writes the rest to `out` and the number of its bytes to `out_len`: with padding, 16 in encryption and at most 15 in
// decryption, for which `out` has room for 16; without, none, and `out` may be NULL.
//
// MIYAO_STATUS_INVALID: the last block is not whole and is not to be padded; or the text has ended before.
// MIYAO_STATUS_REJECTED: the padding is none.
miyao_status miyao_sm4_stream_finish(miyao_sm4_stream *stream,
                                     uint8_t *out,
                                     size_t out_cap,
                                     size_t *out_len);

// Begins another text under the same key, in the same mode and direction.
miyao_status miyao_sm4_stream_reset(miyao_sm4_stream *stream, const uint8_t *iv, size_t iv_len);

// Wipes and frees it. NULL is nothing.
void miyao_sm4_stream_free(miyao_sm4_stream *stream);

// The name of a status as docs/errors.md has it, `Rejected` for 3; `Unknown` for a number that this build does not know.
// It is never NULL and never freed.
const char *miyao_status_name(uint32_t status);

// `MIYAO_ABI_VERSION` of the library that is loaded, to be compared with the header's.
uint32_t miyao_abi_version(void);

// The release, `0.1.0`; never freed.
const char *miyao_version(void);

// What this build has beyond the algorithms, words with spaces between: `sqlite`, and `pkcs11` where roots and keys in encryption
// machines can be used; never freed.
const char *miyao_features(void);

// Runs the known-answer tests of every algorithm (GM/T 0028 §7.10), some milliseconds. Nothing has to be called before others: this is
// for programs that must show it.
//
// MIYAO_STATUS_SELF_TEST: an answer was wrong; this build must not be used on this machine.
miyao_status miyao_self_test(void);

// Fills `out` with `out_cap` random bytes of the generator of this thread (SM3 Hash_DRBG, seeded by the system).
//
// MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_random(uint8_t *out, size_t out_cap);

// Takes a key of 32 bytes for an order of bits, MIYAO_XTS_IEEE or MIYAO_XTS_GB; to be freed with `miyao_xts_free`.
//
// MIYAO_STATUS_INVALID: the key is not 32 bytes long, or both halves of it are equal, which IEEE 1619 forbids.
// MIYAO_STATUS_UNSUPPORTED: there is no such order.
miyao_status miyao_xts_new(const uint8_t *key, size_t key_len, uint32_t order, miyao_xts **out);

// `SM4-XTS[key, tweak](data)`: encrypts a sector of MIYAO_XTS_MIN to MIYAO_XTS_MAX bytes to `out`, which has room for `data_len` bytes and may be
// `data` itself. The tweak has 16 bytes: the number of the sector, little-endian.
//
// Nothing authenticates, and equal sectors at one place stay equal: for storage that has no room for a tag.
//
// MIYAO_STATUS_INVALID: there are fewer bytes, or the tweak is not 16 bytes long.
// MIYAO_STATUS_TOO_LARGE: there are more.
miyao_status miyao_xts_encrypt(const miyao_xts *xts,
                               const uint8_t *tweak,
                               size_t tweak_len,
                               const uint8_t *data,
                               size_t data_len,
                               uint8_t *out,
                               size_t out_cap);

// Undoes `miyao_xts_encrypt`, with the same arguments and statuses.
miyao_status miyao_xts_decrypt(const miyao_xts *xts,
                               const uint8_t *tweak,
                               size_t tweak_len,
                               const uint8_t *data,
                               size_t data_len,
                               uint8_t *out,
                               size_t out_cap);

// Wipes and frees it. NULL is nothing.
void miyao_xts_free(miyao_xts *xts);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MIYAO_H */
