package message_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/miyao-kms/miyao/ffi/go/message"
)

func TestTheTextOfATokenIsReadStrictly(t *testing.T) {
	// 65 bytes: the last character has bits that stand for nothing. Without it the one before has such bits, which must not be zero by chance:
	// then it would be the text of 64 bytes.
	var token []byte
	for len(token) == 0 || token[64]>>4 == 0 {
		token = writeToken(2, make([]byte, 16), 1, make([]byte, 32), nil, []byte("ab"))
	}
	text := base64.RawURLEncoding.EncodeToString(token)
	for _, whole := range []string{text, " \t\n\f\r" + text + "\r\n "} {
		if got, err := message.ParseToken(whole); err != nil || !bytes.Equal(got, token) {
			t.Errorf("%q: %v", whole, err)
		}
	}
	end := len(text) - 1
	for _, broken := range []string{
		text + "=", text[:40] + "\n" + text[40:], text[:40] + "\r\n" + text[40:], text[:40] + " " + text[40:], text[:end],
		text[:40] + "+" + text[41:], text[:40] + "/" + text[41:], "\v" + text, "\u00a0" + text, text + "\x00", text[:40] + "ü" + text[42:],
		text[:end] + string(text[end]+1),
	} {
		if _, err := message.ParseToken(broken); !errors.Is(err, message.ErrMalformed) {
			t.Errorf("%q: %v", broken, err)
		}
	}
}

func TestATokenThatBreaksOneRuleIsRefused(t *testing.T) {
	key, secret := random(16), random(32)
	version := message.NewVersion([16]byte(key), 1, must(message.NewSecret(secret)))
	token := writeToken(2, key, 1, secret, nil, []byte("value"))
	if text, err := message.DecryptToken(token, version); err != nil || string(text) != "value" {
		t.Fatal(err)
	}
	with := func(at int, value byte) []byte { return cat(token[:at], []byte{value}, token[at+1:]) }
	pairs := func(n int, pair message.Pair) (pairs message.Context) {
		for at := range n {
			pair.Key = string(rune('A' + at))
			pairs = append(pairs, pair)
		}
		return pairs
	}
	for _, broken := range []struct {
		rule  string
		kind  message.Kind
		token []byte
		pairs message.Context
	}{
		{"M1", message.ErrMalformed, with(0, 0), nil},
		{"M80, a message", message.ErrMalformed, with(4, 1), nil},
		{"M80, another version", message.ErrUnsupported, with(4, 0x82), nil},
		{"M3", message.ErrUnsupported, with(6, 3), nil},
		{"M80, version 0", message.ErrMalformed, with(14, 0), nil},
		{"another version of the key", message.ErrMissing, with(14, 2), nil},
		{"another key", message.ErrMissing, with(7, key[0]^1), nil},
		{"M81", message.ErrTooLarge, writeToken(2, key, 1, secret, nil, make([]byte, 65_537)), nil},
		{"M81, suite 1", message.ErrTooLarge, writeToken(1, key, 1, secret, nil, make([]byte, 65_537)), nil},
		{"header", message.ErrTruncated, token[:30], nil},
		{"end", message.ErrTruncated, token[:31+31], nil},
		{"M84, commitment", message.ErrRejected, flipped(writeToken(1, key, 1, secret, nil, nil), 31), nil},
		{"M85, tag", message.ErrRejected, flipped(token, len(token)-1), nil},
		{"M82, a pair more", message.ErrRejected, token, pairs(1, message.Pair{})},
		{"M23", message.ErrTooLarge, token, pairs(65, message.Pair{})},
		{"M25", message.ErrTooLarge, token, pairs(2, message.Pair{Value: strings.Repeat("v", 33_000), Hidden: true})},
		{"M6", message.ErrTooLarge, token, pairs(1, message.Pair{Value: strings.Repeat("v", 8_187)})},
	} {
		if text, err := message.DecryptToken(broken.token, version, broken.pairs...); !errors.Is(err, broken.kind) || text != nil {
			t.Errorf("%s: %v", broken.rule, err)
		}
	}
	if _, err := message.DecryptToken(token, nil); !errors.Is(err, message.ErrInvalid) {
		t.Error(err)
	}
	if _, err := message.DecryptToken(token, message.NewVersion([16]byte(key), 1, nil)); !errors.Is(err, message.ErrInvalid) {
		t.Error(err)
	}
}
