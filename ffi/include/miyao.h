// miyao (密钥): 国密 SM2, SM3, SM4, envelope encryption and key management. The C interface.
// Made from the sources of ffi/src; a test compares it, nobody edits it.
//
// What holds for every function
//
// Status     What can fail returns a miyao_status, 0 when it was done. Functions of algorithms have nothing to add to it; those of keys,
//            messages, files and devices take a miyao_error ** last, which may be NULL. On failure a new error with a sentence is put there,
//            for the caller to free with miyao_error_free; what was there before is not read and not freed, so free it, and set the
//            pointer to NULL, before it is used again. On success the pointer is left as it is: NULL, if it was set so.
// Inputs     come first, as a pointer and a length in bytes. NULL is allowed where the length is 0. Texts are UTF-8, need no NUL at their
//            end and contain none. Nothing is kept of an input after the call unless the function says so.
// Outputs    come last and are written only on success. A buffer of the caller's has its capacity after it, and must not overlap an
//            input, but for those that say that it may be the input itself, nor another output. A decryption that fails leaves zeros, never plaintext.
//            What has no size known beforehand comes as a miyao_buffer.
// Objects    are opaque. Each is freed exactly once with the _free of its type, which takes NULL, and wipes what was secret. What was
//            freed must not be used: that is not found out here.
// NULL       for an object or an output that has to be there is MIYAO_STATUS_INVALID, never a crash. A miyao_error ** may always be NULL, and what a
//            function names in a line "May be NULL"; everything else has to be there, but for inputs, outputs and arrays of no length.
// Threads    A miyao_kms, and every object passed as a pointer to const, may be used by many threads at once. Anything else by one at a time.
//            No object belongs to a thread. The first call that uses a key of a store starts one thread for what is done in the background,
//            `miyao-keeper`; a device starts some that wait for it, and streams those that were asked for. A thread
//            that calls has 256 KiB of stack at least: some calls wipe 64 KiB of it.
// Fork       After fork() a child may use every object that no thread was just changing; generators of random numbers are seeded
//            anew. An open stream is used by one of the two processes, and one with several threads by the parent alone, which has
//            the threads: in the child it is MIYAO_STATUS_UNAVAILABLE, and can be freed, which wipes its keys. Key stores are opened after
//            forking: a child whose parent had one open can use and open none, which is MIYAO_STATUS_UNAVAILABLE. Objects of a device are
//            opened again by themselves.
// Process    Nothing has to be initialised or ended. No signal handler is set, errno is not touched on purpose, and nothing is
//            printed, but for a defect of miyao itself, of which a line goes to the standard error.
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

// `sm4`: tokens, data keys and messages.
#define MIYAO_SPEC_SM4 1

// `hmac-sm3`: MACs over messages.
#define MIYAO_SPEC_HMAC_SM3 2

// `sm2-sign`: SM2 signatures.
#define MIYAO_SPEC_SM2_SIGN 3

// `sm2-encrypt`: SM2 decryption, and messages to its public half.
#define MIYAO_SPEC_SM2_ENCRYPT 4

// Material made by the library or its device.
#define MIYAO_ORIGIN_GENERATED 1

// Material brought by its owner, for every version.
#define MIYAO_ORIGIN_IMPORTED 2

// Used in this process, wrapped under the store's master secret at rest.
#define MIYAO_PROTECTION_SOFTWARE 1

// Used inside an encryption machine, which it never leaves.
#define MIYAO_PROTECTION_HARDWARE 2

// Data operations counted by principal, key and operation, and written every second.
#define MIYAO_AUDIT_COUNTED 1

// Written one by one, durable before the result is returned.
#define MIYAO_AUDIT_EACH 2

// The bytes of a MAC of `miyao_kms_mac`.
#define MIYAO_KMS_MAC_LEN 32

// The bytes of the material of a key.
#define MIYAO_MATERIAL_LEN 32

// The bytes of a token that permits one import.
#define MIYAO_IMPORT_TOKEN_LEN 76

// The most bytes of a token that brings a private key back.
#define MIYAO_KEY_PAIR_TOKEN_MAX 256

// Everything was under current versions already.
#define MIYAO_REWRAPPED_CURRENT 0

// The recipients were rewritten in place.
#define MIYAO_REWRAPPED_IN_PLACE 1

// The recipients did not fit: the file was written anew and renamed.
#define MIYAO_REWRAPPED_COPIED 2

// The bytes of a witness.
#define MIYAO_WITNESS_LEN 56

// The bytes of a key's id.
#define MIYAO_KEY_ID_LEN 16

// The message carries no signature.
#define MIYAO_SIGNED_NO 0

// It carries one that nobody checked, because the opener demands none.
#define MIYAO_SIGNED_UNCHECKED 1

// It was verified under the key that the opener demands.
#define MIYAO_SIGNED_VERIFIED 2

// The bytes of a signer's key identifier.
#define MIYAO_SIGNER_LEN 32

// The first bytes of a message that are enough for `miyao_message_inspect_unverified`, whatever it holds.
#define MIYAO_MESSAGE_INSPECTED 73837

// SM4-GCM with tags of 16 bytes: what messages are made in where nothing else is said.
#define MIYAO_SUITE_GCM 1

// SM4-CTR, then HMAC-SM3, with tags of 32 bytes: the conservative one.
#define MIYAO_SUITE_CTR_HMAC 2

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

// As many authorities below one as it likes.
#define MIYAO_PATH_LEN_ANY UINT32_MAX

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

// The iterations of a passphrase where 0 is given, and the fewest: PBKDF2-HMAC-SM3.
#define MIYAO_ITERATIONS_MIN 600000

// The most.
#define MIYAO_ITERATIONS_MAX 10000000

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

// The most bytes of plaintext in a token.
#define MIYAO_TOKEN_PLAINTEXT_MAX 65536

// How many bytes a token that `miyao_kms_encrypt` makes has more than its plaintext.
#define MIYAO_TOKEN_OVERHEAD 63

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
  // The policy does not permit this principal to do this; or a device does not take the PIN.
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

// One message on its way through SM4-CCM, encrypted in pieces of any size. It has a copy of its key: the `miyao_ccm`
// may be freed before it. After fork() one of the two processes goes on with it: if both did, two texts would be under one nonce.
typedef struct miyao_ccm_encryptor miyao_ccm_encryptor;

// A certificate (证书): X.509 v3 of RFC 5280 and GM/T 0015, as it was read, byte for byte.
typedef struct miyao_certificate miyao_certificate;

// A request for a certificate (证书请求): PKCS#10 of RFC 2986, as it was read, byte for byte.
typedef struct miyao_certificate_request miyao_certificate_request;

// What a certificate shall say, before an authority signs it: its holder's name, its time, and what the key is for.
typedef struct miyao_certificate_template miyao_certificate_template;

// A running SM4-CMAC (消息鉴别码) under its key.
typedef struct miyao_cmac miyao_cmac;

// How a message is written, and what goes along.
typedef struct miyao_cms_options miyao_cms_options;

// Up to 64 pairs of key and value that are authenticated with a token or a message: whoever decrypts must give the same. A const
// one may be used by many threads at once, and as often as wanted. Where a function takes a context, NULL is one without pairs.
typedef struct miyao_context miyao_context;

// A revocation list (证书撤销列表) of RFC 5280 §5, as it was read, byte for byte.
typedef struct miyao_crl miyao_crl;

// A message that is being opened, without a function of the caller's: the message is written to it, and what is authenticated of the plaintext is
// read from it. What is written is kept until it was read, so write pieces and read in turn.
typedef struct miyao_decryptor miyao_decryptor;

// An encryption machine or token, or several that stand in for each other, logged in to. Many threads may use one; stores that it is attached to, and roots in it, keep it after it was freed.
typedef struct miyao_device miyao_device;

// How an encryption machine is used, for `miyao_device_open`; everything has a default.
typedef struct miyao_device_settings miyao_device_settings;

// A message that is being made, without a function of the caller's: plaintext is written to it, and what is ready of the message is taken from it.
// **A message without its end, which `miyao_encryptor_finish` makes, is accepted by no reader.**
typedef struct miyao_encryptor miyao_encryptor;

// A failure in words, for a log or a person: a sentence that says what happened and what to do next, and what caused it. It
// never contains key bytes, plaintext, contexts or the contents of files.
typedef struct miyao_error miyao_error;

// A key of SM4-GCM (可鉴别加密) and the length of its tags. Many threads may use it at once.
typedef struct miyao_gcm miyao_gcm;

// One message on its way through SM4-GCM, encrypted in pieces of any size. It has a copy of its key: the `miyao_gcm`
// may be freed before it. After fork() one of the two processes goes on with it: if both did, two texts would be under one nonce.
typedef struct miyao_gcm_encryptor miyao_gcm_encryptor;

// A running HMAC-SM3 (带密钥的杂凑) under its key.
typedef struct miyao_hmac miyao_hmac;

// What was found of a file (格式鉴别): a key, a signature or a ciphertext, in which form, and what is odd about it. It is read far more
// loosely than by any other function, and nothing of it is authenticated.
typedef struct miyao_inspection miyao_inspection;

// What a key is to be, for `miyao_kms_create`.
typedef struct miyao_key_options miyao_key_options;

// A key by its name, an alias or its id, perhaps with a version. Whether there is such a key is looked up when it is used; it
// belongs to no store, and many threads may use one.
typedef struct miyao_key_ref miyao_key_ref;

// Changes of a key, for `miyao_kms_update`: what is not set stays as it is.
typedef struct miyao_key_update miyao_key_update;

// An open key store, acting as one principal. Many threads may use one at once, also while another closes it. A warm encryption,
// decryption or signature takes no lock, makes no system call and touches no file.
//
// Open it after forking: a child of a process that had a store open can use and open none, MIYAO_STATUS_UNAVAILABLE, until it runs another program;
// what it has of its parent is still to be freed.
typedef struct miyao_kms miyao_kms;

// Who opens messages, by which keys, and what is demanded of them. A const one may be used by many threads at once, and as often as wanted. It
// keeps what it needs of the objects that it was given, which can be freed before it.
typedef struct miyao_opener miyao_opener;

// How messages are made: for whom (1 to 16 recipients), bound to what, signed by whom. A const one may be used by many threads at once, and as
// often as wanted. It keeps what it needs of the objects that it was given, which can be freed before it.
typedef struct miyao_options miyao_options;

// How a private key is encrypted under a passphrase: SM4-CBC under what PBKDF2 makes of it.
typedef struct miyao_pkcs8_options miyao_pkcs8_options;

// A message that is read from any place, each frame authenticated before a byte of it leaves; one decrypted frame is kept. Nothing is said of a
// signature: for that a message is read from its beginning to its end.
typedef struct miyao_reader miyao_reader;

// What a request shall say, before it is signed.
typedef struct miyao_request_draft miyao_request_draft;

// The root key of a key store (根密钥): a passphrase, a key file, or a key in an encryption machine. It can be freed once a store was
// opened with it; whoever has it has all keys of the store.
typedef struct miyao_root miyao_root;

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

// Takes up to `data_len` bytes, which is 1 at least, and returns how many; 0 and negative numbers are failures. Otherwise as `miyao_read`.
typedef int64_t (*miyao_write)(void *user, const uint8_t *data, size_t data_len);

// Puts up to `cap` bytes, `cap` being 1 at least, into `out` and returns how many; 0 at the end. A negative number is a failure, best a
// negative errno: the call that reads ends with MIYAO_STATUS_IO then, and reads no more. It must not throw or longjmp, nor use a stream
// that is calling it; it is called by the thread of that call alone.
typedef int64_t (*miyao_read)(void *user, uint8_t *out, size_t cap);

// Puts up to `cap` of the bytes from `offset` on into `out`, as pread(2) does. Otherwise as `miyao_read`.
typedef int64_t (*miyao_read_at)(void *user, uint64_t offset, uint8_t *out, size_t cap);

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

// Begins a message of `text_len` bytes, for CCM begins with the length of the text. The bytes and the tag become those of
// `miyao_ccm_encrypt` over the pieces as one. To be freed with `miyao_ccm_encryptor_free`.
//
// A nonce must never meet the same key twice, in one piece or in many. There is no decryption in pieces: it would give out what nobody
// verified. A long text that is to be read in pieces is a message of this library, or many texts here.
//
// MIYAO_STATUS_INVALID: the nonce is not 7 to 13 bytes long.
// MIYAO_STATUS_TOO_LARGE: the text is too long for a nonce of this length.
miyao_status miyao_ccm_encryptor_new(const miyao_ccm *ccm,
                                     const uint8_t *nonce,
                                     size_t nonce_len,
                                     const uint8_t *aad,
                                     size_t aad_len,
                                     uint64_t text_len,
                                     miyao_ccm_encryptor **out);

// Encrypts the next bytes to `out`, which has room for `data_len` bytes and may be `data` itself. What was refused has changed nothing.
//
// MIYAO_STATUS_INVALID: the text gets longer than was said, or the message has ended.
miyao_status miyao_ccm_encryptor_update(miyao_ccm_encryptor *encryptor,
                                        const uint8_t *data,
                                        size_t data_len,
                                        uint8_t *out,
                                        size_t out_cap);

// Ends the message and writes its tag, of `miyao_ccm_tag_len` bytes. Without it, what was written is no message.
//
// MIYAO_STATUS_INVALID: the text is shorter than was said, and the rest can still come; or the message has ended before.
miyao_status miyao_ccm_encryptor_finish(miyao_ccm_encryptor *encryptor,
                                        uint8_t *tag,
                                        size_t tag_cap);

// Wipes and frees it, at its end or before. NULL is nothing.
void miyao_ccm_encryptor_free(miyao_ccm_encryptor *encryptor);

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

// A context without pairs, to be freed with `miyao_context_free`.
miyao_status miyao_context_new(miyao_context **out);

// Adds a pair that stands in a message's header, readable without a key; tokens store no pair. Keys and values are bytes.
//
// MIYAO_STATUS_INVALID for an empty key or one that is there; MIYAO_STATUS_TOO_LARGE past 64 pairs, 8,192 bytes stored or 65,536
// bytes in all. The context is then as before.
miyao_status miyao_context_add(miyao_context *context,
                               const uint8_t *key,
                               size_t key_len,
                               const uint8_t *value,
                               size_t value_len,
                               miyao_error **error);

// Adds a pair of which a message stores the key alone: whoever decrypts has to bring the value.
//
// As `miyao_context_add`.
miyao_status miyao_context_add_hidden(miyao_context *context,
                                      const uint8_t *key,
                                      size_t key_len,
                                      const uint8_t *value,
                                      size_t value_len,
                                      miyao_error **error);

// Frees it. NULL is nothing.
void miyao_context_free(miyao_context *context);

// Of no bytes yet. `opener` may be freed meanwhile. To be freed with `miyao_decryptor_free`.
miyao_status miyao_decryptor_new(const miyao_opener *opener, miyao_decryptor **out, miyao_error **error);

// Takes more of the message. With the last byte of its recipients it is opened, which may ask a device or derive from a passphrase.
//
// As `miyao_message_decrypt`; MIYAO_STATUS_INVALID after the end.
miyao_status miyao_decryptor_write(miyao_decryptor *decryptor,
                                   const uint8_t *data,
                                   size_t data_len,
                                   miyao_error **error);

// What the message says of itself, as a record in JSON, once it was opened: its suite, its context and who signs are authenticated then, as the message's
// keys are bound to them. Whether the plaintext is whole, and the signature genuine, is known at the end alone.
//
// MIYAO_STATUS_INVALID before the last byte of its recipients was written, and where it was not opened.
miyao_status miyao_decryptor_record(const miyao_decryptor *decryptor,
                                    miyao_buffer **record,
                                    miyao_error **error);

// Says that nothing of the message comes any more: what is left of the plaintext can be read then.
//
// MIYAO_STATUS_TRUNCATED when it has not even its recipients.
miyao_status miyao_decryptor_end(miyao_decryptor *decryptor, miyao_error **error);

// Reads plaintext whose frame was authenticated into `out`, at most `out_cap` bytes; `out_len` gets how many. 0 means that more of the message has
// to be written, and after `miyao_decryptor_end` that all of the plaintext was read.
//
// MIYAO_STATUS_REJECTED for altered bytes; MIYAO_STATUS_TRUNCATED for a message without its end. Nothing more can be read then.
miyao_status miyao_decryptor_read(miyao_decryptor *decryptor,
                                  uint8_t *out,
                                  size_t out_cap,
                                  size_t *out_len,
                                  miyao_error **error);

// What is known of the signature, once all of the plaintext was read; until then that of a signed message counts as unsigned. Outputs as
// of `miyao_message_decrypt`. The decryptor is of no further use then, and is still to be freed.
//
// MIYAO_STATUS_INVALID before `miyao_decryptor_end` and while there is plaintext to be read, which can be done still; MIYAO_STATUS_REJECTED when a demanded signature does not fit.
//
// May be NULL: `signed_`, `signer`.
miyao_status miyao_decryptor_finish(miyao_decryptor *decryptor,
                                    uint32_t *signed_,
                                    uint8_t *signer,
                                    size_t signer_cap,
                                    miyao_error **error);

// Wipes and frees it. NULL is nothing.
void miyao_decryptor_free(miyao_decryptor *decryptor);

// Opens the device that a URI of PKCS#11 (RFC 7512) names, such as `pkcs11:token=kms?module-path=/usr/lib/vendor.so&pin-source=file:/etc/pin`: loads the
// module, finds the token and logs in. An `id` in it names a root key. `settings` may be NULL, and freed afterwards.
//
// MIYAO_STATUS_DENIED for a wrong PIN. It is not tried again by this process, since a few wrong ones lock the token: correct it, then call
// `miyao_device_allow_logins`. MIYAO_STATUS_UNAVAILABLE when the device does not answer or has no such token; MIYAO_STATUS_MISSING without
// the module or a file; MIYAO_STATUS_INVALID when several tokens fit; MIYAO_STATUS_MALFORMED, MIYAO_STATUS_INVALID or MIYAO_STATUS_UNSUPPORTED for what
// is no such URI, and MIYAO_STATUS_UNSUPPORTED by a build without `pkcs11` among its features.
//
// May be NULL: `settings`.
miyao_status miyao_device_open(const char *uri,
                               size_t uri_len,
                               const miyao_device_settings *settings,
                               miyao_device **out,
                               miyao_error **error);

// Opens several devices that hold the same keys, one for each of `count` URIs, as one: each is asked when those before it do not answer or refuse their PIN,
// and one has to answer now. Each URI gives the `token` or the `serial` of its device, by which keys of one that is down are found in the others. Where the
// URIs name a root key, all name the same. `settings` are for all of them; the PIN of `miyao_device_settings_set_pin`, too.
//
// As `miyao_device_open`, of the last one; MIYAO_STATUS_INVALID for no URI, and for several root keys.
//
// May be NULL: `settings`.
miyao_status miyao_device_open_all(const char *const *uris,
                                   const size_t *uri_lens,
                                   size_t count,
                                   const miyao_device_settings *settings,
                                   miyao_device **out,
                                   miyao_error **error);

// Who the device says it is, as a record in JSON.
//
// MIYAO_STATUS_UNAVAILABLE when it does not answer.
miyao_status miyao_device_identity(const miyao_device *device, miyao_buffer **record, miyao_error **error);

// How many calls hang in devices, which are left to themselves after the deadline, and how many devices there are.
miyao_status miyao_device_hanging(const miyao_device *device, size_t *calls, size_t *devices);

// The PIN was corrected, after MIYAO_STATUS_DENIED: it is asked for again, and may be tried once more. A PIN that was given by
// `miyao_device_settings_set_pin` stays what it was: for another, open the device anew after `miyao_device_allow_logins`.
miyao_status miyao_device_allow_login(const miyao_device *device,
                                      miyao_error **error);

// The same where no device was opened, because the PIN was wrong: a PIN may be tried once more with every token of the module that the URI names.
//
// MIYAO_STATUS_INVALID for a URI without `module-path`; MIYAO_STATUS_MISSING without that module; otherwise as `miyao_device_open`.
miyao_status miyao_device_allow_logins(const char *uri,
                                       size_t uri_len,
                                       miyao_error **error);

// Whether it answers, and its keys can be used; of several devices, whether each does.
//
// MIYAO_STATUS_DENIED when its PIN is wrong; MIYAO_STATUS_UNAVAILABLE, with what to do about it.
miyao_status miyao_device_check_health(const miyao_device *device, miyao_error **error);

// Frees it; where nothing else uses the device, its sessions end. NULL is nothing.
void miyao_device_free(miyao_device *device);

// With all defaults; to be freed with `miyao_device_settings_free`.
miyao_status miyao_device_settings_new(miyao_device_settings **out);

// Reads profiles from this file or directory, before those that are compiled in.
miyao_status miyao_device_settings_set_profiles(miyao_device_settings *settings,
                                                const char *path,
                                                size_t path_len,
                                                miyao_error **error);

// Uses the profile of this name, whatever the device says it is.
miyao_status miyao_device_settings_set_profile(miyao_device_settings *settings,
                                               const char *name,
                                               size_t name_len,
                                               miyao_error **error);

// Seals and makes root keys with the suite of this name, such as `sm4-gcm-device`, and not with the first that the device offers.
miyao_status miyao_device_settings_set_suite(miyao_device_settings *settings,
                                             const char *name,
                                             size_t name_len,
                                             miyao_error **error);

// Whether what is not 国密 is refused; without this it is not.
miyao_status miyao_device_settings_set_gm_only(miyao_device_settings *settings, bool gm_only, miyao_error **error);

// Uses at most so many sessions at once, 1 to 1,024; without this 8.
miyao_status miyao_device_settings_set_sessions(miyao_device_settings *settings, size_t sessions, miyao_error **error);

// Waits so many milliseconds for an operation, 10 to 3,600,000; without this 10,000.
miyao_status miyao_device_settings_set_deadline(miyao_device_settings *settings,
                                                uint64_t milliseconds,
                                                miyao_error **error);

// Waits so many milliseconds for a PIN that is typed at the device's own pad, 10 to 3,600,000, and never less than for anything else; without
// this 120,000. Who needs the device meanwhile is told after his own deadline that it is MIYAO_STATUS_BUSY.
miyao_status miyao_device_settings_set_keypad(miyao_device_settings *settings,
                                              uint64_t milliseconds,
                                              miyao_error **error);

// The PIN, where the URI has no `pin-source`. It is kept as long as the device is open.
miyao_status miyao_device_settings_set_pin(miyao_device_settings *settings,
                                           const uint8_t *pin,
                                           size_t pin_len,
                                           miyao_error **error);

// Wipes and frees it. NULL is nothing.
void miyao_device_settings_free(miyao_device_settings *settings);

// Begins a message: its header and recipients are ready to be taken. `options` may be freed meanwhile. To be freed with
// `miyao_encryptor_free`.
//
// As `miyao_message_encrypt`.
miyao_status miyao_encryptor_new(const miyao_options *options, miyao_encryptor **out, miyao_error **error);

// Encrypts all of `data`. Some of the message may be ready then: whole frames, when there are enough.
//
// MIYAO_STATUS_TOO_LARGE past the limits of the format; MIYAO_STATUS_INVALID after the end.
miyao_status miyao_encryptor_write(miyao_encryptor *encryptor,
                                   const uint8_t *data,
                                   size_t data_len,
                                   miyao_error **error);

// Ends the message: the rest of it, with the signature where the options sign, is ready then.
//
// MIYAO_STATUS_INVALID after the end.
miyao_status miyao_encryptor_finish(miyao_encryptor *encryptor, miyao_error **error);

// How many bytes of the message are ready; 0 for NULL.
size_t miyao_encryptor_ready(const miyao_encryptor *encryptor);

// Moves what is ready of the message to `out`, at most `out_cap` bytes; `out_len` gets how many.
miyao_status miyao_encryptor_take(miyao_encryptor *encryptor,
                                  uint8_t *out,
                                  size_t out_cap,
                                  size_t *out_len,
                                  miyao_error **error);

// Wipes and frees it. NULL is nothing.
void miyao_encryptor_free(miyao_encryptor *encryptor);

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
// A nonce must never meet the same key twice, or the key is lost.
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

// Begins a message. The bytes and the tag become those of `miyao_gcm_encrypt` over the pieces as one. To be freed with
// `miyao_gcm_encryptor_free`.
//
// A nonce must never meet the same key twice, in one piece or in many. There is no decryption in pieces: it would give out what nobody
// verified. A long text that is to be read in pieces is a message of this library, or many texts here.
//
// MIYAO_STATUS_INVALID: the nonce is empty.
miyao_status miyao_gcm_encryptor_new(const miyao_gcm *gcm,
                                     const uint8_t *nonce,
                                     size_t nonce_len,
                                     const uint8_t *aad,
                                     size_t aad_len,
                                     miyao_gcm_encryptor **out);

// Encrypts the next bytes to `out`, which has room for `data_len` bytes and may be `data` itself. What was refused has changed nothing.
//
// MIYAO_STATUS_INVALID: the message has ended.
// MIYAO_STATUS_TOO_LARGE: the text gets longer than 2^36 − 32 bytes.
miyao_status miyao_gcm_encryptor_update(miyao_gcm_encryptor *encryptor,
                                        const uint8_t *data,
                                        size_t data_len,
                                        uint8_t *out,
                                        size_t out_cap);

// Ends the message and writes its tag, of `miyao_gcm_tag_len` bytes. Without it, what was written is no message.
//
// MIYAO_STATUS_INVALID: the message has ended before.
miyao_status miyao_gcm_encryptor_finish(miyao_gcm_encryptor *encryptor, uint8_t *tag, size_t tag_cap);

// Wipes and frees it, at its end or before. NULL is nothing.
void miyao_gcm_encryptor_free(miyao_gcm_encryptor *encryptor);

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

// For a key of this name, 1 to 128 of `A-Z a-z 0-9 . _ / -`, and of one of MIYAO_SPEC_…: made here, in software, audited by counts, without
// limits. To be freed with `miyao_key_options_free`.
//
// MIYAO_STATUS_INVALID for a name that breaks the rule; MIYAO_STATUS_UNSUPPORTED for another spec.
miyao_status miyao_key_options_new(const char *name,
                                   size_t name_len,
                                   uint32_t spec,
                                   miyao_key_options **out,
                                   miyao_error **error);

// Where its material comes from, MIYAO_ORIGIN_…; only `sm4` keys take imported material.
miyao_status miyao_key_options_set_origin(miyao_key_options *options, uint32_t origin, miyao_error **error);

// Where its material is used, MIYAO_PROTECTION_….
miyao_status miyao_key_options_set_protection(miyao_key_options *options, uint32_t protection, miyao_error **error);

// The attached device that a key with hardware protection is to live in, by its label or serial number. Without it, the only one that
// offers such keys.
miyao_status miyao_key_options_set_device(miyao_key_options *options,
                                          const char *device,
                                          size_t device_len,
                                          miyao_error **error);

// How its data operations are audited, MIYAO_AUDIT_….
miyao_status miyao_key_options_set_audit(miyao_key_options *options, uint32_t audit, miyao_error **error);

// Free text, at most 4,096 bytes.
miyao_status miyao_key_options_set_description(miyao_key_options *options,
                                               const char *description,
                                               size_t description_len,
                                               miyao_error **error);

// Adds or replaces a tag; a key has at most 64, names of 1 to 128 and values of up to 256 bytes.
miyao_status miyao_key_options_set_tag(miyao_key_options *options,
                                       const char *name,
                                       size_t name_len,
                                       const char *value,
                                       size_t value_len,
                                       miyao_error **error);

// How long after activation a version protects data (originator-usage period); 0 for ever, as without this.
miyao_status miyao_key_options_set_originator_period(miyao_key_options *options, uint64_t seconds, miyao_error **error);

// How long after activation a version opens data (recipient-usage period); 0 for ever, as without this.
miyao_status miyao_key_options_set_recipient_period(miyao_key_options *options, uint64_t seconds, miyao_error **error);

// How many tokens, messages, signatures or MACs a version makes at most; 0 for any number, as without this.
miyao_status miyao_key_options_set_max_messages(miyao_key_options *options, uint64_t messages, miyao_error **error);

// How many bytes a version protects at most; 0 for any number, as without this.
miyao_status miyao_key_options_set_max_bytes(miyao_key_options *options, uint64_t bytes, miyao_error **error);

// The age at which `miyao_kms_maintain` rotates it; 0 for never, as without this.
miyao_status miyao_key_options_set_rotate_every(miyao_key_options *options, uint64_t seconds, miyao_error **error);

// Whether destruction is refused; without this it is not.
miyao_status miyao_key_options_set_deletion_protection(miyao_key_options *options,
                                                       bool protected_,
                                                       miyao_error **error);

// Frees it. NULL is nothing.
void miyao_key_options_free(miyao_key_options *options);

// Reads `NAME`, `NAME:VERSION`, or the same with an alias or with an id of 32 hexadecimal digits; to be freed with
// `miyao_key_ref_free`. Functions say whether they take a key, a version, or either.
//
// MIYAO_STATUS_INVALID: no such name can exist, or the version is no number from 1 on.
miyao_status miyao_key_ref_new(const char *text, size_t text_len, miyao_key_ref **out, miyao_error **error);

// The same key with this version, or with none for 0; to be freed too.
miyao_status miyao_key_ref_with_version(const miyao_key_ref *key,
                                        uint32_t version,
                                        miyao_key_ref **out,
                                        miyao_error **error);

// Frees it. NULL is nothing.
void miyao_key_ref_free(miyao_key_ref *key);

// No change yet; to be freed with `miyao_key_update_free`.
miyao_status miyao_key_update_new(miyao_key_update **out);

// Free text, at most 4,096 bytes.
miyao_status miyao_key_update_set_description(miyao_key_update *update,
                                              const char *description,
                                              size_t description_len,
                                              miyao_error **error);

// How its data operations are audited, MIYAO_AUDIT_….
miyao_status miyao_key_update_set_audit(miyao_key_update *update, uint32_t audit, miyao_error **error);

// Whether destruction is refused.
miyao_status miyao_key_update_set_deletion_protection(miyao_key_update *update, bool protected_, miyao_error **error);

// The age at which `miyao_kms_maintain` rotates it; 0 for never.
miyao_status miyao_key_update_set_rotate_every(miyao_key_update *update, uint64_t seconds, miyao_error **error);

// What each version may be used for: seconds after activation that it protects data and opens data, and how many messages and bytes it
// protects; 0 for no limit. All four are replaced.
miyao_status miyao_key_update_set_limits(miyao_key_update *update,
                                         uint64_t originator_seconds,
                                         uint64_t recipient_seconds,
                                         uint64_t messages,
                                         uint64_t bytes,
                                         miyao_error **error);

// Versions below open nothing from now on.
//
// MIYAO_STATUS_INVALID for 0.
miyao_status miyao_key_update_set_min_decrypt(miyao_key_update *update, uint32_t version, miyao_error **error);

// Versions below protect nothing from now on; not less than the least that decrypts.
//
// MIYAO_STATUS_INVALID for 0.
miyao_status miyao_key_update_set_min_encrypt(miyao_key_update *update, uint32_t version, miyao_error **error);

// Adds or replaces a tag.
miyao_status miyao_key_update_set_tag(miyao_key_update *update,
                                      const char *name,
                                      size_t name_len,
                                      const char *value,
                                      size_t value_len,
                                      miyao_error **error);

// Removes a tag; `miyao_kms_update` is MIYAO_STATUS_MISSING where the key has none of this name.
miyao_status miyao_key_update_remove_tag(miyao_key_update *update,
                                         const char *name,
                                         size_t name_len,
                                         miyao_error **error);

// Frees it. NULL is nothing.
void miyao_key_update_free(miyao_key_update *update);

// Makes a key store in a new file at `path`, mode 0600, under `root`, and opens it. Directories are not made. `principal` is who acts, as
// it will stand in the audit log: 1 to 128 visible ASCII characters, such as `service:orders`. What fails leaves no store.
//
// MIYAO_STATUS_EXISTS when a store is there; MIYAO_STATUS_INVALID on a network file system, or for an empty passphrase.
miyao_status miyao_kms_init(const char *path,
                            size_t path_len,
                            const miyao_root *root,
                            const char *principal,
                            size_t principal_len,
                            miyao_kms **out,
                            miyao_error **error);

// Opens the key store in the file at `path`.
//
// MIYAO_STATUS_MISSING when there is none; MIYAO_STATUS_REJECTED for a wrong root; MIYAO_STATUS_CORRUPT when its records contradict
// their MACs.
miyao_status miyao_kms_open(const char *path,
                            size_t path_len,
                            const miyao_root *root,
                            const char *principal,
                            size_t principal_len,
                            miyao_kms **out,
                            miyao_error **error);

// Lets the store's keys with hardware protection use a device, and new ones be made in it. A device is recognised by who it says it is; one that was
// attached before is replaced. The device that holds the store's root is attached already.
//
// MIYAO_STATUS_UNAVAILABLE when it does not answer.
miyao_status miyao_kms_attach(const miyao_kms *kms,
                              const miyao_device *device,
                              miyao_error **error);

// The devices that are attached: an array of records in JSON.
miyao_status miyao_kms_devices(const miyao_kms *kms, miyao_buffer **records, miyao_error **error);

// The same store, acting as somebody else: an object of its own, cheap, to be closed and freed too.
miyao_status miyao_kms_acting_as(const miyao_kms *kms,
                                 const char *principal,
                                 size_t principal_len,
                                 miyao_kms **out,
                                 miyao_error **error);

// Writes what was counted to the audit log now. It is written every second too, and by `miyao_kms_close`.
miyao_status miyao_kms_flush(const miyao_kms *kms, miyao_error **error);

// Writes what was counted to the audit log and ends the use of this object, which is to be freed still: what uses it from now on is
// MIYAO_STATUS_INVALID, and its keys are wiped when the last call, and the last object made of it, has ended. On failure the counts are lost
// with it, so whoever must not lose them calls `miyao_kms_flush` before. Closing twice is nothing.
miyao_status miyao_kms_close(const miyao_kms *kms,
                             miyao_error **error);

// Closes and frees it; what could not be written is not told. NULL is nothing.
void miyao_kms_free(miyao_kms *kms);

// Writes a backup of the store as it is now, as a message to the recipients of `options`, who should be no keys of this store: it cannot open the backup
// once it is lost. Whoever opens it has every key. `record`, where it is not NULL, gets what it holds.
//
// MIYAO_STATUS_IO when `write` fails: what was written until then is no backup.
//
// May be NULL: `record`.
miyao_status miyao_kms_backup(const miyao_kms *kms,
                              const miyao_options *options,
                              miyao_write write,
                              void *user,
                              miyao_buffer **record,
                              miyao_error **error);

// Proves that the backup that `read` gives is whole: opens it, checks every MAC and the audit chain, and every secret by its check value. Writes nothing.
// `record`, where it is not NULL, gets what it holds.
//
// As `miyao_message_decrypt`; MIYAO_STATUS_MALFORMED for a message that is no backup; MIYAO_STATUS_CORRUPT when its parts contradict each other.
//
// May be NULL: `record`.
miyao_status miyao_backup_verify(const miyao_opener *opener,
                                 miyao_read read,
                                 void *user,
                                 miyao_buffer **record,
                                 miyao_error **error);

// Makes a new store in a new file at `path` from the backup that `read` gives, under `root`, and opens it, as `miyao_kms_init`. A root in a device has to
// be named by its id. `record`, where it is not NULL, gets what was made. A restore that fails leaves no store.
//
// As `miyao_backup_verify`; MIYAO_STATUS_EXISTS when a store is there.
//
// May be NULL: `record`.
miyao_status miyao_kms_restore(const char *path,
                               size_t path_len,
                               const miyao_root *root,
                               const char *principal,
                               size_t principal_len,
                               const miyao_opener *opener,
                               miyao_read read,
                               void *user,
                               miyao_kms **out,
                               miyao_buffer **record,
                               miyao_error **error);

// A fresh data key of `len` bytes, 16 to 64, written to `data_key`; 16 are an SM4 key. `token`, of `miyao_token_len(len)` bytes, brings it
// back by `miyao_kms_decrypt`.
//
// MIYAO_STATUS_INVALID for another length; otherwise as `miyao_kms_encrypt`.
//
// May be NULL: `context`.
miyao_status miyao_kms_generate_data_key(const miyao_kms *kms,
                                         const miyao_key_ref *key,
                                         const miyao_context *context,
                                         size_t len,
                                         uint8_t *data_key,
                                         size_t data_key_cap,
                                         uint8_t *token,
                                         size_t token_cap,
                                         size_t *token_len,
                                         miyao_error **error);

// The same for a later use: the token alone.
//
// As `miyao_kms_generate_data_key`.
//
// May be NULL: `context`.
miyao_status miyao_kms_generate_data_key_without_plaintext(const miyao_kms *kms,
                                                           const miyao_key_ref *key,
                                                           const miyao_context *context,
                                                           size_t len,
                                                           uint8_t *token,
                                                           size_t token_cap,
                                                           size_t *token_len,
                                                           miyao_error **error);

// Makes a key with its first version; one with imported material waits for it. Where `record` is not NULL, it gets what
// `miyao_kms_describe` gives.
//
// MIYAO_STATUS_EXISTS when the name is taken; MIYAO_STATUS_INVALID or MIYAO_STATUS_TOO_LARGE for what cannot be; MIYAO_STATUS_UNAVAILABLE or
// MIYAO_STATUS_UNSUPPORTED of the device.
//
// May be NULL: `record`.
miyao_status miyao_kms_create(const miyao_kms *kms,
                              const miyao_key_options *options,
                              miyao_buffer **record,
                              miyao_error **error);

// Everything that is remembered of a key, as a record in JSON.
//
// MIYAO_STATUS_MISSING when there is none.
miyao_status miyao_kms_describe(const miyao_kms *kms,
                                const miyao_key_ref *key,
                                miyao_buffer **record,
                                miyao_error **error);

// Keys in the order of their names, from after the name `after` (all for an empty one), at most `limit`: an array of records in JSON, without
// versions.
miyao_status miyao_kms_list(const miyao_kms *kms,
                            const char *after,
                            size_t after_len,
                            size_t limit,
                            miyao_buffer **records,
                            miyao_error **error);

// Changes what is remembered of a key. Where `record` is not NULL, it gets what `miyao_kms_describe` gives then.
//
// MIYAO_STATUS_MISSING when there is no such key or tag; MIYAO_STATUS_INVALID or MIYAO_STATUS_TOO_LARGE for what cannot be.
//
// May be NULL: `record`.
miyao_status miyao_kms_update(const miyao_kms *kms,
                              const miyao_key_ref *key,
                              const miyao_key_update *update,
                              miyao_buffer **record,
                              miyao_error **error);

// Gives a key a new primary version; `version`, where it is not NULL, gets its number. With `expected`, the primary that the caller saw, or 0 for
// none, it can be repeated: however many ask for the successor of version 3, there is one version 4.
//
// MIYAO_STATUS_FORBIDDEN by the key's state, or for an imported key, whose next version is brought; MIYAO_STATUS_CONFLICT when `expected` is no
// version that was primary.
//
// May be NULL: `version`.
miyao_status miyao_kms_rotate(const miyao_kms *kms,
                              const miyao_key_ref *key,
                              uint32_t expected,
                              uint32_t *version,
                              miyao_error **error);

// Lets another name point to a key.
//
// MIYAO_STATUS_EXISTS when the name is taken; `miyao_kms_move_alias` points it elsewhere.
miyao_status miyao_kms_add_alias(const miyao_kms *kms,
                                 const miyao_key_ref *key,
                                 const char *alias,
                                 size_t alias_len,
                                 miyao_error **error);

// Points an alias to another key; a key's own name stays with it.
//
// MIYAO_STATUS_MISSING without the alias; MIYAO_STATUS_FORBIDDEN for a key's own name.
miyao_status miyao_kms_move_alias(const miyao_kms *kms,
                                  const miyao_key_ref *key,
                                  const char *alias,
                                  size_t alias_len,
                                  miyao_error **error);

// Removes an alias.
//
// As `miyao_kms_move_alias`.
miyao_status miyao_kms_remove_alias(const miyao_kms *kms, const char *alias, size_t alias_len, miyao_error **error);

// `HMAC-SM3[key](message)` with the primary version of an `hmac-sm3` key: writes MIYAO_KMS_MAC_LEN bytes; `version`, where it is not NULL, gets
// its number. Of a key inside a device the message has at most 16 MiB.
//
// MIYAO_STATUS_MISSING, MIYAO_STATUS_FORBIDDEN, MIYAO_STATUS_EXHAUSTED as `miyao_kms_encrypt`.
//
// May be NULL: `version`.
miyao_status miyao_kms_mac(const miyao_kms *kms,
                           const miyao_key_ref *key,
                           const uint8_t *message,
                           size_t message_len,
                           uint8_t *out,
                           size_t out_cap,
                           uint32_t *version,
                           miyao_error **error);

// The same of everything that `read` gives.
//
// May be NULL: `version`.
miyao_status miyao_kms_mac_stream(const miyao_kms *kms,
                                  const miyao_key_ref *key,
                                  miyao_read read,
                                  void *user,
                                  uint8_t *out,
                                  size_t out_cap,
                                  uint32_t *version,
                                  miyao_error **error);

// Verifies a MAC under the version that `key` names, or under any that may verify, newest first. Where they are not NULL, `version` gets the number
// of the version that made it, and `compromised` when that version's compromise was learnt, in milliseconds since 1970, or 0: what was made after
// it proves nothing.
//
// MIYAO_STATUS_REJECTED when it fits no version; otherwise as `miyao_kms_mac`.
//
// May be NULL: `version`, `compromised`.
miyao_status miyao_kms_verify_mac(const miyao_kms *kms,
                                  const miyao_key_ref *key,
                                  const uint8_t *message,
                                  size_t message_len,
                                  const uint8_t *mac,
                                  size_t mac_len,
                                  uint32_t *version,
                                  uint64_t *compromised,
                                  miyao_error **error);

// The same of everything that `read` gives, read once.
//
// May be NULL: `version`, `compromised`.
miyao_status miyao_kms_verify_mac_stream(const miyao_kms *kms,
                                         const miyao_key_ref *key,
                                         miyao_read read,
                                         void *user,
                                         const uint8_t *mac,
                                         size_t mac_len,
                                         uint32_t *version,
                                         uint64_t *compromised,
                                         miyao_error **error);

// A one-time public key and a token for the next version of an imported key, valid so many seconds, at most 30 days: whoever has the material encrypts its
// MIYAO_MATERIAL_LEN bytes to that key in MIYAO_SM2_ENCODING_DER. The token has MIYAO_IMPORT_TOKEN_LEN bytes; `expires`, where it is not NULL, gets when it
// expires, in milliseconds since 1970.
//
// MIYAO_STATUS_FORBIDDEN for a key whose material is made here, or by state; MIYAO_STATUS_INVALID for another time.
//
// May be NULL: `expires`.
miyao_status miyao_kms_import_parameters(const miyao_kms *kms,
                                         const miyao_key_ref *key,
                                         uint64_t valid_seconds,
                                         miyao_sm2_public_key **public_,
                                         uint8_t *token,
                                         size_t token_cap,
                                         uint64_t *expires,
                                         miyao_error **error);

// Brings the next version's MIYAO_MATERIAL_LEN bytes as they are; `version`, where it is not NULL, gets its number.
//
// As `miyao_kms_import_parameters`.
//
// May be NULL: `version`.
miyao_status miyao_kms_import_raw(const miyao_kms *kms,
                                  const miyao_key_ref *key,
                                  const uint8_t *material,
                                  size_t material_len,
                                  uint32_t *version,
                                  miyao_error **error);

// Brings the next version's MIYAO_MATERIAL_LEN bytes encrypted to the public key of a token, in MIYAO_SM2_ENCODING_DER; `version`, where it is not NULL, gets its
// number. The token is used up.
//
// MIYAO_STATUS_REJECTED for another token, key or altered bytes; MIYAO_STATUS_MISSING for a token that was used or expired; MIYAO_STATUS_CONFLICT when the key got
// another version meanwhile.
//
// May be NULL: `version`.
miyao_status miyao_kms_import_wrapped(const miyao_kms *kms,
                                      const miyao_key_ref *key,
                                      const uint8_t *token,
                                      size_t token_len,
                                      const uint8_t *ciphertext,
                                      size_t ciphertext_len,
                                      uint32_t *version,
                                      miyao_error **error);

// Hands out the MIYAO_MATERIAL_LEN bytes of the version that `key` names, or of the primary, encrypted to an SM2 public key in MIYAO_SM2_ENCODING_DER; never in the
// clear.
//
// MIYAO_STATUS_FORBIDDEN by state; MIYAO_STATUS_MISSING without the key or version.
miyao_status miyao_kms_export(const miyao_kms *kms,
                              const miyao_key_ref *key,
                              const miyao_sm2_public_key *to,
                              miyao_buffer **ciphertext,
                              miyao_error **error);

// Decrypts what was encrypted to the public half of the version of an `sm2-encrypt` key that `key` names, or of its primary; `form` is one of
// MIYAO_SM2_ENCODING_…. Where they are not NULL, `version` gets the version's number, and `unproven` whether others know its secret.
//
// MIYAO_STATUS_REJECTED for another key or altered bytes; MIYAO_STATUS_MISSING or MIYAO_STATUS_FORBIDDEN as `miyao_kms_decrypt`.
//
// May be NULL: `version`, `unproven`.
miyao_status miyao_kms_sm2_decrypt(const miyao_kms *kms,
                                   const miyao_key_ref *key,
                                   const uint8_t *ciphertext,
                                   size_t ciphertext_len,
                                   uint32_t form,
                                   miyao_buffer **plaintext,
                                   uint32_t *version,
                                   bool *unproven,
                                   miyao_error **error);

// A fresh SM2 key pair for the caller, and the token that brings its private half back by `miyao_kms_decrypt`, as PKCS#8 in DER; MIYAO_KEY_PAIR_TOKEN_MAX bytes are
// enough for it. For NULL as `private_key` the private half is not handed out now.
//
// As `miyao_kms_encrypt`.
//
// May be NULL: `context`, `private_key`.
miyao_status miyao_kms_generate_data_key_pair(const miyao_kms *kms,
                                              const miyao_key_ref *key,
                                              const miyao_context *context,
                                              miyao_sm2_public_key **public_key,
                                              miyao_sm2_private_key **private_key,
                                              uint8_t *token,
                                              size_t token_cap,
                                              size_t *token_len,
                                              miyao_error **error);

// Wraps the message in the file at `path` anew, in place: for the key `to`, or for NULL for each key of the store that is a recipient. Header, body,
// signature and everybody else's entries do not change, so the cost does not depend on the size. Where it is not NULL, `rewrapped` gets one of
// MIYAO_REWRAPPED_….
//
// MIYAO_STATUS_MISSING when no key of the store is a recipient; MIYAO_STATUS_BUSY when another process rewraps it. The message stays readable after
// every failure, and when power fails.
//
// May be NULL: `to`, `rewrapped`.
miyao_status miyao_kms_rewrap_file(const miyao_kms *kms,
                                   const char *path,
                                   size_t path_len,
                                   const miyao_key_ref *to,
                                   uint32_t *rewrapped,
                                   miyao_error **error);

// Likewise of a message in memory: gives it as it is then.
//
// As `miyao_kms_rewrap_file`.
//
// May be NULL: `to`.
miyao_status miyao_kms_rewrap(const miyao_kms *kms,
                              const uint8_t *message,
                              size_t message_len,
                              const miyao_key_ref *to,
                              miyao_buffer **out,
                              miyao_error **error);

// What is known of the root key, as a record in JSON.
miyao_status miyao_kms_root(const miyao_kms *kms, miyao_buffer **record, miyao_error **error);

// Seals the store's master secret under another root, which is there already; nothing else is rewritten. In a device it has to be named by the id in
// the device's URI: `miyao_kms_rotate_root` and `miyao_kms_migrate_root` make one.
//
// MIYAO_STATUS_INVALID for a root in a device that names no key.
miyao_status miyao_kms_change_root(const miyao_kms *kms,
                                   const miyao_root *root,
                                   miyao_error **error);

// Makes a new root key in the device that holds the present one, and seals the master secret under it; the former is kept. Where this was begun
// before and not finished, it is finished. `record`, where it is not NULL, gets what was done.
//
// MIYAO_STATUS_INVALID when the root is not in this device; MIYAO_STATUS_UNAVAILABLE when the device does not answer: call it again then, or
// `miyao_kms_resume_root`.
//
// May be NULL: `record`.
miyao_status miyao_kms_rotate_root(const miyao_kms *kms,
                                   const miyao_device *device,
                                   miyao_buffer **record,
                                   miyao_error **error);

// Makes a root key in a device that does not hold the present one, and seals the master secret under it. Otherwise as `miyao_kms_rotate_root`; one
// begun for another device is given up.
//
// MIYAO_STATUS_INVALID when the root is in this device already.
//
// May be NULL: `record`.
miyao_status miyao_kms_migrate_root(const miyao_kms *kms,
                                    const miyao_device *device,
                                    miyao_buffer **record,
                                    miyao_error **error);

// Finishes a change of root that was begun for this device.
//
// MIYAO_STATUS_MISSING when none was begun; MIYAO_STATUS_INVALID when it was for another device.
//
// May be NULL: `record`.
miyao_status miyao_kms_resume_root(const miyao_kms *kms,
                                   const miyao_device *device,
                                   miyao_buffer **record,
                                   miyao_error **error);

// `SM2.sign[key, user id](message)` (GB/T 32918.2) with the primary version of an `sm2-sign` key: writes r ‖ s, MIYAO_SM2_SIGNATURE_LEN bytes; `version`, where
// it is not NULL, gets its number. No other version signs: one that was the primary until a rotation verifies and nothing else. Whoever handed out its public key
// hands out the new primary's too.
//
// MIYAO_STATUS_MISSING, MIYAO_STATUS_FORBIDDEN, MIYAO_STATUS_EXHAUSTED as `miyao_kms_encrypt`; MIYAO_STATUS_INVALID for a user id of more than 8,191 bytes.
//
// May be NULL: `version`.
miyao_status miyao_kms_sign(const miyao_kms *kms,
                            const miyao_key_ref *key,
                            const uint8_t *user_id,
                            size_t user_id_len,
                            const uint8_t *message,
                            size_t message_len,
                            uint8_t *out,
                            size_t out_cap,
                            uint32_t *version,
                            miyao_error **error);

// The same of everything that `read` gives.
//
// May be NULL: `version`.
miyao_status miyao_kms_sign_stream(const miyao_kms *kms,
                                   const miyao_key_ref *key,
                                   const uint8_t *user_id,
                                   size_t user_id_len,
                                   miyao_read read,
                                   void *user,
                                   uint8_t *out,
                                   size_t out_cap,
                                   uint32_t *version,
                                   miyao_error **error);

// Signs `digest`, the 32 bytes e = SM3(ZA ‖ message) made with the primary's public key. Where `key` names a version, only if that is the primary still:
// after a rotation the digest is made again, with the public key of `miyao_kms_public_key`.
//
// As `miyao_kms_sign`; MIYAO_STATUS_CONFLICT when the key was rotated since the digest was made.
//
// May be NULL: `version`.
miyao_status miyao_kms_sign_digest(const miyao_kms *kms,
                                   const miyao_key_ref *key,
                                   const uint8_t *digest,
                                   size_t digest_len,
                                   uint8_t *out,
                                   size_t out_cap,
                                   uint32_t *version,
                                   miyao_error **error);

// Verifies a signature r ‖ s under the version that `key` names, or under any that may verify, newest first. Outputs as of `miyao_kms_verify_mac`.
//
// MIYAO_STATUS_REJECTED when it fits no version; otherwise as `miyao_kms_sign`.
//
// May be NULL: `version`, `compromised`.
miyao_status miyao_kms_verify(const miyao_kms *kms,
                              const miyao_key_ref *key,
                              const uint8_t *user_id,
                              size_t user_id_len,
                              const uint8_t *message,
                              size_t message_len,
                              const uint8_t *signature,
                              size_t signature_len,
                              uint32_t *version,
                              uint64_t *compromised,
                              miyao_error **error);

// The same of everything that `read` gives, read once.
//
// May be NULL: `version`, `compromised`.
miyao_status miyao_kms_verify_stream(const miyao_kms *kms,
                                     const miyao_key_ref *key,
                                     const uint8_t *user_id,
                                     size_t user_id_len,
                                     miyao_read read,
                                     void *user,
                                     const uint8_t *signature,
                                     size_t signature_len,
                                     uint32_t *version,
                                     uint64_t *compromised,
                                     miyao_error **error);

// The public half of the version that `key` names, or of the primary; `version`, where it is not NULL, gets its number.
//
// MIYAO_STATUS_MISSING without the key or version; MIYAO_STATUS_FORBIDDEN for a key without one.
//
// May be NULL: `version`.
miyao_status miyao_kms_public_key(const miyao_kms *kms,
                                  const miyao_key_ref *key,
                                  miyao_sm2_public_key **out,
                                  uint32_t *version,
                                  miyao_error **error);

// Stops a key: it verifies only.
//
// MIYAO_STATUS_FORBIDDEN where the table of docs/lifecycle.md has no such line, as for all of these.
miyao_status miyao_kms_disable(const miyao_kms *kms, const miyao_key_ref *key, miyao_error **error);

// Starts a disabled key again. Where its primary was stopped meanwhile, a key made here gets a successor in the same commit.
miyao_status miyao_kms_enable(const miyao_kms *kms,
                              const miyao_key_ref *key,
                              miyao_error **error);

// Schedules the destruction of a disabled key with all its versions after so many seconds, 7 to 366 days; 0 for 30 days. `due`, where it is not
// NULL, gets when, in milliseconds since 1970. It takes two calls of `miyao_kms_maintain` at least a day apart from then on.
//
// MIYAO_STATUS_INVALID for another wait.
//
// May be NULL: `due`.
miyao_status miyao_kms_schedule_destroy(const miyao_kms *kms,
                                        const miyao_key_ref *key,
                                        uint64_t wait_seconds,
                                        uint64_t *due,
                                        miyao_error **error);

// Calls a scheduled destruction off; the key is disabled then.
miyao_status miyao_kms_cancel_destroy(const miyao_kms *kms, const miyao_key_ref *key, miyao_error **error);

// Stops a version, which `key` names: it opens nothing until it is resumed. The primary of a key made here is succeeded in the same commit; a key
// with imported material is disabled instead.
miyao_status miyao_kms_suspend(const miyao_kms *kms,
                               const miyao_key_ref *key,
                               miyao_error **error);

// Lets a suspended version, which `key` names, open data again.
miyao_status miyao_kms_resume(const miyao_kms *kms, const miyao_key_ref *key, miyao_error **error);

// Takes the primary, a version that `key` names, out of use for new data; a successor takes its place as in `miyao_kms_suspend`.
miyao_status miyao_kms_deactivate(const miyao_kms *kms,
                                  const miyao_key_ref *key,
                                  miyao_error **error);

// Writes down that others know the secret of a version, which `key` names: from now on it opens only for a recovery.
miyao_status miyao_kms_compromise(const miyao_kms *kms, const miyao_key_ref *key, miyao_error **error);

// Schedules the destruction of one version, which `key` names, as `miyao_kms_schedule_destroy` does of a key.
//
// May be NULL: `due`.
miyao_status miyao_kms_schedule_destroy_version(const miyao_kms *kms,
                                                const miyao_key_ref *key,
                                                uint64_t wait_seconds,
                                                uint64_t *due,
                                                miyao_error **error);

// Calls the destruction of a version, which `key` names, off; it is suspended then, or compromised if it was.
miyao_status miyao_kms_cancel_destroy_version(const miyao_kms *kms, const miyao_key_ref *key, miyao_error **error);

// What there is to say of the store, as a record in JSON.
//
// MIYAO_STATUS_ROLLED_BACK when it went back since it was opened.
miyao_status miyao_kms_info(const miyao_kms *kms, miyao_buffer **record, miyao_error **error);

// Does everything that is due, and gives what it did as an array of records in JSON; what fails for one key is among them. `confirm_clock`
// believes the clock after it stepped.
//
// MIYAO_STATUS_CLOCK when the clock stepped since the store was last changed: back by more than 5 s, or ahead by more than 25 h.
miyao_status miyao_kms_maintain(const miyao_kms *kms,
                                bool confirm_clock,
                                miyao_buffer **records,
                                miyao_error **error);

// Checks everything that can be checked, and gives what was found as a record in JSON, whose `clean` says whether nothing is wrong.
miyao_status miyao_kms_doctor(const miyao_kms *kms,
                              miyao_buffer **record,
                              miyao_error **error);

// Audit entries from number `first` on, which counts from 1, at most `limit`: an array of records in JSON, empty past the end.
//
// MIYAO_STATUS_CORRUPT for an entry that was edited.
miyao_status miyao_kms_audit(const miyao_kms *kms,
                             uint64_t first,
                             size_t limit,
                             miyao_buffer **records,
                             miyao_error **error);

// Follows the audit chain from its first entry to the end that the store's head names, and gives how many there are as a record in JSON.
//
// MIYAO_STATUS_CORRUPT where it was edited, or entries were removed or moved.
miyao_status miyao_kms_verify_audit(const miyao_kms *kms,
                                    miyao_buffer **record,
                                    miyao_error **error);

// The newest state of the store that this process saw, MIYAO_WITNESS_LEN bytes; keep it outside the store.
miyao_status miyao_kms_witness(const miyao_kms *kms, uint8_t *out, size_t out_cap, miyao_error **error);

// Refuses a store that is older than a witness kept from before.
//
// MIYAO_STATUS_ROLLED_BACK; MIYAO_STATUS_INVALID for a witness of another store, or of another length than MIYAO_WITNESS_LEN.
miyao_status miyao_kms_check_witness(const miyao_kms *kms,
                                     const uint8_t *witness,
                                     size_t witness_len,
                                     miyao_error **error);

// Brings the rows of an older release to this one's layout; `changed`, where it is not NULL, gets whether anything had to be done.
//
// MIYAO_STATUS_READ_ONLY for a store of a newer release.
//
// May be NULL: `changed`.
miyao_status miyao_kms_upgrade(const miyao_kms *kms,
                               bool *changed,
                               miyao_error **error);

// `encrypt[key](context, plaintext)`: writes the token, `miyao_token_len(plaintext_len)` bytes. `key` is an `sm4` key, used in its primary
// version; the plaintext has at most MIYAO_TOKEN_PLAINTEXT_MAX bytes.
//
// MIYAO_STATUS_MISSING without the key; MIYAO_STATUS_FORBIDDEN by its state or purpose; MIYAO_STATUS_EXHAUSTED past a limit of it;
// MIYAO_STATUS_TOO_LARGE for a longer plaintext.
//
// May be NULL: `context`.
miyao_status miyao_kms_encrypt(const miyao_kms *kms,
                               const miyao_key_ref *key,
                               const miyao_context *context,
                               const uint8_t *plaintext,
                               size_t plaintext_len,
                               uint8_t *out,
                               size_t out_cap,
                               size_t *out_len,
                               miyao_error **error);

// `decrypt(context, token)`: writes the plaintext, by the key that the token names. `miyao_token_plaintext_max(token_len)` bytes are
// enough. Where they are not NULL, `key_id` gets the MIYAO_KEY_ID_LEN bytes of the key's id, `version` the number of its version, and
// `unproven` whether others know that version's secret, so that any of them may have written this.
//
// MIYAO_STATUS_REJECTED for another context or altered bytes; MIYAO_STATUS_MISSING when the key or its version is not here;
// MIYAO_STATUS_FORBIDDEN by its state; MIYAO_STATUS_MALFORMED, MIYAO_STATUS_UNSUPPORTED or MIYAO_STATUS_TRUNCATED for what is no token.
//
// May be NULL: `context`, `key_id`, `version`, `unproven`.
miyao_status miyao_kms_decrypt(const miyao_kms *kms,
                               const miyao_context *context,
                               const uint8_t *token,
                               size_t token_len,
                               uint8_t *out,
                               size_t out_cap,
                               size_t *out_len,
                               uint8_t *key_id,
                               size_t key_id_cap,
                               uint32_t *version,
                               bool *unproven,
                               miyao_error **error);

// The same, by a compromised version too: who wrote it is then unproven.
//
// As `miyao_kms_decrypt`.
//
// May be NULL: `context`, `key_id`, `version`, `unproven`.
miyao_status miyao_kms_recover(const miyao_kms *kms,
                               const miyao_context *context,
                               const uint8_t *token,
                               size_t token_len,
                               uint8_t *out,
                               size_t out_cap,
                               size_t *out_len,
                               uint8_t *key_id,
                               size_t key_id_cap,
                               uint32_t *version,
                               bool *unproven,
                               miyao_error **error);

// Writes the same value in a new token under its key's primary version; `token_len` bytes are enough.
//
// As `miyao_kms_decrypt` and `miyao_kms_encrypt`.
//
// May be NULL: `context`.
miyao_status miyao_kms_reencrypt(const miyao_kms *kms,
                                 const miyao_context *context,
                                 const uint8_t *token,
                                 size_t token_len,
                                 uint8_t *out,
                                 size_t out_cap,
                                 size_t *out_len,
                                 miyao_error **error);

// `encrypt(plaintext)`: a message for the recipients of `options`.
//
// MIYAO_STATUS_INVALID without a recipient; MIYAO_STATUS_TOO_LARGE past the limits of the format; whatever keeps a recipient's key from it.
miyao_status miyao_message_encrypt(const miyao_options *options,
                                   const uint8_t *plaintext,
                                   size_t plaintext_len,
                                   miyao_buffer **message,
                                   miyao_error **error);

// `decrypt(message)`: the plaintext. Where they are not NULL, `signed` gets one of MIYAO_SIGNED_…, and `signer` the MIYAO_SIGNER_LEN bytes of the
// signer's key identifier, or zeros.
//
// MIYAO_STATUS_REJECTED for a wrong key, a wrong context or altered bytes; MIYAO_STATUS_MISSING when no identity is among the recipients;
// MIYAO_STATUS_MALFORMED, MIYAO_STATUS_TRUNCATED, MIYAO_STATUS_UNSUPPORTED for what shows without a key.
//
// May be NULL: `signed_`, `signer`.
miyao_status miyao_message_decrypt(const miyao_opener *opener,
                                   const uint8_t *message,
                                   size_t message_len,
                                   miyao_buffer **plaintext,
                                   uint32_t *signed_,
                                   uint8_t *signer,
                                   size_t signer_cap,
                                   miyao_error **error);

// Encrypts everything that `read` gives into one message that `write` takes. Where it is not NULL, `bytes` gets how many were read. Memory is
// bounded whatever the length.
//
// As `miyao_message_encrypt`; MIYAO_STATUS_IO when a function fails. What was written until then is no message.
//
// May be NULL: `bytes`.
miyao_status miyao_message_encrypt_stream(const miyao_options *options,
                                          miyao_read read,
                                          void *read_user,
                                          miyao_write write,
                                          void *write_user,
                                          uint64_t *bytes,
                                          miyao_error **error);

// Decrypts the message that `read` gives, and hands its plaintext to `write`, each frame after it was authenticated. Where it is not NULL, `bytes`
// gets how many were written. **Whoever must not use a part of a message, or one without the signature that was demanded, waits for MIYAO_STATUS_OK:
// what was written before a failure is to be thrown away.**
//
// As `miyao_message_decrypt`; MIYAO_STATUS_IO when a function fails.
//
// May be NULL: `bytes`, `signed_`, `signer`.
miyao_status miyao_message_decrypt_stream(const miyao_opener *opener,
                                          miyao_read read,
                                          void *read_user,
                                          miyao_write write,
                                          void *write_user,
                                          uint64_t *bytes,
                                          uint32_t *signed_,
                                          uint8_t *signer,
                                          size_t signer_cap,
                                          miyao_error **error);

// What a message says of itself, as a record in JSON; nothing of it is authenticated. Of the same bytes, once `miyao_message_decrypt` opened them, suite,
// frame_bytes, context and signer are; of a stream `miyao_decryptor_record` and `miyao_reader_record` tell them. `start` is the message, or its first
// MIYAO_MESSAGE_INSPECTED bytes; `message_len` how long it is in all, or 0 where that is not known.
//
// MIYAO_STATUS_MALFORMED, MIYAO_STATUS_TRUNCATED or MIYAO_STATUS_UNSUPPORTED for what is no message.
miyao_status miyao_message_inspect_unverified(const uint8_t *start,
                                              size_t start_len,
                                              uint64_t message_len,
                                              miyao_buffer **record,
                                              miyao_error **error);

// By nobody yet: no context pair demanded, no signature, one thread. To be freed with `miyao_opener_free`.
miyao_status miyao_opener_new(miyao_opener **out);

// Adds every key of a store as an identity, found by the id that stands in a message.
miyao_status miyao_opener_add_kms(miyao_opener *opener, const miyao_kms *kms, miyao_error **error);

// The same, compromised versions too: what they open is of unproven origin.
miyao_status miyao_opener_add_recovering_kms(miyao_opener *opener, const miyao_kms *kms, miyao_error **error);

// Adds an SM2 private key, of which a copy is kept, as an identity.
miyao_status miyao_opener_add_sm2(miyao_opener *opener, const miyao_sm2_private_key *key, miyao_error **error);

// Adds a passphrase as an identity. With an empty one, what was encrypted for a passphrase is MIYAO_STATUS_INVALID to open.
miyao_status miyao_opener_add_passphrase(miyao_opener *opener,
                                         const uint8_t *passphrase,
                                         size_t passphrase_len,
                                         miyao_error **error);

// The pairs that the caller knows, of which a copy is kept: each must be in the message and equal, and hidden ones must be given here.
//
// May be NULL: `context`.
miyao_status miyao_opener_set_context(miyao_opener *opener,
                                      const miyao_context *context,
                                      miyao_error **error);

// Demands a signature by this key, of which a copy is kept; NULL for none.
//
// May be NULL: `signer`.
miyao_status miyao_opener_set_signer(miyao_opener *opener, const miyao_sm2_public_key *signer, miyao_error **error);

// Whether the caller's context must name every pair of the message, stored ones too; without this it need not.
miyao_status miyao_opener_set_every_pair(miyao_opener *opener, bool every_pair, miyao_error **error);

// Works on several frames at once in streaming, the caller's thread among those.
miyao_status miyao_opener_set_threads(miyao_opener *opener, size_t threads, miyao_error **error);

// Wipes and frees it, but for what streams that were opened by it still hold. NULL is nothing.
void miyao_opener_free(miyao_opener *opener);

// For nobody yet: suite GCM, frames of 64 KiB, no context, unsigned, one thread. To be freed with `miyao_options_free`.
miyao_status miyao_options_new(miyao_options **out);

// Adds a key of a store, an `sm4` or `sm2-encrypt` key, as a recipient: messages are wrapped under its primary at that time.
//
// MIYAO_STATUS_MISSING without the key; MIYAO_STATUS_FORBIDDEN for a key of another purpose.
miyao_status miyao_options_add_key(miyao_options *options,
                                   const miyao_kms *kms,
                                   const miyao_key_ref *key,
                                   miyao_error **error);

// Adds the holder of an SM2 private key, by its public half, as a recipient.
miyao_status miyao_options_add_sm2(miyao_options *options, const miyao_sm2_public_key *key, miyao_error **error);

// Adds whoever knows a passphrase as a recipient, at a cost of so many iterations of PBKDF2-HMAC-SM3, 0 for MIYAO_ITERATIONS_MIN.
//
// MIYAO_STATUS_INVALID for other iterations; and an empty passphrase is MIYAO_STATUS_INVALID for whatever encrypts for it.
miyao_status miyao_options_add_passphrase(miyao_options *options,
                                          const uint8_t *passphrase,
                                          size_t passphrase_len,
                                          uint32_t iterations,
                                          miyao_error **error);

// Signs messages by a key, of which a copy is kept; docs/format.md says what that proves and what not. NULL for no signature.
//
// May be NULL: `signer`.
miyao_status miyao_options_set_signer(miyao_options *options,
                                      const miyao_sm2_private_key *signer,
                                      miyao_error **error);

// Binds messages to a context, of which a copy is kept; NULL for none.
//
// May be NULL: `context`.
miyao_status miyao_options_set_context(miyao_options *options, const miyao_context *context, miyao_error **error);

// Chooses the suite, MIYAO_SUITE_….
miyao_status miyao_options_set_suite(miyao_options *options, uint32_t suite, miyao_error **error);

// Chooses frames of 2^log2 bytes, log2 from 12 to 24.
//
// MIYAO_STATUS_INVALID for another.
miyao_status miyao_options_set_frame_log2(miyao_options *options, uint32_t log2, miyao_error **error);

// Leaves room for more recipients: so many bytes of a slot beyond what is needed now; 64 without this.
miyao_status miyao_options_set_spare(miyao_options *options, size_t bytes, miyao_error **error);

// Works on several frames at once in streaming, the caller's thread among those; memory stays bounded by some MiB a thread.
miyao_status miyao_options_set_threads(miyao_options *options,
                                       size_t threads,
                                       miyao_error **error);

// Wipes and frees it. NULL is nothing.
void miyao_options_free(miyao_options *options);

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
//
// May be NULL: `signers`, `dialect`.
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
//
// May be NULL: `signers`, `dialect`.
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
//
// May be NULL: `signers`, `dialect`.
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
//
// May be NULL: `options`.
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
//
// May be NULL: `options`.
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
//
// May be NULL: `options`.
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

// Writes it in DER, byte for byte as it was read, to be freed with `miyao_buffer_free`.
miyao_status miyao_crl_to_der(const miyao_crl *crl, miyao_buffer **out);

// Writes it as PEM, `X509 CRL`, to be freed with `miyao_buffer_free`.
miyao_status miyao_crl_to_pem(const miyao_crl *crl, miyao_buffer **out);

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
//
// May be NULL: `when`, `reason`.
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

// All that was found as a record in JSON, without any secret, as `miyao sm2 inspect --json` prints it; to be freed with `miyao_buffer_free`.
miyao_status miyao_inspection_record(const miyao_inspection *inspection,
                                     miyao_buffer **record);

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
//
// May be NULL: `own`.
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

// The uses of the key that are asked for, bits MIYAO_KEY_USAGE_, as anybody may have written them before the request is verified; 0 where none
// are, and for NULL.
uint32_t miyao_certificate_request_unverified_key_usage(const miyao_certificate_request *request);

// The purposes that are asked for, in the words of `miyao_certificate_purposes` with commas between, as anybody may have written them before the
// request is verified.
miyao_status miyao_certificate_request_unverified_purposes(const miyao_certificate_request *request,
                                                           miyao_buffer **out);

// Writes it in DER, byte for byte as it was read, to be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_request_to_der(const miyao_certificate_request *request, miyao_buffer **out);

// Writes it as PEM, `CERTIFICATE REQUEST`, to be freed with `miyao_buffer_free`.
miyao_status miyao_certificate_request_to_pem(const miyao_certificate_request *request, miyao_buffer **out);

// Frees it. NULL is nothing.
void miyao_certificate_request_free(miyao_certificate_request *request);

// A certificate for an authority, which may sign others and lists: a root where it signs itself, an intermediate where another does. At most `path_len`
// authorities may stand below it, or MIYAO_PATH_LEN_ANY. The name is as RFC 4514 writes it, `CN=root,O=Example,C=CN`; the time is in seconds since
// 1970-01-01T00:00:00Z, both ends included. To be freed with `miyao_certificate_template_free`.
//
// MIYAO_STATUS_INVALID: no name.
miyao_status miyao_certificate_template_authority(const char *subject,
                                                  size_t subject_len,
                                                  int64_t from,
                                                  int64_t until,
                                                  uint32_t path_len,
                                                  miyao_certificate_template **out,
                                                  miyao_error **error);

// A signing certificate (签名证书): its key signs, and its holder shall not be able to deny it. Otherwise as
// `miyao_certificate_template_authority`; the name may be empty where there are alternative ones.
miyao_status miyao_certificate_template_signing(const char *subject,
                                                size_t subject_len,
                                                int64_t from,
                                                int64_t until,
                                                miyao_certificate_template **out,
                                                miyao_error **error);

// An encryption certificate (加密证书): its key encrypts keys and data and agrees on keys. Otherwise as `miyao_certificate_template_signing`.
miyao_status miyao_certificate_template_encryption(const char *subject,
                                                   size_t subject_len,
                                                   int64_t from,
                                                   int64_t until,
                                                   miyao_certificate_template **out,
                                                   miyao_error **error);

// Other uses of the key: bits MIYAO_KEY_USAGE_, at least one. Nobody but an authority signs certificates, which is found out when it is signed.
//
// MIYAO_STATUS_UNSUPPORTED: a bit that is none.
miyao_status miyao_certificate_template_set_key_usage(miyao_certificate_template *wanted,
                                                      uint32_t usage,
                                                      miyao_error **error);

// What the key is for: the words of `miyao_certificate_purposes` with commas between.
//
// MIYAO_STATUS_UNSUPPORTED: another word.
miyao_status miyao_certificate_template_set_purposes(miyao_certificate_template *wanted,
                                                     const char *purposes,
                                                     size_t purposes_len,
                                                     miyao_error **error);

// Further names of the subject, `dns:host`, `ip:10.0.0.1`, email or uri, with line ends (\n) between, as
// `miyao_certificate_alternative_names` writes them.
//
// MIYAO_STATUS_INVALID: other text.
miyao_status miyao_certificate_template_set_alternative_names(miyao_certificate_template *wanted,
                                                              const char *names,
                                                              size_t names_len,
                                                              miyao_error **error);

// Signs it with its own key under this user id, MIYAO_SM2_DEFAULT_ID as a rule, with a serial number of 126 random bits; to be freed with
// `miyao_certificate_free`.
//
// MIYAO_STATUS_INVALID: a subject without any name, an end before the beginning or outside the years 0 to 9999, uses that do not fit, and a user id of more
// than MIYAO_SM2_ID_MAX bytes. MIYAO_STATUS_ENTROPY: the system gave no randomness.
miyao_status miyao_certificate_template_self_sign(const miyao_certificate_template *wanted,
                                                  const miyao_sm2_private_key *key,
                                                  const uint8_t *user_id,
                                                  size_t user_id_len,
                                                  miyao_certificate **out,
                                                  miyao_error **error);

// Lets an authority, by its certificate and its key, sign it for `subject`, under this user id, MIYAO_SM2_DEFAULT_ID as a rule. That the holder has the
// private half is for the caller to know: `miyao_certificate_request_verify` gives the key of a request once it is proved. To be freed with
// `miyao_certificate_free`.
//
// As `miyao_certificate_template_self_sign`; MIYAO_STATUS_INVALID: the key of another certificate. MIYAO_STATUS_FORBIDDEN: a certificate that is no
// authority's, or of one that may have no other below it.
miyao_status miyao_certificate_template_issue(const miyao_certificate_template *wanted,
                                              const miyao_sm2_public_key *subject,
                                              const miyao_certificate *issuer,
                                              const miyao_sm2_private_key *issuer_key,
                                              const uint8_t *user_id,
                                              size_t user_id_len,
                                              miyao_certificate **out,
                                              miyao_error **error);

// Frees it. NULL is nothing.
void miyao_certificate_template_free(miyao_certificate_template *wanted);

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
//
// May be NULL: `path`.
miyao_status miyao_trust_verify(const miyao_trust *trust,
                                const miyao_certificate *certificate,
                                uint32_t purpose,
                                int64_t now,
                                miyao_buffer **path,
                                miyao_error **error);

// Frees it. NULL is nothing.
void miyao_trust_free(miyao_trust *trust);

// Opens the message of `message_len` bytes that `read_at` gives. `user` must last until the reader is freed.
//
// As `miyao_message_decrypt`; MIYAO_STATUS_INVALID for an opener that demands a signature.
miyao_status miyao_reader_new(const miyao_opener *opener,
                              miyao_read_at read_at,
                              void *user,
                              uint64_t message_len,
                              miyao_reader **out,
                              miyao_error **error);

// Opens a message in memory, such as a file that is mapped: **`message` is kept, and must stay as it is until the reader is freed.**
//
// As `miyao_reader_new`.
miyao_status miyao_reader_new_in_memory(const miyao_opener *opener,
                                        const uint8_t *message,
                                        size_t message_len,
                                        miyao_reader **out,
                                        miyao_error **error);

// The number of bytes of plaintext; 0 for NULL.
uint64_t miyao_reader_len(const miyao_reader *reader);

// What the message says of itself, as a record in JSON: its suite, its context and who signs are authenticated, the signature is not checked.
miyao_status miyao_reader_record(const miyao_reader *reader,
                                 miyao_buffer **record,
                                 miyao_error **error);

// Reads plaintext from byte `offset` on until `out` is full or the plaintext ends; `out_len` gets how many bytes, 0 past the end.
//
// MIYAO_STATUS_REJECTED for altered bytes, and MIYAO_STATUS_IO when the function fails: `out` is zeros then.
miyao_status miyao_reader_read_at(miyao_reader *reader,
                                  uint64_t offset,
                                  uint8_t *out,
                                  size_t out_cap,
                                  size_t *out_len,
                                  miyao_error **error);

// Wipes and frees it. NULL is nothing.
void miyao_reader_free(miyao_reader *reader);

// Wraps the message in the file at `path` anew, in place: the entry of a recipient that the opener can open is replaced by one for the only recipient of
// `options`. Where that one is a recipient already, its own entry is replaced instead, as after a rotation. Header, body, signature and everybody
// else's entries do not change, so the cost does not depend on the size; what else the opener demands and the options say is not looked at. Where it is
// not NULL, `rewrapped` gets one of MIYAO_REWRAPPED_….
//
// The file key stays the same: who has it, or a copy of the message as it was, can still open it.
//
// MIYAO_STATUS_INVALID when `options` have not one recipient; MIYAO_STATUS_MISSING when no identity of the opener is a recipient; MIYAO_STATUS_REJECTED when an
// entry was altered; MIYAO_STATUS_BUSY when another process rewraps it. The message stays readable after every failure, and when power fails.
//
// May be NULL: `rewrapped`.
miyao_status miyao_message_rewrap_file(const miyao_opener *opener,
                                       const miyao_options *options,
                                       const char *path,
                                       size_t path_len,
                                       uint32_t *rewrapped,
                                       miyao_error **error);

// Likewise of a message in memory: gives it as it is then.
//
// As `miyao_message_rewrap_file`.
miyao_status miyao_message_rewrap(const miyao_opener *opener,
                                  const miyao_options *options,
                                  const uint8_t *message,
                                  size_t message_len,
                                  miyao_buffer **out,
                                  miyao_error **error);

// A root from a passphrase of one byte at least. `iterations`, or 0 for the fewest, are what a store is sealed with when it is made or
// changed; a store that is opened says for itself how many it takes.
//
// MIYAO_STATUS_INVALID for other iterations.
miyao_status miyao_root_passphrase(const uint8_t *passphrase,
                                   size_t passphrase_len,
                                   uint32_t iterations,
                                   miyao_root **out,
                                   miyao_error **error);

// Makes a key file of 32 random bytes, mode 0600 and durable on return, and a root from it.
//
// MIYAO_STATUS_EXISTS when something of that name is there.
miyao_status miyao_root_key_file_create(const char *path, size_t path_len, miyao_root **out, miyao_error **error);

// A root from a key file.
//
// MIYAO_STATUS_MISSING when there is none; MIYAO_STATUS_INVALID when it is no regular file or others than its owner have rights to it;
// MIYAO_STATUS_MALFORMED when it has not 32 bytes.
miyao_status miyao_root_key_file_open(const char *path,
                                      size_t path_len,
                                      miyao_root **out,
                                      miyao_error **error);

// A root in an encryption machine, which it keeps. A store that is opened says by which id its root key is found there; the id in the device's URI, where
// there is one, must be the same. For `miyao_kms_init` a key is made in the device, or the one of the URI's id is used; no other function makes one
// from a root.
miyao_status miyao_root_device(const miyao_device *device,
                               miyao_root **out,
                               miyao_error **error);

// Wipes and frees it. NULL is nothing.
void miyao_root_free(miyao_root *root);

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
//
// May be NULL: `options`.
miyao_status miyao_sm2_private_key_encrypt_der(const miyao_sm2_private_key *key,
                                               const uint8_t *passphrase,
                                               size_t passphrase_len,
                                               const miyao_pkcs8_options *options,
                                               miyao_buffer **out);

// Likewise as PEM, `ENCRYPTED PRIVATE KEY`.
//
// MIYAO_STATUS_INVALID: an empty passphrase. MIYAO_STATUS_ENTROPY: the system gave no randomness.
//
// May be NULL: `options`.
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

// The bytes of a token that `miyao_kms_encrypt` makes of so many bytes of plaintext: MIYAO_TOKEN_OVERHEAD more.
size_t miyao_token_len(size_t plaintext_len);

// The most bytes of plaintext that a token of so many can hold.
size_t miyao_token_plaintext_max(size_t token_len);

// The characters of the text of a token of so many bytes.
size_t miyao_token_text_len(size_t token_len);

// Writes the token as text: base64url without padding, which starts with "miyao". No NUL is added; the number of characters is
// `miyao_token_text_len`.
miyao_status miyao_token_to_text(const uint8_t *token,
                                 size_t token_len,
                                 char *out,
                                 size_t out_cap,
                                 size_t *out_len,
                                 miyao_error **error);

// Reads the text of a token, with white space around it or not; `text_len` bytes of `out` are enough.
//
// MIYAO_STATUS_MALFORMED for anything that is not base64url.
miyao_status miyao_token_from_text(const char *text,
                                   size_t text_len,
                                   uint8_t *out,
                                   size_t out_cap,
                                   size_t *out_len,
                                   miyao_error **error);

// What a token says of itself, as a record in JSON; nothing of it is authenticated before the token was decrypted.
//
// MIYAO_STATUS_MALFORMED, MIYAO_STATUS_UNSUPPORTED, MIYAO_STATUS_TRUNCATED or MIYAO_STATUS_TOO_LARGE for what is no token.
miyao_status miyao_token_inspect_unverified(const uint8_t *token,
                                            size_t token_len,
                                            miyao_buffer **out,
                                            miyao_error **error);

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
