package miyao

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAStoreThatCannotBeMadeLeavesNoKeyFile(t *testing.T) {
	directory := t.TempDir()
	path, root, taken := filepath.Join(directory, "store.db"), filepath.Join(directory, "root"), filepath.Join(directory, "taken")
	done(t, need[*KMS](t)(Init(taken, Passphrase([]byte("x")), "service:orders")).Close())
	nowhere := filepath.Join(directory, "nowhere")
	done(t, os.Symlink(filepath.Join(directory, "none", "x"), nowhere))
	for _, one := range []struct {
		path, principal string
		kind            Kind
	}{
		{path, "bad principal", ErrInvalid}, {path, "", ErrInvalid}, {path, strings.Repeat("a", 129), ErrInvalid}, {path, "ä", ErrInvalid},
		{taken, "service:orders", ErrExists}, {directory, "service:orders", ErrInvalid}, {filepath.Join(directory, "none", "store.db"), "service:orders", ErrMissing},
		{"", "service:orders", ErrInvalid}, {path + "\x00", "service:orders", ErrInvalid}, {nowhere, "service:orders", ErrMissing}, {filepath.Join(taken, "x"), "a", ErrIO},
	} {
		_, err := Init(one.path, NewKeyFile(root), one.principal)
		is(t, err, one.kind)
		_, _, err = Restore(one.path, NewKeyFile(root), one.principal, strings.NewReader(""), OpenOptions{})
		is(t, err, one.kind)
		_, err = Open(one.path, NewKeyFile(root), one.principal)
		is(t, err, ErrInvalid)
		if _, err := os.Lstat(root); !os.IsNotExist(err) {
			t.Fatal("a key file is left", one)
		}
		// The library says the same of what was refused before it was asked.
		if _, err = Init(one.path, Passphrase([]byte("x")), one.principal); !errors.Is(err, one.kind) {
			t.Error(one, err)
		}
	}
	kms := need[*KMS](t)(Init(path, NewKeyFile(root), strings.Repeat("~", 128)))
	done(t, kms.Close())
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	by, other := OpenOptions{Identities: []Identity{BySM2(key)}}, filepath.Join(directory, "other")
	done(t, key.Close())
	for what, call := range map[string]func(path, root string) error{
		"no reader": func(path, root string) error { return last3(Restore(path, NewKeyFile(root), "a", nil, by)) },
		"no identity": func(path, root string) error {
			return last3(Restore(path, NewKeyFile(root), "a", strings.NewReader(""), OpenOptions{}))
		},
		"closed key": func(path, root string) error {
			return last3(Restore(path, NewKeyFile(root), "a", strings.NewReader(""), by))
		},
		"closed KMS": func(_, root string) error { return kms.ChangeRoot(NewKeyFile(root)) },
		"zero KMS":   func(_, root string) error { return (&KMS{}).ChangeRoot(NewKeyFile(root)) },
	} {
		is(t, call(filepath.Join(directory, "none.db"), other), ErrInvalid)
		if _, err := os.Lstat(other); !os.IsNotExist(err) {
			t.Fatal("a key file is left by", what)
		}
	}
}

// The longest time that Go knows is how "for ever" is said, and what a longer span of a record is read as.
func TestTheLongestSpanGoesThroughARecordAndBack(t *testing.T) {
	const longest = time.Duration(1<<63 - 1)
	for d, want := range map[time.Duration]uint64{0: 0, 1: 1, time.Second: 1, time.Second + 1: 2, longest: 9223372037, longest - time.Second: 9223372036} {
		if got := seconds(d); got != want {
			t.Errorf("%d is %d s and not %d", d, got, want)
		}
	}
	kms, _, _ := newStore(t)
	limits := Limits{OriginatorPeriod: longest, RecipientPeriod: longest - time.Millisecond}
	all := []KeyRecord{need[KeyRecord](t)(kms.Create(KeyOptions{Name: "orders", Spec: SpecSM4, RotateEvery: longest, Limits: limits}))}
	again := longest
	all = append(all, need[KeyRecord](t)(kms.Describe(Name("orders"))),
		need[KeyRecord](t)(kms.Update(Name("orders"), KeyUpdate{RotateEvery: &again, Limits: &limits})))
	for _, key := range append(all, need[[]KeyRecord](t)(kms.List("", 10))...) {
		if key.RotateEvery.Duration() != longest || key.Limits.OriginatorPeriod.Duration() != longest || key.Limits.RecipientPeriod.Duration() != longest {
			t.Fatalf("%+v", key)
		}
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	done(t, kms.Close())
	done(t, kms.Close())
	_, err := kms.Encrypt(key, nil, nil)
	is(t, err, ErrClosed)
	is(t, err, ErrInvalid)
	_, err = kms.Describe(key)
	is(t, err, ErrClosed)
	_, err = kms.ActingAs("x")
	is(t, err, ErrClosed)
	_, err = kms.Info()
	is(t, err, ErrClosed)
	is(t, kms.Enable(key), ErrClosed)
	_, err = EncryptMessage(nil, MessageOptions{Recipients: []Recipient{ToKey(kms, key)}})
	is(t, err, ErrClosed)
}

// What has begun ends as it would have; what begins later is refused.
func TestACallUnderWayOutlivesTheCloseOfItsStore(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	message := sealed(t, []byte("text"), MessageOptions{Recipients: []Recipient{ToKey(kms, key)}})
	other := need[*KMS](t)(kms.ActingAs("service:other"))
	closes := Identity{func(pointer) error { return other.Close() }} // in the middle of a call: the options are being read
	text, _, err := DecryptMessage(message, OpenOptions{Identities: []Identity{ByKMS(other), closes}})
	if done(t, err); string(text) != "text" {
		t.Fatal(text)
	}
	_, _, err = DecryptMessage(message, OpenOptions{Identities: []Identity{ByKMS(other)}})
	is(t, err, ErrClosed)
	again := need[*KMS](t)(kms.ActingAs("service:other"))
	made := need[[]byte](t)(EncryptMessage([]byte("text"), MessageOptions{Recipients: []Recipient{ToKey(again, key), {func(pointer) error { return again.Close() }}}}))
	if text, _, err = DecryptMessage(made, OpenOptions{Identities: []Identity{ByKMS(kms)}}); err != nil || string(text) != "text" {
		t.Fatal(text, err)
	}
}

func TestNothingNamedIsRefused(t *testing.T) {
	kms, _, _ := newStore(t)
	var none *KeyRef
	for _, key := range []Key{nil, none, &KeyRef{}, Name(""), Name("no such/\x00")} {
		_, err := kms.Encrypt(key, nil, nil)
		is(t, err, ErrInvalid)
		if key != nil { // which is every key there
			_, err = kms.Rewrap(nil, key)
			is(t, err, ErrInvalid)
		}
	}
	_, err := kms.Encrypt(Name("nobody"), nil, nil)
	is(t, err, ErrMissing)
	_, err = kms.Encrypt(Name("nobody"), nil, Pairs{"": "x"})
	is(t, err, ErrInvalid)
}

// Neither what failed to be made nor what nobody filled in stands for "none".
func TestAContextThatIsNoneIsNotTakenForNone(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	failed, err := NewContext(Pairs{"": "x"})
	is(t, err, ErrInvalid)
	token := need[[]byte](t)(kms.Encrypt(key, []byte("text"), nil))
	to, by := []Recipient{ToKey(kms, key)}, []Identity{ByKMS(kms)}
	message := need[[]byte](t)(EncryptMessage(nil, MessageOptions{Recipients: to}))
	for _, context := range []Context{failed, &EncryptionContext{}} {
		_, err := kms.Encrypt(key, []byte("text"), context)
		is(t, err, ErrInvalid)
		_, err = kms.Decrypt(token, context)
		is(t, err, ErrInvalid)
		_, _, err = kms.GenerateDataKey(key, context, 16)
		is(t, err, ErrInvalid)
		_, err = EncryptMessage(nil, MessageOptions{Recipients: to, Context: context})
		is(t, err, ErrInvalid)
		_, _, err = DecryptMessage(message, OpenOptions{Identities: by, Context: context})
		is(t, err, ErrInvalid)
	}
}

func TestManyWorkWhileAKeyRotatesAndTheStoreCloses(t *testing.T) {
	kms, _, _ := newStore(t)
	key, context := newKey(t, kms, "orders", SpecSM4), need[*EncryptionContext](t)(NewContext(Pairs{"row": "7"}))
	var work, closing sync.WaitGroup
	for range 8 {
		work.Add(1)
		go func() {
			defer work.Done()
			for i := 0; ; i++ {
				token, err := kms.Encrypt(key, []byte{byte(i)}, context)
				var text []byte
				if err == nil {
					text, err = kms.Decrypt(token, context)
				}
				switch {
				case errors.Is(err, ErrClosed):
					return
				case err != nil || len(text) != 1 || text[0] != byte(i):
					t.Error(text, err)
					return
				}
			}
		}()
	}
	for range 5 {
		need[uint32](t)(kms.Rotate(key))
	}
	for range 3 {
		closing.Add(1)
		go func() {
			defer closing.Done()
			if err := kms.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	closing.Wait()
	work.Wait()
}

func last3[A, B any](_ A, _ B, err error) error { return err }
