package miyao

import (
	"os"
	"path/filepath"
	"strings"
)

// Root is the root key of a key store (根密钥): whoever has it has all keys of the store. It is read when a store is opened, made or given another
// root; nothing is kept of it here.
type Root struct {
	make  func() (pointer, error)
	fresh bool // makes a file that stays, whatever fails then
}

// Passphrase is a root from a passphrase of one byte at least, at the least cost that is allowed (600,000 iterations of PBKDF2-HMAC-SM3); a store that is
// opened says for itself what it costs. The bytes are read when the root is used, and are the caller's to [Wipe] afterwards.
func Passphrase(passphrase []byte) Root { return PassphraseCosting(passphrase, 0) }

// PassphraseCosting is the same with so many iterations for a store that is made, 600,000 to 10,000,000.
func PassphraseCosting(passphrase []byte, iterations uint32) Root {
	return Root{make: func() (pointer, error) { return cRootPassphrase(passphrase, iterations) }}
}

// KeyFile is a root from a file of 32 bytes that nobody but its owner has rights to.
func KeyFile(path string) Root {
	return Root{make: func() (pointer, error) { return cRootKeyFile(path, false) }}
}

// NewKeyFile is the same, but makes the file when it is used, which must not be there yet: [ErrExists]. It is made before the store, and stays where that
// fails, as on a full disk: a root key is never removed. So make the store by KeyFile where the file is there and no store is.
func NewKeyFile(path string) Root {
	return Root{func() (pointer, error) { return cRootKeyFile(path, true) }, true}
}

// PKCS11 is a root in an encryption machine or token that a URI names, such as
// pkcs11:token=kms?module-path=/usr/lib/vendor.so&pin-source=file:/etc/pin; several URIs name devices that stand in for each other, as in [OpenDevices].
// [OpenDevice] and [InDevice] allow settings.
func PKCS11(uri string, others ...string) Root {
	return Root{make: func() (pointer, error) {
		device, err := cDeviceOpen(append([]string{uri}, others...), nil)
		if err != nil {
			return nil, err
		}
		defer cDeviceFree(device) // the root keeps what it needs
		return cRootDevice(device)
	}}
}

// InDevice is a root in a device that is open.
func InDevice(device *Device) Root {
	return Root{make: func() (pointer, error) {
		object, err := device.enter()
		if err != nil {
			return nil, err
		}
		defer device.handle.leave()
		return cRootDevice(object)
	}}
}

// mayMake refuses a store that cannot be made, as far as is seen before the file of its root is.
func (r Root) mayMake(path, principal string) error {
	if !r.fresh {
		return nil
	}
	for _, character := range []byte(principal) {
		if character < '!' || character > '~' {
			principal = ""
		}
	}
	if principal == "" || len(principal) > 128 {
		return invalid("a principal is 1 to 128 visible ASCII characters; name who acts so, and no key file was made")
	}
	if path == "" || strings.Contains(path, "\x00") {
		return invalid("a path has one byte at least and no NUL; name the file, and no key file was made")
	}
	at, err := os.Stat(path)
	switch {
	case err == nil && !at.Mode().IsRegular():
		return invalid(path + ": a key store is a regular file; name another path, and no key file was made")
	case err == nil && at.Size() > 0:
		return &Error{Kind: ErrExists, Message: path + ": the file exists already; open it, or name another, and no key file was made"}
	}
	within, err := os.Stat(filepath.Dir(path))
	switch {
	case err != nil:
		return &Error{Kind: ErrMissing, Message: path + ": its directory is not there; make it first, and no key file was made"}
	case !within.IsDir():
		return &Error{Kind: ErrIO, Message: path + ": what it lies in is no directory; name another path, and no key file was made"}
	}
	if _, err := os.Readlink(path); err == nil && at == nil {
		return &Error{Kind: ErrMissing, Message: path + ": the link leads nowhere; name another path, and no key file was made"}
	}
	return nil
}

func (r Root) use(with func(root pointer) error) error {
	if r.make == nil {
		return invalid("no root is given; use Passphrase, KeyFile or PKCS11")
	}
	root, err := r.make()
	if err != nil {
		return err
	}
	defer cRootFree(root)
	return with(root)
}
