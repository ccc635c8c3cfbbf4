package message

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

const (
	tokenHeaderLen = 31
	maxTokenLen    = 1 << 16 // M81
)

// UnverifiedToken is what a token says of itself. Anybody could have written it: nothing in it is authenticated.
type UnverifiedToken struct {
	Suite   Suite
	Hint    [4]byte // the first bytes of the key's id
	Version uint32
	Len     int // bytes of plaintext
}

// InspectToken reads the token's header (M80, M81) and needs no key.
func InspectToken(token []byte) (*UnverifiedToken, error) {
	malformed := fail(ErrMalformed, "not a miyao token")
	if len(token) < 4 || [4]byte(token) != magic || len(token) > 4 && token[4] == messageVersion {
		return nil, malformed
	}
	if len(token) < tokenHeaderLen {
		return nil, fail(ErrTruncated, "the token ends inside its header; get a whole copy")
	}
	if token[4] != tokenVersion {
		return nil, fail(ErrUnsupported, "a token version this release does not know; use a newer one")
	}
	suite, err := parseSuite(token[5:7])
	if err != nil {
		return nil, err
	}
	found := &UnverifiedToken{
		Suite: suite, Hint: [4]byte(token[7:]), Version: binary.BigEndian.Uint32(token[11:]),
		Len: len(token) - tokenHeaderLen - tokenOverhead(suite),
	}
	switch {
	case found.Len < 0:
		return nil, fail(ErrTruncated, "the token has lost its end; get a whole copy")
	case found.Len > maxTokenLen:
		return nil, fail(ErrTooLarge, "longer than any token; use a message for more than 64 KiB")
	case found.Version == 0:
		return nil, malformed
	}
	return found, nil
}

// tokenOverhead is how many bytes follow the ciphertext.
func tokenOverhead(suite Suite) int {
	if suite == SuiteGCM {
		return 48
	}
	return 32
}

// DecryptToken opens a token under the version of a KMS key it was made for (M82–M85). All pairs of the context are
// given, under the classes they had when it was made.
func DecryptToken(token []byte, version *Version, context ...Pair) ([]byte, error) {
	header, err := InspectToken(token)
	if err != nil {
		return nil, err
	}
	sorted, err := Context(context).sorted()
	if err != nil {
		return nil, err
	}
	if sorted.storedLen() > maxStoredContext {
		return nil, fail(ErrTooLarge, "the context is too large; at most 8,192 bytes without the values of hidden pairs")
	}
	if version == nil {
		return nil, fail(ErrInvalid, "no version of a key was given")
	}
	if header.Hint != [4]byte(version.key[:]) || header.Version != version.number {
		return nil, fail(ErrMissing, "the token is for another key or version; InspectToken says which")
	}
	bind := sm3Of([]byte(labelToken), token[:tokenHeaderLen], version.key[:], sorted.encode())
	sealed := token[tokenHeaderLen:]
	if header.Suite == SuiteGCM { // M84
		commitment, tag := sealed[header.Len:header.Len+hashLen], sealed[header.Len+hashLen:]
		if ok, err := commits(version.prk, labelTokenCommit, bind, commitment); err != nil {
			return nil, err
		} else if !ok {
			return nil, ErrRejected
		}
		sealed = slices.Concat(sealed[:header.Len], tag)
	} else {
		sealed = slices.Clone(sealed)
	}
	keys, err := expand(version.prk, header.Suite.keyLen(), []byte(labelTokenBody), bind[:]) // M83
	if err != nil {
		return nil, err
	}
	b, err := newBody(header.Suite, keys)
	if err != nil {
		return nil, err
	}
	// The nonce of frame 0 that is not the last is N itself (M84, M85).
	return b.open(0, false, sealed)
}

// ParseToken reads the text of a token (M86); white space around it is ignored.
func ParseToken(text string) ([]byte, error) {
	trimmed := strings.Trim(text, " \t\n\f\r")
	// The decoder of Go passes over line breaks wherever they stand.
	token, err := base64.RawURLEncoding.Strict().DecodeString(trimmed)
	if err != nil || strings.ContainsAny(trimmed, "\r\n") {
		return nil, fail(ErrMalformed, "not the text of a token: base64url without padding is expected")
	}
	return token, nil
}
