package miyao

import (
	"bytes"
	"errors"
	"math/big"
	"runtime"
	"strings"
	"time"
)

// Certificate is a certificate (证书): X.509 v3 of RFC 5280 and GM/T 0015, as it was read, byte for byte. It needs no Close, and any number of
// goroutines may use it. What it says is to be believed once [Trust.Verify] found a path.
type Certificate struct {
	owned *owned
	der   []byte // shows the collector something of what the object takes, too
}

// KeyUsage is what the key of a certificate may do, as bits.
type KeyUsage uint32

const (
	KeyUsageDigitalSignature KeyUsage = 1 << iota // signatures other than those below
	KeyUsageNonRepudiation                        // signatures that their maker shall not be able to deny
	KeyUsageKeyEncipherment                       // encrypting keys
	KeyUsageDataEncipherment                      // encrypting data itself
	KeyUsageKeyAgreement                          // agreeing on keys
	KeyUsageKeyCertSign                           // signing certificates
	KeyUsageCRLSign                               // signing revocation lists
	KeyUsageEncipherOnly                          // with key agreement, only to encrypt
	KeyUsageDecipherOnly                          // with key agreement, only to decrypt
)

// ParseCertificate reads the one certificate of PEM or DER. Of another algorithm than SM2 it is read too, and not verified.
func ParseCertificate(file []byte) (*Certificate, error) {
	object, err := cCertificateParse(file)
	if err != nil {
		return nil, err
	}
	return newCertificate(object)
}

// ParseCertificates reads every certificate of PEM in its order, or the one of DER.
func ParseCertificates(file []byte) ([]*Certificate, error) {
	objects := make([]pointer, len(file)/200+1) // a file has at most one for every 200 bytes
	n, err := cCertificateParseAll(file, objects)
	if err != nil {
		return nil, err
	}
	all := make([]*Certificate, n)
	for i, object := range objects[:n] {
		one, failed := newCertificate(object)
		all[i], err = one, errors.Join(err, failed)
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// noneOrMore reads PEM that the library wrote, which may be empty.
func noneOrMore(pem []byte, err error) ([]*Certificate, error) {
	if err != nil || len(pem) == 0 {
		return nil, err
	}
	return ParseCertificates(pem)
}

func newCertificate(object pointer) (*Certificate, error) {
	c := &Certificate{owned: own(object, cCertificateFree)}
	var err error
	if c.der, err = cCertificateDER(object); err != nil {
		return nil, err
	}
	return c, nil
}

// of is the library's object, which is nil for no certificate.
func (c *Certificate) of() pointer {
	if c == nil {
		return nil
	}
	return c.owned.of()
}

func certificateObjects(all []*Certificate) []pointer {
	objects := make([]pointer, len(all))
	for i, one := range all {
		objects[i] = one.of()
	}
	return objects
}

// DER is the certificate, byte for byte as it was read.
func (c *Certificate) DER() []byte { return bytes.Clone(c.der) }

// PEM is the certificate as PEM, CERTIFICATE.
func (c *Certificate) PEM() []byte { return c.written(cCertificatePEM) }

// Version is 1, 2 or 3.
func (c *Certificate) Version() int {
	defer runtime.KeepAlive(c)
	return cCertificateVersion(c.of())
}

// SerialNumber is its number among those of its issuer.
func (c *Certificate) SerialNumber() *big.Int {
	serial := c.written(cCertificateSerial)
	number := new(big.Int).SetBytes(serial)
	if len(serial) > 0 && serial[0] >= 0x80 { // two's complement
		number.Sub(number, new(big.Int).Lsh(big.NewInt(1), uint(8*len(serial))))
	}
	return number
}

// Subject is the name of its subject as RFC 4514 writes it, CN=host,O=Example,C=CN.
func (c *Certificate) Subject() string { return string(c.written(cCertificateSubject)) }

// Issuer is the name of its issuer, likewise.
func (c *Certificate) Issuer() string { return string(c.written(cCertificateIssuer)) }

// AlternativeNames are the other names of its subject: dns:host, ip:10.0.0.1, email:…, uri:…, directory:…, or other: with hexadecimal digits. A comma in a
// host, an address or a URI is \2c, and a backslash \5c.
func (c *Certificate) AlternativeNames() []string {
	return split(string(c.written(cCertificateAlternativeNames)), "\n")
}

// Purposes are what its key is for: serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, OCSPSigning, anyExtendedKeyUsage, or numbers such as
// 1.2.3. Nil is a certificate that does not say.
func (c *Certificate) Purposes() []string { return split(string(c.written(cCertificatePurposes)), ",") }

// KeyUsage is what its key may do; 0 where it does not say.
func (c *Certificate) KeyUsage() KeyUsage {
	defer runtime.KeepAlive(c)
	return KeyUsage(cCertificateKeyUsage(c.of()))
}

// IsAuthority says whether the certificate says that it is an authority's (the CA bit of its basic constraints).
func (c *Certificate) IsAuthority() bool {
	defer runtime.KeepAlive(c)
	return cCertificateIsAuthority(c.of())
}

// NotBefore is from when it holds, to the second.
func (c *Certificate) NotBefore() time.Time {
	from, _ := c.validity()
	return time.Unix(from, 0).UTC()
}

// NotAfter is until when it holds, to the second.
func (c *Certificate) NotAfter() time.Time {
	_, until := c.validity()
	return time.Unix(until, 0).UTC()
}

func (c *Certificate) validity() (from, until int64) {
	from, until, err := cCertificateValidity(c.of())
	runtime.KeepAlive(c)
	must(err)
	return from, until
}

// PublicKey is its public key; [ErrUnsupported] is one of another algorithm or on another curve.
func (c *Certificate) PublicKey() (*SM2PublicKey, error) {
	object, err := cCertificatePublicKey(c.of())
	runtime.KeepAlive(c)
	if err != nil {
		return nil, err
	}
	return newPublic(object), nil
}

// VerifySignature verifies that the holder of issuer signed it under this user id, nil for [DefaultUserID]. Nothing else is asked, not the time and
// not what the issuer may: [Trust.Verify] does. [ErrRejected] is another key, user id or certificate.
func (c *Certificate) VerifySignature(issuer *SM2PublicKey, userID []byte) error {
	err := cCertificateVerifySignature(c.of(), issuer.of(), user(userID))
	runtime.KeepAlive(c)
	runtime.KeepAlive(issuer)
	return err
}

// Equal says whether both are the same, byte for byte.
func (c *Certificate) Equal(other *Certificate) bool {
	if c == nil || other == nil {
		return c == other
	}
	return bytes.Equal(c.der, other.der)
}

// written is for what fails by a defect of the library alone, or for no certificate.
func (c *Certificate) written(write func(pointer) ([]byte, error)) []byte {
	out, err := write(c.of())
	runtime.KeepAlive(c)
	must(err)
	return out
}

// split is nil for no text.
func split(text, between string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, between)
}

// moment is the seconds since 1970 of a time, which is now where it is zero.
func moment(at time.Time) int64 {
	if at.IsZero() {
		at = time.Now()
	}
	return at.Unix()
}
