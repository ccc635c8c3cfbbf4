package miyao

// The one file that calls C (but for link_*.go, which say what to link). Its functions take and give values of Go and objects of the library as
// unsafe.Pointer; owning, freeing in time and keeping alive are their callers'.
//
// A pointer to Go's memory is only ever an argument of the call itself, to bytes or to one local variable; C keeps none. Each function named with
// noescape and nocallback below keeps that by the rules at the top of miyao.h ("nothing is kept of an input after the call") and has no function of
// the caller's to call; those two words let buffers stay on the caller's stack. What calls back is not among them.
//
// Where nothing is warm, made, given and tried run a function literal; what one captures lies on the heap.

/*
#include <stdlib.h>
#include <string.h>
#include "miyao.h"

#cgo noescape go_kms_encrypt
#cgo nocallback go_kms_encrypt
#cgo noescape go_kms_decrypt
#cgo nocallback go_kms_decrypt
#cgo noescape go_error_take
#cgo nocallback go_error_take
#cgo noescape go_buffer_take
#cgo nocallback go_buffer_take
#cgo noescape miyao_kms_mac
#cgo nocallback miyao_kms_mac
#cgo noescape miyao_kms_verify_mac
#cgo nocallback miyao_kms_verify_mac
#cgo noescape miyao_kms_sign
#cgo nocallback miyao_kms_sign
#cgo noescape miyao_kms_sign_digest
#cgo nocallback miyao_kms_sign_digest
#cgo noescape miyao_kms_verify
#cgo nocallback miyao_kms_verify
#cgo noescape miyao_kms_reencrypt
#cgo nocallback miyao_kms_reencrypt
#cgo noescape miyao_kms_generate_data_key
#cgo nocallback miyao_kms_generate_data_key
#cgo noescape miyao_gcm_encrypt
#cgo nocallback miyao_gcm_encrypt
#cgo noescape miyao_gcm_decrypt
#cgo nocallback miyao_gcm_decrypt
#cgo noescape miyao_ccm_encrypt
#cgo nocallback miyao_ccm_encrypt
#cgo noescape miyao_ccm_decrypt
#cgo nocallback miyao_ccm_decrypt
#cgo noescape miyao_sm3_digest
#cgo nocallback miyao_sm3_digest
#cgo noescape miyao_sm3_update
#cgo nocallback miyao_sm3_update
#cgo noescape miyao_sm3_finish
#cgo nocallback miyao_sm3_finish
#cgo noescape miyao_hmac_mac
#cgo nocallback miyao_hmac_mac
#cgo noescape miyao_hmac_update
#cgo nocallback miyao_hmac_update
#cgo noescape miyao_hmac_finish
#cgo nocallback miyao_hmac_finish
#cgo noescape miyao_hmac_verify
#cgo nocallback miyao_hmac_verify
#cgo noescape miyao_cmac_update
#cgo nocallback miyao_cmac_update
#cgo noescape miyao_cmac_finish
#cgo nocallback miyao_cmac_finish
#cgo noescape miyao_cmac_verify
#cgo nocallback miyao_cmac_verify
#cgo noescape miyao_sm4_encrypt
#cgo nocallback miyao_sm4_encrypt
#cgo noescape miyao_sm4_decrypt
#cgo nocallback miyao_sm4_decrypt
#cgo noescape miyao_sm2_private_key_sign
#cgo nocallback miyao_sm2_private_key_sign
#cgo noescape miyao_sm2_private_key_sign_digest
#cgo nocallback miyao_sm2_private_key_sign_digest
#cgo noescape miyao_sm2_private_key_decrypt
#cgo nocallback miyao_sm2_private_key_decrypt
#cgo noescape miyao_sm2_public_key_verify
#cgo nocallback miyao_sm2_public_key_verify
#cgo noescape miyao_sm2_public_key_verify_digest
#cgo nocallback miyao_sm2_public_key_verify_digest
#cgo noescape miyao_sm2_public_key_encrypt
#cgo nocallback miyao_sm2_public_key_encrypt
#cgo noescape miyao_sm2_prepared_key_verify
#cgo nocallback miyao_sm2_prepared_key_verify
#cgo noescape miyao_sm2_prepared_key_verify_digest
#cgo nocallback miyao_sm2_prepared_key_verify_digest
#cgo noescape miyao_sm2_prepared_key_encrypt
#cgo nocallback miyao_sm2_prepared_key_encrypt
#cgo noescape miyao_sm2_digest_update
#cgo nocallback miyao_sm2_digest_update
#cgo noescape miyao_sm2_digest_finish
#cgo nocallback miyao_sm2_digest_finish
#cgo noescape miyao_sm4_stream_update
#cgo nocallback miyao_sm4_stream_update
#cgo noescape miyao_random
#cgo nocallback miyao_random
#cgo noescape miyao_encryptor_write
#cgo nocallback miyao_encryptor_write
#cgo noescape miyao_encryptor_take
#cgo nocallback miyao_encryptor_take
#cgo noescape miyao_decryptor_write
#cgo nocallback miyao_decryptor_write
#cgo noescape miyao_decryptor_read
#cgo nocallback miyao_decryptor_read
#cgo noescape miyao_xts_encrypt
#cgo nocallback miyao_xts_encrypt
#cgo noescape miyao_xts_decrypt
#cgo nocallback miyao_xts_decrypt

typedef struct { size_t len; miyao_error *error; uint32_t status; } go_done;

// By value: a pointer to a pointer would be checked by cgo in every call.
static inline go_done go_kms_encrypt(const miyao_kms *kms, const miyao_key_ref *key, const miyao_context *context,
                                     const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap) {
    go_done done = {0, NULL, 0};
    done.status = miyao_kms_encrypt(kms, key, context, in, in_len, out, out_cap, &done.len, &done.error);
    return done;
}

static inline go_done go_kms_decrypt(const miyao_kms *kms, const miyao_context *context,
                                     const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap) {
    go_done done = {0, NULL, 0};
    done.status = miyao_kms_decrypt(kms, context, in, in_len, out, out_cap, &done.len, NULL, 0, NULL, NULL, &done.error);
    return done;
}

// Copies what there is room for and frees the error.
static inline size_t go_error_take(miyao_error *error, uint8_t *out, size_t out_cap) {
    const char *text = miyao_error_message(error);
    size_t len = strlen(text);
    if (len > out_cap) len = out_cap;
    memcpy(out, text, len);
    miyao_error_free(error);
    return len;
}

// Copies all and frees the buffer.
static inline void go_buffer_take(miyao_buffer *buffer, uint8_t *out) {
    size_t len = miyao_buffer_len(buffer);
    if (len > 0) memcpy(out, miyao_buffer_data(buffer), len);
    miyao_buffer_free(buffer);
}

typedef miyao_status (*go_key_event)(const miyao_kms *, const miyao_key_ref *, miyao_error **);
static inline miyao_status go_kms_event(go_key_event event, const miyao_kms *kms, const miyao_key_ref *key, miyao_error **error) {
    return event(kms, key, error);
}

typedef miyao_status (*go_store_record)(const miyao_kms *, miyao_buffer **, miyao_error **);
static inline miyao_status go_kms_record(go_store_record record, const miyao_kms *kms, miyao_buffer **out, miyao_error **error) {
    return record(kms, out, error);
}

// A call that ends before the caller's reader or writer goes: user points to the number of a cgo.Handle, in Go's memory without a pointer in it.
extern int64_t miyaoGoRead(void *user, uint8_t *out, size_t cap);
extern int64_t miyaoGoWrite(void *user, uint8_t *data, size_t len);
static int64_t go_read(void *user, uint8_t *out, size_t cap) { return miyaoGoRead(user, out, cap); }
static int64_t go_write(void *user, const uint8_t *data, size_t len) { return miyaoGoWrite(user, (uint8_t *)data, len); }
static inline miyao_read go_reads(void) { return go_read; }
static inline miyao_write go_writes(void) { return go_write; }

// A reader keeps its source: the number of a cgo.Handle itself, which is no pointer to Go.
extern int64_t miyaoGoReadAt(uintptr_t source, uint64_t offset, uint8_t *out, size_t cap);
static int64_t go_read_at(void *user, uint64_t offset, uint8_t *out, size_t cap) {
    return miyaoGoReadAt((uintptr_t)user, offset, out, cap);
}
static inline miyao_status go_reader_new(const miyao_opener *opener, uintptr_t source, uint64_t len, miyao_reader **out, miyao_error **error) {
    return miyao_reader_new(opener, go_read_at, (void *)source, len, out, error);
}
*/
import "C"

import (
	"runtime"
	"strings"
	"unicode/utf8"
	"unsafe"
)

type pointer = unsafe.Pointer

func bp(b []byte) *C.uint8_t { return (*C.uint8_t)(pointer(unsafe.SliceData(b))) }
func bn(b []byte) C.size_t   { return C.size_t(len(b)) }
func sp(s string) *C.char    { return (*C.char)(pointer(unsafe.StringData(s))) }
func sn(s string) C.size_t   { return C.size_t(len(s)) }

func plain(status C.miyao_status) error {
	if status == C.MIYAO_STATUS_OK {
		return nil
	}
	return Kind(status)
}

// told takes the place of the error, for Go leaves open whether an argument that is a variable is read before the call beside it.
func told(status C.miyao_status, e **C.miyao_error) error {
	if status == C.MIYAO_STATUS_OK {
		return nil
	}
	return inWords(Kind(status), *e)
}

//go:noinline
func inWords(kind Kind, e *C.miyao_error) error {
	if e == nil {
		return kind
	}
	var text [2048]byte
	message := text[:C.go_error_take(e, bp(text[:]), C.size_t(len(text)))]
	for len(message) > 0 && !utf8.Valid(message) { // cut within a character
		message = message[:len(message)-1]
	}
	return &Error{Kind: kind, Message: string(message)}
}

func taken(buffer *C.miyao_buffer, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	out := make([]byte, C.miyao_buffer_len(buffer))
	C.go_buffer_take(buffer, bp(out))
	return out, nil
}

type (
	status = C.miyao_status
	place  = **C.miyao_error
	buffer = **C.miyao_buffer
)

// made is a call that makes an object; out is a place for a pointer of its type.
func made(call func(out pointer, e place) status) (pointer, error) {
	var p pointer
	var e *C.miyao_error
	err := told(call(pointer(&p), &e), &e)
	return p, err
}

// given is a call that gives bytes of a length that only it knows.
func given(call func(out buffer, e place) status) ([]byte, error) {
	var b *C.miyao_buffer
	var e *C.miyao_error
	err := told(call(&b, &e), &e)
	return taken(b, err)
}

// tried is a call that gives nothing else than an error.
func tried(call func(e place) status) error {
	var e *C.miyao_error
	return told(call(&e), &e)
}

// inTurn makes calls until one fails.
func inTurn(calls ...func(e place) status) error {
	for _, call := range calls {
		if err := tried(call); err != nil {
			return err
		}
	}
	return nil
}

// rows are arrays of bytes behind one another.
func rows[T [32]byte | Signature](all []T) *C.uint8_t {
	return (*C.uint8_t)(pointer(unsafe.SliceData(all)))
}
func rowsLen[T [32]byte | Signature](all []T) C.size_t {
	return C.size_t(len(all)) * C.size_t(unsafe.Sizeof(*new(T)))
}

// listed is an array of pointers to byte strings, which stay where they are until pins are undone, and one of their lengths.
func listed(all [][]byte, pins *runtime.Pinner) (**C.uint8_t, *C.size_t) {
	data, lens := make([]*C.uint8_t, len(all)), make([]C.size_t, len(all))
	for i, one := range all {
		if len(one) == 0 {
			continue
		}
		data[i], lens[i] = bp(one), bn(one)
		if i == 0 || data[i] != data[i-1] { // the user id is mostly the same
			pins.Pin(&one[0])
		}
	}
	return unsafe.SliceData(data), unsafe.SliceData(lens)
}

const (
	abiVersion        = C.MIYAO_ABI_VERSION
	tokenOverhead     = C.MIYAO_TOKEN_OVERHEAD
	tokenPlaintextMax = C.MIYAO_TOKEN_PLAINTEXT_MAX
	keyPairTokenMax   = C.MIYAO_KEY_PAIR_TOKEN_MAX
	materialLen       = C.MIYAO_MATERIAL_LEN
	importTokenLen    = C.MIYAO_IMPORT_TOKEN_LEN
	inspectedLen      = C.MIYAO_MESSAGE_INSPECTED
	pathLenAny        = C.MIYAO_PATH_LEN_ANY
	witnessLen        = C.MIYAO_WITNESS_LEN
)

// The library itself.

func cStatusName(status uint32) string { return C.GoString(C.miyao_status_name(C.uint32_t(status))) }
func cVersion() string                 { return C.GoString(C.miyao_version()) }
func cFeatures() string                { return C.GoString(C.miyao_features()) }
func cABIVersion() uint32              { return uint32(C.miyao_abi_version()) }
func cSelfTest() error                 { return plain(C.miyao_self_test()) }
func cRandom(out []byte) error         { return plain(C.miyao_random(bp(out), bn(out))) }

// Hashes, MACs and derivations.

func cSM3(data []byte, out *[32]byte) error {
	return plain(C.miyao_sm3_digest(bp(data), bn(data), bp(out[:]), 32))
}
func cSM3New() (pointer, error) {
	var p *C.miyao_sm3
	err := plain(C.miyao_sm3_new(&p))
	return pointer(p), err
}
func cSM3Update(p pointer, data []byte) error {
	return plain(C.miyao_sm3_update((*C.miyao_sm3)(p), bp(data), bn(data)))
}
func cSM3Finish(p pointer, out []byte) error {
	return plain(C.miyao_sm3_finish((*C.miyao_sm3)(p), bp(out), bn(out)))
}
func cSM3Clone(p pointer) (pointer, error) {
	var q *C.miyao_sm3
	err := plain(C.miyao_sm3_clone((*C.miyao_sm3)(p), &q))
	return pointer(q), err
}
func cSM3Reset(p pointer) error { return plain(C.miyao_sm3_reset((*C.miyao_sm3)(p))) }
func cSM3Free(p pointer)        { C.miyao_sm3_free((*C.miyao_sm3)(p)) }
func cSM3Many(messages [][]byte, out [][32]byte) error {
	var pins runtime.Pinner
	defer pins.Unpin()
	data, lens := listed(messages, &pins)
	return plain(C.miyao_sm3_digest_many(data, lens, C.size_t(len(messages)), rows(out), rowsLen(out)))
}

func cHMAC(key, data []byte, out *[32]byte) error {
	return plain(C.miyao_hmac_mac(bp(key), bn(key), bp(data), bn(data), bp(out[:]), 32))
}
func cHMACNew(key []byte) (pointer, error) {
	var p *C.miyao_hmac
	err := plain(C.miyao_hmac_new(bp(key), bn(key), &p))
	return pointer(p), err
}
func cHMACUpdate(p pointer, data []byte) error {
	return plain(C.miyao_hmac_update((*C.miyao_hmac)(p), bp(data), bn(data)))
}
func cHMACFinish(p pointer, out []byte) error {
	return plain(C.miyao_hmac_finish((*C.miyao_hmac)(p), bp(out), bn(out)))
}
func cHMACVerify(p pointer, tag []byte) error {
	return plain(C.miyao_hmac_verify((*C.miyao_hmac)(p), bp(tag), bn(tag)))
}
func cHMACReset(p pointer) error { return plain(C.miyao_hmac_reset((*C.miyao_hmac)(p))) }
func cHMACClone(p pointer) (pointer, error) {
	return made(func(out pointer, _ place) status {
		return C.miyao_hmac_clone((*C.miyao_hmac)(p), (**C.miyao_hmac)(out))
	})
}
func cHMACFree(p pointer) { C.miyao_hmac_free((*C.miyao_hmac)(p)) }

func cCMAC(key, data []byte, out *[16]byte) error {
	return plain(C.miyao_cmac_mac(bp(key), bn(key), bp(data), bn(data), bp(out[:]), 16))
}
func cCMACNew(key []byte) (pointer, error) {
	var p *C.miyao_cmac
	err := plain(C.miyao_cmac_new(bp(key), bn(key), &p))
	return pointer(p), err
}
func cCMACUpdate(p pointer, data []byte) error {
	return plain(C.miyao_cmac_update((*C.miyao_cmac)(p), bp(data), bn(data)))
}
func cCMACFinish(p pointer, out []byte) error {
	return plain(C.miyao_cmac_finish((*C.miyao_cmac)(p), bp(out), bn(out)))
}
func cCMACVerify(p pointer, tag []byte) error {
	return plain(C.miyao_cmac_verify((*C.miyao_cmac)(p), bp(tag), bn(tag)))
}
func cCMACReset(p pointer) error { return plain(C.miyao_cmac_reset((*C.miyao_cmac)(p))) }
func cCMACFree(p pointer)        { C.miyao_cmac_free((*C.miyao_cmac)(p)) }

func cHKDF(salt, ikm, info, out []byte) error {
	return plain(C.miyao_hkdf_derive(bp(salt), bn(salt), bp(ikm), bn(ikm), bp(info), bn(info), bp(out), bn(out)))
}
func cHKDFExtract(salt, ikm []byte, out *[32]byte) error {
	return plain(C.miyao_hkdf_extract(bp(salt), bn(salt), bp(ikm), bn(ikm), bp(out[:]), 32))
}
func cHKDFExpand(prk, info, out []byte) error {
	return plain(C.miyao_hkdf_expand(bp(prk), bn(prk), bp(info), bn(info), bp(out), bn(out)))
}
func cKDF(z, out []byte) error { return plain(C.miyao_kdf_derive(bp(z), bn(z), bp(out), bn(out))) }
func cPBKDF2(password, salt []byte, iterations uint32, out []byte) error {
	return plain(C.miyao_pbkdf2_derive(bp(password), bn(password), bp(salt), bn(salt), C.uint32_t(iterations), bp(out), bn(out)))
}

// SM4.

func cSM4New(key []byte) (pointer, error) {
	var p *C.miyao_sm4
	err := plain(C.miyao_sm4_new(bp(key), bn(key), &p))
	return pointer(p), err
}
func cSM4Encrypt(p pointer, mode Mode, iv, data, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm4_encrypt((*C.miyao_sm4)(p), C.uint32_t(mode), bp(iv), bn(iv), bp(data), bn(data), bp(out), bn(out), &n))
	return int(n), err
}
func cSM4Decrypt(p pointer, mode Mode, iv, data, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm4_decrypt((*C.miyao_sm4)(p), C.uint32_t(mode), bp(iv), bn(iv), bp(data), bn(data), bp(out), bn(out), &n))
	return int(n), err
}
func cSM4Free(p pointer) { C.miyao_sm4_free((*C.miyao_sm4)(p)) }

func sm4Stream(p pointer) *C.miyao_sm4_stream { return (*C.miyao_sm4_stream)(p) }
func cSM4StreamNew(key []byte, mode Mode, direction uint32, iv []byte) (pointer, error) {
	return made(func(out pointer, _ place) status {
		return C.miyao_sm4_stream_new(bp(key), bn(key), C.uint32_t(mode), C.uint32_t(direction), bp(iv), bn(iv), (**C.miyao_sm4_stream)(out))
	})
}
func cSM4StreamUpdateLen(p pointer, n int) int {
	return int(C.miyao_sm4_stream_update_len(sm4Stream(p), C.size_t(n)))
}
func cSM4StreamUpdate(p pointer, data, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm4_stream_update(sm4Stream(p), bp(data), bn(data), bp(out), bn(out), &n))
	return int(n), err
}
func cSM4StreamFinish(p pointer, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm4_stream_finish(sm4Stream(p), bp(out), bn(out), &n))
	return int(n), err
}
func cSM4StreamReset(p pointer, iv []byte) error {
	return plain(C.miyao_sm4_stream_reset(sm4Stream(p), bp(iv), bn(iv)))
}
func cSM4StreamFree(p pointer) { C.miyao_sm4_stream_free(sm4Stream(p)) }

func cGCMNew(key []byte, tagLen int) (pointer, error) {
	var p *C.miyao_gcm
	err := plain(C.miyao_gcm_new(bp(key), bn(key), C.size_t(tagLen), &p))
	return pointer(p), err
}
func cGCMEncrypt(p pointer, nonce, aad, data, out, tag []byte) error {
	return plain(C.miyao_gcm_encrypt((*C.miyao_gcm)(p), bp(nonce), bn(nonce), bp(aad), bn(aad), bp(data), bn(data), bp(out), bn(out), bp(tag), bn(tag)))
}
func cGCMDecrypt(p pointer, nonce, aad, data, tag, out []byte) error {
	return plain(C.miyao_gcm_decrypt((*C.miyao_gcm)(p), bp(nonce), bn(nonce), bp(aad), bn(aad), bp(data), bn(data), bp(tag), bn(tag), bp(out), bn(out)))
}
func cGCMFree(p pointer) { C.miyao_gcm_free((*C.miyao_gcm)(p)) }

func gcmEncryptor(p pointer) *C.miyao_gcm_encryptor { return (*C.miyao_gcm_encryptor)(p) }
func cGCMEncryptorNew(p pointer, nonce, aad []byte) (pointer, error) {
	var q *C.miyao_gcm_encryptor
	err := plain(C.miyao_gcm_encryptor_new((*C.miyao_gcm)(p), bp(nonce), bn(nonce), bp(aad), bn(aad), &q))
	return pointer(q), err
}
func cGCMEncryptorUpdate(p pointer, data, out []byte) error {
	return plain(C.miyao_gcm_encryptor_update(gcmEncryptor(p), bp(data), bn(data), bp(out), bn(out)))
}
func cGCMEncryptorFinish(p pointer, tag []byte) error {
	return plain(C.miyao_gcm_encryptor_finish(gcmEncryptor(p), bp(tag), bn(tag)))
}
func cGCMEncryptorFree(p pointer) { C.miyao_gcm_encryptor_free(gcmEncryptor(p)) }

func cCCMNew(key []byte, tagLen int) (pointer, error) {
	var p *C.miyao_ccm
	err := plain(C.miyao_ccm_new(bp(key), bn(key), C.size_t(tagLen), &p))
	return pointer(p), err
}
func cCCMEncrypt(p pointer, nonce, aad, data, out, tag []byte) error {
	return plain(C.miyao_ccm_encrypt((*C.miyao_ccm)(p), bp(nonce), bn(nonce), bp(aad), bn(aad), bp(data), bn(data), bp(out), bn(out), bp(tag), bn(tag)))
}
func cCCMDecrypt(p pointer, nonce, aad, data, tag, out []byte) error {
	return plain(C.miyao_ccm_decrypt((*C.miyao_ccm)(p), bp(nonce), bn(nonce), bp(aad), bn(aad), bp(data), bn(data), bp(tag), bn(tag), bp(out), bn(out)))
}
func cCCMFree(p pointer) { C.miyao_ccm_free((*C.miyao_ccm)(p)) }

func ccmEncryptor(p pointer) *C.miyao_ccm_encryptor { return (*C.miyao_ccm_encryptor)(p) }
func cCCMEncryptorNew(p pointer, nonce, aad []byte, textLen uint64) (pointer, error) {
	var q *C.miyao_ccm_encryptor
	err := plain(C.miyao_ccm_encryptor_new((*C.miyao_ccm)(p), bp(nonce), bn(nonce), bp(aad), bn(aad), C.uint64_t(textLen), &q))
	return pointer(q), err
}
func cCCMEncryptorUpdate(p pointer, data, out []byte) error {
	return plain(C.miyao_ccm_encryptor_update(ccmEncryptor(p), bp(data), bn(data), bp(out), bn(out)))
}
func cCCMEncryptorFinish(p pointer, tag []byte) error {
	return plain(C.miyao_ccm_encryptor_finish(ccmEncryptor(p), bp(tag), bn(tag)))
}
func cCCMEncryptorFree(p pointer) { C.miyao_ccm_encryptor_free(ccmEncryptor(p)) }

func cXTSNew(key []byte, order XTSOrder) (pointer, error) {
	var p *C.miyao_xts
	err := plain(C.miyao_xts_new(bp(key), bn(key), C.uint32_t(order), &p))
	return pointer(p), err
}
func cXTSEncrypt(p pointer, tweak, data, out []byte) error {
	return plain(C.miyao_xts_encrypt((*C.miyao_xts)(p), bp(tweak), bn(tweak), bp(data), bn(data), bp(out), bn(out)))
}
func cXTSDecrypt(p pointer, tweak, data, out []byte) error {
	return plain(C.miyao_xts_decrypt((*C.miyao_xts)(p), bp(tweak), bn(tweak), bp(data), bn(data), bp(out), bn(out)))
}
func cXTSFree(p pointer) { C.miyao_xts_free((*C.miyao_xts)(p)) }

// SM2.

func private(p pointer) *C.miyao_sm2_private_key { return (*C.miyao_sm2_private_key)(p) }
func public(p pointer) *C.miyao_sm2_public_key   { return (*C.miyao_sm2_public_key)(p) }

// Objects of C in an array of Go, which cgo lets pass.
func privates(all []pointer) **C.miyao_sm2_private_key {
	return (**C.miyao_sm2_private_key)(pointer(unsafe.SliceData(all)))
}
func publics(all []pointer) **C.miyao_sm2_public_key {
	return (**C.miyao_sm2_public_key)(pointer(unsafe.SliceData(all)))
}

func cPrivateRandom() (pointer, error) {
	var p *C.miyao_sm2_private_key
	err := plain(C.miyao_sm2_private_key_random(&p))
	return pointer(p), err
}
func cPrivateRandomBatch(out []pointer) error {
	return plain(C.miyao_sm2_private_key_random_batch(privates(out), C.size_t(len(out))))
}
func cPrivateFromBytes(d []byte) (pointer, error) {
	var p *C.miyao_sm2_private_key
	err := plain(C.miyao_sm2_private_key_from_bytes(bp(d), bn(d), &p))
	return pointer(p), err
}
func cPrivateParse(file, passphrase []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_sm2_private_key_parse(bp(file), bn(file), bp(passphrase), bn(passphrase), (**C.miyao_sm2_private_key)(out), e)
	})
}
func cPrivateExpose(p pointer, out []byte) error {
	return plain(C.miyao_sm2_private_key_expose(private(p), bp(out), bn(out)))
}
func cPrivatePublic(p pointer) (pointer, error) {
	var q *C.miyao_sm2_public_key
	err := plain(C.miyao_sm2_private_key_public_key(private(p), &q))
	return pointer(q), err
}
func cPrivatePKCS8(p pointer) ([]byte, error) {
	var b *C.miyao_buffer
	err := plain(C.miyao_sm2_private_key_to_pkcs8_der(private(p), &b))
	return taken(b, err)
}
func cPrivatePEM(p pointer) ([]byte, error) {
	var b *C.miyao_buffer
	err := plain(C.miyao_sm2_private_key_to_pkcs8_pem(private(p), &b))
	return taken(b, err)
}
func cPrivateSEC1(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_sm2_private_key_to_sec1_der(private(p), b) })
}
func cPrivateEncrypt(p pointer, passphrase []byte, o PKCS8Options, pem bool) ([]byte, error) {
	var options *C.miyao_pkcs8_options
	if err := plain(C.miyao_pkcs8_options_new(&options)); err != nil {
		return nil, err
	}
	defer C.miyao_pkcs8_options_free(options)
	if o.Iterations != 0 {
		if err := plain(C.miyao_pkcs8_options_set_iterations(options, C.uint32_t(o.Iterations))); err != nil {
			return nil, err
		}
	}
	if o.Derivation != 0 {
		if err := plain(C.miyao_pkcs8_options_set_derivation(options, C.uint32_t(o.Derivation))); err != nil {
			return nil, err
		}
	}
	return given(func(b buffer, _ place) status {
		if pem {
			return C.miyao_sm2_private_key_encrypt_pem(private(p), bp(passphrase), bn(passphrase), options, b)
		}
		return C.miyao_sm2_private_key_encrypt_der(private(p), bp(passphrase), bn(passphrase), options, b)
	})
}
func cPrivateSign(p pointer, userID, message []byte, out *Signature) error {
	return plain(C.miyao_sm2_private_key_sign(private(p), bp(userID), bn(userID), bp(message), bn(message), bp(out[:]), 64))
}
func cPrivateSignDigest(p pointer, digest []byte, out *Signature) error {
	return plain(C.miyao_sm2_private_key_sign_digest(private(p), bp(digest), bn(digest), bp(out[:]), 64))
}
func cPrivateDecrypt(p pointer, ciphertext []byte, encoding SM2Encoding, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm2_private_key_decrypt(private(p), bp(ciphertext), bn(ciphertext), C.uint32_t(encoding), bp(out), bn(out), &n))
	return int(n), err
}
func cPrivateSharedX(p, peer pointer, out []byte) error {
	return plain(C.miyao_sm2_private_key_shared_x(private(p), public(peer), bp(out), bn(out)))
}
func cPrivateFree(p pointer) { C.miyao_sm2_private_key_free(private(p)) }
func cUnwrapKey(der []byte, own pointer) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_sm2_enveloped_key_unwrap(bp(der), bn(der), private(own), (**C.miyao_sm2_private_key)(out), e)
	})
}

func cWrapKey(p, recipient pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_sm2_enveloped_key_wrap(private(p), public(recipient), b, e)
	})
}
func cUnverifiedWrappedKey(der []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_sm2_enveloped_key_unverified_public_key(bp(der), bn(der), (**C.miyao_sm2_public_key)(out), e)
	})
}

func cPublicFromBytes(b []byte) (pointer, error) {
	var p *C.miyao_sm2_public_key
	err := plain(C.miyao_sm2_public_key_from_bytes(bp(b), bn(b), &p))
	return pointer(p), err
}
func cPublicFromCoordinates(xy []byte) (pointer, error) {
	return made(func(out pointer, _ place) status {
		return C.miyao_sm2_public_key_from_coordinates(bp(xy), bn(xy), (**C.miyao_sm2_public_key)(out))
	})
}
func cPublicParse(file []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_sm2_public_key_parse(bp(file), bn(file), (**C.miyao_sm2_public_key)(out), e)
	})
}
func cPublicBytes(p pointer, out []byte) error {
	return plain(C.miyao_sm2_public_key_to_bytes(public(p), bp(out), bn(out)))
}
func cPublicCompressed(p pointer, out []byte) error {
	return plain(C.miyao_sm2_public_key_to_compressed(public(p), bp(out), bn(out)))
}
func cPublicSPKI(p pointer, out []byte) error {
	return plain(C.miyao_sm2_public_key_to_spki(public(p), bp(out), bn(out)))
}
func cPublicPEM(p pointer) ([]byte, error) {
	var b *C.miyao_buffer
	err := plain(C.miyao_sm2_public_key_to_pem(public(p), &b))
	return taken(b, err)
}
func cPublicEqual(p, q pointer) bool { return bool(C.miyao_sm2_public_key_equal(public(p), public(q))) }
func cPublicIdentifier(p pointer, out []byte) error {
	return plain(C.miyao_sm2_public_key_identifier(public(p), bp(out), bn(out)))
}
func cPublicZA(p pointer, userID []byte, out *[32]byte) error {
	return plain(C.miyao_sm2_public_key_za(public(p), bp(userID), bn(userID), bp(out[:]), 32))
}
func cPublicVerify(p pointer, userID, message []byte, s *Signature) error {
	return plain(C.miyao_sm2_public_key_verify(public(p), bp(userID), bn(userID), bp(message), bn(message), bp(s[:]), 64))
}
func cPublicVerifyDigest(p pointer, digest []byte, s *Signature) error {
	return plain(C.miyao_sm2_public_key_verify_digest(public(p), bp(digest), bn(digest), bp(s[:]), 64))
}
func cCiphertextMax(n int, encoding SM2Encoding) int {
	return int(C.miyao_sm2_ciphertext_max(C.size_t(n), C.uint32_t(encoding)))
}
func cPublicEncrypt(p pointer, plaintext []byte, encoding SM2Encoding, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm2_public_key_encrypt(public(p), bp(plaintext), bn(plaintext), C.uint32_t(encoding), bp(out), bn(out), &n))
	return int(n), err
}
func cPublicFree(p pointer) { C.miyao_sm2_public_key_free(public(p)) }

func prepared(p pointer) *C.miyao_sm2_prepared_key { return (*C.miyao_sm2_prepared_key)(p) }
func cPreparedNew(key pointer, full bool) (pointer, error) {
	return made(func(out pointer, _ place) status {
		if full {
			return C.miyao_sm2_prepared_key_full(public(key), (**C.miyao_sm2_prepared_key)(out))
		}
		return C.miyao_sm2_prepared_key_new(public(key), (**C.miyao_sm2_prepared_key)(out))
	})
}
func cPreparedVerify(p pointer, userID, message []byte, s *Signature) error {
	return plain(C.miyao_sm2_prepared_key_verify(prepared(p), bp(userID), bn(userID), bp(message), bn(message), bp(s[:]), 64))
}
func cPreparedVerifyDigest(p pointer, digest []byte, s *Signature) error {
	return plain(C.miyao_sm2_prepared_key_verify_digest(prepared(p), bp(digest), bn(digest), bp(s[:]), 64))
}
func cPreparedEncrypt(p pointer, plaintext []byte, encoding SM2Encoding, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm2_prepared_key_encrypt(prepared(p), bp(plaintext), bn(plaintext), C.uint32_t(encoding), bp(out), bn(out), &n))
	return int(n), err
}
func cPreparedFree(p pointer) { C.miyao_sm2_prepared_key_free(prepared(p)) }

func cDigestNew(signer pointer, userID []byte) (pointer, error) {
	var p *C.miyao_sm2_digest
	err := plain(C.miyao_sm2_digest_new(public(signer), bp(userID), bn(userID), &p))
	return pointer(p), err
}
func cDigestUpdate(p pointer, data []byte) error {
	return plain(C.miyao_sm2_digest_update((*C.miyao_sm2_digest)(p), bp(data), bn(data)))
}
func cDigestFinish(p pointer, out []byte) error {
	return plain(C.miyao_sm2_digest_finish((*C.miyao_sm2_digest)(p), bp(out), bn(out)))
}
func cDigestClone(p pointer) (pointer, error) {
	return made(func(out pointer, _ place) status {
		return C.miyao_sm2_digest_clone((*C.miyao_sm2_digest)(p), (**C.miyao_sm2_digest)(out))
	})
}
func cDigestFree(p pointer) { C.miyao_sm2_digest_free((*C.miyao_sm2_digest)(p)) }

func cSignatureToDER(s *Signature, out []byte) (int, error) {
	var n C.size_t
	err := plain(C.miyao_sm2_signature_to_der(bp(s[:]), 64, bp(out), bn(out), &n))
	return int(n), err
}
func cSignatureFromDER(der []byte, out *Signature) error {
	return plain(C.miyao_sm2_signature_from_der(bp(der), bn(der), bp(out[:]), 64))
}

func cExchangeNew(role SM2Role, own pointer, ownID []byte, ephemeral, peer pointer, peerID []byte, peerEphemeral pointer) (pointer, error) {
	var p *C.miyao_sm2_exchange
	err := plain(C.miyao_sm2_exchange_new(C.uint32_t(role), private(own), bp(ownID), bn(ownID), private(ephemeral),
		public(peer), bp(peerID), bn(peerID), public(peerEphemeral), &p))
	return pointer(p), err
}
func cExchangeKey(p pointer, out []byte) error {
	return plain(C.miyao_sm2_exchange_key((*C.miyao_sm2_exchange)(p), bp(out), bn(out)))
}
func cExchangeConfirmation(p pointer, role SM2Role, out []byte) error {
	return plain(C.miyao_sm2_exchange_confirmation((*C.miyao_sm2_exchange)(p), C.uint32_t(role), bp(out), bn(out)))
}
func cExchangeVerify(p pointer, confirmation []byte) error {
	return plain(C.miyao_sm2_exchange_verify((*C.miyao_sm2_exchange)(p), bp(confirmation), bn(confirmation)))
}
func cExchangeFree(p pointer) { C.miyao_sm2_exchange_free((*C.miyao_sm2_exchange)(p)) }

// Many at once.

func cSignBatch(keys []pointer, userIDs, messages [][]byte, out []Signature, statuses []byte) error {
	var pins runtime.Pinner
	defer pins.Unpin()
	ids, idLens := listed(userIDs, &pins)
	data, lens := listed(messages, &pins)
	return plain(C.miyao_sm2_sign_batch(privates(keys), ids, idLens, data, lens, C.size_t(len(keys)), rows(out), rowsLen(out), bp(statuses), bn(statuses)))
}
func cSignDigestBatch(keys []pointer, digests [][32]byte, out []Signature) error {
	return plain(C.miyao_sm2_sign_digest_batch(privates(keys), rows(digests), rowsLen(digests), C.size_t(len(keys)), rows(out), rowsLen(out)))
}
func cVerifyBatch(keys []pointer, userIDs, messages [][]byte, signatures []Signature, statuses []byte) error {
	var pins runtime.Pinner
	defer pins.Unpin()
	ids, idLens := listed(userIDs, &pins)
	data, lens := listed(messages, &pins)
	return plain(C.miyao_sm2_verify_batch(publics(keys), ids, idLens, data, lens, rows(signatures), rowsLen(signatures), C.size_t(len(keys)),
		bp(statuses), bn(statuses)))
}
func cVerifyDigestBatch(keys []pointer, digests [][32]byte, signatures []Signature, statuses []byte) error {
	return plain(C.miyao_sm2_verify_digest_batch(publics(keys), rows(digests), rowsLen(digests), rows(signatures), rowsLen(signatures),
		C.size_t(len(keys)), bp(statuses), bn(statuses)))
}

// Names of keys, contexts, roots, devices.

func keyRef(p pointer) *C.miyao_key_ref       { return (*C.miyao_key_ref)(p) }
func pairs(p pointer) *C.miyao_context        { return (*C.miyao_context)(p) }
func machine(p pointer) *C.miyao_device       { return (*C.miyao_device)(p) }
func keyStore(p pointer) *C.miyao_kms         { return (*C.miyao_kms)(p) }
func keyOf(p pointer) *C.miyao_key_options    { return (*C.miyao_key_options)(p) }
func changes(p pointer) *C.miyao_key_update   { return (*C.miyao_key_update)(p) }
func sealing(p pointer) *C.miyao_options      { return (*C.miyao_options)(p) }
func opening(p pointer) *C.miyao_opener       { return (*C.miyao_opener)(p) }
func encrypting(p pointer) *C.miyao_encryptor { return (*C.miyao_encryptor)(p) }
func decrypting(p pointer) *C.miyao_decryptor { return (*C.miyao_decryptor)(p) }

func cKeyRefNew(text string) (pointer, error) {
	var p *C.miyao_key_ref
	var e *C.miyao_error
	err := told(C.miyao_key_ref_new(sp(text), sn(text), &p, &e), &e)
	return pointer(p), err
}
func cKeyRefVersion(key pointer, version uint32) (pointer, error) {
	var p *C.miyao_key_ref
	var e *C.miyao_error
	err := told(C.miyao_key_ref_with_version(keyRef(key), C.uint32_t(version), &p, &e), &e)
	return pointer(p), err
}
func cKeyRefFree(p pointer) { C.miyao_key_ref_free(keyRef(p)) }

func cContextNew() (pointer, error) {
	var p *C.miyao_context
	err := plain(C.miyao_context_new(&p))
	return pointer(p), err
}
func cContextAdd(p pointer, key, value string, hidden bool) error {
	var e *C.miyao_error
	k, v := bp(unsafe.Slice(unsafe.StringData(key), len(key))), bp(unsafe.Slice(unsafe.StringData(value), len(value)))
	if hidden {
		return told(C.miyao_context_add_hidden(pairs(p), k, sn(key), v, sn(value), &e), &e)
	}
	return told(C.miyao_context_add(pairs(p), k, sn(key), v, sn(value), &e), &e)
}
func cContextFree(p pointer) { C.miyao_context_free(pairs(p)) }

func cRootPassphrase(passphrase []byte, iterations uint32) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_root_passphrase(bp(passphrase), bn(passphrase), C.uint32_t(iterations), (**C.miyao_root)(out), e)
	})
}
func cRootKeyFile(path string, create bool) (pointer, error) {
	var p *C.miyao_root
	var e *C.miyao_error
	if create {
		err := told(C.miyao_root_key_file_create(sp(path), sn(path), &p, &e), &e)
		return pointer(p), err
	}
	err := told(C.miyao_root_key_file_open(sp(path), sn(path), &p, &e), &e)
	return pointer(p), err
}
func cRootDevice(device pointer) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_root_device(machine(device), (**C.miyao_root)(out), e)
	})
}
func cRootFree(p pointer) { C.miyao_root_free((*C.miyao_root)(p)) }

func cDeviceOpen(uris []string, o *DeviceSettings) (pointer, error) {
	var s *C.miyao_device_settings
	var p *C.miyao_device
	var e *C.miyao_error
	if o != nil {
		if err := plain(C.miyao_device_settings_new(&s)); err != nil {
			return nil, err
		}
		defer C.miyao_device_settings_free(s)
		for _, set := range []struct {
			given bool
			by    func() C.miyao_status
		}{
			{o.Profiles != "", func() C.miyao_status {
				return C.miyao_device_settings_set_profiles(s, sp(o.Profiles), sn(o.Profiles), &e)
			}},
			{o.Profile != "", func() C.miyao_status { return C.miyao_device_settings_set_profile(s, sp(o.Profile), sn(o.Profile), &e) }},
			{o.Suite != "", func() C.miyao_status { return C.miyao_device_settings_set_suite(s, sp(o.Suite), sn(o.Suite), &e) }},
			{o.GMOnly, func() C.miyao_status { return C.miyao_device_settings_set_gm_only(s, true, &e) }},
			{o.Sessions != 0, func() C.miyao_status { return C.miyao_device_settings_set_sessions(s, C.size_t(o.Sessions), &e) }},
			{o.Deadline != 0, func() C.miyao_status {
				return C.miyao_device_settings_set_deadline(s, C.uint64_t(o.Deadline.Milliseconds()), &e)
			}},
			{o.Keypad != 0, func() C.miyao_status {
				return C.miyao_device_settings_set_keypad(s, C.uint64_t(o.Keypad.Milliseconds()), &e)
			}},
			{len(o.PIN) != 0, func() C.miyao_status { return C.miyao_device_settings_set_pin(s, bp(o.PIN), bn(o.PIN), &e) }},
		} {
			if set.given {
				if err := told(set.by(), &e); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(uris) == 1 {
		err := told(C.miyao_device_open(sp(uris[0]), sn(uris[0]), s, &p, &e), &e)
		return pointer(p), err
	}
	var pins runtime.Pinner
	defer pins.Unpin()
	all := make([][]byte, len(uris))
	for i, uri := range uris {
		all[i] = unsafe.Slice(unsafe.StringData(uri), len(uri))
	}
	data, lens := listed(all, &pins)
	err := told(C.miyao_device_open_all((**C.char)(pointer(data)), lens, C.size_t(len(uris)), s, &p, &e), &e)
	return pointer(p), err
}
func cDeviceIdentity(p pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_device_identity(machine(p), b, e) })
}
func cDeviceHealth(p pointer) error {
	return tried(func(e place) status { return C.miyao_device_check_health(machine(p), e) })
}
func cDeviceHanging(p pointer) (calls, devices int, err error) {
	var a, b C.size_t
	err = plain(C.miyao_device_hanging(machine(p), &a, &b))
	return int(a), int(b), err
}
func cDeviceAllowLogin(p pointer) error {
	return tried(func(e place) status { return C.miyao_device_allow_login(machine(p), e) })
}
func cAllowDeviceLogins(uri string) error {
	return tried(func(e place) status { return C.miyao_device_allow_logins(sp(uri), sn(uri), e) })
}
func cDeviceFree(p pointer) { C.miyao_device_free(machine(p)) }

// A key store.

func cKMSOpen(path string, root pointer, principal string, make bool) (pointer, error) {
	var p *C.miyao_kms
	var e *C.miyao_error
	if make {
		err := told(C.miyao_kms_init(sp(path), sn(path), (*C.miyao_root)(root), sp(principal), sn(principal), &p, &e), &e)
		return pointer(p), err
	}
	err := told(C.miyao_kms_open(sp(path), sn(path), (*C.miyao_root)(root), sp(principal), sn(principal), &p, &e), &e)
	return pointer(p), err
}
func cKMSActingAs(p pointer, principal string) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_kms_acting_as(keyStore(p), sp(principal), sn(principal), (**C.miyao_kms)(out), e)
	})
}
func cKMSAttach(p, device pointer) error {
	return tried(func(e place) status { return C.miyao_kms_attach(keyStore(p), machine(device), e) })
}
func cKMSFlush(p pointer) error {
	return tried(func(e place) status { return C.miyao_kms_flush(keyStore(p), e) })
}
func cKMSClose(p pointer) error {
	return tried(func(e place) status { return C.miyao_kms_close(keyStore(p), e) })
}
func cKMSFree(p pointer) { C.miyao_kms_free(keyStore(p)) }
func cKMSEncrypt(p, key, context pointer, plaintext, out []byte) (int, error) {
	done := C.go_kms_encrypt(keyStore(p), keyRef(key), pairs(context), bp(plaintext), bn(plaintext), bp(out), bn(out))
	return int(done.len), told(C.miyao_status(done.status), &done.error)
}
func cKMSDecrypt(p, context pointer, token, out []byte) (int, error) {
	done := C.go_kms_decrypt(keyStore(p), pairs(context), bp(token), bn(token), bp(out), bn(out))
	return int(done.len), told(C.miyao_status(done.status), &done.error)
}
func cKMSDecryptFrom(p, context pointer, token, out []byte, recover bool, from *Opened) (int, error) {
	var n C.size_t
	var version C.uint32_t
	var unproven C.bool
	var e *C.miyao_error
	var status C.miyao_status
	if recover {
		status = C.miyao_kms_recover(keyStore(p), pairs(context), bp(token), bn(token), bp(out), bn(out), &n, bp(from.KeyID[:]), 16, &version, &unproven, &e)
	} else {
		status = C.miyao_kms_decrypt(keyStore(p), pairs(context), bp(token), bn(token), bp(out), bn(out), &n, bp(from.KeyID[:]), 16, &version, &unproven, &e)
	}
	if status == C.MIYAO_STATUS_OK {
		from.Version, from.Unproven = uint32(version), bool(unproven)
	}
	return int(n), told(status, &e)
}
func cKMSReencrypt(p, context pointer, token, out []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_kms_reencrypt(keyStore(p), pairs(context), bp(token), bn(token), bp(out), bn(out), &n, &e), &e)
	return int(n), err
}
func cKMSDataKey(p, key, context pointer, dataKey, token []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_kms_generate_data_key(keyStore(p), keyRef(key), pairs(context), bn(dataKey), bp(dataKey), bn(dataKey), bp(token), bn(token), &n, &e), &e)
	return int(n), err
}
func cKMSDataKeyWithoutPlaintext(p, key, context pointer, size int, token []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_kms_generate_data_key_without_plaintext(keyStore(p), keyRef(key), pairs(context), C.size_t(size), bp(token), bn(token), &n, &e), &e)
	return int(n), err
}
func cKMSDataKeyPair(p, key, context pointer, token []byte, withPrivate bool) (pointer, pointer, int, error) {
	var pub *C.miyao_sm2_public_key
	var priv *C.miyao_sm2_private_key
	var place **C.miyao_sm2_private_key
	var n C.size_t
	var e *C.miyao_error
	if withPrivate {
		place = &priv
	}
	err := told(C.miyao_kms_generate_data_key_pair(keyStore(p), keyRef(key), pairs(context), &pub, place, bp(token), bn(token), &n, &e), &e)
	return pointer(pub), pointer(priv), int(n), err
}

func cKMSMAC(p, key pointer, message []byte, out *[32]byte) (uint32, error) {
	var version C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_mac(keyStore(p), keyRef(key), bp(message), bn(message), bp(out[:]), 32, &version, &e), &e)
	return uint32(version), err
}
func cKMSVerifyMAC(p, key pointer, message, mac []byte) (uint32, uint64, error) {
	var version C.uint32_t
	var compromised C.uint64_t
	var e *C.miyao_error
	err := told(C.miyao_kms_verify_mac(keyStore(p), keyRef(key), bp(message), bn(message), bp(mac), bn(mac), &version, &compromised, &e), &e)
	return uint32(version), uint64(compromised), err
}
func cKMSSign(p, key pointer, userID, message []byte, out *Signature) (uint32, error) {
	var version C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_sign(keyStore(p), keyRef(key), bp(userID), bn(userID), bp(message), bn(message), bp(out[:]), 64, &version, &e), &e)
	return uint32(version), err
}
func cKMSSignDigest(p, key pointer, digest []byte, out *Signature) (uint32, error) {
	var version C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_sign_digest(keyStore(p), keyRef(key), bp(digest), bn(digest), bp(out[:]), 64, &version, &e), &e)
	return uint32(version), err
}
func cKMSVerify(p, key pointer, userID, message []byte, s *Signature) (uint32, uint64, error) {
	var version C.uint32_t
	var compromised C.uint64_t
	var e *C.miyao_error
	err := told(C.miyao_kms_verify(keyStore(p), keyRef(key), bp(userID), bn(userID), bp(message), bn(message), bp(s[:]), 64, &version, &compromised, &e), &e)
	return uint32(version), uint64(compromised), err
}
func cKMSMACStream(p, key, user pointer, out *[32]byte) (uint32, error) {
	var version C.uint32_t
	err := tried(func(e place) status {
		return C.miyao_kms_mac_stream(keyStore(p), keyRef(key), C.go_reads(), user, bp(out[:]), 32, &version, e)
	})
	return uint32(version), err
}
func cKMSVerifyMACStream(p, key, user pointer, mac []byte) (uint32, uint64, error) {
	var version C.uint32_t
	var compromised C.uint64_t
	err := tried(func(e place) status {
		return C.miyao_kms_verify_mac_stream(keyStore(p), keyRef(key), C.go_reads(), user, bp(mac), bn(mac), &version, &compromised, e)
	})
	return uint32(version), uint64(compromised), err
}
func cKMSSignStream(p, key pointer, userID []byte, user pointer, out *Signature) (uint32, error) {
	var version C.uint32_t
	err := tried(func(e place) status {
		return C.miyao_kms_sign_stream(keyStore(p), keyRef(key), bp(userID), bn(userID), C.go_reads(), user, bp(out[:]), 64, &version, e)
	})
	return uint32(version), err
}
func cKMSVerifyStream(p, key pointer, userID []byte, user pointer, s *Signature) (uint32, uint64, error) {
	var version C.uint32_t
	var compromised C.uint64_t
	err := tried(func(e place) status {
		return C.miyao_kms_verify_stream(keyStore(p), keyRef(key), bp(userID), bn(userID), C.go_reads(), user, bp(s[:]), 64, &version, &compromised, e)
	})
	return uint32(version), uint64(compromised), err
}
func cKMSPublicKey(p, key pointer) (pointer, uint32, error) {
	var q *C.miyao_sm2_public_key
	var version C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_public_key(keyStore(p), keyRef(key), &q, &version, &e), &e)
	return pointer(q), uint32(version), err
}
func cKMSSM2Decrypt(p, key pointer, ciphertext []byte, encoding SM2Encoding, from *Opened) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_kms_sm2_decrypt(keyStore(p), keyRef(key), bp(ciphertext), bn(ciphertext), C.uint32_t(encoding), b,
			(*C.uint32_t)(&from.Version), (*C.bool)(&from.Unproven), e)
	})
}
func cKMSExport(p, key, to pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_kms_export(keyStore(p), keyRef(key), public(to), b, e) })
}
func cKMSImportRaw(p, key pointer, material []byte) (uint32, error) {
	var version C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_import_raw(keyStore(p), keyRef(key), bp(material), bn(material), &version, &e), &e)
	return uint32(version), err
}
func cKMSImportParameters(p, key pointer, seconds uint64, token []byte) (pointer, uint64, error) {
	var q *C.miyao_sm2_public_key
	var expires C.uint64_t
	var e *C.miyao_error
	err := told(C.miyao_kms_import_parameters(keyStore(p), keyRef(key), C.uint64_t(seconds), &q, bp(token), bn(token), &expires, &e), &e)
	return pointer(q), uint64(expires), err
}
func cKMSImportWrapped(p, key pointer, token, ciphertext []byte) (uint32, error) {
	var version C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_import_wrapped(keyStore(p), keyRef(key), bp(token), bn(token), bp(ciphertext), bn(ciphertext), &version, &e), &e)
	return uint32(version), err
}

func cKMSCreate(p pointer, o *KeyOptions) ([]byte, error) {
	var made *C.miyao_key_options
	var b *C.miyao_buffer
	var e *C.miyao_error
	if err := told(C.miyao_key_options_new(sp(o.Name), sn(o.Name), C.uint32_t(o.Spec), &made, &e), &e); err != nil {
		return nil, err
	}
	defer C.miyao_key_options_free(made)
	if err := cKeyOptionsSet(pointer(made), o); err != nil {
		return nil, err
	}
	err := told(C.miyao_kms_create(keyStore(p), made, &b, &e), &e)
	return taken(b, err)
}
func cKeyOptionsSet(p pointer, o *KeyOptions) error {
	var e *C.miyao_error
	numbers := []struct {
		value uint64
		set   func(C.uint64_t) C.miyao_status
	}{
		{uint64(o.Origin), func(v C.uint64_t) C.miyao_status { return C.miyao_key_options_set_origin(keyOf(p), C.uint32_t(v), &e) }},
		{uint64(o.Protection), func(v C.uint64_t) C.miyao_status {
			return C.miyao_key_options_set_protection(keyOf(p), C.uint32_t(v), &e)
		}},
		{uint64(o.Audit), func(v C.uint64_t) C.miyao_status { return C.miyao_key_options_set_audit(keyOf(p), C.uint32_t(v), &e) }},
		{seconds(o.Limits.OriginatorPeriod), func(v C.uint64_t) C.miyao_status { return C.miyao_key_options_set_originator_period(keyOf(p), v, &e) }},
		{seconds(o.Limits.RecipientPeriod), func(v C.uint64_t) C.miyao_status { return C.miyao_key_options_set_recipient_period(keyOf(p), v, &e) }},
		{o.Limits.Messages, func(v C.uint64_t) C.miyao_status { return C.miyao_key_options_set_max_messages(keyOf(p), v, &e) }},
		{o.Limits.Bytes, func(v C.uint64_t) C.miyao_status { return C.miyao_key_options_set_max_bytes(keyOf(p), v, &e) }},
		{seconds(o.RotateEvery), func(v C.uint64_t) C.miyao_status { return C.miyao_key_options_set_rotate_every(keyOf(p), v, &e) }},
	}
	for _, one := range numbers {
		if one.value != 0 {
			if err := told(one.set(C.uint64_t(one.value)), &e); err != nil {
				return err
			}
		}
	}
	if o.Device != "" {
		if err := told(C.miyao_key_options_set_device(keyOf(p), sp(o.Device), sn(o.Device), &e), &e); err != nil {
			return err
		}
	}
	if o.Description != "" {
		if err := told(C.miyao_key_options_set_description(keyOf(p), sp(o.Description), sn(o.Description), &e), &e); err != nil {
			return err
		}
	}
	for name, value := range o.Tags {
		if err := told(C.miyao_key_options_set_tag(keyOf(p), sp(name), sn(name), sp(value), sn(value), &e), &e); err != nil {
			return err
		}
	}
	return told(C.miyao_key_options_set_deletion_protection(keyOf(p), C.bool(o.DeletionProtection), &e), &e)
}

func cKMSUpdate(p, key pointer, o *KeyUpdate) ([]byte, error) {
	var made *C.miyao_key_update
	var b *C.miyao_buffer
	var e *C.miyao_error
	if err := plain(C.miyao_key_update_new(&made)); err != nil {
		return nil, err
	}
	defer C.miyao_key_update_free(made)
	if err := cKeyUpdateSet(pointer(made), o); err != nil {
		return nil, err
	}
	err := told(C.miyao_kms_update(keyStore(p), keyRef(key), made, &b, &e), &e)
	return taken(b, err)
}
func cKeyUpdateSet(p pointer, o *KeyUpdate) error {
	var e *C.miyao_error
	u := changes(p)
	var steps []func() C.miyao_status
	if d := o.Description; d != nil {
		steps = append(steps, func() C.miyao_status { return C.miyao_key_update_set_description(u, sp(*d), sn(*d), &e) })
	}
	if o.Audit != 0 {
		steps = append(steps, func() C.miyao_status { return C.miyao_key_update_set_audit(u, C.uint32_t(o.Audit), &e) })
	}
	if d := o.DeletionProtection; d != nil {
		steps = append(steps, func() C.miyao_status { return C.miyao_key_update_set_deletion_protection(u, C.bool(*d), &e) })
	}
	if r := o.RotateEvery; r != nil {
		steps = append(steps, func() C.miyao_status { return C.miyao_key_update_set_rotate_every(u, C.uint64_t(seconds(*r)), &e) })
	}
	if l := o.Limits; l != nil {
		steps = append(steps, func() C.miyao_status {
			return C.miyao_key_update_set_limits(u, C.uint64_t(seconds(l.OriginatorPeriod)), C.uint64_t(seconds(l.RecipientPeriod)),
				C.uint64_t(l.Messages), C.uint64_t(l.Bytes), &e)
		})
	}
	if o.MinDecrypt != 0 {
		steps = append(steps, func() C.miyao_status { return C.miyao_key_update_set_min_decrypt(u, C.uint32_t(o.MinDecrypt), &e) })
	}
	if o.MinEncrypt != 0 {
		steps = append(steps, func() C.miyao_status { return C.miyao_key_update_set_min_encrypt(u, C.uint32_t(o.MinEncrypt), &e) })
	}
	for name, value := range o.SetTags {
		steps = append(steps, func() C.miyao_status {
			return C.miyao_key_update_set_tag(u, sp(name), sn(name), sp(value), sn(value), &e)
		})
	}
	for _, name := range o.RemoveTags {
		steps = append(steps, func() C.miyao_status { return C.miyao_key_update_remove_tag(u, sp(name), sn(name), &e) })
	}
	for _, step := range steps {
		if err := told(step(), &e); err != nil {
			return err
		}
	}
	return nil
}

func cKMSDescribe(p, key pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_kms_describe(keyStore(p), keyRef(key), b, e) })
}
func cKMSList(p pointer, after string, limit int) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_kms_list(keyStore(p), sp(after), sn(after), C.size_t(limit), b, e)
	})
}
func cKMSRotate(p, key pointer, expected uint32) (uint32, error) {
	var version C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_rotate(keyStore(p), keyRef(key), C.uint32_t(expected), &version, &e), &e)
	return uint32(version), err
}
func cKMSAddAlias(p, key pointer, alias string) error {
	return tried(func(e place) status { return C.miyao_kms_add_alias(keyStore(p), keyRef(key), sp(alias), sn(alias), e) })
}
func cKMSMoveAlias(p, key pointer, alias string) error {
	return tried(func(e place) status { return C.miyao_kms_move_alias(keyStore(p), keyRef(key), sp(alias), sn(alias), e) })
}
func cKMSRemoveAlias(p pointer, alias string) error {
	return tried(func(e place) status { return C.miyao_kms_remove_alias(keyStore(p), sp(alias), sn(alias), e) })
}

// An event is one of the functions that change a state, as a pointer of C.
type event = C.go_key_event

var (
	disable              = event(C.miyao_kms_disable)
	enable               = event(C.miyao_kms_enable)
	cancelDestroy        = event(C.miyao_kms_cancel_destroy)
	suspend              = event(C.miyao_kms_suspend)
	resume               = event(C.miyao_kms_resume)
	deactivate           = event(C.miyao_kms_deactivate)
	compromise           = event(C.miyao_kms_compromise)
	cancelDestroyVersion = event(C.miyao_kms_cancel_destroy_version)
)

func cKMSEvent(what event, p, key pointer) error {
	return tried(func(e place) status { return C.go_kms_event(what, keyStore(p), keyRef(key), e) })
}
func cKMSScheduleDestroy(p, key pointer, wait uint64, version bool) (uint64, error) {
	var due C.uint64_t
	var e *C.miyao_error
	if version {
		err := told(C.miyao_kms_schedule_destroy_version(keyStore(p), keyRef(key), C.uint64_t(wait), &due, &e), &e)
		return uint64(due), err
	}
	err := told(C.miyao_kms_schedule_destroy(keyStore(p), keyRef(key), C.uint64_t(wait), &due, &e), &e)
	return uint64(due), err
}

// A storeRecord is one of the functions that tell of the whole store.
type storeRecord = C.go_store_record

var (
	aboutStore   = storeRecord(C.miyao_kms_info)
	aboutDoctor  = storeRecord(C.miyao_kms_doctor)
	aboutRoot    = storeRecord(C.miyao_kms_root)
	aboutAudit   = storeRecord(C.miyao_kms_verify_audit)
	aboutDevices = storeRecord(C.miyao_kms_devices)
)

func cKMSRecord(what storeRecord, p pointer) ([]byte, error) {
	var b *C.miyao_buffer
	var e *C.miyao_error
	err := told(C.go_kms_record(what, keyStore(p), &b, &e), &e)
	return taken(b, err)
}
func cKMSMaintain(p pointer, confirmClock bool) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_kms_maintain(keyStore(p), C.bool(confirmClock), b, e) })
}
func cKMSAudit(p pointer, first uint64, limit int) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_kms_audit(keyStore(p), C.uint64_t(first), C.size_t(limit), b, e)
	})
}
func cKMSWitness(p pointer, out []byte) error {
	return tried(func(e place) status { return C.miyao_kms_witness(keyStore(p), bp(out), bn(out), e) })
}
func cKMSCheckWitness(p pointer, witness []byte) error {
	return tried(func(e place) status { return C.miyao_kms_check_witness(keyStore(p), bp(witness), bn(witness), e) })
}
func cKMSChangeRoot(p, root pointer) error {
	return tried(func(e place) status { return C.miyao_kms_change_root(keyStore(p), (*C.miyao_root)(root), e) })
}
func cKMSRotateRoot(p, device pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_kms_rotate_root(keyStore(p), machine(device), b, e) })
}
func cKMSMigrateRoot(p, device pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_kms_migrate_root(keyStore(p), machine(device), b, e) })
}
func cKMSResumeRoot(p, device pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_kms_resume_root(keyStore(p), machine(device), b, e) })
}
func cKMSUpgrade(p pointer) (bool, error) {
	var changed C.bool
	err := tried(func(e place) status { return C.miyao_kms_upgrade(keyStore(p), &changed, e) })
	return bool(changed), err
}
func cKMSBackup(p, options, user pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_kms_backup(keyStore(p), sealing(options), C.go_writes(), user, b, e)
	})
}
func cBackupVerify(opener, user pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_backup_verify(opening(opener), C.go_reads(), user, b, e)
	})
}
func cKMSRestore(path string, root pointer, principal string, opener, user pointer) (pointer, []byte, error) {
	var p *C.miyao_kms
	record, err := given(func(b buffer, e place) status {
		return C.miyao_kms_restore(sp(path), sn(path), (*C.miyao_root)(root), sp(principal), sn(principal), opening(opener),
			C.go_reads(), user, &p, b, e)
	})
	return pointer(p), record, err
}
func cKMSRewrapFile(p pointer, path string, to pointer) (uint32, error) {
	var done C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_kms_rewrap_file(keyStore(p), sp(path), sn(path), keyRef(to), &done, &e), &e)
	return uint32(done), err
}
func cKMSRewrap(p pointer, message []byte, to pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_kms_rewrap(keyStore(p), bp(message), bn(message), keyRef(to), b, e)
	})
}
func cMessageRewrapFile(opener, options pointer, path string) (uint32, error) {
	var done C.uint32_t
	var e *C.miyao_error
	err := told(C.miyao_message_rewrap_file((*C.miyao_opener)(opener), (*C.miyao_options)(options), sp(path), sn(path), &done, &e), &e)
	return uint32(done), err
}
func cMessageRewrap(opener, options pointer, message []byte) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_message_rewrap((*C.miyao_opener)(opener), (*C.miyao_options)(options), bp(message), bn(message), b, e)
	})
}

// Tokens and messages.

func cTokenInspect(token []byte) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_token_inspect_unverified(bp(token), bn(token), b, e) })
}
func cTokenToText(token []byte, out []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_token_to_text(bp(token), bn(token), (*C.char)(pointer(bp(out))), bn(out), &n, &e), &e)
	return int(n), err
}
func cTokenFromText(text string, out []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_token_from_text(sp(text), sn(text), bp(out), bn(out), &n, &e), &e)
	return int(n), err
}
func cMessageInspect(start []byte, total uint64) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_message_inspect_unverified(bp(start), bn(start), C.uint64_t(total), b, e)
	})
}

func cOptionsNew() (pointer, error) {
	var p *C.miyao_options
	err := plain(C.miyao_options_new(&p))
	return pointer(p), err
}
func cOptionsAddKey(p, kms, key pointer) error {
	return tried(func(e place) status { return C.miyao_options_add_key(sealing(p), keyStore(kms), keyRef(key), e) })
}
func cOptionsAddSM2(p, key pointer) error {
	return tried(func(e place) status { return C.miyao_options_add_sm2(sealing(p), public(key), e) })
}
func cOptionsAddPassphrase(p pointer, passphrase []byte, iterations uint32) error {
	return tried(func(e place) status {
		return C.miyao_options_add_passphrase(sealing(p), bp(passphrase), bn(passphrase), C.uint32_t(iterations), e)
	})
}
func cOptionsSigner(p, key pointer) error {
	return tried(func(e place) status { return C.miyao_options_set_signer(sealing(p), private(key), e) })
}
func cOptionsContext(p, context pointer) error {
	return tried(func(e place) status { return C.miyao_options_set_context(sealing(p), pairs(context), e) })
}
func cOptionsShape(p pointer, suite Suite, frameLog2 uint32, spare *int, threads int) error {
	var e *C.miyao_error
	if suite != 0 {
		if err := told(C.miyao_options_set_suite(sealing(p), C.uint32_t(suite), &e), &e); err != nil {
			return err
		}
	}
	if frameLog2 != 0 {
		if err := told(C.miyao_options_set_frame_log2(sealing(p), C.uint32_t(frameLog2), &e), &e); err != nil {
			return err
		}
	}
	if spare != nil {
		if err := told(C.miyao_options_set_spare(sealing(p), C.size_t(*spare), &e), &e); err != nil {
			return err
		}
	}
	if threads != 0 {
		return told(C.miyao_options_set_threads(sealing(p), C.size_t(threads), &e), &e)
	}
	return nil
}
func cOptionsFree(p pointer) { C.miyao_options_free(sealing(p)) }

func cOpenerNew() (pointer, error) {
	var p *C.miyao_opener
	err := plain(C.miyao_opener_new(&p))
	return pointer(p), err
}
func cOpenerAddKMS(p, kms pointer, recovering bool) error {
	var e *C.miyao_error
	if recovering {
		return told(C.miyao_opener_add_recovering_kms(opening(p), keyStore(kms), &e), &e)
	}
	return told(C.miyao_opener_add_kms(opening(p), keyStore(kms), &e), &e)
}
func cOpenerAddSM2(p, key pointer) error {
	return tried(func(e place) status { return C.miyao_opener_add_sm2(opening(p), private(key), e) })
}
func cOpenerAddPassphrase(p pointer, passphrase []byte) error {
	return tried(func(e place) status {
		return C.miyao_opener_add_passphrase(opening(p), bp(passphrase), bn(passphrase), e)
	})
}
func cOpenerSigner(p, key pointer) error {
	return tried(func(e place) status { return C.miyao_opener_set_signer(opening(p), public(key), e) })
}
func cOpenerContext(p, context pointer) error {
	return tried(func(e place) status { return C.miyao_opener_set_context(opening(p), pairs(context), e) })
}
func cOpenerShape(p pointer, everyPair bool, threads int) error {
	var e *C.miyao_error
	if threads != 0 {
		if err := told(C.miyao_opener_set_threads(opening(p), C.size_t(threads), &e), &e); err != nil {
			return err
		}
	}
	return told(C.miyao_opener_set_every_pair(opening(p), C.bool(everyPair), &e), &e)
}
func cOpenerFree(p pointer) { C.miyao_opener_free(opening(p)) }

func cMessageEncrypt(options pointer, plaintext []byte) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_message_encrypt(sealing(options), bp(plaintext), bn(plaintext), b, e)
	})
}
func cMessageDecrypt(opener pointer, message []byte) ([]byte, Signed, error) {
	var b *C.miyao_buffer
	var e *C.miyao_error
	var signed Signed
	err := told(C.miyao_message_decrypt(opening(opener), bp(message), bn(message), &b, (*C.uint32_t)(&signed.State), bp(signed.Signer[:]), 32, &e), &e)
	plaintext, err := taken(b, err)
	return plaintext, signed, err
}

func cEncryptorNew(options pointer) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_encryptor_new(sealing(options), (**C.miyao_encryptor)(out), e)
	})
}
func cEncryptorWrite(p pointer, data []byte) error {
	var e *C.miyao_error
	return told(C.miyao_encryptor_write(encrypting(p), bp(data), bn(data), &e), &e)
}
func cEncryptorFinish(p pointer) error {
	var e *C.miyao_error
	return told(C.miyao_encryptor_finish(encrypting(p), &e), &e)
}
func cEncryptorReady(p pointer) int { return int(C.miyao_encryptor_ready(encrypting(p))) }
func cEncryptorTake(p pointer, out []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_encryptor_take(encrypting(p), bp(out), bn(out), &n, &e), &e)
	return int(n), err
}
func cEncryptorFree(p pointer) { C.miyao_encryptor_free(encrypting(p)) }

func cDecryptorNew(opener pointer) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_decryptor_new(opening(opener), (**C.miyao_decryptor)(out), e)
	})
}
func cDecryptorWrite(p pointer, data []byte) error {
	var e *C.miyao_error
	return told(C.miyao_decryptor_write(decrypting(p), bp(data), bn(data), &e), &e)
}
func cDecryptorEnd(p pointer) error {
	var e *C.miyao_error
	return told(C.miyao_decryptor_end(decrypting(p), &e), &e)
}
func cDecryptorRead(p pointer, out []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_decryptor_read(decrypting(p), bp(out), bn(out), &n, &e), &e)
	return int(n), err
}
func cDecryptorRecord(p pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_decryptor_record(decrypting(p), b, e) })
}
func cDecryptorFinish(p pointer) (Signed, error) {
	var signed Signed
	var e *C.miyao_error
	err := told(C.miyao_decryptor_finish(decrypting(p), (*C.uint32_t)(&signed.State), bp(signed.Signer[:]), 32, &e), &e)
	return signed, err
}
func cDecryptorFree(p pointer) { C.miyao_decryptor_free(decrypting(p)) }

func cReaderNew(opener pointer, source uintptr, size int64) (pointer, error) {
	var p *C.miyao_reader
	var e *C.miyao_error
	err := told(C.go_reader_new(opening(opener), C.uintptr_t(source), C.uint64_t(size), &p, &e), &e)
	return pointer(p), err
}
func cReaderLen(p pointer) int64 { return int64(C.miyao_reader_len((*C.miyao_reader)(p))) }
func cReaderRecord(p pointer) ([]byte, error) {
	return given(func(b buffer, e place) status { return C.miyao_reader_record((*C.miyao_reader)(p), b, e) })
}
func cReaderReadAt(p pointer, offset int64, out []byte) (int, error) {
	var n C.size_t
	var e *C.miyao_error
	err := told(C.miyao_reader_read_at((*C.miyao_reader)(p), C.uint64_t(offset), bp(out), bn(out), &n, &e), &e)
	return int(n), err
}
func cReaderFree(p pointer) { C.miyao_reader_free((*C.miyao_reader)(p)) }

// Certificates, requests, revocation lists, and whom one trusts.

func certificate(p pointer) *C.miyao_certificate     { return (*C.miyao_certificate)(p) }
func request(p pointer) *C.miyao_certificate_request { return (*C.miyao_certificate_request)(p) }
func crl(p pointer) *C.miyao_crl                     { return (*C.miyao_crl)(p) }
func trusting(p pointer) *C.miyao_trust              { return (*C.miyao_trust)(p) }
func certificates(all []pointer) **C.miyao_certificate {
	return (**C.miyao_certificate)(pointer(unsafe.SliceData(all)))
}

func cCertificateParse(file []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_certificate_parse(bp(file), bn(file), (**C.miyao_certificate)(out), e)
	})
}
func cCertificateParseAll(file []byte, out []pointer) (int, error) {
	var n C.size_t
	err := tried(func(e place) status {
		return C.miyao_certificate_parse_all(bp(file), bn(file), certificates(out), C.size_t(len(out)), &n, e)
	})
	return int(n), err
}
func cCertificateDER(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_to_der(certificate(p), b) })
}
func cCertificatePEM(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_to_pem(certificate(p), b) })
}
func cCertificateSubject(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_subject(certificate(p), b) })
}
func cCertificateIssuer(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_issuer(certificate(p), b) })
}
func cCertificateAlternativeNames(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_alternative_names(certificate(p), b) })
}
func cCertificatePurposes(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_purposes(certificate(p), b) })
}
func cCertificateSerial(p pointer) ([]byte, error) {
	var out [C.MIYAO_CERTIFICATE_SERIAL_MAX]byte
	var n C.size_t
	err := plain(C.miyao_certificate_serial(certificate(p), bp(out[:]), bn(out[:]), &n))
	return out[:n], err
}
func cCertificateValidity(p pointer) (from, until int64, err error) {
	err = plain(C.miyao_certificate_validity(certificate(p), (*C.int64_t)(&from), (*C.int64_t)(&until)))
	return from, until, err
}
func cCertificateVersion(p pointer) int { return int(C.miyao_certificate_version(certificate(p))) }
func cCertificateKeyUsage(p pointer) uint32 {
	return uint32(C.miyao_certificate_key_usage(certificate(p)))
}
func cCertificateIsAuthority(p pointer) bool {
	return bool(C.miyao_certificate_is_authority(certificate(p)))
}
func cCertificatePublicKey(p pointer) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_certificate_public_key(certificate(p), (**C.miyao_sm2_public_key)(out), e)
	})
}
func cCertificateVerifySignature(p, issuer pointer, userID []byte) error {
	return tried(func(e place) status {
		return C.miyao_certificate_verify_signature(certificate(p), public(issuer), bp(userID), bn(userID), e)
	})
}
func cCertificateFree(p pointer) { C.miyao_certificate_free(certificate(p)) }

// wishes are what a draft of a request and a template of a certificate may say besides a name; each is nil where nothing was said.
func wishes(usage KeyUsage, purposes, names []string, set func(e place, usage *C.uint32_t, purposes, names *string) status) error {
	var all []func(e place) status
	if usage != 0 {
		all = append(all, func(e place) status { return set(e, (*C.uint32_t)(&usage), nil, nil) })
	}
	if len(purposes) > 0 {
		joined := strings.Join(purposes, ",")
		all = append(all, func(e place) status { return set(e, nil, &joined, nil) })
	}
	if len(names) > 0 {
		joined := strings.Join(names, "\n")
		all = append(all, func(e place) status { return set(e, nil, nil, &joined) })
	}
	return inTurn(all...)
}

func cRequestDraft(d *RequestDraft, key pointer, userID []byte) (pointer, error) {
	p, err := made(func(out pointer, e place) status {
		return C.miyao_request_draft_new(sp(d.Subject), sn(d.Subject), (**C.miyao_request_draft)(out), e)
	})
	if err != nil {
		return nil, err
	}
	draft := (*C.miyao_request_draft)(p)
	defer C.miyao_request_draft_free(draft)
	err = wishes(d.KeyUsage, d.Purposes, d.AlternativeNames, func(e place, usage *C.uint32_t, purposes, names *string) status {
		switch {
		case usage != nil:
			return C.miyao_request_draft_set_key_usage(draft, *usage, e)
		case purposes != nil:
			return C.miyao_request_draft_set_purposes(draft, sp(*purposes), sn(*purposes), e)
		default:
			return C.miyao_request_draft_set_alternative_names(draft, sp(*names), sn(*names), e)
		}
	})
	if err != nil {
		return nil, err
	}
	return made(func(out pointer, e place) status {
		return C.miyao_request_draft_sign(draft, private(key), bp(userID), bn(userID), (**C.miyao_certificate_request)(out), e)
	})
}
func cRequestParse(file []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_certificate_request_parse(bp(file), bn(file), (**C.miyao_certificate_request)(out), e)
	})
}
func cRequestVerify(p pointer, userID []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_certificate_request_verify(request(p), bp(userID), bn(userID), (**C.miyao_sm2_public_key)(out), e)
	})
}
func cRequestUnverifiedSubject(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_request_unverified_subject(request(p), b) })
}
func cRequestUnverifiedAlternativeNames(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status {
		return C.miyao_certificate_request_unverified_alternative_names(request(p), b)
	})
}
func cRequestUnverifiedKeyUsage(p pointer) uint32 {
	return uint32(C.miyao_certificate_request_unverified_key_usage(request(p)))
}
func cRequestUnverifiedPurposes(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_request_unverified_purposes(request(p), b) })
}
func cRequestDER(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_request_to_der(request(p), b) })
}
func cRequestPEM(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_certificate_request_to_pem(request(p), b) })
}
func cRequestFree(p pointer) { C.miyao_certificate_request_free(request(p)) }

func template(p pointer) *C.miyao_certificate_template { return (*C.miyao_certificate_template)(p) }
func cTemplateNew(t *CertificateTemplate) (pointer, error) {
	name, nameLen, from, until := sp(t.Subject), sn(t.Subject), C.int64_t(t.NotBefore.Unix()), C.int64_t(t.NotAfter.Unix())
	below := C.uint32_t(pathLenAny)
	if t.PathLen != nil {
		below = C.uint32_t(*t.PathLen)
	}
	return made(func(p pointer, e place) status {
		out := (**C.miyao_certificate_template)(p)
		switch t.Role {
		case AuthorityCertificate:
			return C.miyao_certificate_template_authority(name, nameLen, from, until, below, out, e)
		case SigningCertificate:
			return C.miyao_certificate_template_signing(name, nameLen, from, until, out, e)
		case EncryptionCertificate:
			return C.miyao_certificate_template_encryption(name, nameLen, from, until, out, e)
		}
		return C.MIYAO_STATUS_UNSUPPORTED
	})
}
func cTemplateSet(p pointer, t *CertificateTemplate) error {
	return wishes(t.KeyUsage, t.Purposes, t.AlternativeNames, func(e place, usage *C.uint32_t, purposes, names *string) status {
		switch {
		case usage != nil:
			return C.miyao_certificate_template_set_key_usage(template(p), *usage, e)
		case purposes != nil:
			return C.miyao_certificate_template_set_purposes(template(p), sp(*purposes), sn(*purposes), e)
		default:
			return C.miyao_certificate_template_set_alternative_names(template(p), sp(*names), sn(*names), e)
		}
	})
}
func cTemplateSelfSign(p, key pointer, userID []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_certificate_template_self_sign(template(p), private(key), bp(userID), bn(userID), (**C.miyao_certificate)(out), e)
	})
}
func cTemplateIssue(p, subject, issuer, key pointer, userID []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_certificate_template_issue(template(p), public(subject), certificate(issuer), private(key), bp(userID), bn(userID),
			(**C.miyao_certificate)(out), e)
	})
}
func cTemplateFree(p pointer) { C.miyao_certificate_template_free(template(p)) }

func cCRLParse(file []byte) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_crl_parse(bp(file), bn(file), (**C.miyao_crl)(out), e)
	})
}
func cCRLDER(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_crl_to_der(crl(p), b) })
}
func cCRLPEM(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_crl_to_pem(crl(p), b) })
}
func cCRLIssuer(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_crl_issuer(crl(p), b) })
}
func cCRLUpdates(p pointer) (made, next int64, err error) {
	err = plain(C.miyao_crl_updates(crl(p), (*C.int64_t)(&made), (*C.int64_t)(&next)))
	return made, next, err
}
func cCRLVerify(p, issuer pointer, userID []byte, now int64) error {
	return tried(func(e place) status {
		return C.miyao_crl_verify(crl(p), certificate(issuer), bp(userID), bn(userID), C.int64_t(now), e)
	})
}
func cCRLFind(p, issuer pointer, userID []byte, now int64, asked pointer) (revoked bool, when int64, reason uint32, err error) {
	var found C.bool
	err = tried(func(e place) status {
		return C.miyao_crl_find(crl(p), certificate(issuer), bp(userID), bn(userID), C.int64_t(now), certificate(asked), &found,
			(*C.int64_t)(&when), (*C.uint32_t)(&reason), e)
	})
	return bool(found), when, reason, err
}
func cCRLFree(p pointer) { C.miyao_crl_free(crl(p)) }

func cTrustNew() (pointer, error) {
	return made(func(out pointer, _ place) status { return C.miyao_trust_new((**C.miyao_trust)(out)) })
}
func cTrustAddAnchor(p, anchor pointer) error {
	return plain(C.miyao_trust_add_anchor(trusting(p), certificate(anchor)))
}
func cTrustAddIntermediate(p, between pointer) error {
	return plain(C.miyao_trust_add_intermediate(trusting(p), certificate(between)))
}
func cTrustAddCRL(p, list pointer) error { return plain(C.miyao_trust_add_crl(trusting(p), crl(list))) }
func cTrustDemandCRLs(p pointer) error   { return plain(C.miyao_trust_demand_crls(trusting(p))) }
func cTrustUserID(p pointer, userID []byte) error {
	return plain(C.miyao_trust_set_user_id(trusting(p), bp(userID), bn(userID)))
}
func cTrustVerify(p, asked pointer, purpose Purpose, now int64) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_trust_verify(trusting(p), certificate(asked), C.uint32_t(purpose), C.int64_t(now), b, e)
	})
}
func cTrustFree(p pointer) { C.miyao_trust_free(trusting(p)) }

// Messages of GM/T 0010.

func cmsOptions(p pointer) *C.miyao_cms_options { return (*C.miyao_cms_options)(p) }

func cCMSOptionsNew() (pointer, error) {
	return made(func(out pointer, _ place) status { return C.miyao_cms_options_new((**C.miyao_cms_options)(out)) })
}
func cCMSOptionsSet(p pointer, o *CMSOptions) error {
	steps := []func(e place) status{
		func(place) status {
			return C.miyao_cms_options_set_user_id(cmsOptions(p), bp(user(o.UserID)), bn(user(o.UserID)))
		},
		func(place) status { return C.miyao_cms_options_set_attributes(cmsOptions(p), C.bool(o.Attributes)) },
		func(place) status { return C.miyao_cms_options_set_detached(cmsOptions(p), C.bool(o.Detached)) },
	}
	if o.Dialect != 0 {
		steps = append(steps, func(place) status { return C.miyao_cms_options_set_dialect(cmsOptions(p), C.uint32_t(o.Dialect)) })
	}
	return inTurn(steps...)
}
func cCMSOptionsAddCertificate(p, along pointer) error {
	return plain(C.miyao_cms_options_add_certificate(cmsOptions(p), certificate(along)))
}
func cCMSOptionsAddCRL(p, along pointer) error {
	return plain(C.miyao_cms_options_add_crl(cmsOptions(p), crl(along)))
}
func cCMSOptionsFree(p pointer) { C.miyao_cms_options_free(cmsOptions(p)) }

func cCMSSign(content []byte, signers, keys []pointer, options pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_cms_sign(bp(content), bn(content), certificates(signers), privates(keys), C.size_t(len(signers)), cmsOptions(options), b, e)
	})
}
func cCMSSeal(content []byte, recipients []pointer, options pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_cms_seal(bp(content), bn(content), certificates(recipients), C.size_t(len(recipients)), cmsOptions(options), b, e)
	})
}
func cCMSSealSigned(content []byte, signers, keys, recipients []pointer, options pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_cms_seal_signed(bp(content), bn(content), certificates(signers), privates(keys), C.size_t(len(signers)),
			certificates(recipients), C.size_t(len(recipients)), cmsOptions(options), b, e)
	})
}
func cCMSVerify(message, userID []byte, known []pointer, signers []byte, dialect *CMSDialect) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_cms_verify(bp(message), bn(message), bp(userID), bn(userID), certificates(known), C.size_t(len(known)),
			b, bp(signers), bn(signers), (*C.uint32_t)(dialect), e)
	})
}
func cCMSVerifyDetached(message, content, userID []byte, known []pointer, signers []byte, dialect *CMSDialect) error {
	return tried(func(e place) status {
		return C.miyao_cms_verify_detached(bp(message), bn(message), bp(content), bn(content), bp(userID), bn(userID),
			certificates(known), C.size_t(len(known)), bp(signers), bn(signers), (*C.uint32_t)(dialect), e)
	})
}
func cCMSOpen(message []byte, own, key pointer) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_cms_open(bp(message), bn(message), certificate(own), private(key), b, e)
	})
}
func cCMSOpenSigned(message []byte, own, key pointer, userID []byte, known []pointer, signers []byte, dialect *CMSDialect) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_cms_open_signed(bp(message), bn(message), certificate(own), private(key), bp(userID), bn(userID),
			certificates(known), C.size_t(len(known)), b, bp(signers), bn(signers), (*C.uint32_t)(dialect), e)
	})
}
func cCMSUnverifiedCertificates(message []byte) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_cms_unverified_certificates(bp(message), bn(message), b, e)
	})
}

// What a file is.

func inspecting(p pointer) *C.miyao_inspection { return (*C.miyao_inspection)(p) }

func cInspectionNew(file []byte) (pointer, error) {
	return made(func(out pointer, _ place) status {
		return C.miyao_inspection_new(bp(file), bn(file), (**C.miyao_inspection)(out))
	})
}
func cInspectionAsk(p, key pointer) error {
	return plain(C.miyao_inspection_ask(inspecting(p), private(key)))
}
func cInspectionAssume(p pointer, order SM2Encoding) error {
	return plain(C.miyao_inspection_assume(inspecting(p), C.uint32_t(order)))
}
func cInspectionVerdict(p pointer) uint32 { return uint32(C.miyao_inspection_verdict(inspecting(p))) }
func cInspectionRecord(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_inspection_record(inspecting(p), b) })
}
func cInspectionReport(p pointer) ([]byte, error) {
	return given(func(b buffer, _ place) status { return C.miyao_inspection_report(inspecting(p), b) })
}
func cInspectionPublicKey(p pointer) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_inspection_public_key(inspecting(p), (**C.miyao_sm2_public_key)(out), e)
	})
}
func cInspectionPrivateKey(p pointer, passphrase []byte, own pointer) (pointer, error) {
	return made(func(out pointer, e place) status {
		return C.miyao_inspection_private_key(inspecting(p), bp(passphrase), bn(passphrase), private(own), (**C.miyao_sm2_private_key)(out), e)
	})
}
func cInspectionConvert(p pointer, form string, armor Armor) ([]byte, error) {
	return given(func(b buffer, e place) status {
		return C.miyao_inspection_convert(inspecting(p), sp(form), sn(form), C.uint32_t(armor), b, e)
	})
}
func cInspectionFree(p pointer) { C.miyao_inspection_free(inspecting(p)) }

// What the library calls back.

//export miyaoGoReadAt
func miyaoGoReadAt(source C.uintptr_t, offset C.uint64_t, out *C.uint8_t, capacity C.size_t) C.int64_t {
	return C.int64_t(readSource(uintptr(source), uint64(offset), unsafe.Slice((*byte)(pointer(out)), int(capacity))))
}

//export miyaoGoRead
func miyaoGoRead(user pointer, out *C.uint8_t, capacity C.size_t) C.int64_t {
	return C.int64_t(readStream(user, unsafe.Slice((*byte)(pointer(out)), int(capacity))))
}

//export miyaoGoWrite
func miyaoGoWrite(user pointer, data *C.uint8_t, n C.size_t) C.int64_t {
	return C.int64_t(writeStream(user, unsafe.Slice((*byte)(pointer(data)), int(n))))
}
