package miyao

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func TestAFileIsWhatItIsWhateverIsAroundIt(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	own := need[*SM2PrivateKey](t)(GenerateSM2Key())
	public := key.PublicKey()
	pem := need[[]byte](t)(key.ExposePEM())
	locked := need[[]byte](t)(key.EncryptPKCS8([]byte("secret"), &PKCS8Options{Iterations: 1024}))
	wrapped := need[[]byte](t)(key.WrapKey(own.PublicKey()))
	signature := need[[]byte](t)(need[Signature](t)(key.SignMessage(nil, nil)).DER())
	h := newHierarchy(t)
	for _, one := range []struct {
		file       []byte
		kind, form string
	}{
		{pem, "private-key", "pkcs8"}, {need[[]byte](t)(key.ExposeSEC1()), "private-key", "sec1"}, {locked, "private-key", "encrypted"},
		{wrapped, "private-key", "enveloped"}, {public.SPKI(), "public-key", "spki"}, {public.Bytes(), "public-key", "point"},
		{[]byte(hex.EncodeToString(public.Compressed()) + "\n"), "public-key", "compressed"}, {signature, "signature", "der"},
		{need[[]byte](t)(public.Encrypt([]byte("text"), SM2DER)), "ciphertext", "der"}, {h.der["root"], "certificate", ""}, {h.der["list"], "revocation-list", ""},
		{h.request.PEM(), "request", ""}, {[]byte("whatever"), "unknown", ""}, {nil, "unknown", ""},
	} {
		found := need[*Inspection](t)(InspectFile(one.file))
		report := need[InspectionReport](t)(found.Report())
		if report.Kind != one.kind || report.Form != one.form || report.Page == "" {
			t.Errorf("%+v where %s in %s was due", report, one.kind, one.form)
		}
		strictly(t, need[[]byte](t)(cInspectionRecord(need[pointer](t)(found.handle.enter()))), &struct {
			InspectionReport
			Authenticated bool
		}{})
		found.handle.leave()
		done(t, found.Close())
	}

	found := need[*Inspection](t)(InspectFile(pem))
	if again := need[*SM2PrivateKey](t)(found.PrivateKey(nil, nil)); !again.PublicKey().Equal(public) || !need[*SM2PublicKey](t)(found.PublicKey()).Equal(public) {
		t.Fatal("another key")
	}
	if page := need[InspectionReport](t)(found.Report()).Page; strings.Contains(page, hex.EncodeToString(need[[]byte](t)(key.Expose()))) {
		t.Fatal("the page has the secret")
	}
	if need[Verdict](t)(found.Ask(key)) != VerdictBelongs || need[Verdict](t)(found.Ask(own)) != VerdictIsForeign {
		t.Fatal("whose it is")
	}
	is(t, found.Assume(SM2C1C3C2), ErrInvalid)
	for form, want := range map[string][]byte{"scalar": need[[]byte](t)(key.Expose()), "spki": public.SPKI(), "point": public.Bytes(),
		"coordinates": public.Bytes()[1:], "compressed": public.Compressed()} {
		if got := need[[]byte](t)(found.Convert(form, ArmorBinary)); !bytes.Equal(got, want) {
			t.Fatal(form, got)
		}
	}
	if got := need[[]byte](t)(found.Convert("pkcs8", ArmorPEM)); !bytes.Equal(got, pem) {
		t.Fatal(string(got))
	}
	if got := need[[]byte](t)(found.Convert("point", ArmorHexadecimal)); string(got) != hex.EncodeToString(public.Bytes())+"\n" {
		t.Fatal(string(got))
	}
	for form, armor := range map[string]Armor{"raw": ArmorBinary, "c1c3c2": ArmorBinary, "point": ArmorPEM, "no such": ArmorBinary} {
		_, err := found.Convert(form, armor)
		is(t, err, ErrInvalid)
	}
	done(t, found.Close())
	done(t, found.Close())
	_, err := found.Report()
	is(t, err, ErrClosed)
	_, err = found.PublicKey()
	is(t, err, ErrClosed)
	_, err = found.PrivateKey(nil, nil)
	is(t, err, ErrClosed)
	_, err = found.Ask(key)
	is(t, err, ErrClosed)
	is(t, found.Assume(SM2C1C3C2), ErrClosed)
	_, err = found.Convert("spki", ArmorPEM)
	is(t, err, ErrClosed)
}

func TestAKeyOpensWhatWasFound(t *testing.T) {
	key, own := need[*SM2PrivateKey](t)(GenerateSM2Key()), need[*SM2PrivateKey](t)(GenerateSM2Key())
	locked := need[*Inspection](t)(InspectFile(need[[]byte](t)(key.EncryptPEM([]byte("secret"), &PKCS8Options{Iterations: 1024}))))
	_, err := locked.PrivateKey(nil, nil)
	is(t, err, ErrMissing)
	_, err = locked.PrivateKey([]byte("wrong"), nil)
	is(t, err, ErrRejected)
	if again := need[*SM2PrivateKey](t)(locked.PrivateKey([]byte("secret"), nil)); !again.PublicKey().Equal(key.Public()) {
		t.Fatal("another key")
	}
	wrapped := need[*Inspection](t)(InspectFile(need[[]byte](t)(key.WrapKey(own.PublicKey()))))
	_, err = wrapped.PrivateKey(nil, nil)
	is(t, err, ErrMissing)
	_, err = wrapped.PrivateKey(nil, key)
	is(t, err, ErrRejected)
	if again := need[*SM2PrivateKey](t)(wrapped.PrivateKey(nil, own)); !again.PublicKey().Equal(key.Public()) {
		t.Fatal("another key")
	}

	// The order of a raw ciphertext is what only its key tells, or somebody who knows.
	raw := need[[]byte](t)(key.PublicKey().Encrypt([]byte("a text of some length"), SM2C1C2C3))
	found := need[*Inspection](t)(InspectFile(raw))
	_, err = found.PublicKey()
	is(t, err, ErrMissing)
	_, err = found.PrivateKey(nil, nil)
	is(t, err, ErrInvalid)
	_, err = found.Convert("der", ArmorBinary)
	is(t, err, ErrInvalid)
	if need[Verdict](t)(found.Ask(own)) != VerdictDoesNotOpen {
		t.Fatal("opened by a stranger")
	}
	assumed := need[*Inspection](t)(InspectFile(raw))
	done(t, assumed.Assume(SM2C1C2C3))
	if need[Verdict](t)(found.Ask(key)) != VerdictOpens {
		t.Fatal("not opened")
	}
	_, err = found.Ask(nil)
	is(t, err, ErrInvalid)
	for _, one := range []*Inspection{found, assumed} {
		der := need[[]byte](t)(one.Convert("der", ArmorBinary))
		if text := need[[]byte](t)(key.Decrypt(nil, der, SM2DER)); string(text) != "a text of some length" {
			t.Fatal(string(text))
		}
	}
	report := need[InspectionReport](t)(found.Report())
	if report.Verdict != "opens" || report.Order == "" || *report.PlaintextBytes != 21 || report.Public != "" {
		t.Fatalf("%+v", report)
	}
	loose := need[*Inspection](t)(InspectFile(append([]byte("text before\n"), need[[]byte](t)(key.PublicKey().PEM())...)))
	report = need[InspectionReport](t)(loose.Report())
	if report.Kind != "public-key" || len(report.Oddities) == 0 || report.Oddities[0].Word == "" || report.Oddities[0].Text == "" ||
		report.Public != hex.EncodeToString(key.PublicKey().Bytes()) || len(report.Layers) == 0 {
		t.Fatalf("%+v", report)
	}
	protected := need[InspectionReport](t)(locked.Report()).Protection
	if protected == nil || *protected.Iterations != 1024 || !protected.Supported || *protected.SaltBytes < 8 {
		t.Fatalf("%+v", protected)
	}
}
