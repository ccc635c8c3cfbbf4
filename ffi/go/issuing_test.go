package miyao

import (
	"slices"
	"testing"
	"time"
)

// An authority of one's own: a root, an authority below it, and the pair of certificates of whoever asked by a request.
func TestAPairIsIssuedForARequestBelowTwoAuthorities(t *testing.T) {
	keys := need[[]*SM2PrivateKey](t)(GenerateSM2Keys(3))
	from, until := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	one, none := 1, 0
	template := CertificateTemplate{Role: AuthorityCertificate, Subject: "CN=根,C=CN", NotBefore: from, NotAfter: until, PathLen: &one}
	root := CertifiedKey{need[*Certificate](t)(template.SelfSign(keys[0], nil)), keys[0]}
	if !root.Certificate.IsAuthority() || root.Certificate.Subject() != root.Certificate.Issuer() || root.Certificate.NotAfter().Unix() != until.Unix() {
		t.Fatal(root.Certificate.Subject())
	}
	template.Subject, template.PathLen = "CN=middle,C=CN", &none
	middle := CertifiedKey{need[*Certificate](t)(template.Issue(keys[1].PublicKey(), root, nil)), keys[1]}
	_, err := template.Issue(keys[2].PublicKey(), middle, nil)
	is(t, err, ErrForbidden) // the middle may have no authority below it

	request := need[*CertificateRequest](t)(RequestDraft{Subject: "CN=host,C=CN", KeyUsage: KeyUsageDigitalSignature}.Sign(keys[2], nil))
	asked := need[*SM2PublicKey](t)(request.Verify(nil))
	trust := need[*Trust](t)(NewTrust(TrustOptions{Anchors: []*Certificate{root.Certificate}, Intermediates: []*Certificate{middle.Certificate}}))
	other := map[Purpose]Purpose{PurposeSigning: PurposeEncryption, PurposeEncryption: PurposeSigning}
	for role, purpose := range map[CertificateRole]Purpose{SigningCertificate: PurposeSigning, EncryptionCertificate: PurposeEncryption} {
		template := CertificateTemplate{Role: role, Subject: request.UnverifiedSubject(), NotBefore: from, NotAfter: until,
			AlternativeNames: []string{"dns:a.example", "ip:::1"}, Purposes: []string{"serverAuth", "clientAuth"}}
		end := need[*Certificate](t)(template.Issue(asked, middle, nil))
		if !slices.Equal(end.AlternativeNames(), template.AlternativeNames) || !slices.Equal(end.Purposes(), template.Purposes) ||
			end.Issuer() != "CN=middle,C=CN" || !need[*SM2PublicKey](t)(end.PublicKey()).Equal(asked) || end.SerialNumber().BitLen() < 64 {
			t.Fatal(end.Subject(), end.AlternativeNames(), end.Purposes(), end.SerialNumber())
		}
		if path := need[[]*Certificate](t)(trust.Verify(end, purpose, time.Time{})); len(path) != 3 {
			t.Fatal(len(path))
		}
		need[[]*Certificate](t)(trust.Verify(end, PurposeServerAuthentication, time.Time{}))
		_, err = trust.Verify(end, other[purpose], time.Time{})
		is(t, err, ErrForbidden)
		_, err = trust.Verify(end, PurposeAny, until.Add(time.Minute))
		is(t, err, ErrForbidden)
		done(t, end.VerifySignature(keys[1].PublicKey(), nil))
		is(t, end.VerifySignature(keys[0].PublicKey(), nil), ErrRejected)
	}
	withUser := need[*Certificate](t)(template.Issue(asked, root, []byte("alice")))
	done(t, withUser.VerifySignature(keys[0].PublicKey(), []byte("alice")))
	is(t, withUser.VerifySignature(keys[0].PublicKey(), nil), ErrRejected)
}

func TestWhatDoesNotFitIsNotSigned(t *testing.T) {
	key, other := need[*SM2PrivateKey](t)(GenerateSM2Key()), need[*SM2PrivateKey](t)(GenerateSM2Key())
	from, until, below, negative := time.Now(), time.Now().Add(time.Hour), 1, -1
	good := CertificateTemplate{Role: AuthorityCertificate, Subject: "CN=root", NotBefore: from, NotAfter: until}
	root := need[*Certificate](t)(good.SelfSign(key, nil))
	for name, bad := range map[string]struct {
		with func(*CertificateTemplate)
		kind Kind
	}{
		"no role":              {func(c *CertificateTemplate) { c.Role = 0 }, ErrInvalid},
		"another role":         {func(c *CertificateTemplate) { c.Role = 4 }, ErrInvalid},
		"no name":              {func(c *CertificateTemplate) { c.Subject = "" }, ErrInvalid},
		"what is no name":      {func(c *CertificateTemplate) { c.Subject = "root" }, ErrInvalid},
		"backwards":            {func(c *CertificateTemplate) { c.NotBefore, c.NotAfter = until.Add(time.Hour), from }, ErrInvalid},
		"no times":             {func(c *CertificateTemplate) { c.NotBefore, c.NotAfter = time.Unix(1<<40, 0), time.Unix(1<<41, 0) }, ErrInvalid},
		"negative path":        {func(c *CertificateTemplate) { c.PathLen = &negative }, ErrInvalid},
		"path of no authority": {func(c *CertificateTemplate) { c.Role, c.PathLen = SigningCertificate, &below }, ErrInvalid},
		"uses that do not fit": {func(c *CertificateTemplate) { c.KeyUsage = KeyUsageDigitalSignature }, ErrInvalid},
		"no such use":          {func(c *CertificateTemplate) { c.KeyUsage = 512 }, ErrUnsupported},
		"no such purpose":      {func(c *CertificateTemplate) { c.Purposes = []string{"anything"} }, ErrUnsupported},
		"two in one":           {func(c *CertificateTemplate) { c.AlternativeNames = []string{"dns:a\ndns:b"} }, ErrInvalid},
		"no alternative":       {func(c *CertificateTemplate) { c.AlternativeNames = []string{"a.example"} }, ErrInvalid},
	} {
		template := good
		bad.with(&template)
		_, err := template.SelfSign(key, nil)
		if c, issued := template.Issue(other.PublicKey(), CertifiedKey{root, key}, nil); err == nil || issued == nil || c != nil {
			t.Error(name, err, issued)
			continue
		}
		is(t, err, bad.kind)
	}
	_, err := good.SelfSign(nil, nil)
	is(t, err, ErrInvalid)
	_, err = good.SelfSign(key, make([]byte, 8192))
	is(t, err, ErrInvalid)
	end := CertificateTemplate{Role: SigningCertificate, NotBefore: from, NotAfter: until, AlternativeNames: []string{"dns:a.example"}}
	for _, bad := range []CertifiedKey{{root, other}, {nil, key}, {root, nil}} {
		_, err = end.Issue(other.PublicKey(), bad, nil)
		is(t, err, ErrInvalid)
	}
	_, err = end.Issue(nil, CertifiedKey{root, key}, nil)
	is(t, err, ErrInvalid)
	issued := need[*Certificate](t)(end.Issue(other.PublicKey(), CertifiedKey{root, key}, nil))
	_, err = end.Issue(key.PublicKey(), CertifiedKey{issued, other}, nil)
	is(t, err, ErrForbidden) // whoever is no authority signs nobody
	done(t, key.Close())
	_, err = good.SelfSign(key, nil)
	is(t, err, ErrClosed)
	_, err = end.Issue(other.PublicKey(), CertifiedKey{root, key}, nil)
	is(t, err, ErrClosed)
}
