module github.com/miyao-kms/miyao/ffi/go/message

// What gmsm asks for. An older Go, from 1.21 on, fetches this one by itself unless GOTOOLCHAIN forbids it.
go 1.25.0

// SM2, SM3 and SM4 in Go and assembly, without cgo; MIT.
require github.com/emmansun/gmsm v0.44.1

require golang.org/x/crypto v0.54.0 // indirect
