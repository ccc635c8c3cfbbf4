module github.com/miyao-kms/miyao/ffi/go/bench

go 1.25.0

require (
	github.com/emmansun/gmsm v0.44.1 // the peer, in Go and assembly; MIT
	github.com/miyao-kms/miyao/ffi/go v0.0.0
)

require golang.org/x/crypto v0.54.0 // indirect

replace github.com/miyao-kms/miyao/ffi/go => ../
