package miyao

import (
	"bytes"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"
)

// A hierarchy made by BouncyCastle: the root issued the middle, the middle a signing and an encryption certificate, and a list that revokes the latter.
type hierarchy struct {
	root, middle, signing, encryption *Certificate
	request                           *CertificateRequest
	list                              *RevocationList
	keys                              map[string]*SM2PrivateKey
	der                               map[string][]byte
}

// Within the validity of all of them.
var noon = time.Unix(1_800_000_000, 0)

func newHierarchy(t testing.TB) *hierarchy {
	var file struct {
		Tests []struct{ Name, D, DER string }
	}
	done(t, json.Unmarshal([]byte(read(t, "../../tests/vectors/certificates_bc.json")), &file))
	h := &hierarchy{keys: map[string]*SM2PrivateKey{}, der: map[string][]byte{}}
	for _, one := range file.Tests[:6] {
		h.der[one.Name] = unhex(t, one.DER)
		h.keys[one.Name] = need[*SM2PrivateKey](t)(NewSM2PrivateKey(unhex(t, one.D)))
		t.Cleanup(func() { h.keys[one.Name].Close() })
	}
	certificate := func(name string) *Certificate { return need[*Certificate](t)(ParseCertificate(h.der[name])) }
	h.root, h.middle, h.signing, h.encryption = certificate("root"), certificate("middle"), certificate("signing"), certificate("encryption")
	h.request = need[*CertificateRequest](t)(ParseCertificateRequest(h.der["request"]))
	h.list = need[*RevocationList](t)(ParseRevocationList(h.der["list"]))
	return h
}

func TestACertificateSaysWhatStandsInIt(t *testing.T) {
	h := newHierarchy(t)
	c := h.signing
	from, until := c.NotBefore(), c.NotAfter()
	if c.Version() != 3 || c.SerialNumber().Int64() != 0x80 || c.Subject() != "CN=signing,O=密钥,C=CN" || c.Issuer() != "CN=middle,O=密钥,C=CN" ||
		!slices.Equal(c.AlternativeNames(), []string{"dns:a.example", "ip:10.0.0.1"}) || c.Purposes() != nil ||
		from.Unix() != 1767225600 || until.Unix() != 2713823999 || c.KeyUsage() != KeyUsageDigitalSignature|KeyUsageNonRepudiation || c.IsAuthority() {
		t.Fatal(c.Version(), c.SerialNumber(), c.Subject(), c.Issuer(), c.AlternativeNames(), c.Purposes(), from, until, c.KeyUsage())
	}
	if !h.middle.IsAuthority() || h.middle.AlternativeNames() != nil || h.middle.KeyUsage() != KeyUsageKeyCertSign|KeyUsageCRLSign {
		t.Fatal(h.middle.KeyUsage())
	}
	if !need[*SM2PublicKey](t)(c.PublicKey()).Equal(h.keys["signing"].Public()) || !bytes.Equal(c.DER(), h.der["signing"]) {
		t.Fatal("another key, or other bytes")
	}
	again := need[*Certificate](t)(ParseCertificate(c.PEM()))
	if !again.Equal(c) || again.Equal(h.middle) || again.Equal(nil) {
		t.Fatal("equal is another")
	}
	both := append(c.PEM(), h.middle.PEM()...)
	if all := need[[]*Certificate](t)(ParseCertificates(both)); len(all) != 2 || !all[0].Equal(c) || !all[1].Equal(h.middle) {
		t.Fatal(len(all))
	}
	_, err := ParseCertificate(both)
	is(t, err, ErrMalformed)
	_, err = ParseCertificates(nil)
	is(t, err, ErrMalformed)
	_, err = ParseCertificate(nil)
	is(t, err, ErrMalformed)
}

func TestAnAlteredCertificateIsNoneOrDoesNotVerify(t *testing.T) {
	h := newHierarchy(t)
	issuer := need[*SM2PublicKey](t)(h.middle.PublicKey())
	done(t, h.signing.VerifySignature(issuer, nil))
	is(t, h.signing.VerifySignature(issuer, []byte{}), ErrRejected)
	is(t, h.signing.VerifySignature(h.keys["root"].PublicKey(), nil), ErrRejected)
	is(t, h.signing.VerifySignature(nil, nil), ErrInvalid)
	for at := range h.der["signing"] {
		altered := bytes.Clone(h.der["signing"])
		altered[at] ^= 1
		if c, err := ParseCertificate(altered); err == nil && c.VerifySignature(issuer, nil) == nil {
			t.Fatal("verified with byte", at, "altered")
		}
		_, err := ParseCertificate(altered[:at])
		is(t, err, ErrMalformed)
	}
}

func TestAPathHoldsInItsTimeForItsPurpose(t *testing.T) {
	h := newHierarchy(t)
	trusting := func(options TrustOptions) *Trust { return need[*Trust](t)(NewTrust(options)) }
	whole := TrustOptions{Anchors: []*Certificate{h.root}, Intermediates: []*Certificate{h.encryption, h.middle}}
	trust := trusting(whole)
	path := need[[]*Certificate](t)(trust.Verify(h.signing, PurposeSigning, noon))
	if len(path) != 3 || !path[0].Equal(h.signing) || !path[1].Equal(h.middle) || !path[2].Equal(h.root) {
		t.Fatal(len(path))
	}
	refused := func(trust *Trust, c *Certificate, purpose Purpose, at time.Time, kind Kind) {
		t.Helper()
		path, err := trust.Verify(c, purpose, at)
		is(t, err, kind)
		if path != nil {
			t.Fatal("a path beside an error")
		}
	}
	need[[]*Certificate](t)(trust.Verify(h.signing, PurposeAny, time.Time{})) // now
	need[[]*Certificate](t)(trust.Verify(h.encryption, PurposeEncryption, noon))
	refused(trust, h.signing, PurposeEncryption, noon, ErrForbidden)
	refused(trust, h.signing, PurposeAuthority, noon, ErrForbidden)
	refused(trust, h.signing, PurposeAny, time.Unix(1767225599, 0), ErrForbidden)
	refused(trust, h.signing, PurposeAny, time.Unix(2713824000, 0), ErrForbidden)
	refused(trust, h.signing, 0, noon, ErrUnsupported)
	refused(trust, nil, PurposeAny, noon, ErrInvalid)
	refused(nil, h.signing, PurposeAny, noon, ErrInvalid)
	refused(trusting(TrustOptions{}), h.signing, PurposeAny, noon, ErrMissing)
	refused(trusting(TrustOptions{Anchors: []*Certificate{h.root}}), h.signing, PurposeAny, noon, ErrMissing)

	other := whole
	other.UserID = []byte("somebody else")
	refused(trusting(other), h.signing, PurposeAny, noon, ErrRejected)
	demanding := whole
	demanding.DemandsRevocationLists = true
	refused(trusting(demanding), h.signing, PurposeAny, noon, ErrMissing)
	// The middle as an anchor needs no list of the root.
	listed := trusting(TrustOptions{Anchors: []*Certificate{h.middle}, RevocationLists: []*RevocationList{h.list}})
	need[[]*Certificate](t)(listed.Verify(h.signing, PurposeAny, noon))
	refused(listed, h.encryption, PurposeAny, noon, ErrForbidden)
	for _, options := range []TrustOptions{{Anchors: []*Certificate{nil}}, {Intermediates: []*Certificate{nil}}, {RevocationLists: []*RevocationList{nil}}} {
		_, err := NewTrust(options)
		is(t, err, ErrInvalid)
	}
}

func TestAListSaysWhoIsRevokedWhenAndWhy(t *testing.T) {
	h := newHierarchy(t)
	l := h.list
	if l.Issuer() != "CN=middle,O=密钥,C=CN" || l.ThisUpdate().Unix() != 1767225600 || l.NextUpdate().Unix() != 2713823999 {
		t.Fatal(l.Issuer(), l.ThisUpdate(), l.NextUpdate())
	}
	if again := need[*RevocationList](t)(ParseRevocationList(l.PEM())); !bytes.Equal(again.DER(), h.der["list"]) {
		t.Fatal("other bytes")
	}
	done(t, l.Verify(h.middle, nil, noon))
	is(t, l.Verify(h.middle, nil, l.NextUpdate().Add(time.Second)), ErrStale)
	is(t, l.Verify(h.middle, nil, l.ThisUpdate().Add(-time.Second)), ErrStale)
	is(t, l.Verify(h.root, nil, noon), ErrRejected)
	is(t, l.Verify(h.middle, []byte{}, noon), ErrRejected)
	is(t, l.Verify(nil, nil, noon), ErrInvalid)
	if revocation, err := l.Find(h.signing, h.middle, nil, noon); revocation != nil || err != nil {
		t.Fatal(revocation, err)
	}
	if revocation := need[*Revocation](t)(l.Find(h.encryption, h.middle, nil, noon)); revocation.When.Unix() != 1767225600 || revocation.Reason != 1 {
		t.Fatal(revocation)
	}
	_, err := l.Find(h.middle, h.middle, nil, noon)
	is(t, err, ErrInvalid)
	altered := bytes.Clone(h.der["list"])
	altered[len(altered)-1] ^= 1
	is(t, need[*RevocationList](t)(ParseRevocationList(altered)).Verify(h.middle, nil, noon), ErrRejected)
	_, err = ParseRevocationList(altered[:20])
	is(t, err, ErrMalformed)
}

func TestARequestSaysWhatWasAskedFor(t *testing.T) {
	h := newHierarchy(t)
	if h.request.UnverifiedSubject() != "CN=a,C=CN" || !slices.Equal(h.request.UnverifiedAlternativeNames(), []string{"dns:a.example"}) {
		t.Fatal(h.request.UnverifiedSubject(), h.request.UnverifiedAlternativeNames())
	}
	if !need[*SM2PublicKey](t)(h.request.Verify(nil)).Equal(h.keys["request"].Public()) {
		t.Fatal("another key")
	}
	_, err := h.request.Verify([]byte{})
	is(t, err, ErrRejected)

	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	draft := RequestDraft{Subject: `CN=主机,O=Example\, Inc.,C=CN`, AlternativeNames: []string{"dns:a.example", "ip:::1"},
		KeyUsage: KeyUsageDigitalSignature | KeyUsageKeyAgreement, Purposes: []string{"serverAuth", "clientAuth"}}
	made := need[*CertificateRequest](t)(draft.Sign(key, nil))
	for _, file := range [][]byte{made.PEM(), made.DER()} {
		again := need[*CertificateRequest](t)(ParseCertificateRequest(file))
		if again.UnverifiedSubject() != draft.Subject || !slices.Equal(again.UnverifiedAlternativeNames(), draft.AlternativeNames) ||
			!need[*SM2PublicKey](t)(again.Verify(nil)).Equal(key.Public()) {
			t.Fatal(again.UnverifiedSubject(), again.UnverifiedAlternativeNames())
		}
	}
	if made.UnverifiedKeyUsage() != draft.KeyUsage || !slices.Equal(made.UnverifiedPurposes(), draft.Purposes) || h.request.UnverifiedKeyUsage() != 0 ||
		h.request.UnverifiedPurposes() != nil {
		t.Fatal(made.UnverifiedKeyUsage(), made.UnverifiedPurposes())
	}
	altered := made.DER()
	altered[len(altered)-1] ^= 1
	if r, err := ParseCertificateRequest(altered); err == nil {
		_, err = r.Verify(nil)
		is(t, err, ErrRejected)
	}
	for _, bad := range []RequestDraft{{}, {Subject: "host"}, {Subject: "CN=a", AlternativeNames: []string{"a.example"}},
		{Subject: "CN=a", AlternativeNames: []string{"dns:a\ndns:b"}}, {Subject: "CN=a", AlternativeNames: []string{""}},
		{Subject: "CN=a", Purposes: []string{"serverAuth,clientAuth"}}} {
		_, err := bad.Sign(key, nil)
		is(t, err, ErrInvalid)
	}
	_, err = RequestDraft{Subject: "CN=a", Purposes: []string{"anything"}}.Sign(key, nil)
	is(t, err, ErrUnsupported)
	_, err = RequestDraft{Subject: "CN=a", KeyUsage: 512}.Sign(key, nil)
	is(t, err, ErrUnsupported)
	_, err = draft.Sign(nil, nil)
	is(t, err, ErrInvalid)
	done(t, key.Close())
	_, err = draft.Sign(key, nil)
	is(t, err, ErrClosed)
}

func TestManyVerifyUnderOneTrust(t *testing.T) {
	h := newHierarchy(t)
	trust := need[*Trust](t)(NewTrust(TrustOptions{Anchors: []*Certificate{h.root}, Intermediates: []*Certificate{h.middle}}))
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 20 {
				if path, err := trust.Verify(h.signing, PurposeSigning, noon); err != nil || len(path) != 3 || path[1].Subject() != h.middle.Subject() {
					t.Error(path, err)
				}
				if err := h.list.Verify(h.middle, nil, noon); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	all.Wait()
}
