package miyao

import (
	"fmt"
	"runtime"
)

// CMSDialect is the numbers under which a message of GM/T 0010 is written.
type CMSDialect uint32

const (
	CMSStandard CMSDialect = 1 // GM/T 0010-2012 and GB/T 35275-2017, which is what is written unless another is chosen
	CMSPKCS7    CMSDialect = 2 // the same under the content types of PKCS#7, which OpenSSL reads
	CMSGmSSL    CMSDialect = 3 // GmSSL 3, which is only read: a signature says nothing of the user id
	CMSCFCA     CMSDialect = 4 // CFCA's SADK before 3.2, which is only read
)

// CMSOptions are how a message is written, and what goes along; the zero value is the usual.
type CMSOptions struct {
	Dialect         CMSDialect // 0 for CMSStandard
	UserID          []byte     // signs under it; nil for [DefaultUserID], while OpenSSL reads the empty one
	Attributes      bool       // signs attributes that name the content and its digest, rather than the content
	Detached        bool       // leaves the content elsewhere
	Certificates    []*Certificate
	RevocationLists []*RevocationList
}

// CertifiedKey is a certificate and the private key that it is of.
type CertifiedKey struct {
	Certificate *Certificate
	Key         *SM2PrivateKey
}

// CMSContent is what was read of a signed message: its content, the certificates among those that were given whose holders signed, and how it was written.
type CMSContent struct {
	Content []byte `json:"-"`
	Signers []*Certificate
	Dialect CMSDialect
}

// Format implements [fmt.Formatter]: the content, which may have been sealed, is not printed, but by fmt of an unexported field of another type; nor does
// encoding/json write it.
func (c CMSContent) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "CMSContent{%d bytes, %d signers, Dialect: %d}", len(c.Content), len(c.Signers), c.Dialect)
}

// CMSSign signs a content for each signer; it gives a SignedData in DER. Options may be nil.
func CMSSign(content []byte, signers []CertifiedKey, options *CMSOptions) (message []byte, err error) {
	err = options.use(func(object pointer) error {
		return withSigners(signers, func(certificates, keys []pointer) error {
			message, err = cCMSSign(content, certificates, keys, object)
			return err
		})
	})
	return message, err
}

// CMSSeal encrypts a content for the holders of certificates; it gives an EnvelopedData in DER. Of the options, which may be nil, only the dialect
// counts. It is not authenticated: see [CMSOpen].
func CMSSeal(content []byte, recipients []*Certificate, options *CMSOptions) (message []byte, err error) {
	err = options.use(func(object pointer) error {
		message, err = cCMSSeal(content, certificateObjects(recipients), object)
		runtime.KeepAlive(recipients)
		return err
	})
	return message, err
}

// CMSSealSigned signs a content as [CMSSign] does, and encrypts it for the holders of certificates; it gives a SignedAndEnvelopedData in DER. Who
// signed is for everybody to see. Options may be nil.
func CMSSealSigned(content []byte, signers []CertifiedKey, recipients []*Certificate, options *CMSOptions) (message []byte, err error) {
	err = options.use(func(object pointer) error {
		return withSigners(signers, func(certificates, keys []pointer) error {
			message, err = cCMSSealSigned(content, certificates, keys, certificateObjects(recipients), object)
			runtime.KeepAlive(recipients)
			return err
		})
	})
	return message, err
}

// CMSVerify verifies every signature of a SignedData, in PEM or DER, that brings its content, under a user id (nil for [DefaultUserID]; OpenSSL's is
// empty): that each is by the holder of one of the certificates, and of nobody else. Certificates that the message brings are not looked at;
// [CMSUnverifiedCertificates] gives them. Whether a signer's certificate is to be believed, [Trust.Verify] says.
//
// [ErrRejected] is a signature that does not verify; [ErrMissing] that nobody signed, or somebody else; [ErrInvalid] a content that is elsewhere.
func CMSVerify(message, userID []byte, certificates []*Certificate) (c CMSContent, err error) {
	return verified(certificates, func(known []pointer, signers []byte, c *CMSContent) error {
		c.Content, err = cCMSVerify(message, user(userID), known, signers, &c.Dialect)
		return err
	})
}

// CMSVerifyDetached verifies a SignedData whose content is elsewhere, likewise.
func CMSVerifyDetached(message, content, userID []byte, certificates []*Certificate) (CMSContent, error) {
	return verified(certificates, func(known []pointer, signers []byte, c *CMSContent) error {
		c.Content = content
		return cCMSVerifyDetached(message, content, user(userID), known, signers, &c.Dialect)
	})
}

// CMSOpen decrypts the content of an EnvelopedData, in PEM or DER, for the holder of a certificate and its key; it is the caller's to [Wipe].
//
// It is not authenticated: anybody can make a message for a recipient, and whoever alters one on its way changes the text, mostly unseen. Whoever
// learns which altered messages open learns the text byte by byte: do not answer strangers.
//
// [ErrMissing] is a message for somebody else; [ErrInvalid] a key that is not the certificate's; [ErrRejected] altered bytes that show.
func CMSOpen(message []byte, own CertifiedKey) (content []byte, err error) {
	err = withPrivate(own.Key, func(key pointer) error {
		content, err = cCMSOpen(message, own.Certificate.of(), key)
		runtime.KeepAlive(own.Certificate)
		return err
	})
	return content, err
}

// CMSOpenSigned decrypts the content of a SignedAndEnvelopedData, in PEM or DER, for the holder of a certificate and its key, and verifies every
// signature of it, as [CMSVerify] does. Bad padding and a signature that does not verify are one.
func CMSOpenSigned(message []byte, own CertifiedKey, userID []byte, certificates []*Certificate) (c CMSContent, err error) {
	err = withPrivate(own.Key, func(key pointer) error {
		c, err = verified(certificates, func(known []pointer, signers []byte, c *CMSContent) error {
			c.Content, err = cCMSOpenSigned(message, own.Certificate.of(), key, user(userID), known, signers, &c.Dialect)
			return err
		})
		runtime.KeepAlive(own.Certificate)
		return err
	})
	return c, err
}

// CMSUnverifiedCertificates are the certificates of keys of SM2 that a SignedData brings. Anybody can bring any: whoever verifies with them asks of each
// afterwards whether it is to be believed.
func CMSUnverifiedCertificates(message []byte) ([]*Certificate, error) {
	return noneOrMore(cCMSUnverifiedCertificates(message))
}

// verified names those of the certificates whose holders signed.
func verified(certificates []*Certificate, call func(known []pointer, signers []byte, c *CMSContent) error) (CMSContent, error) {
	var c CMSContent
	signers := make([]byte, len(certificates))
	err := call(certificateObjects(certificates), signers, &c)
	runtime.KeepAlive(certificates)
	if err != nil {
		return CMSContent{}, err
	}
	for i, signed := range signers {
		if signed == 1 {
			c.Signers = append(c.Signers, certificates[i])
		}
	}
	return c, nil
}

func withSigners(signers []CertifiedKey, call func(certificates, keys []pointer) error) error {
	certificates, keys := make([]*Certificate, len(signers)), make([]*SM2PrivateKey, len(signers))
	for i, signer := range signers {
		certificates[i], keys[i] = signer.Certificate, signer.Key
	}
	err := withPrivates(keys, func(keys []pointer) error { return call(certificateObjects(certificates), keys) })
	runtime.KeepAlive(certificates)
	return err
}

func (o *CMSOptions) use(with func(object pointer) error) error {
	if o == nil {
		return with(nil)
	}
	object, err := cCMSOptionsNew()
	if err != nil {
		return err
	}
	defer cCMSOptionsFree(object)
	defer runtime.KeepAlive(o)
	if err := cCMSOptionsSet(object, o); err != nil {
		return err
	}
	for _, along := range o.Certificates {
		if err := cCMSOptionsAddCertificate(object, along.of()); err != nil {
			return err
		}
	}
	for _, along := range o.RevocationLists {
		if err := cCMSOptionsAddCRL(object, along.of()); err != nil {
			return err
		}
	}
	return with(object)
}
