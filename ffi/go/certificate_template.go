package miyao

import (
	"errors"
	"runtime"
	"time"
)

// CertificateRole is what a certificate is for.
type CertificateRole uint32

const (
	AuthorityCertificate  CertificateRole = 1 // of an authority, which may sign others and lists: a root where it signs itself
	SigningCertificate    CertificateRole = 2 // 签名证书: its key signs, and its holder shall not be able to deny it
	EncryptionCertificate CertificateRole = 3 // 加密证书: its key encrypts keys and data and agrees on keys
)

// CertificateTemplate is what a certificate shall say, before an authority signs it. Its serial number is of 126 random bits.
type CertificateTemplate struct {
	Role                CertificateRole
	Subject             string    // as RFC 4514 writes it, CN=host,O=Example,C=CN; may be empty where there are alternative names, but for an authority
	NotBefore, NotAfter time.Time // to the second, both included
	PathLen             *int      // of an authority: how many others may stand below it at most; nil for any number
	AlternativeNames    []string  // dns:host, ip:10.0.0.1, email:… or uri:…
	KeyUsage            KeyUsage  // 0 for those of the role; nobody but an authority signs certificates
	Purposes            []string  // the words of [Certificate.Purposes]
}

// SelfSign signs it with its own key, under a user id, nil for [DefaultUserID]. [ErrInvalid] is a subject without any name, an end before the
// beginning, and uses that do not fit.
func (t CertificateTemplate) SelfSign(key *SM2PrivateKey, userID []byte) (*Certificate, error) {
	return t.signed(func(object pointer) (c *Certificate, err error) {
		err = withPrivate(key, func(key pointer) error {
			c, err = madeCertificate(cTemplateSelfSign(object, key, user(userID)))
			return err
		})
		return c, err
	})
}

// Issue lets an authority sign it for a public key, under a user id, nil for [DefaultUserID]. That the holder has the private half is for the caller
// to know: [CertificateRequest.Verify] gives the key of a request once it is proved. [ErrForbidden] is an issuer that is no authority, or may have no
// other below it; otherwise as SelfSign.
func (t CertificateTemplate) Issue(subject *SM2PublicKey, issuer CertifiedKey, userID []byte) (*Certificate, error) {
	return t.signed(func(object pointer) (c *Certificate, err error) {
		err = withPrivate(issuer.Key, func(key pointer) error {
			c, err = madeCertificate(cTemplateIssue(object, subject.of(), issuer.Certificate.of(), key, user(userID)))
			runtime.KeepAlive(subject)
			runtime.KeepAlive(issuer.Certificate)
			return err
		})
		return c, err
	})
}

func (t *CertificateTemplate) signed(sign func(object pointer) (*Certificate, error)) (*Certificate, error) {
	if t.Role < AuthorityCertificate || t.Role > EncryptionCertificate {
		return nil, invalid("a template has no role; say AuthorityCertificate, SigningCertificate or EncryptionCertificate")
	}
	if t.PathLen != nil && (t.Role != AuthorityCertificate || *t.PathLen < 0 || int64(*t.PathLen) >= pathLenAny) {
		return nil, invalid("a length of paths is an authority's, and 0 or more; give none for any number")
	}
	if err := errors.Join(apart(t.AlternativeNames, "\n"), apart(t.Purposes, ",")); err != nil {
		return nil, err
	}
	object, err := cTemplateNew(t)
	if err != nil {
		return nil, err
	}
	defer cTemplateFree(object)
	if err := cTemplateSet(object, t); err != nil {
		return nil, err
	}
	return sign(object)
}

func madeCertificate(object pointer, err error) (*Certificate, error) {
	if err != nil {
		return nil, err
	}
	return newCertificate(object)
}
