//go:build miyao_pkgconfig

package miyao

// The library that is installed, as pkg-config finds it: go build -tags miyao_pkgconfig.

// #cgo pkg-config: miyao
import "C"
