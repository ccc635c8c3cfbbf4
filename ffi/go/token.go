package miyao

import (
	"encoding/hex"
	"fmt"
	"runtime"
)

const (
	TokenOverhead     = tokenOverhead     // how many bytes a token has more than its plaintext
	TokenPlaintextMax = tokenPlaintextMax // the most bytes of a plaintext in a token
)

// KeyID is the id of a key, which never changes.
type KeyID [16]byte

// String is the id as records have it, and as a [Name] takes it.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// Encrypt makes a token of a plaintext of at most 65,536 bytes under the primary version of an sm4 key, bound to a context (nil for none). The
// token's size is that of the plaintext and 63 bytes. Besides the token nothing is allocated when key and context are prepared.
func (k *KMS) Encrypt(key Key, plaintext []byte, context Context) ([]byte, error) {
	return k.AppendEncrypt(nil, key, plaintext, context)
}

// AppendEncrypt appends the token to dst. The plaintext must not lie in dst's spare room, which is [ErrInvalid].
func (k *KMS) AppendEncrypt(dst []byte, key Key, plaintext []byte, context Context) ([]byte, error) {
	ref, err := named(key)
	if err != nil {
		return nil, err
	}
	pairs, err := bound(context)
	if err != nil {
		return nil, err
	}
	all, out := grown(dst, len(plaintext)+tokenOverhead)
	if overlap(out, plaintext) {
		return nil, errOverlap
	}
	n, err := cKMSEncrypt(k.of(), ref.of(), pairs.of(), plaintext, out)
	runtime.KeepAlive(ref)
	runtime.KeepAlive(pairs)
	if err := k.done(err); err != nil {
		return nil, err
	}
	return all[:len(dst)+n], nil
}

// Decrypt opens a token by the key that it names. [ErrRejected] is another context or altered bytes.
func (k *KMS) Decrypt(token []byte, context Context) ([]byte, error) {
	return k.AppendDecrypt(nil, token, context)
}

// AppendDecrypt appends the plaintext to dst. The token must not lie in dst's spare room, which is [ErrInvalid].
func (k *KMS) AppendDecrypt(dst, token []byte, context Context) ([]byte, error) {
	pairs, err := bound(context)
	if err != nil {
		return nil, err
	}
	all, out := grown(dst, max(len(token)-tokenOverhead, 0))
	if overlap(out, token) {
		return nil, errOverlap
	}
	n, err := cKMSDecrypt(k.of(), pairs.of(), token, out)
	runtime.KeepAlive(pairs)
	if err := k.done(err); err != nil {
		return nil, err
	}
	return all[:len(dst)+n], nil
}

// Opened is a plaintext and what opened it.
type Opened struct {
	Plaintext []byte `json:"-"`
	KeyID     KeyID
	Version   uint32
	Unproven  bool // others know that version's secret, so any of them may have written this
}

// Format implements [fmt.Formatter]: the plaintext is not printed, but by fmt of an unexported field of another type, for which it calls no method. Nor does
// encoding/json, which structured logs use, write it.
func (o Opened) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "Opened{%d bytes, KeyID: %v, Version: %d, Unproven: %v}", len(o.Plaintext), o.KeyID, o.Version, o.Unproven)
}

// DecryptFrom is Decrypt and says which version opened the token.
func (k *KMS) DecryptFrom(token []byte, context Context) (Opened, error) {
	return k.decryptFrom(token, context, false)
}

// Recover is the same, by a compromised version too: who wrote it is then unproven.
func (k *KMS) Recover(token []byte, context Context) (Opened, error) {
	return k.decryptFrom(token, context, true)
}

func (k *KMS) decryptFrom(token []byte, context Context, recover bool) (Opened, error) {
	pairs, err := bound(context)
	if err != nil {
		return Opened{}, err
	}
	var from Opened
	out := make([]byte, max(len(token)-tokenOverhead, 0))
	n, err := cKMSDecryptFrom(k.of(), pairs.of(), token, out, recover, &from)
	runtime.KeepAlive(pairs)
	if err := k.done(err); err != nil {
		return Opened{}, err
	}
	from.Plaintext = out[:n]
	return from, nil
}

// Reencrypt writes the same value in a new token under its key's primary version.
func (k *KMS) Reencrypt(token []byte, context Context) ([]byte, error) {
	pairs, err := bound(context)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(token))
	n, err := cKMSReencrypt(k.of(), pairs.of(), token, out)
	runtime.KeepAlive(pairs)
	if err := k.done(err); err != nil {
		return nil, err
	}
	return out[:n], nil
}

// GenerateDataKey makes a fresh data key of 16 to 64 bytes, which is the caller's to [Wipe], and the token that brings it back by Decrypt.
func (k *KMS) GenerateDataKey(key Key, context Context, size int) (dataKey, token []byte, err error) {
	if size < 0 || size > 64 {
		return nil, nil, invalid("a data key has 16 to 64 bytes; ask for so many")
	}
	dataKey, token = make([]byte, size), make([]byte, size+tokenOverhead)
	n, err := k.withKey(key, context, func(key, context pointer) (int, error) {
		return cKMSDataKey(k.of(), key, context, dataKey, token)
	})
	if err != nil {
		return nil, nil, err
	}
	return dataKey, token[:n], nil
}

// GenerateDataKeyWithoutPlaintext makes the token alone, for a later use.
func (k *KMS) GenerateDataKeyWithoutPlaintext(key Key, context Context, size int) ([]byte, error) {
	if size < 0 || size > 64 {
		return nil, invalid("a data key has 16 to 64 bytes; ask for so many")
	}
	token := make([]byte, size+tokenOverhead)
	n, err := k.withKey(key, context, func(key, context pointer) (int, error) {
		return cKMSDataKeyWithoutPlaintext(k.of(), key, context, size, token)
	})
	if err != nil {
		return nil, err
	}
	return token[:n], nil
}

// DataKeyPair is a fresh SM2 key pair, and the token that brings its private half back by Decrypt, as PKCS#8 in DER.
type DataKeyPair struct {
	Public  *SM2PublicKey
	Private *SM2PrivateKey // nil without plaintext
	Token   []byte
}

// GenerateDataKeyPair makes a pair for the caller.
func (k *KMS) GenerateDataKeyPair(key Key, context Context) (DataKeyPair, error) {
	return k.dataKeyPair(key, context, true)
}

// GenerateDataKeyPairWithoutPlaintext makes a pair whose private half is not handed out now.
func (k *KMS) GenerateDataKeyPairWithoutPlaintext(key Key, context Context) (DataKeyPair, error) {
	return k.dataKeyPair(key, context, false)
}

func (k *KMS) dataKeyPair(key Key, context Context, withPrivate bool) (pair DataKeyPair, err error) {
	token := make([]byte, keyPairTokenMax)
	n, err := k.withKey(key, context, func(key, context pointer) (int, error) {
		public, private, n, err := cKMSDataKeyPair(k.of(), key, context, token, withPrivate)
		if err == nil {
			pair.Public = newPublic(public)
			if withPrivate {
				pair.Private = newPrivate(private, pair.Public)
			}
		}
		return n, err
	})
	if err != nil {
		return DataKeyPair{}, err
	}
	pair.Token = token[:n]
	return pair, nil
}

// withKey reads the key and the context, and keeps them until the call has ended.
func (k *KMS) withKey(key Key, context Context, call func(key, context pointer) (int, error)) (int, error) {
	ref, err := named(key)
	if err != nil {
		return 0, err
	}
	pairs, err := bound(context)
	if err != nil {
		return 0, err
	}
	n, err := call(ref.of(), pairs.of())
	runtime.KeepAlive(ref)
	runtime.KeepAlive(pairs)
	return n, k.done(err)
}

// TokenText is the token as text: base64url without padding, which starts with miyao.
func TokenText(token []byte) (string, error) {
	out := make([]byte, (len(token)*4+2)/3)
	n, err := cTokenToText(token, out)
	return string(out[:n]), err
}

// ParseToken reads the text of a token, with white space around it or not.
func ParseToken(text string) ([]byte, error) {
	out := make([]byte, len(text))
	n, err := cTokenFromText(text, out)
	return out[:n], err
}

// UnverifiedToken is what a token says of itself; nothing of it is authenticated before the token was decrypted.
type UnverifiedToken struct {
	Suite   string `json:"suite"`
	KeyHint string `json:"key_hint"`
	Version uint32 `json:"version"`
	Bytes   int    `json:"bytes"` // of the token in all
}

// InspectToken reads what a token says of itself.
func InspectToken(token []byte) (UnverifiedToken, error) {
	return record[UnverifiedToken](cTokenInspect(token))
}

// grown is dst with room for n bytes more: all of it, and the room.
func grown(dst []byte, n int) (all, room []byte) {
	total := len(dst) + n
	if cap(dst) >= total {
		all = dst[:total]
	} else {
		all = make([]byte, total)
		copy(all, dst)
	}
	return all, all[len(dst):]
}
