module github.com/miyao-kms/miyao/ffi/go

// 1.24 brings runtime.AddCleanup, and cgo's noescape, without which each call would move its caller's buffers to the heap. A Go that is
// still maintained is newer.
go 1.24
