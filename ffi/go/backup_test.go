package miyao

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestABackupBringsAStoreBack(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	need[KeyRecord](t)(kms.Create(KeyOptions{Name: "brought", Spec: SpecSM4, Origin: OriginImported}))
	token := need[[]byte](t)(kms.Encrypt(key, []byte("text"), nil))
	need[uint32](t)(kms.Rotate(key))
	keeper := need[*SM2PrivateKey](t)(GenerateSM2Key())
	defer keeper.Close()
	to, by := MessageOptions{Recipients: []Recipient{ToSM2(keeper.PublicKey())}}, OpenOptions{Identities: []Identity{BySM2(keeper)}}

	var file bytes.Buffer
	held := need[BackupRecord](t)(kms.Backup(&file, to))
	if held.Keys != 2 || held.Versions != 2 || held.Revision == 0 {
		t.Fatalf("%+v", held)
	}
	if again := need[BackupRecord](t)(VerifyBackup(iotest.OneByteReader(bytes.NewReader(file.Bytes())), by)); again != held {
		t.Fatalf("%+v", again)
	}
	path := filepath.Join(t.TempDir(), "again.db")
	restored, made, err := Restore(path, Passphrase([]byte("another root")), "service:restore", bytes.NewReader(file.Bytes()), by)
	done(t, err)
	defer restored.Close()
	if made.Keys != 2 || made.ID == need[StoreRecord](t)(kms.Info()).ID || len(made.Waiting) != 1 || made.Waiting[0] != "brought" || len(made.Devices) != 0 {
		t.Fatalf("%+v", made)
	}
	if text := need[[]byte](t)(restored.Decrypt(token, nil)); string(text) != "text" {
		t.Fatal(text)
	}
	if found := need[DoctorRecord](t)(restored.Doctor()); !found.Clean {
		t.Fatalf("%+v", found)
	}
	_, _, err = Restore(path, Passphrase([]byte("another root")), "service:restore", bytes.NewReader(file.Bytes()), by)
	is(t, err, ErrExists)

	body := need[UnverifiedMessage](t)(InspectMessage(file.Bytes(), 0)).BodyAt // before it is room for more recipients
	for at := int(body); at < file.Len(); at += 97 {
		altered := bytes.Clone(file.Bytes())
		altered[at] ^= 1
		if _, err := VerifyBackup(bytes.NewReader(altered), by); err == nil {
			t.Fatal("whole with byte", at, "altered")
		}
	}
	none := filepath.Join(t.TempDir(), "none.db")
	_, err = VerifyBackup(bytes.NewReader(file.Bytes()[:file.Len()-1]), by)
	is(t, err, ErrRejected)
	_, _, err = Restore(none, Passphrase([]byte("x")), "a", bytes.NewReader(file.Bytes()[:file.Len()-1]), by)
	is(t, err, ErrRejected)
	_, err = Open(none, Passphrase([]byte("x")), "a")
	is(t, err, ErrMissing)
	_, err = VerifyBackup(bytes.NewReader(file.Bytes()), OpenOptions{Identities: []Identity{ByPassphrase([]byte("x"))}})
	is(t, err, ErrMissing)
	_, err = VerifyBackup(bytes.NewReader(need[[]byte](t)(EncryptMessage([]byte("no backup"), to))), by)
	is(t, err, ErrMalformed)
	_, _, err = Restore(none, Root{}, "a", bytes.NewReader(file.Bytes()), by)
	is(t, err, ErrInvalid)
	done(t, kms.Close())
	_, err = kms.Backup(io.Discard, to)
	is(t, err, ErrClosed)
	_, err = kms.Upgrade()
	is(t, err, ErrClosed)
}

func TestRecordsOfBackupsHaveNoFieldThatNobodyReads(t *testing.T) {
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	keeper := need[*SM2PrivateKey](t)(GenerateSM2Key())
	to, by := MessageOptions{Recipients: []Recipient{ToSM2(keeper.PublicKey())}}, OpenOptions{Identities: []Identity{BySM2(keeper)}}
	var file bytes.Buffer
	done(t, to.use(func(options pointer) error {
		return writing(&file, func(number pointer) error {
			strictly(t, need[[]byte](t)(cKMSBackup(kms.of(), options, number)), new(BackupRecord))
			return nil
		})
	}))
	done(t, by.use(func(opener pointer) error {
		return Passphrase([]byte("x")).use(func(root pointer) error {
			return reading(&file, func(number pointer) error {
				object, text, err := cKMSRestore(filepath.Join(t.TempDir(), "again.db"), root, "a", opener, number)
				done(t, err)
				strictly(t, text, new(RestoreRecord))
				return newKMS(object).Close()
			})
		})
	}))
}

// Whoever sees an error has nothing to close.
func TestARestoredStoreWhoseRecordCannotBeReadIsClosed(t *testing.T) {
	kms, _, _ := newStore(t)
	keeper := need[*SM2PrivateKey](t)(GenerateSM2Key())
	to, by := MessageOptions{Recipients: []Recipient{ToSM2(keeper.PublicKey())}}, OpenOptions{Identities: []Identity{BySM2(keeper)}}
	var file bytes.Buffer
	need[BackupRecord](t)(kms.Backup(&file, to))
	path := filepath.Join(t.TempDir(), "again.db")
	done(t, by.use(func(opener pointer) error {
		return Passphrase([]byte("x")).use(func(root pointer) error {
			return reading(&file, func(number pointer) error {
				object, _, err := cKMSRestore(path, root, "a", opener, number)
				done(t, err)
				if opened(t, path) == 0 {
					t.Fatal("it is open now")
				}
				k, made, err := restored(object, []byte(`{"keys": 1, "id": []}`))
				is(t, err, ErrInternal)
				if k != nil || !reflect.DeepEqual(made, RestoreRecord{}) {
					t.Fatalf("%v beside %+v", k, made)
				}
				if left := opened(t, path); left != 0 {
					t.Fatal(left, "files are open still")
				}
				return nil
			})
		})
	}))
	again := need[*KMS](t)(Open(path, Passphrase([]byte("x")), "a"))
	done(t, again.Close())
}

// opened is how many open files of this process are at that path.
func opened(t *testing.T, path string) (count int) {
	for _, entry := range need[[]os.DirEntry](t)(os.ReadDir("/proc/self/fd")) {
		if to, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && to == path {
			count++
		}
	}
	return count
}

type writer func([]byte) (int, error)

func (w writer) Write(data []byte) (int, error) { return w(data) }

type reader func([]byte) (int, error)

func (r reader) Read(data []byte) (int, error) { return r(data) }

// What a reader or a writer of the caller's does wrong comes back as the cause, and stops no goroutine.
func TestAReaderOrWriterThatFailsIsTheCause(t *testing.T) {
	kms, _, _ := newStore(t)
	mac, sign := newKey(t, kms, "mac", SpecHMAC), newKey(t, kms, "sign", SpecSM2Sign)
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	to, by := MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}}, OpenOptions{Identities: []Identity{BySM2(key)}}
	sorry := errors.New("sorry")
	for name, out := range map[string]io.Writer{
		"fails":      writer(func([]byte) (int, error) { return 0, sorry }),
		"panics":     writer(func([]byte) (int, error) { panic(sorry) }),
		"takes less": writer(func(data []byte) (int, error) { return len(data) - 1, nil }),
		"takes more": writer(func(data []byte) (int, error) { return len(data) + 1, nil }),
	} {
		_, err := kms.Backup(out, to)
		is(t, err, ErrIO)
		if name == "fails" && !errors.Is(err, sorry) || !strings.Contains(err.Error(), "writer") {
			t.Fatal(name, err)
		}
	}
	for name, in := range map[string]io.Reader{
		"fails":                   iotest.ErrReader(sorry),
		"panics":                  reader(func([]byte) (int, error) { panic(sorry) }),
		"stands still":            reader(func([]byte) (int, error) { return 0, nil }),
		"reads more":              reader(func(out []byte) (int, error) { return len(out) + 1, nil }),
		"reads less than nothing": reader(func([]byte) (int, error) { return -1, nil }),
		"fails later":             io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(sorry)),
		"fails beside its bytes":  reader(func(out []byte) (int, error) { return 1, sorry }),
	} {
		_, _, err := kms.SignReader(sign, nil, in)
		is(t, err, ErrIO)
		if strings.HasPrefix(name, "fails") && !errors.Is(err, sorry) || name == "stands still" && !errors.Is(err, io.ErrNoProgress) ||
			!strings.Contains(err.Error(), "reader") {
			t.Fatal(name, err)
		}
		_, _, err = kms.MACReader(mac, in)
		if err == nil {
			t.Fatal(name)
		}
		if _, err = VerifyBackup(in, by); err == nil {
			t.Fatal(name)
		}
	}
	_, _, err := kms.SignReader(sign, nil, nil)
	is(t, err, ErrInvalid)
	_, err = kms.Backup(nil, to)
	is(t, err, ErrInvalid)
	_, err = VerifyBackup(nil, by)
	is(t, err, ErrInvalid)
}

func TestWhatIsReadIsSignedAsAWhole(t *testing.T) {
	kms, _, _ := newStore(t)
	mac, sign := newKey(t, kms, "mac", SpecHMAC), newKey(t, kms, "sign", SpecSM2Sign)
	for _, message := range [][]byte{nil, []byte("text"), bytes.Repeat([]byte{7}, 200_000)} {
		in := func() io.Reader { return iotest.DataErrReader(bytes.NewReader(message)) }
		signature, version, err := kms.SignReader(sign, []byte("alice"), in())
		done(t, err)
		if proof := need[Proof](t)(kms.Verify(sign, []byte("alice"), message, signature)); version != 1 || proof.Version != 1 {
			t.Fatal(version, proof)
		}
		need[Proof](t)(kms.VerifyReader(sign, []byte("alice"), in(), signature))
		_, err = kms.VerifyReader(sign, nil, in(), signature)
		is(t, err, ErrRejected)
		_, err = kms.VerifyReader(sign, []byte("alice"), io.MultiReader(in(), strings.NewReader("x")), signature)
		is(t, err, ErrRejected)

		tag, version, err := kms.MACReader(mac, in())
		done(t, err)
		if at, _, err := kms.MAC(mac, message); err != nil || at != tag || version != 1 {
			t.Fatal(at, tag, err)
		}
		if proof := need[Proof](t)(kms.VerifyMACReader(mac, in(), tag[:])); proof.Version != 1 || !proof.Compromised.IsZero() {
			t.Fatal(proof)
		}
		tag[0] ^= 1
		_, err = kms.VerifyMACReader(mac, in(), tag[:])
		is(t, err, ErrRejected)
	}
	done(t, kms.Close())
	_, _, err := kms.SignReader(sign, nil, strings.NewReader("x"))
	is(t, err, ErrClosed)
	_, _, err = kms.MACReader(mac, strings.NewReader("x"))
	is(t, err, ErrClosed)
}
