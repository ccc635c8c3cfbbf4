package miyao

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
)

// CertificateRequest is a request for a certificate (证书请求): PKCS#10 of RFC 2986, as it was read, byte for byte. It needs no Close, and any number of
// goroutines may use it.
type CertificateRequest struct {
	owned *owned
	der   []byte // as in a Certificate
}

// RequestDraft is what a request shall say, before it is signed.
type RequestDraft struct {
	Subject          string   // as RFC 4514 writes it, CN=host,O=Example,C=CN; may be empty where there are alternative names
	AlternativeNames []string // dns:host, ip:10.0.0.1, email:… or uri:…
	KeyUsage         KeyUsage // 0 to ask for none
	Purposes         []string // the words of [Certificate.Purposes]
}

// Sign signs the request with the key that it is for, under a user id, nil for [DefaultUserID].
func (d RequestDraft) Sign(key *SM2PrivateKey, userID []byte) (r *CertificateRequest, err error) {
	if err := errors.Join(apart(d.AlternativeNames, "\n"), apart(d.Purposes, ",")); err != nil {
		return nil, err
	}
	err = withPrivate(key, func(key pointer) error {
		object, err := cRequestDraft(&d, key, user(userID))
		if err == nil {
			r, err = newRequest(object)
		}
		return err
	})
	return r, err
}

// ParseCertificateRequest reads the one request of PEM or DER; nothing is verified yet.
func ParseCertificateRequest(file []byte) (*CertificateRequest, error) {
	object, err := cRequestParse(file)
	if err != nil {
		return nil, err
	}
	return newRequest(object)
}

func newRequest(object pointer) (*CertificateRequest, error) {
	r := &CertificateRequest{owned: own(object, cRequestFree)}
	var err error
	if r.der, err = cRequestDER(object); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *CertificateRequest) of() pointer {
	if r == nil {
		return nil
	}
	return r.owned.of()
}

// Verify is the public key that it is for, once its holder has proved to have the private half: it verifies the signature under a user id, nil for
// [DefaultUserID].
func (r *CertificateRequest) Verify(userID []byte) (*SM2PublicKey, error) {
	object, err := cRequestVerify(r.of(), user(userID))
	runtime.KeepAlive(r)
	if err != nil {
		return nil, err
	}
	return newPublic(object), nil
}

// UnverifiedSubject is the name that is asked for, as anybody may have written it before the request is verified.
func (r *CertificateRequest) UnverifiedSubject() string {
	return string(r.written(cRequestUnverifiedSubject))
}

// UnverifiedAlternativeNames are the further names that are asked for, as anybody may have written them before the request is verified.
func (r *CertificateRequest) UnverifiedAlternativeNames() []string {
	return split(string(r.written(cRequestUnverifiedAlternativeNames)), "\n")
}

// UnverifiedKeyUsage is which uses of the key are asked for, 0 for none, as anybody may have written them before the request is verified.
func (r *CertificateRequest) UnverifiedKeyUsage() KeyUsage {
	defer runtime.KeepAlive(r)
	return KeyUsage(cRequestUnverifiedKeyUsage(r.of()))
}

// UnverifiedPurposes are the purposes that are asked for, in the words of [Certificate.Purposes], as anybody may have written them before the request
// is verified.
func (r *CertificateRequest) UnverifiedPurposes() []string {
	return split(string(r.written(cRequestUnverifiedPurposes)), ",")
}

// DER is the request, byte for byte as it was read.
func (r *CertificateRequest) DER() []byte { return bytes.Clone(r.der) }

// PEM is the request as PEM, CERTIFICATE REQUEST.
func (r *CertificateRequest) PEM() []byte { return r.written(cRequestPEM) }

func (r *CertificateRequest) written(write func(pointer) ([]byte, error)) []byte {
	out, err := write(r.of())
	runtime.KeepAlive(r)
	must(err)
	return out
}

// apart refuses a word that would be two where C reads a list.
func apart(words []string, between string) error {
	for _, word := range words {
		if word == "" || strings.Contains(word, between) {
			return invalid("a name or purpose is empty, or holds what stands between two; give each by itself")
		}
	}
	return nil
}
