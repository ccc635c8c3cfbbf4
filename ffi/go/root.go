package miyao

// Root is the root key of a key store (根密钥): whoever has it has all keys of the store. It is read when a store is opened, made or given another
// root; nothing is kept of it here.
type Root struct {
	make func() (pointer, error)
}

// Passphrase is a root from a passphrase of one byte at least, at the least cost that is allowed (600,000 iterations of PBKDF2-HMAC-SM3); a store that is
// opened says for itself what it costs. The bytes are read when the root is used, and are the caller's to [Wipe] afterwards.
func Passphrase(passphrase []byte) Root { return PassphraseCosting(passphrase, 0) }

// PassphraseCosting is the same with so many iterations for a store that is made, 600,000 to 10,000,000.
func PassphraseCosting(passphrase []byte, iterations uint32) Root {
	return Root{func() (pointer, error) { return cRootPassphrase(passphrase, iterations) }}
}

// KeyFile is a root from a file of 32 bytes that nobody but its owner has rights to.
func KeyFile(path string) Root {
	return Root{func() (pointer, error) { return cRootKeyFile(path, false) }}
}

// NewKeyFile is the same, but makes the file when it is used, which must not be there yet.
func NewKeyFile(path string) Root {
	return Root{func() (pointer, error) { return cRootKeyFile(path, true) }}
}

// PKCS11 is a root in an encryption machine or token that a URI names, such as
// pkcs11:token=kms?module-path=/usr/lib/vendor.so&pin-source=file:/etc/pin; several URIs name devices that stand in for each other, as in [OpenDevices].
// [OpenDevice] and [InDevice] allow settings.
func PKCS11(uri string, others ...string) Root {
	return Root{func() (pointer, error) {
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
	return Root{func() (pointer, error) {
		object, err := device.enter()
		if err != nil {
			return nil, err
		}
		defer device.handle.leave()
		return cRootDevice(object)
	}}
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
