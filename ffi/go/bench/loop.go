package bench

// #cgo CFLAGS: -I${SRCDIR}/../../include
// #include <miyao.h>
// #include <stdlib.h>
// #include <string.h>
// #include <time.h>
//
// static miyao_kms *opened(const char *store, const char *root) {
//     miyao_root *held = NULL;
//     miyao_kms *kms = NULL;
//     if (miyao_root_key_file_open(root, strlen(root), &held, NULL) == MIYAO_STATUS_OK)
//         (void)miyao_kms_open(store, strlen(store), held, "bench", 5, &kms, NULL);
//     miyao_root_free(held);
//     return kms;
// }
//
// // Encrypts 64 bytes so many times, and says how many nanoseconds that took; 0 when it failed.
// static uint64_t encrypted(const miyao_kms *kms, int times) {
//     miyao_key_ref *key = NULL;
//     miyao_context *context = NULL;
//     uint8_t text[64] = {0}, token[64 + MIYAO_TOKEN_OVERHEAD];
//     size_t len = 0;
//     miyao_status status = miyao_key_ref_new("orders", 6, &key, NULL);
//     if (status == MIYAO_STATUS_OK) status = miyao_context_new(&context);
//     if (status == MIYAO_STATUS_OK) status = miyao_context_add(context, (const uint8_t *)"row", 3, (const uint8_t *)"7", 1, NULL);
//     struct timespec begun, ended;
//     clock_gettime(CLOCK_MONOTONIC, &begun);
//     for (int at = 0; at < times && status == MIYAO_STATUS_OK; at++)
//         status = miyao_kms_encrypt(kms, key, context, text, sizeof text, token, sizeof token, &len, NULL);
//     clock_gettime(CLOCK_MONOTONIC, &ended);
//     miyao_key_ref_free(key);
//     miyao_context_free(context);
//     if (status != MIYAO_STATUS_OK) return 0;
//     return (uint64_t)(ended.tv_sec - begun.tv_sec) * 1000000000u + (uint64_t)ended.tv_nsec - (uint64_t)begun.tv_nsec;
// }
import "C"

import (
	"errors"
	"unsafe"
)

// What Go is measured beside: the same archive in the same process, called by C in a loop.
type loop struct{ kms *C.miyao_kms }

func newLoop(store, root string) (*loop, error) {
	names := [2]*C.char{C.CString(store), C.CString(root)}
	defer C.free(unsafe.Pointer(names[0]))
	defer C.free(unsafe.Pointer(names[1]))
	kms := C.opened(names[0], names[1])
	if kms == nil {
		return nil, errors.New("the store does not open from C")
	}
	return &loop{kms}, nil
}

// Nanoseconds of so many encryptions.
func (l *loop) encrypt(times int) (uint64, error) {
	took := uint64(C.encrypted(l.kms, C.int(times)))
	if took == 0 {
		return 0, errors.New("C does not encrypt")
	}
	return took, nil
}

func (l *loop) close() { C.miyao_kms_free(l.kms) }
