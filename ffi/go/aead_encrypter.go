package miyao

// AEADEncrypter is one message on its way through GCM or CCM in pieces, for one goroutine at a time. It has a copy of its key: the [AEAD] may be closed before
// it. There is no way back in pieces: it would give out what nobody verified. A long text that is to be read in pieces is a message,
// [NewEncryptor].
type AEADEncrypter struct {
	handle *handle
	tagLen int
	ccm    bool
}

// NewGCMEncrypter begins a message under a key of GCM; the pieces and the tag become what [AEAD.Seal] makes of the whole. A nonce must never meet the same key
// twice, in one piece or in many. [ErrInvalid] is a key of CCM, or a nonce of another size than NonceSize.
func (a *AEAD) NewGCMEncrypter(nonce, additionalData []byte) (*AEADEncrypter, error) {
	return a.newEncrypter(false, nonce, cGCMEncryptorFree, func(object pointer) (pointer, error) {
		return cGCMEncryptorNew(object, nonce, additionalData)
	})
}

// NewCCMEncrypter is for a key of CCM, which begins with the length of the text: textLen bytes have to come. [ErrInvalid] is a key of GCM, or a nonce of
// another size than NonceSize; [ErrTooLarge] a text of 2^(8 (15 − NonceSize)) bytes or more, which may be more than an int holds.
func (a *AEAD) NewCCMEncrypter(nonce, additionalData []byte, textLen uint64) (*AEADEncrypter, error) {
	return a.newEncrypter(true, nonce, cCCMEncryptorFree, func(object pointer) (pointer, error) {
		return cCCMEncryptorNew(object, nonce, additionalData, textLen)
	})
}

func (a *AEAD) newEncrypter(ccm bool, nonce []byte, free func(pointer), begin func(pointer) (pointer, error)) (*AEADEncrypter, error) {
	if a == nil || a.ccm != ccm || len(nonce) != a.nonceLen {
		return nil, ErrInvalid
	}
	object, err := a.handle.enter()
	if err != nil {
		return nil, err
	}
	defer a.handle.leave()
	made, err := begin(object)
	if err != nil {
		return nil, err
	}
	e := &AEADEncrypter{tagLen: a.tagLen, ccm: ccm}
	e.handle = newHandle(made, free)
	return e, nil
}

// Update appends the next bytes of ciphertext to dst, as many as of plaintext; plaintext[:0] as dst encrypts in place. [ErrInvalid] is a text longer than was
// said, or one that has ended, and [ErrTooLarge] one longer than GCM takes; it has changed nothing.
func (e *AEADEncrypter) Update(dst, plaintext []byte) ([]byte, error) {
	object, err := e.handle.alone()
	if err != nil {
		return nil, err
	}
	defer e.handle.leave()
	all, out := grown(dst, len(plaintext))
	if overlap(out, plaintext) && &out[0] != &plaintext[0] {
		return nil, errOverlap
	}
	if e.ccm {
		err = cCCMEncryptorUpdate(object, plaintext, out)
	} else {
		err = cGCMEncryptorUpdate(object, plaintext, out)
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Finish ends the message and appends its tag to dst. Without it, what was written is no message. [ErrInvalid] is a text shorter than was said, whose rest can
// still come, or one that has ended before.
func (e *AEADEncrypter) Finish(dst []byte) ([]byte, error) {
	object, err := e.handle.alone()
	if err != nil {
		return nil, err
	}
	defer e.handle.leave()
	all, tag := grown(dst, e.tagLen)
	if e.ccm {
		err = cCCMEncryptorFinish(object, tag)
	} else {
		err = cGCMEncryptorFinish(object, tag)
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Close wipes the key and what is known of the message, at its end or before.
func (e *AEADEncrypter) Close() error {
	if e == nil {
		return errNone
	}
	return e.handle.close()
}
