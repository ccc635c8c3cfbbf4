//go:build !miyao_pkgconfig

package miyao

// The archive that `cargo build --release -p miyao-ffi` makes in this repository, inside the program: nothing has to be installed beside it.

// #cgo CFLAGS: -I${SRCDIR}/../include
// #cgo LDFLAGS: ${SRCDIR}/../../target/release/libmiyao_ffi.a
// #cgo linux LDFLAGS: -lm -ldl -lpthread
import "C"
