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

// A running SM4-CMAC (消息鉴别码) under its key.
typedef struct miyao_cmac miyao_cmac;

// A failure in words, for a log or a person: a sentence that says what happened and what to do next, and what caused it. It
// never contains key bytes, plaintext, contexts or the contents of files.
typedef struct miyao_error miyao_error;

// A key of SM4-GCM (可鉴别加密) and the length of its tags. Many threads may use it at once.
typedef struct miyao_gcm miyao_gcm;

// A running HMAC-SM3 (带密钥的杂凑) under its key.
typedef struct miyao_hmac miyao_hmac;

// A running SM3 hash (杂凑).
typedef struct miyao_sm3 miyao_sm3;

// A key of SM4 (分组密码) that is expanded once for many calls.
typedef struct miyao_sm4 miyao_sm4;

// A text on its way through a mode of SM4, under its own key.
typedef struct miyao_sm4_stream miyao_sm4_stream;

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
