package miyao

import (
	"bytes"
	"io"
	"testing"
)

// What is nil or a zero value where an object has to be is an error, and no panic; so is a number below 0.
func TestNothingGivenIsInvalid(t *testing.T) {
	kms, path, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	h := newHierarchy(t)
	own := h.keys["signing"]
	text, less := []byte("text"), -1
	to, by := []Recipient{ToKey(kms, key)}, []Identity{BySM2(own)}
	seal := func(to Recipient) error {
		return last(EncryptMessage(text, MessageOptions{Recipients: []Recipient{to}}))
	}
	open := func(by Identity) error {
		_, _, err := DecryptMessage(nil, OpenOptions{Identities: []Identity{by}})
		return err
	}
	trust := func(options TrustOptions) error { return last(NewTrust(options)) }
	sign := func(signer CertifiedKey, along CMSOptions) error {
		return last(CMSSign(text, []CertifiedKey{signer}, &along))
	}
	signer := CertifiedKey{h.signing, own}
	for name, call := range map[string]func() error{
		"ToKey nil":        func() error { return seal(ToKey(nil, key)) },
		"ToKey zero":       func() error { return seal(ToKey(&KMS{}, key)) },
		"ToKey no key":     func() error { return seal(ToKey(kms, nil)) },
		"ToSM2 nil":        func() error { return seal(ToSM2(nil)) },
		"ToSM2 zero":       func() error { return seal(ToSM2(&SM2PublicKey{})) },
		"ToPassphrase nil": func() error { return seal(ToPassphrase(nil, 0)) },
		"Recipient zero":   func() error { return seal(Recipient{}) },
		"MessageOptions.Signer": func() error {
			return last(EncryptMessage(nil, MessageOptions{Recipients: to, Signer: &SM2PrivateKey{}}))
		},
		"ByKMS nil":              func() error { return open(ByKMS(nil)) },
		"ByKMS zero":             func() error { return open(ByKMS(&KMS{})) },
		"ByRecoveringKMS nil":    func() error { return open(ByRecoveringKMS(nil)) },
		"BySM2 nil":              func() error { return open(BySM2(nil)) },
		"BySM2 zero":             func() error { return open(BySM2(&SM2PrivateKey{})) },
		"Identity zero":          func() error { return open(Identity{}) },
		"NewEncryptor nil":       func() error { return last(NewEncryptor(nil, MessageOptions{Recipients: to})) },
		"NewDecryptor nil":       func() error { return last(NewDecryptor(nil, OpenOptions{Identities: by})) },
		"NewReader nil":          func() error { return last(NewReader(nil, 100, OpenOptions{Identities: by})) },
		"Attach nil":             func() error { return kms.Attach(nil) },
		"Attach zero":            func() error { return kms.Attach(&Device{}) },
		"CheckHealth nil":        func() error { return (*Device)(nil).CheckHealth() },
		"Identity nil":           func() error { return last((*Device)(nil).Identity()) },
		"InDevice nil":           func() error { return last(Open(path, InDevice(nil), "a")) },
		"InDevice zero":          func() error { return last(Open(path, InDevice(&Device{}), "a")) },
		"MessageOptions.Threads": func() error { return last(EncryptMessage(nil, MessageOptions{Recipients: to, Threads: -1})) },
		"MessageOptions.Spare":   func() error { return last(EncryptMessage(nil, MessageOptions{Recipients: to, Spare: &less})) },
		"OpenOptions.Threads":    func() error { return last(NewDecryptor(&bytes.Buffer{}, OpenOptions{Identities: by, Threads: -1})) },
		"Sessions":               func() error { return last(OpenDevice("pkcs11:", &DeviceSettings{Sessions: -1})) },
		"Keypad":                 func() error { return last(OpenDevice("pkcs11:token=x?module-path=/no", &DeviceSettings{Keypad: -1})) },
		"Deadline":               func() error { return last(OpenDevice("pkcs11:token=x?module-path=/no", &DeviceSettings{Deadline: -1})) },
		"List":                   func() error { return last(kms.List("", -1)) },
		"AuditEntries":           func() error { return last(kms.AuditEntries(1, -1)) },
		"no identity":            func() error { return last(NewDecryptor(&bytes.Buffer{}, OpenOptions{})) },
		"Root zero":              func() error { return last(Init(path, Root{}, "a")) },
		"KMS nil":                func() error { return last((*KMS)(nil).Encrypt(key, text, nil)) },
		"KMS zero":               func() error { return last((&KMS{}).Encrypt(key, text, nil)) },
		"KMS zero, a record":     func() error { return last((&KMS{}).Info()) },
		"KMS zero, Maintain":     func() error { return last((&KMS{}).Maintain(false)) },
		"KMS zero, ActingAs":     func() error { return last((&KMS{}).ActingAs("a")) },
		"Backup nil":             func() error { return last(kms.Backup(nil, MessageOptions{Recipients: to})) },
		"VerifyBackup nil":       func() error { return last(VerifyBackup(nil, OpenOptions{Identities: by})) },
		"Export zero":            func() error { return last(kms.Export(key, &SM2PublicKey{})) },
		"SharedX nil":            func() error { return last(own.SharedX(nil)) },
		"SharedX zero":           func() error { return last(own.SharedX(&SM2PublicKey{})) },
		"WrapKey zero":           func() error { return last(own.WrapKey(&SM2PublicKey{})) },
		"SM2PrivateKey zero":     func() error { return last((&SM2PrivateKey{}).SignDigest(make([]byte, 32))) },
		"SM2PublicKey zero":      func() error { return (&SM2PublicKey{}).VerifyDigest(make([]byte, 32), Signature{}) },
		"Exchange, peer nil":     func() error { return last(NewSM2Exchange(SM2Initiator, SM2Side{own, own, nil}, SM2Peer{})) },
		"Exchange, own zero": func() error {
			return last(NewSM2Exchange(SM2Initiator, SM2Side{&SM2PrivateKey{}, own, nil}, SM2Peer{}))
		},
		"SM2SignBatch nil":        func() error { return last(SM2SignBatch([]SM2ToSign{{}})) },
		"SM2SignBatch zero":       func() error { return last(SM2SignBatch([]SM2ToSign{{Key: &SM2PrivateKey{}}})) },
		"SM2VerifyBatch zero":     func() error { return SM2VerifyBatch([]SM2ToVerify{{Key: &SM2PublicKey{}}}) },
		"AEAD zero":               func() error { return last((&AEAD{}).Open(nil, nil, nil, nil)) },
		"AEADEncrypter zero":      func() error { return last((&AEADEncrypter{}).Update(nil, nil)) },
		"AEADEncrypter finished":  func() error { return last((&AEADEncrypter{}).Finish(nil)) },
		"NewGCMEncrypter nil":     func() error { return last((*AEAD)(nil).NewGCMEncrypter(nil, nil)) },
		"NewGCMEncrypter zero":    func() error { return last((&AEAD{}).NewGCMEncrypter(nil, nil)) },
		"NewCCMEncrypter zero":    func() error { return last((&AEAD{ccm: true}).NewCCMEncrypter(nil, nil, 0)) },
		"SM4 zero":                func() error { return last((&SM4{}).EncryptMode(ECB, nil, nil)) },
		"SM4Stream zero":          func() error { return last((&SM4Stream{}).Update(nil, nil)) },
		"Hash zero":               func() error { return last((&Hash{}).Write(nil)) },
		"Encryptor zero":          func() error { return last((&Encryptor{}).Write(nil)) },
		"Decryptor zero":          func() error { return last((&Decryptor{}).Read(nil)) },
		"Inspection zero":         func() error { return last((&Inspection{}).Report()) },
		"Trust zero":              func() error { return last((&Trust{}).Verify(h.signing, PurposeAny, noon)) },
		"Trust nil":               func() error { return last((*Trust)(nil).Verify(h.signing, PurposeAny, noon)) },
		"Trust.Verify nil":        func() error { return last(need[*Trust](t)(NewTrust(TrustOptions{})).Verify(nil, PurposeAny, noon)) },
		"Anchors":                 func() error { return trust(TrustOptions{Anchors: []*Certificate{nil}}) },
		"Intermediates":           func() error { return trust(TrustOptions{Intermediates: []*Certificate{{}}}) },
		"RevocationLists nil":     func() error { return trust(TrustOptions{RevocationLists: []*RevocationList{nil}}) },
		"RevocationLists zero":    func() error { return trust(TrustOptions{RevocationLists: []*RevocationList{{}}}) },
		"RevocationList, issuer":  func() error { return h.list.Verify(nil, nil, noon) },
		"RevocationList.Find":     func() error { return last(h.list.Find(nil, h.middle, nil, noon)) },
		"RevocationList zero":     func() error { return (&RevocationList{}).Verify(h.middle, nil, noon) },
		"VerifySignature zero":    func() error { return h.signing.VerifySignature(&SM2PublicKey{}, nil) },
		"CertificateRequest zero": func() error { return last((&CertificateRequest{}).Verify(nil)) },
		"RequestDraft.Sign nil":   func() error { return last(RequestDraft{Subject: "CN=a"}.Sign(nil, nil)) },
		"CMSSign, certificate":    func() error { return sign(CertifiedKey{nil, own}, CMSOptions{}) },
		"CMSSign, key":            func() error { return sign(CertifiedKey{h.signing, &SM2PrivateKey{}}, CMSOptions{}) },
		"CMSOptions, certificate": func() error { return sign(signer, CMSOptions{Certificates: []*Certificate{nil}}) },
		"CMSOptions, list":        func() error { return sign(signer, CMSOptions{RevocationLists: []*RevocationList{nil}}) },
		"CMSSeal nil":             func() error { return last(CMSSeal(text, []*Certificate{nil}, nil)) },
		"CMSVerify zero": func() error {
			return last(CMSVerify(need[[]byte](t)(CMSSign(text, []CertifiedKey{signer}, nil)), nil, []*Certificate{h.signing, {}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if cause := recover(); cause != nil {
					t.Error("a panic:", cause)
				}
			}()
			is(t, call(), ErrInvalid)
		})
	}
}

// As with os.File, so that a deferred Close does not panic over the error that was not looked at.
func TestNothingIsClosedWithoutAPanic(t *testing.T) {
	for _, one := range []io.Closer{(*KMS)(nil), &KMS{}, (*Device)(nil), &Device{}, (*SM2PrivateKey)(nil), &SM2PrivateKey{}, (*AEAD)(nil), &AEAD{},
		(*AEADEncrypter)(nil), &AEADEncrypter{},
		(*Hash)(nil), &Hash{}, (*SM4)(nil), &SM4{}, (*XTS)(nil), &XTS{}, (*SM4Stream)(nil), &SM4Stream{}, (*SM2Exchange)(nil), &SM2Exchange{},
		(*SM2PreparedPublicKey)(nil), &SM2PreparedPublicKey{}, (*Encryptor)(nil), &Encryptor{}, (*Decryptor)(nil), &Decryptor{}, (*Reader)(nil), &Reader{},
		(*Inspection)(nil), &Inspection{}} {
		is(t, one.Close(), ErrInvalid)
	}
	(*Encryptor)(nil).Abandon()
	(&Encryptor{}).Abandon()
}
