package message_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"github.com/miyao-kms/miyao/ffi/go/message"
)

// scene is a home of its own with a store in it, and the command miyao run there. It has an imported KMS key, whose
// secret is therefore known here, two SM2 keys and a passphrase.
type scene struct {
	t    *testing.T
	home string
	cast
	id     []byte
	secret []byte
}

const password = "correct horse battery staple 正确的马"

// live needs the command: its path is in MIYAO.
func live(t *testing.T) *scene {
	if os.Getenv("MIYAO") == "" {
		t.Skip("SKIPPED: the environment variable MIYAO does not name the command miyao, so no live message is made")
	}
	s := &scene{t: t, home: t.TempDir(), cast: newCast(), secret: random(32)}
	for name, key := range map[string]*sm2.PrivateKey{"holder": s.holder, "author": s.author} {
		s.write(name+".key", pemOf("PRIVATE KEY", must(smx509.MarshalPKCS8PrivateKey(key))))
		s.write(name+".pub", pemOf("PUBLIC KEY", spki(key)))
	}
	s.write("passphrase", []byte(password))
	s.write("secret", s.secret)
	s.works(nil, "init")
	s.works(nil, "key", "create", "k", "--spec", "sm4", "--import")
	s.works(nil, "key", "import", "k", "--material-file", "secret")
	var shown struct{ Id string }
	check(json.Unmarshal(s.works(nil, "key", "show", "k", "--json"), &shown))
	s.id = hexOf(shown.Id)
	return s
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func (s *scene) write(name string, bytes []byte) {
	check(os.WriteFile(filepath.Join(s.home, name), bytes, 0o600))
}

// run gives the command's output and exit code.
func (s *scene) run(input []byte, arguments ...string) (output []byte, code int, told string) {
	command := exec.Command(os.Getenv("MIYAO"), arguments...)
	command.Dir, command.Stdin = s.home, bytes.NewReader(input)
	command.Env = []string{"HOME=" + s.home, "PATH=/usr/bin:/bin", "MIYAO_ROOT=keyfile:" + filepath.Join(s.home, "root.key")}
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	if err := command.Run(); command.ProcessState == nil {
		s.t.Fatalf("%v; MIYAO must name the built command", err)
	}
	return out.Bytes(), command.ProcessState.ExitCode(), errors.String()
}

func (s *scene) works(input []byte, arguments ...string) []byte {
	s.t.Helper()
	output, code, told := s.run(input, arguments...)
	if code != 0 {
		s.t.Fatalf("miyao %s: %d: %s", strings.Join(arguments, " "), code, told)
	}
	return output
}

// reader is a kind of recipient: how the command is told to write for it and to open as it, and who it is here.
type reader struct {
	name           string
	writes, opens  []string
	identity       message.Identity
	to             recipient
	takesAFraction bool // of a second
}

func (s *scene) version() *message.Version {
	return message.NewVersion([16]byte(s.id), 1, must(message.NewSecret(s.secret)))
}

func (s *scene) readers() []reader {
	return []reader{
		{"kms", []string{"--key", "k"}, nil, s.version(), toKMS(s.id, 1, s.secret), false},
		{
			"sm2", []string{"--to-sm2", "holder.pub"}, []string{"--sm2-key", "holder.key"},
			must(message.NewSM2Key(s.holder)), toSM2(s.holder), false,
		},
		{
			"passphrase", []string{"--to-passphrase-file", "passphrase"}, []string{"--with-passphrase-file", "passphrase"},
			message.NewPassphrase([]byte(password)), toPassphrase(password, 600_000), true,
		},
	}
}

var lengths = []int{0, 1, 65_535, 65_536, 65_537, 200_000}

func TestLiveMessagesOfTheCommandAreRead(t *testing.T) {
	s := live(t)
	author := must(message.ParsePublicKey(pemOf("PUBLIC KEY", spki(s.author))))
	context := message.Context{{Key: "tenant", Value: "a=b"}, {Key: "patient", Value: "4711"}}
	made := 0
	for _, reader := range s.readers() {
		for _, suite := range []string{"gcm", "ctr-hmac"} {
			for n, length := range lengths {
				if reader.takesAFraction && n > 0 {
					continue
				}
				arguments := append([]string{"encrypt", "--suite", suite}, reader.writes...)
				opener := message.NewOpener(reader.identity)
				if n%2 == 0 {
					arguments = append(arguments, "--sign-with", "author.key")
					opener = opener.SignedBy(author)
				}
				if n%3 == 0 {
					arguments = append(arguments, "--context", "tenant=a=b", "--context-hidden", "patient=4711")
					opener = opener.Context(context...).EveryPair()
				}
				opens(t, s.works(plaintext(length), arguments...), opener, plaintext(length))
				made++
			}
		}
	}
	everybody := []string{"encrypt"}
	for _, reader := range s.readers() {
		everybody = append(everybody, reader.writes...)
	}
	one := s.works([]byte("text"), everybody...)
	for _, reader := range s.readers() {
		opens(t, one, message.NewOpener(reader.identity), []byte("text"))
	}
	t.Logf("%d messages", made+1)
}

func TestLiveMessagesWrittenHereAreReadByTheCommand(t *testing.T) {
	s := live(t)
	made := 0
	for _, reader := range s.readers() {
		for _, suite := range []uint16{1, 2} {
			for n, length := range lengths {
				if reader.takesAFraction && n > 0 {
					continue
				}
				for _, log2 := range []byte{12, 16, 24} {
					d := draft{suite: suite, log2: log2, to: []recipient{reader.to}, text: plaintext(length)}
					arguments := append([]string{"decrypt"}, reader.opens...)
					if n%2 == 0 {
						d.signer = s.author
						arguments = append(arguments, "--verify-signer", "author.pub")
					}
					if n%3 == 0 {
						d.pairs = []pair{{0, "tenant", "a"}, {1, "patient", "4711"}, {0, "租户", "甲"}, {0, "tenant2", ""}}
						// The command demands every pair.
						for _, pair := range d.pairs {
							arguments = append(arguments, "--context", pair.key+"="+pair.value)
						}
					}
					if !bytes.Equal(s.works(d.make(), arguments...), d.text) {
						t.Fatalf("%s, suite %d, 2^%d, %d bytes: another plaintext", reader.name, suite, log2, length)
					}
					made++
				}
			}
		}
	}
	t.Logf("%d messages", made)
}

func TestLiveTokensGoBothWays(t *testing.T) {
	s := live(t)
	given := []string{"--context", "tenant=a", "--context-hidden", "patient=4711"}
	pairs := message.Context{{Key: "tenant", Value: "a"}, {Key: "patient", Value: "4711", Hidden: true}}
	for _, length := range []int{0, 1, 100, 65_536} {
		arguments := append([]string{"encrypt", "--token", "--key", "k"}, given...)
		token := must(message.ParseToken(string(s.works(plaintext(length), arguments...))))
		text, err := message.DecryptToken(token, s.version(), pairs...)
		if err != nil || !bytes.Equal(text, plaintext(length)) {
			t.Fatalf("%d bytes: %v", length, err)
		}
		for _, suite := range []uint16{1, 2} {
			made := writeToken(suite, s.id, 1, s.secret, []pair{{0, "tenant", "a"}, {1, "patient", "4711"}}, plaintext(length))
			if !bytes.Equal(s.works(made, append([]string{"decrypt", "--token"}, given...)...), plaintext(length)) {
				t.Fatalf("suite %d, %d bytes: another plaintext", suite, length)
			}
		}
	}
}

func TestLiveRewrappedMessagesAreRead(t *testing.T) {
	s := live(t)
	s.write("m", s.works(plaintext(100_000), "encrypt", "--to-sm2", "holder.pub", "--key", "k"))
	s.works(nil, "key", "create", "other", "--spec", "sm4")
	s.works(nil, "rewrap", "m", "--to-key", "other")
	made := must(os.ReadFile(filepath.Join(s.home, "m")))
	header := must(message.Inspect(bytes.NewReader(made)))
	if header.Generation < 2 {
		t.Fatalf("generation %d", header.Generation)
	}
	opens(t, made, s.opener(), plaintext(100_000))
}

// Where the document lets both choose, the numbers of docs/errors.md are the same all the same.
func TestLiveTheCommandRefusesWhatIsRefusedHereWithTheSameNumber(t *testing.T) {
	s := live(t)
	all := s.broken()
	for _, broken := range all {
		arguments := []string{"decrypt", "--sm2-key", "holder.key"}
		if broken.signer != nil {
			arguments = append(arguments, "--verify-signer", "author.pub")
		}
		for _, pair := range broken.context {
			arguments = append(arguments, "--context-hidden", pair.Key+"="+pair.Value)
		}
		if _, code, told := s.run(broken.made, arguments...); code != int(broken.kind) {
			t.Errorf("%s: the command ends with %d, here it is %d: %s", broken.rule, code, broken.kind, told)
		}
	}
	t.Logf("%d messages", len(all))
}

func TestLiveBothAnswerAlikeToEveryFlippedByte(t *testing.T) {
	s := live(t)
	made := s.made(func(d *draft) { d.text, d.signer, d.pairs = []byte("text"), s.author, []pair{{0, "a", "b"}} })
	arguments := []string{"decrypt", "--sm2-key", "holder.key", "--verify-signer", "author.pub", "--context", "a=b"}
	opener := s.opener().SignedBy(must(message.NewPublicKey(&s.author.PublicKey))).
		Context(message.Pair{Key: "a", Value: "b"}).EveryPair()
	var differ []string
	for at := range made {
		altered := slices.Clone(made)
		altered[at] ^= byte(1 << (at % 8))
		_, code, told := s.run(altered, arguments...)
		if here := numberOf(altered, opener); here != code {
			differ = append(differ, fmt.Sprintf("byte %d: the command ends with %d, here it is %d: %s", at, code, here, told))
		}
	}
	if len(differ) > 0 {
		t.Fatalf("%d of %d: %s", len(differ), len(made), strings.Join(differ, "\n"))
	}
	t.Logf("%d messages", len(made))
}
