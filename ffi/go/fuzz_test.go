package miyao

import (
	"bytes"
	"io"
	"testing"
)

// Whatever comes, every door gives the same answer, and none of them crashes.
func FuzzMessages(f *testing.F) {
	key := need[*SM2PrivateKey](f)(NewSM2PrivateKey(bytes.Repeat([]byte{1}, 32)))
	options := MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}, FrameLog2: 12, Context: Pairs{"a": "b"}}
	for _, size := range []int{0, 1, 4096, 5000} {
		f.Add(need[[]byte](f)(EncryptMessage(make([]byte, size), options)))
	}
	options.Signer = key
	f.Add(need[[]byte](f)(EncryptMessage([]byte("text"), options)))
	f.Add([]byte{})
	open := OpenOptions{Identities: []Identity{BySM2(key)}}
	demanding := OpenOptions{Identities: []Identity{BySM2(key)}, Signer: key.PublicKey()}
	f.Fuzz(func(t *testing.T, message []byte) {
		whole, _, err := DecryptMessage(message, open)
		// Whoever demands a signature gets the same text or nothing, and the same as a stream.
		demanded, signed, demandedErr := DecryptMessage(message, demanding)
		if demandedErr == nil && (err != nil || signed.State != SignedVerified || !bytes.Equal(demanded, whole)) {
			t.Fatal(err, signed)
		}
		checked := need[*Decryptor](t)(NewDecryptor(bytes.NewReader(message), demanding))
		defer checked.Close()
		if _, streamErr := io.ReadAll(checked); (demandedErr == nil) != (streamErr == nil) {
			t.Fatal(demandedErr, streamErr)
		}
		d := need[*Decryptor](t)(NewDecryptor(bytes.NewReader(message), open))
		defer d.Close()
		streamed, streamErr := io.ReadAll(d)
		if (err == nil) != (streamErr == nil) || err == nil && !bytes.Equal(whole, streamed) {
			t.Fatal(err, streamErr)
		}
		if r, readErr := NewReader(bytes.NewReader(message), int64(len(message)), open); readErr == nil {
			defer r.Close()
			ranged, readErr := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
			if err == nil && (readErr != nil || !bytes.Equal(whole, ranged)) {
				t.Fatal(readErr)
			}
		} else if err == nil {
			t.Fatal(readErr)
		}
		if _, inspectErr := InspectMessage(message, uint64(len(message))); inspectErr != nil && err == nil {
			t.Fatal(inspectErr)
		}
	})
}

// A token opens only if its bytes are those that were made.
func FuzzTokens(f *testing.F) {
	kms, _, _ := newStore(f)
	key := newKey(f, kms, "orders", SpecSM4)
	token := need[[]byte](f)(kms.Encrypt(key, []byte("text"), nil))
	f.Add(token)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, bytes_ []byte) {
		text, err := kms.Decrypt(bytes_, nil)
		if (err == nil) != bytes.Equal(bytes_, token) || err == nil && string(text) != "text" {
			t.Fatal(text, err)
		}
		_, _ = InspectToken(bytes_)
		_, _ = ParseToken(string(bytes_))
	})
}

// A file of any kind is read or refused; what was read is written as it was read.
func FuzzFiles(f *testing.F) {
	h := newHierarchy(f)
	own := h.signer()
	for _, name := range []string{"root", "signing", "request", "list"} {
		f.Add(h.der[name])
	}
	f.Add(h.signing.PEM())
	f.Add(need[[]byte](f)(CMSSign([]byte("text"), []CertifiedKey{own}, nil)))
	f.Add(need[[]byte](f)(CMSSealSigned([]byte("text"), []CertifiedKey{own}, []*Certificate{h.signing}, nil)))
	f.Add(need[[]byte](f)(own.Key.EncryptPKCS8([]byte("secret"), &PKCS8Options{Iterations: 1024})))
	f.Add(need[[]byte](f)(own.Key.WrapKey(own.Key.PublicKey())))
	f.Add(need[[]byte](f)(own.Key.PublicKey().Encrypt([]byte("text"), SM2C1C3C2)))
	f.Add([]byte{})
	trust := need[*Trust](f)(NewTrust(TrustOptions{Anchors: []*Certificate{h.middle}, RevocationLists: []*RevocationList{h.list}}))
	f.Fuzz(func(t *testing.T, file []byte) {
		if c, err := ParseCertificate(file); err == nil {
			if again := need[*Certificate](t)(ParseCertificate(c.DER())); !again.Equal(c) || again.Subject() != c.Subject() {
				t.Fatal("another certificate")
			}
			_, _, _ = c.SerialNumber(), c.AlternativeNames(), c.Purposes()
			if _, err := trust.Verify(c, PurposeAny, noon); err == nil && !c.Equal(h.signing) && !c.Equal(h.middle) {
				t.Fatal("trusted", c.Subject())
			}
		}
		if r, err := ParseCertificateRequest(file); err == nil && !need[*CertificateRequest](t)(ParseCertificateRequest(r.DER())).sameAs(r) {
			t.Fatal("another request")
		}
		if l, err := ParseRevocationList(file); err == nil {
			_, _, _ = l.Issuer(), l.ThisUpdate(), l.NextUpdate()
		}
		if read, err := CMSVerify(file, nil, []*Certificate{h.signing}); err == nil && string(read.Content) != "text" {
			t.Fatal("signed by nobody")
		}
		_, _ = CMSOpen(file, own)
		_, _ = CMSOpenSigned(file, own, nil, []*Certificate{h.signing})
		_, _ = CMSUnverifiedCertificates(file)
		_, _ = own.Key.UnwrapKey(file)
		found := need[*Inspection](t)(InspectFile(file))
		defer found.Close()
		need[Verdict](t)(found.Ask(own.Key))
		if report := need[InspectionReport](t)(found.Report()); report.Kind == "" || report.Page == "" {
			t.Fatalf("%+v", report)
		}
		if public, err := found.PublicKey(); err == nil {
			need[[]byte](t)(public.PEM())
		}
	})
}

func (r *CertificateRequest) sameAs(other *CertificateRequest) bool {
	return bytes.Equal(r.DER(), other.DER())
}
