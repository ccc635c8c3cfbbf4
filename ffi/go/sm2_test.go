package miyao

import (
	"bytes"
	"crypto"
	"strconv"
	"testing"
)

// otherOptions are another package's for SM2: no hash, and something that it would do before it signs.
type otherOptions struct{ _ []byte }

func (otherOptions) HashFunc() crypto.Hash { return 0 }

func TestAPrivateKeySignsAsGoSigns(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	defer key.Close()
	message := []byte("message")
	digest := need[[32]byte](t)(key.PublicKey().Digest(nil, message))
	var signer crypto.Signer = key
	der := need[[]byte](t)(signer.Sign(nil, digest[:], crypto.Hash(0)))
	signature := need[Signature](t)(ParseSignature(der))
	done(t, key.PublicKey().VerifyMessage([]byte(DefaultUserID), message, signature))
	done(t, key.PublicKey().VerifyDigest(digest[:], signature))
	is(t, key.PublicKey().VerifyMessage([]byte{}, message, signature), ErrRejected)
	signature = need[Signature](t)(key.SignMessage([]byte("alice"), message))
	done(t, key.PublicKey().VerifyMessage([]byte("alice"), message, signature))
	is(t, key.PublicKey().VerifyMessage(nil, message, signature), ErrRejected)
	if again := need[Signature](t)(ParseSignature(need[[]byte](t)(signature.DER()))); again != signature {
		t.Fatal("another signature")
	}
	_, err := ParseSignature(append(der, 0))
	is(t, err, ErrRejected)
	_, err = Signature{}.DER()
	is(t, err, ErrRejected)
	_, err = key.Sign(nil, digest[:31], nil)
	is(t, err, ErrInvalid)
	for _, options := range []crypto.SignerOpts{crypto.SHA256, otherOptions{}, &otherOptions{}} {
		_, err = key.Sign(nil, digest[:], options)
		is(t, err, ErrInvalid)
	}
	_, err = key.SignMessage(make([]byte, 8192), message)
	is(t, err, ErrInvalid)
}

func TestAPrivateKeyDecryptsEveryEncoding(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	for _, encoding := range []SM2Encoding{SM2DER, SM2C1C3C2, SM2C1C2C3} {
		ciphertext := need[[]byte](t)(key.PublicKey().Encrypt([]byte("text"), encoding))
		var decrypter crypto.Decrypter = key
		if got := need[[]byte](t)(decrypter.Decrypt(nil, ciphertext, encoding)); string(got) != "text" {
			t.Fatal(got)
		}
		ciphertext[len(ciphertext)-1] ^= 1
		_, err := key.Decrypt(nil, ciphertext, encoding)
		is(t, err, ErrRejected)
	}
	_, err := key.PublicKey().Encrypt(nil, SM2DER)
	is(t, err, ErrInvalid)
	_, err = key.PublicKey().Encrypt([]byte("x"), 9)
	is(t, err, ErrUnsupported) // an encoding that does not exist
	_, err = key.Decrypt(nil, nil, "der")
	is(t, err, ErrInvalid)
	done(t, key.Close())
	_, err = key.Decrypt(nil, []byte("x"), nil)
	is(t, err, ErrClosed)
	_, err = key.Expose()
	is(t, err, ErrClosed)
	if key.PublicKey().Bytes()[0] != 4 {
		t.Fatal("the public half went with it")
	}
}

func TestKeyFilesComeBack(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	d, der, pem := need[[]byte](t)(key.Expose()), need[[]byte](t)(key.ExposePKCS8()), need[[]byte](t)(key.ExposePEM())
	locked := need[[]byte](t)(key.EncryptPEM([]byte("secret"), nil))
	for _, again := range []*SM2PrivateKey{
		need[*SM2PrivateKey](t)(NewSM2PrivateKey(d)), need[*SM2PrivateKey](t)(ParseSM2PrivateKey(der, nil)),
		need[*SM2PrivateKey](t)(ParseSM2PrivateKey(pem, nil)), need[*SM2PrivateKey](t)(ParseSM2PrivateKey(locked, []byte("secret"))),
	} {
		if !again.PublicKey().Equal(key.Public()) {
			t.Fatal("another key")
		}
	}
	_, err := ParseSM2PrivateKey(locked, []byte("wrong"))
	is(t, err, ErrRejected)
	_, err = ParseSM2PrivateKey(locked, nil)
	is(t, err, ErrMissing)
	_, err = ParseSM2PrivateKey([]byte("nothing"), nil)
	is(t, err, ErrMalformed)
	_, err = NewSM2PrivateKey(make([]byte, 32))
	is(t, err, ErrInvalid)
	public := key.PublicKey()
	for _, file := range [][]byte{public.SPKI(), need[[]byte](t)(public.PEM())} {
		if !need[*SM2PublicKey](t)(ParseSM2PublicKey(file)).Equal(public) {
			t.Fatal("another public key")
		}
	}
	if !need[*SM2PublicKey](t)(NewSM2PublicKey(public.Bytes())).Equal(public) || public.Equal(nil) || public.Equal(3) {
		t.Fatal("another public key")
	}
	if SM3(public.SPKI()) != public.Identifier() {
		t.Fatal("another identifier")
	}
}

func TestBothSidesOfAnExchangeAgree(t *testing.T) {
	make2 := func() (a, b *SM2PrivateKey) {
		return need[*SM2PrivateKey](t)(GenerateSM2Key()), need[*SM2PrivateKey](t)(GenerateSM2Key())
	}
	a, ra := make2()
	b, rb := make2()
	first := need[*SM2Exchange](t)(NewSM2Exchange(SM2Initiator, SM2Side{a, ra, []byte("a")}, SM2Peer{b.PublicKey(), rb.PublicKey(), nil}))
	second := need[*SM2Exchange](t)(NewSM2Exchange(SM2Responder, SM2Side{b, rb, nil}, SM2Peer{a.PublicKey(), ra.PublicKey(), []byte("a")}))
	x, y := make([]byte, 48), make([]byte, 48)
	done(t, first.Key(x))
	done(t, second.Key(y))
	if !bytes.Equal(x, y) {
		t.Fatal("two keys")
	}
	sb := need[[32]byte](t)(second.Confirmation(SM2Responder))
	done(t, first.Verify(sb[:]))
	sb[0] ^= 1
	is(t, first.Verify(sb[:]), ErrRejected)
	if !bytes.Equal(need[[]byte](t)(a.SharedX(b.PublicKey())), need[[]byte](t)(b.SharedX(a.PublicKey()))) {
		t.Fatal("two points")
	}
	done(t, first.Close())
	done(t, first.Close())
	is(t, first.Key(x), ErrClosed)
	is(t, first.Verify(sb[:]), ErrClosed)
	_, err := first.Confirmation(SM2Initiator)
	is(t, err, ErrClosed)
	_, err = NewSM2Exchange(SM2Initiator, SM2Side{}, SM2Peer{})
	is(t, err, ErrInvalid)
	_, err = NewSM2Exchange(SM2Initiator, SM2Side{a, ra, nil}, SM2Peer{})
	is(t, err, ErrInvalid)
}

func TestKeysInsideAStoreSignAndDecrypt(t *testing.T) {
	kms, _, _ := newStore(t)
	sign, encrypt, mac := newKey(t, kms, "sign", SpecSM2Sign), newKey(t, kms, "encrypt", SpecSM2Encrypt), newKey(t, kms, "mac", SpecHMAC)
	message := []byte("message")

	signer := need[*KMSSigner](t)(kms.Signer(sign))
	public := signer.Public().(*SM2PublicKey)
	digest := need[[32]byte](t)(public.Digest(nil, message))
	der := need[[]byte](t)(signer.Sign(nil, digest[:], nil))
	done(t, public.VerifyMessage(nil, message, need[Signature](t)(ParseSignature(der))))
	for _, options := range []crypto.SignerOpts{crypto.SHA256, otherOptions{}, &otherOptions{}} {
		_, err := signer.Sign(nil, digest[:], options)
		is(t, err, ErrInvalid)
	}
	need[[]byte](t)(signer.Sign(nil, digest[:], crypto.Hash(0)))
	done(t, public.VerifyMessage([]byte("bob"), message, need[Signature](t)(signer.SignMessage([]byte("bob"), message))))

	signature, version, err := kms.Sign(sign, nil, message)
	done(t, err)
	if proof := need[Proof](t)(kms.Verify(sign, nil, message, signature)); version != 1 || proof.Version != 1 || !proof.Compromised.IsZero() {
		t.Fatal(proof)
	}
	_, err = kms.Verify(sign, nil, []byte("other"), signature)
	is(t, err, ErrRejected)

	decrypter := need[*KMSDecrypter](t)(kms.Decrypter(encrypt))
	ciphertext := need[[]byte](t)(decrypter.Public().(*SM2PublicKey).Encrypt(message, SM2C1C3C2))
	need[uint32](t)(kms.Rotate(encrypt))
	if got := need[[]byte](t)(decrypter.Decrypt(nil, ciphertext, SM2C1C3C2)); !bytes.Equal(got, message) {
		t.Fatal(got)
	}
	opened := need[Opened](t)(kms.SM2DecryptFrom(Name("encrypt:1"), ciphertext, SM2C1C3C2))
	if opened.Version != 1 || opened.Unproven || !bytes.Equal(opened.Plaintext, message) {
		t.Fatal(opened)
	}
	_, err = kms.SM2DecryptFrom(encrypt, ciphertext, SM2C1C3C2) // the primary is another now
	is(t, err, ErrRejected)
	_, err = decrypter.Decrypt(nil, ciphertext, 7)
	is(t, err, ErrInvalid)

	need[uint32](t)(kms.Rotate(sign))
	_, err = signer.Sign(nil, digest[:], nil)
	is(t, err, ErrConflict)
	_, err = signer.SignMessage(nil, message)
	is(t, err, ErrConflict)
	next := need[*KMSSigner](t)(signer.Successor())
	if next.Public().(*SM2PublicKey).Equal(public) || !signer.Public().(*SM2PublicKey).Equal(public) {
		t.Fatal("a public key changed, or did not")
	}
	done(t, next.Public().(*SM2PublicKey).VerifyMessage(nil, message, need[Signature](t)(next.SignMessage(nil, message))))
	done(t, kms.Compromise(Name("sign:1")))
	if proof := need[Proof](t)(kms.Verify(sign, nil, message, signature)); proof.Compromised.IsZero() {
		t.Fatal("nobody says that it is compromised")
	}
	_, err = kms.Signer(mac)
	is(t, err, ErrForbidden) // a MAC key has no public half

	tag, _, err := kms.MAC(mac, message)
	done(t, err)
	need[Proof](t)(kms.VerifyMAC(mac, message, tag[:]))
	_, err = kms.VerifyMAC(mac, message, tag[1:])
	is(t, err, ErrRejected) // a short MAC was taken
}

func TestMaterialIsBroughtAndTakenEncrypted(t *testing.T) {
	kms, _, _ := newStore(t)
	need[KeyRecord](t)(kms.Create(KeyOptions{Name: "brought", Spec: SpecSM4, Origin: OriginImported}))
	material := bytes.Repeat([]byte{9}, materialLen)
	ticket := need[ImportTicket](t)(kms.ImportParameters(Name("brought"), 3600e9))
	wrapped := need[[]byte](t)(ticket.Public.Encrypt(material, SM2DER))
	if version := need[uint32](t)(kms.ImportWrapped(Name("brought"), ticket.Token, wrapped)); version != 1 {
		t.Fatal(version)
	}
	_, err := kms.ImportWrapped(Name("brought"), ticket.Token, wrapped)
	is(t, err, ErrMissing)
	if version := need[uint32](t)(kms.Import(Name("brought"), bytes.Repeat([]byte{8}, materialLen))); version != 2 {
		t.Fatal(version)
	}
	own := need[*SM2PrivateKey](t)(GenerateSM2Key())
	taken := need[[]byte](t)(kms.Export(Name("brought:1"), own.PublicKey()))
	if got := need[[]byte](t)(own.Decrypt(nil, taken, nil)); !bytes.Equal(got, material) {
		t.Fatal("another material")
	}
	_, err = kms.Export(Name("brought:1"), nil)
	is(t, err, ErrInvalid)
}

func TestAKeyIsWrittenForOthers(t *testing.T) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	public := key.PublicKey()
	for _, again := range []*SM2PublicKey{
		need[*SM2PublicKey](t)(NewSM2PublicKey(public.Compressed())), need[*SM2PublicKey](t)(SM2PublicKeyFromCoordinates(public.Bytes()[1:])),
	} {
		if !again.Equal(public) {
			t.Fatal("another key")
		}
	}
	_, err := SM2PublicKeyFromCoordinates(make([]byte, 64))
	is(t, err, ErrInvalid)
	za := need[[32]byte](t)(public.ZA([]byte("alice")))
	if e := need[[32]byte](t)(public.Digest([]byte("alice"), []byte("text"))); SM3(append(za[:], "text"...)) != e {
		t.Fatal("another ZA")
	}
	if need[[32]byte](t)(public.ZA(nil)) != need[[32]byte](t)(public.ZA([]byte(DefaultUserID))) {
		t.Fatal("another user id")
	}
	_, err = public.ZA(make([]byte, 8192))
	is(t, err, ErrInvalid)

	files := [][]byte{need[[]byte](t)(key.ExposeSEC1())}
	for derivation := PKCS8HMACSM3; derivation <= PKCS8GMT0091; derivation++ {
		options := &PKCS8Options{Iterations: 1024, Derivation: derivation}
		files = append(files, need[[]byte](t)(key.EncryptPKCS8([]byte("secret"), options)), need[[]byte](t)(key.EncryptPEM([]byte("secret"), options)))
	}
	for i, file := range files {
		again := need[*SM2PrivateKey](t)(ParseSM2PrivateKey(file, []byte("secret")))
		if !again.PublicKey().Equal(public) {
			t.Fatal("another key from file", i)
		}
		done(t, again.Close())
	}
	_, err = key.EncryptPEM(nil, nil)
	is(t, err, ErrInvalid)
	_, err = key.EncryptPKCS8([]byte("secret"), &PKCS8Options{Iterations: 1023})
	is(t, err, ErrInvalid)
	_, err = key.EncryptPKCS8([]byte("secret"), &PKCS8Options{Derivation: 5})
	is(t, err, ErrUnsupported)

	own, other := need[*SM2PrivateKey](t)(GenerateSM2Key()), need[*SM2PrivateKey](t)(GenerateSM2Key())
	wrapped := need[[]byte](t)(key.WrapKey(own.PublicKey()))
	if !need[*SM2PublicKey](t)(UnverifiedWrappedKey(wrapped)).Equal(public) || !need[*SM2PrivateKey](t)(own.UnwrapKey(wrapped)).PublicKey().Equal(public) {
		t.Fatal("another key")
	}
	_, err = other.UnwrapKey(wrapped)
	is(t, err, ErrRejected)
	_, err = UnverifiedWrappedKey(wrapped[1:])
	is(t, err, ErrMalformed)
	_, err = key.WrapKey(nil)
	is(t, err, ErrInvalid)
	done(t, key.Close())
	_, err = key.WrapKey(own.PublicKey())
	is(t, err, ErrClosed)
	_, err = key.EncryptPKCS8([]byte("secret"), nil)
	is(t, err, ErrClosed)
}

// What signs and decrypts is what the public key says, wherever the alias points that it was named by.
func TestAMovedAliasTakesNoSignerWithIt(t *testing.T) {
	kms, _, _ := newStore(t)
	for _, spec := range []Spec{SpecSM2Sign, SpecSM2Encrypt} {
		alias := Name("alias-" + strconv.Itoa(int(spec)))
		first, second := newKey(t, kms, "first"+string(alias), spec), newKey(t, kms, "second"+string(alias), spec)
		need[uint32](t)(kms.Rotate(first))
		done(t, kms.AddAlias(first, string(alias)))
		if spec == SpecSM2Encrypt {
			d, former := need[*KMSDecrypter](t)(kms.Decrypter(alias)), need[*KMSDecrypter](t)(kms.Decrypter(alias+":1"))
			done(t, kms.MoveAlias(second, string(alias)))
			for _, one := range []*KMSDecrypter{d, former} {
				ciphertext := need[[]byte](t)(one.Public().(*SM2PublicKey).Encrypt([]byte("text"), SM2DER))
				if text := need[[]byte](t)(one.Decrypt(nil, ciphertext, nil)); string(text) != "text" {
					t.Fatal(text)
				}
			}
			continue
		}
		s := need[*KMSSigner](t)(kms.Signer(alias))
		done(t, kms.MoveAlias(second, string(alias)))
		done(t, s.Public().(*SM2PublicKey).VerifyMessage(nil, []byte("text"), need[Signature](t)(s.SignMessage(nil, []byte("text")))))
		need[uint32](t)(kms.Rotate(first))
		is(t, last(s.SignMessage(nil, []byte("text"))), ErrConflict)
		next := need[*KMSSigner](t)(s.Successor())
		if primary, _, err := kms.PublicKey(first); err != nil || !primary.Equal(next.Public()) {
			t.Fatal("another key succeeds", err)
		}
	}
}
