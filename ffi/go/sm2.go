package miyao

import (
	"crypto"
	"io"
	"runtime"
)

// DefaultUserID is the user id of GM/T 0009-2012 §10, which a nil user id stands for.
const DefaultUserID = "1234567812345678"

var defaultUserID = []byte(DefaultUserID)

func user(id []byte) []byte {
	if id == nil {
		return defaultUserID
	}
	return id
}

// SM2Encoding is how an SM2 ciphertext is written; it is a [crypto.DecrypterOpts] too.
type SM2Encoding uint32

const (
	SM2DER    SM2Encoding = 1 // SEQUENCE { x, y, C3, C2 } (GM/T 0009-2012 §7.2)
	SM2C1C3C2 SM2Encoding = 2 // 04 ‖ x ‖ y ‖ C3 ‖ C2 (GB/T 32918.4-2016)
	SM2C1C2C3 SM2Encoding = 3 // 04 ‖ x ‖ y ‖ C2 ‖ C3, the order of 2010
)

// Signature is an SM2 signature r ‖ s.
type Signature [64]byte

// DER is SEQUENCE { r, s } (GM/T 0009-2012 §7.3), at most 72 bytes.
func (s Signature) DER() ([]byte, error) {
	out := make([]byte, 72)
	n, err := cSignatureToDER(&s, out)
	return out[:n], err
}

// ParseSignature reads strict DER; anything else is [ErrRejected].
func ParseSignature(der []byte) (s Signature, err error) {
	err = cSignatureFromDER(der, &s)
	return s, err
}

// SM2PublicKey is a public key (公钥). It needs no Close.
type SM2PublicKey struct {
	owned *owned
}

func newPublic(object pointer) *SM2PublicKey { return &SM2PublicKey{own(object, cPublicFree)} }

// of is the library's object, which is nil for no key.
func (k *SM2PublicKey) of() pointer {
	if k == nil {
		return nil
	}
	return k.owned.of()
}

// ParseSM2PublicKey reads SubjectPublicKeyInfo in PEM or DER.
func ParseSM2PublicKey(file []byte) (*SM2PublicKey, error) {
	object, err := cPublicParse(file)
	if err != nil {
		return nil, err
	}
	return newPublic(object), nil
}

// NewSM2PublicKey reads 04 ‖ x ‖ y, or 02 ‖ x or 03 ‖ x.
func NewSM2PublicKey(point []byte) (*SM2PublicKey, error) {
	object, err := cPublicFromBytes(point)
	if err != nil {
		return nil, err
	}
	return newPublic(object), nil
}

// SM2PublicKeyFromCoordinates reads x ‖ y, 64 bytes, as devices and bare forms have them.
func SM2PublicKeyFromCoordinates(xy []byte) (*SM2PublicKey, error) {
	object, err := cPublicFromCoordinates(xy)
	if err != nil {
		return nil, err
	}
	return newPublic(object), nil
}

// Bytes is 04 ‖ x ‖ y.
func (k *SM2PublicKey) Bytes() []byte { return k.written(65, cPublicBytes) }

// Compressed is 02 ‖ x or 03 ‖ x.
func (k *SM2PublicKey) Compressed() []byte { return k.written(33, cPublicCompressed) }

// SPKI is SubjectPublicKeyInfo in DER.
func (k *SM2PublicKey) SPKI() []byte { return k.written(91, cPublicSPKI) }

// Identifier is SM3(SubjectPublicKeyInfo), as messages name signers and recipients.
func (k *SM2PublicKey) Identifier() [32]byte {
	return [32]byte(k.written(32, cPublicIdentifier))
}

func (k *SM2PublicKey) written(size int, write func(pointer, []byte) error) []byte {
	out := make([]byte, size)
	err := write(k.of(), out)
	runtime.KeepAlive(k)
	must(err) // only a defect of the library fails here
	return out
}

// PEM is SubjectPublicKeyInfo as PEM, PUBLIC KEY.
func (k *SM2PublicKey) PEM() ([]byte, error) {
	out, err := cPublicPEM(k.of())
	runtime.KeepAlive(k)
	return out, err
}

// Equal says whether both are the same key.
func (k *SM2PublicKey) Equal(other crypto.PublicKey) bool {
	o, ok := other.(*SM2PublicKey)
	if !ok || o == nil || k == nil {
		return false
	}
	same := cPublicEqual(k.of(), o.of())
	runtime.KeepAlive(k)
	runtime.KeepAlive(o)
	return same
}

// ZA is the digest of user id and key that a signature begins with (GB/T 32918.2 §5.5); a nil user id is [DefaultUserID].
func (k *SM2PublicKey) ZA(userID []byte) (za [32]byte, err error) {
	err = cPublicZA(k.of(), user(userID), &za)
	runtime.KeepAlive(k)
	return za, err
}

// Digest is e = SM3(ZA ‖ message), which is what [crypto.Signer] calls the digest of SM2.
func (k *SM2PublicKey) Digest(userID, message []byte) (e [32]byte, err error) {
	digest, err := cDigestNew(k.of(), user(userID))
	runtime.KeepAlive(k)
	if err != nil {
		return e, err
	}
	defer cDigestFree(digest)
	if err := cDigestUpdate(digest, message); err != nil {
		return e, err
	}
	err = cDigestFinish(digest, e[:])
	return e, err
}

// VerifyMessage verifies a signature of a message. [ErrRejected] is another key, user id, message or signature.
func (k *SM2PublicKey) VerifyMessage(userID, message []byte, s Signature) error {
	err := cPublicVerify(k.of(), user(userID), message, &s)
	runtime.KeepAlive(k)
	return err
}

// VerifyDigest verifies a signature of e.
func (k *SM2PublicKey) VerifyDigest(digest []byte, s Signature) error {
	err := cPublicVerifyDigest(k.of(), digest, &s)
	runtime.KeepAlive(k)
	return err
}

// Encrypt encrypts 1 byte to 2^30 bytes to the holder of the private key.
func (k *SM2PublicKey) Encrypt(plaintext []byte, encoding SM2Encoding) ([]byte, error) {
	out := make([]byte, cCiphertextMax(len(plaintext), encoding))
	n, err := cPublicEncrypt(k.of(), plaintext, encoding, out)
	runtime.KeepAlive(k)
	if err != nil {
		return nil, err
	}
	return out[:n], nil
}

// SM2PrivateKey is a private key (私钥) outside of a store, in memory that Go's collector does not see; Close wipes it, but for the
// copies that streams made with it keep.
type SM2PrivateKey struct {
	handle *handle
	public *SM2PublicKey
}

func newPrivate(object pointer, public *SM2PublicKey) *SM2PrivateKey {
	k := &SM2PrivateKey{public: public}
	k.handle = newHandle(object, cPrivateFree)
	return k
}

func madePrivate(object pointer, err error) (*SM2PrivateKey, error) {
	if err != nil {
		return nil, err
	}
	public, err := cPrivatePublic(object)
	if err != nil {
		cPrivateFree(object)
		return nil, err
	}
	return newPrivate(object, newPublic(public)), nil
}

// GenerateSM2Key makes a fresh key.
func GenerateSM2Key() (*SM2PrivateKey, error) { return madePrivate(cPrivateRandom()) }

// NewSM2PrivateKey takes a key of 32 bytes, big-endian, which are the caller's to [Wipe].
func NewSM2PrivateKey(d []byte) (*SM2PrivateKey, error) { return madePrivate(cPrivateFromBytes(d)) }

// ParseSM2PrivateKey reads a key file: PKCS#8, SEC1, or PKCS#8 under a passphrase, which is nil where there is none; in PEM or DER.
func ParseSM2PrivateKey(file, passphrase []byte) (*SM2PrivateKey, error) {
	return madePrivate(cPrivateParse(file, passphrase))
}

// Public is a *[SM2PublicKey].
func (k *SM2PrivateKey) Public() crypto.PublicKey { return k.public }

// PublicKey is Public by its type.
func (k *SM2PrivateKey) PublicKey() *SM2PublicKey { return k.public }

// Sign is [crypto.Signer]: digest is SM2's e, the 32 bytes SM3(ZA ‖ message) of [SM2PublicKey.Digest], not SM3 of the message alone; the signature is DER.
// The generator is the library's, and rand is not looked at. Options are nil or crypto.Hash(0): the digest of another hash, or a message that a signer would
// digest itself, has the length of e, and its signature would not hold for what was meant.
func (k *SM2PrivateKey) Sign(_ io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	if err := plainDigest(options); err != nil {
		return nil, err
	}
	s, err := k.SignDigest(digest)
	if err != nil {
		return nil, err
	}
	return s.DER()
}

// SignDigest signs e.
func (k *SM2PrivateKey) SignDigest(digest []byte) (s Signature, err error) {
	object, err := k.handle.enter()
	if err != nil {
		return s, err
	}
	err = cPrivateSignDigest(object, digest, &s)
	k.handle.leave()
	return s, err
}

// SignMessage signs a message under a user id; nil is [DefaultUserID].
func (k *SM2PrivateKey) SignMessage(userID, message []byte) (s Signature, err error) {
	object, err := k.handle.enter()
	if err != nil {
		return s, err
	}
	err = cPrivateSign(object, user(userID), message, &s)
	k.handle.leave()
	return s, err
}

// Decrypt is [crypto.Decrypter]: options are an [SM2Encoding], or nil for [SM2DER].
func (k *SM2PrivateKey) Decrypt(_ io.Reader, ciphertext []byte, options crypto.DecrypterOpts) ([]byte, error) {
	encoding, err := encodingOf(options)
	if err != nil {
		return nil, err
	}
	object, err := k.handle.enter()
	if err != nil {
		return nil, err
	}
	defer k.handle.leave()
	out := make([]byte, len(ciphertext))
	n, err := cPrivateDecrypt(object, ciphertext, encoding, out)
	if err != nil {
		return nil, err
	}
	return out[:n:n], nil
}

func (k *SM2PrivateKey) enter() (pointer, error) {
	if k == nil {
		return nil, invalid("no private key is given; make one with GenerateSM2Key or ParseSM2PrivateKey")
	}
	return k.handle.enter()
}

// Close wipes the key; an [Encryptor] that signs with it has a copy until it is closed, a [Decryptor] that opens by it until it has read the beginning.
func (k *SM2PrivateKey) Close() error {
	if k == nil {
		return errNone
	}
	return k.handle.close()
}
