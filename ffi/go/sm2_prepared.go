package miyao

import "runtime"

// SM2PreparedPublicKey is a public key prepared for use again and again (预计算公钥), for any number of goroutines. Its tables lie where Go's collector does not
// count them, so close what is many.
type SM2PreparedPublicKey struct {
	handle *handle
	public *SM2PublicKey
}

// Prepare makes the small table, 2 KiB: it takes about as long as one verification and pays from the second use on.
func (k *SM2PublicKey) Prepare() (*SM2PreparedPublicKey, error) { return k.prepare(false) }

// PrepareFully makes the full table, 86 KiB: it takes about ten verifications and makes each of them several times faster.
func (k *SM2PublicKey) PrepareFully() (*SM2PreparedPublicKey, error) { return k.prepare(true) }

func (k *SM2PublicKey) prepare(full bool) (*SM2PreparedPublicKey, error) {
	object, err := cPreparedNew(k.of(), full)
	runtime.KeepAlive(k)
	if err != nil {
		return nil, err
	}
	p := &SM2PreparedPublicKey{public: k}
	p.handle = newHandle(object, cPreparedFree)
	return p, nil
}

// PublicKey is the key itself, also after Close.
func (p *SM2PreparedPublicKey) PublicKey() *SM2PublicKey { return p.public }

// VerifyMessage is [SM2PublicKey.VerifyMessage].
func (p *SM2PreparedPublicKey) VerifyMessage(userID, message []byte, s Signature) error {
	object, err := p.handle.enter()
	if err != nil {
		return err
	}
	err = cPreparedVerify(object, user(userID), message, &s)
	p.handle.leave()
	return err
}

// VerifyDigest is [SM2PublicKey.VerifyDigest].
func (p *SM2PreparedPublicKey) VerifyDigest(digest []byte, s Signature) error {
	object, err := p.handle.enter()
	if err != nil {
		return err
	}
	err = cPreparedVerifyDigest(object, digest, &s)
	p.handle.leave()
	return err
}

// Encrypt is [SM2PublicKey.Encrypt].
func (p *SM2PreparedPublicKey) Encrypt(plaintext []byte, encoding SM2Encoding) ([]byte, error) {
	object, err := p.handle.enter()
	if err != nil {
		return nil, err
	}
	defer p.handle.leave()
	out := make([]byte, cCiphertextMax(len(plaintext), encoding))
	n, err := cPreparedEncrypt(object, plaintext, encoding, out)
	if err != nil {
		return nil, err
	}
	return out[:n], nil
}

// Close frees the tables.
func (p *SM2PreparedPublicKey) Close() error {
	if p == nil {
		return errNone
	}
	return p.handle.close()
}
