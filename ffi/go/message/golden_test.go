package message_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/miyao-kms/miyao/ffi/go/message"
)

// What stands beside a golden file.
type about struct {
	Suite      uint16
	FrameLog2  uint8 `json:"frame_log2"`
	Recipients int
	Keys       []key
	Signer     *string
	Context    [][3]any
	Len        int
	SM3        string `json:"sm3"`
	// Of a token.
	Key, Secret, Plaintext string
	Version                uint32
}

type key struct {
	Kms, Secret, Sm2, Passphrase string
	Version                      uint32
}

const goldenFiles = "../../../tests/golden/*/*"

// golden gives the files whose names end so, with what stands beside them.
func golden(t testing.TB, ending string) map[string]about {
	found := make(map[string]about)
	for _, path := range must(filepath.Glob(goldenFiles + ending)) {
		var about about
		check(json.Unmarshal(must(os.ReadFile(strings.TrimSuffix(path, ending)+".json")), &about))
		found[path] = about
	}
	if len(found) == 0 {
		t.Fatalf("no golden file is at %s", goldenFiles)
	}
	return found
}

func (a about) pairs() (context message.Context) {
	for _, pair := range a.Context {
		context = append(context, message.Pair{Key: pair[0].(string), Value: pair[1].(string), Hidden: pair[2].(bool)})
	}
	return context
}

func (a about) signer() *message.PublicKey {
	return must(message.NewPublicKey(must(sm2.NewPublicKey(hexOf(*a.Signer)))))
}

func (k key) identity() message.Identity {
	switch {
	case k.Passphrase != "":
		return message.NewPassphrase([]byte(k.Passphrase))
	case k.Sm2 != "":
		return must(message.NewSM2Key(must(sm2.NewPrivateKey(hexOf(k.Sm2)))))
	}
	return version(k.Kms, k.Version, k.Secret)
}

func version(id string, number uint32, secret string) *message.Version {
	return message.NewVersion([16]byte(hexOf(id)), number, must(message.NewSecret(hexOf(secret))))
}

// openers are one a key.
func (a about) openers() (openers []*message.Opener) {
	for _, key := range a.Keys {
		opener := message.NewOpener(key.identity()).Context(a.pairs()...).EveryPair()
		if a.Signer != nil {
			opener = opener.SignedBy(a.signer())
		}
		openers = append(openers, opener)
	}
	return openers
}

func TestGoldenMessagesOfEveryReleaseAreRead(t *testing.T) {
	for path, about := range golden(t, ".miyao") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			made := must(os.ReadFile(path))
			header, err := message.Inspect(bytes.NewReader(made))
			check(err)
			if uint16(header.Suite) != about.Suite || header.FrameLog2 != about.FrameLog2 ||
				len(header.Recipients) != about.Recipients || (header.Signer != nil) != (about.Signer != nil) {
				t.Fatalf("%+v", header)
			}
			for _, opener := range about.openers() {
				text, signature, err := message.Decrypt(made, opener)
				if err != nil {
					t.Fatal(err)
				}
				if len(text) != about.Len || hex.EncodeToString(sum(text)) != about.SM3 {
					t.Fatal("another plaintext")
				}
				if (signature == message.Verified) != (about.Signer != nil) {
					t.Fatal("another signature")
				}
				opens(t, made, opener, text)
			}
		})
	}
}

func TestGoldenTokensOfEveryReleaseAreRead(t *testing.T) {
	for path, about := range golden(t, ".token") {
		token := must(message.ParseToken(string(must(os.ReadFile(path)))))
		header := must(message.InspectToken(token))
		if header.Version != about.Version || header.Hint != [4]byte(hexOf(about.Key)) || 2*header.Len != len(about.Plaintext) {
			t.Fatalf("%s: %+v", path, header)
		}
		version := version(about.Key, about.Version, about.Secret)
		text, err := message.DecryptToken(token, version, about.pairs()...)
		if err != nil || hex.EncodeToString(text) != about.Plaintext {
			t.Fatalf("%s: %v", path, err)
		}
	}
}
