package miyao

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// need is the value, or the end of the test.
func need[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func done(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("%v where %v was due", err, kind)
	}
}

// newStore is a store in a scratch directory, and where it is.
func newStore(t testing.TB) (*KMS, string, string) {
	directory := t.TempDir()
	path, root := filepath.Join(directory, "store.db"), filepath.Join(directory, "root")
	kms := need[*KMS](t)(Init(path, NewKeyFile(root), "service:orders"))
	t.Cleanup(func() { kms.Close() })
	return kms, path, root
}

func newKey(t testing.TB, kms *KMS, name string, spec Spec) *KeyRef {
	need[KeyRecord](t)(kms.Create(KeyOptions{Name: name, Spec: spec}))
	return need[*KeyRef](t)(ParseKeyRef(name))
}

func TestATokenOpensUnderItsContextAlone(t *testing.T) {
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	token := need[[]byte](t)(kms.Encrypt(Name("orders"), []byte("text"), Pairs{"row": "7"}))
	if len(token) != 4+63 {
		t.Fatal(len(token))
	}
	if got := need[[]byte](t)(kms.Decrypt(token, Pairs{"row": "7"})); string(got) != "text" {
		t.Fatal(got)
	}
	_, err := kms.Decrypt(token, Pairs{"row": "8"})
	is(t, err, ErrRejected)
	_, err = kms.Decrypt(token, nil)
	is(t, err, ErrRejected)
	for i := range token {
		altered := bytes.Clone(token)
		altered[i] ^= 1
		if _, err := kms.Decrypt(altered, Pairs{"row": "7"}); err == nil {
			t.Fatal("opened with byte", i, "altered")
		}
	}
	for n := range token {
		if _, err := kms.Decrypt(token[:n], Pairs{"row": "7"}); err == nil {
			t.Fatal("opened with", n, "bytes")
		}
	}
	text := need[string](t)(TokenText(token))
	if !strings.HasPrefix(text, "miyao") || !bytes.Equal(need[[]byte](t)(ParseToken(" "+text+"\n")), token) {
		t.Fatal(text)
	}
	if said := need[UnverifiedToken](t)(InspectToken(token)); said.Version != 1 || said.Bytes != len(token) {
		t.Fatal(said)
	}
}

func TestAppendingKeepsWhatIsThere(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	sealed := need[[]byte](t)(kms.AppendEncrypt([]byte("before"), key, []byte("x"), nil))
	opened := need[[]byte](t)(kms.AppendDecrypt(make([]byte, 3, 100), sealed[6:], nil))
	_, err := kms.AppendDecrypt(sealed[6:6], sealed[6:], nil)
	is(t, err, ErrInvalid)
	_, err = kms.AppendEncrypt(sealed[:0], key, sealed[:1], nil)
	is(t, err, ErrInvalid)
	if string(sealed[:6]) != "before" || string(opened) != "\x00\x00\x00x" {
		t.Fatal(sealed, opened)
	}
}

func TestWhatOpenedATokenIsTold(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	old := need[[]byte](t)(kms.Encrypt(key, []byte("text"), nil))
	if version := need[uint32](t)(kms.Rotate(key)); version != 2 {
		t.Fatal(version)
	}
	if version := need[uint32](t)(kms.RotateFrom(key, 1)); version != 2 {
		t.Fatal("the successor of 1 was made twice:", version)
	}
	opened := need[Opened](t)(kms.DecryptFrom(old, nil))
	described := need[KeyRecord](t)(kms.Describe(key))
	if opened.Version != 1 || opened.Unproven || opened.KeyID.String() != described.ID || string(opened.Plaintext) != "text" {
		t.Fatal(opened)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		// The key's id is random, so what is looked for has to be longer than any chance.
		if text := fmt.Sprintf(verb, []any{opened, &opened, struct{ O Opened }{opened}, CMSContent{Content: opened.Plaintext}}); strings.Contains(text, "text") ||
			strings.Contains(text, "74657874") || strings.Contains(text, "116 101") || strings.Contains(text, "0x74, 0x65") || !strings.Contains(text, "4 bytes") {
			t.Error(verb, text)
		}
	}
	text := string(need[[]byte](t)(json.Marshal([]any{opened, &opened, struct{ O Opened }{opened}, CMSContent{Content: opened.Plaintext, Dialect: 3}})))
	if strings.Contains(text, "dGV4dA") || strings.Count(text, `"Version":1`) != 3 || !strings.Contains(text, `"Dialect":3`) {
		t.Error(text)
	}
	fresh := need[[]byte](t)(kms.Reencrypt(old, nil))
	if need[Opened](t)(kms.DecryptFrom(fresh, nil)).Version != 2 {
		t.Fatal("not under the primary")
	}
	done(t, kms.Compromise(Name("orders:1")))
	_, err := kms.Decrypt(old, nil)
	is(t, err, ErrForbidden)
	if opened := need[Opened](t)(kms.Recover(old, nil)); !opened.Unproven {
		t.Fatal(opened)
	}
}

func TestDataKeysComeBackByTheirTokens(t *testing.T) {
	kms, _, _ := newStore(t)
	key := newKey(t, kms, "orders", SpecSM4)
	dataKey, token, err := kms.GenerateDataKey(key, Pairs{"a": "b"}, 32)
	done(t, err)
	if !bytes.Equal(need[[]byte](t)(kms.Decrypt(token, Pairs{"a": "b"})), dataKey) {
		t.Fatal("another key came back")
	}
	Wipe(dataKey)
	if !bytes.Equal(dataKey, make([]byte, 32)) {
		t.Fatal("not wiped")
	}
	later := need[[]byte](t)(kms.GenerateDataKeyWithoutPlaintext(key, nil, 16))
	if len(need[[]byte](t)(kms.Decrypt(later, nil))) != 16 {
		t.Fatal("another size")
	}
	_, _, err = kms.GenerateDataKey(key, nil, 15)
	is(t, err, ErrInvalid)
	_, _, err = kms.GenerateDataKey(key, nil, -1)
	is(t, err, ErrInvalid)
	pair := need[DataKeyPair](t)(kms.GenerateDataKeyPair(key, nil))
	again := need[*SM2PrivateKey](t)(ParseSM2PrivateKey(need[[]byte](t)(kms.Decrypt(pair.Token, nil)), nil))
	if !again.PublicKey().Equal(pair.Public) || !pair.Private.PublicKey().Equal(pair.Public) {
		t.Fatal("another pair")
	}
	if pair := need[DataKeyPair](t)(kms.GenerateDataKeyPairWithoutPlaintext(key, nil)); pair.Private != nil {
		t.Fatal("handed out")
	}
}

func TestTheLifeOfAKey(t *testing.T) {
	kms, _, _ := newStore(t)
	made := need[KeyRecord](t)(kms.Create(KeyOptions{
		Name: "orders", Spec: SpecSM4, Description: "of the shop", Tags: map[string]string{"team": "a"}, Audit: AuditEach,
		RotateEvery: 90 * 24 * time.Hour, Limits: Limits{Messages: 1000, OriginatorPeriod: time.Hour},
	}))
	if made.RotateEvery.Duration() != 90*24*time.Hour || *made.Limits.Messages != 1000 || made.Limits.Bytes != nil || made.Tags["team"] != "a" ||
		made.State != "enabled" || *made.Primary != 1 || len(made.Versions) != 1 || made.Audit != "each" ||
		made.Limits.OriginatorPeriod.Duration() != time.Hour || time.Since(made.Created) > time.Hour {
		t.Fatalf("%+v", made)
	}
	_, err := kms.Create(KeyOptions{Name: "orders", Spec: SpecSM4})
	is(t, err, ErrExists)
	_, err = kms.Create(KeyOptions{Name: "x", Spec: 77})
	is(t, err, ErrUnsupported)
	_, err = kms.Create(KeyOptions{Name: "x", Spec: SpecSM4, RotateEvery: -1})
	is(t, err, ErrInvalid)

	text, no := "other", false
	updated := need[KeyRecord](t)(kms.Update(Name("orders"), KeyUpdate{
		Description: &text, DeletionProtection: &no, Limits: &Limits{}, SetTags: map[string]string{"x": "y"}, RemoveTags: []string{"team"},
	}))
	if updated.Description != "other" || updated.Limits.Messages != nil || updated.Tags["x"] != "y" || len(updated.Tags) != 1 {
		t.Fatalf("%+v", updated)
	}
	negative := time.Duration(-1)
	often, limits := 30*24*time.Hour, Limits{OriginatorPeriod: time.Hour, RecipientPeriod: 2 * time.Hour, Messages: 7, Bytes: 8}
	updated = need[KeyRecord](t)(kms.Update(Name("orders"), KeyUpdate{Audit: AuditCounted, RotateEvery: &often, Limits: &limits, MinDecrypt: 1, MinEncrypt: 1}))
	if updated.Audit != "counted" || updated.RotateEvery.Duration() != often || *updated.Limits.Bytes != 8 || updated.Limits.RecipientPeriod.Duration() != 2*time.Hour ||
		updated.Description != "other" || updated.MinDecrypt != 1 || updated.MinEncrypt != 1 {
		t.Fatalf("%+v", updated)
	}
	need[KeyRecord](t)(kms.Update(Name("orders"), KeyUpdate{Limits: &Limits{}}))
	for _, bad := range []KeyUpdate{{Limits: &Limits{RecipientPeriod: -1}}, {RotateEvery: &negative}} {
		_, err = kms.Update(Name("orders"), bad)
		is(t, err, ErrInvalid)
	}
	_, err = kms.Update(Name("orders"), KeyUpdate{RemoveTags: []string{"no such"}})
	is(t, err, ErrMissing)
	if limited := need[KeyRecord](t)(kms.Create(KeyOptions{Name: "limited", Spec: SpecSM4, Limits: limits, Origin: OriginGenerated, Protection: ProtectionSoftware,
		DeletionProtection: true})); *limited.Limits.Bytes != 8 || !limited.DeletionProtection {
		t.Fatalf("%+v", limited)
	}
	done(t, kms.AddAlias(Name("orders"), "alias"))
	need[KeyRecord](t)(kms.Describe(Name("alias")))
	newKey(t, kms, "second", SpecSM4)
	done(t, kms.MoveAlias(Name("second"), "alias"))
	done(t, kms.RemoveAlias("alias"))
	_, err = kms.Describe(Name("alias"))
	is(t, err, ErrMissing)
	if all := need[[]KeyRecord](t)(kms.List("limited", 10)); len(all) != 2 || all[0].Name != "orders" {
		t.Fatal(all)
	}
	if rest := need[[]KeyRecord](t)(kms.List("orders", 10)); len(rest) != 1 || rest[0].Name != "second" {
		t.Fatal(rest)
	}

	need[uint32](t)(kms.Rotate(Name("orders")))
	done(t, kms.Suspend(Name("orders:1")))
	done(t, kms.Resume(Name("orders:1")))
	done(t, kms.Deactivate(Name("orders:2")))
	done(t, kms.Disable(Name("orders")))
	_, err = kms.Encrypt(Name("orders"), nil, nil)
	is(t, err, ErrForbidden)
	_, err = kms.ScheduleDestroy(Name("orders"), time.Hour)
	is(t, err, ErrInvalid)
	due := need[time.Time](t)(kms.ScheduleDestroy(Name("orders"), 7*24*time.Hour))
	if wait := time.Until(due); wait < 6*24*time.Hour || wait > 7*24*time.Hour {
		t.Fatal(due)
	}
	done(t, kms.CancelDestroy(Name("orders")))
	done(t, kms.Enable(Name("orders")))
	need[time.Time](t)(kms.ScheduleDestroyVersion(Name("orders:1"), 0))
	done(t, kms.CancelDestroyVersion(Name("orders:1")))
	is(t, kms.Resume(Name("orders")), ErrInvalid)
}

func TestAStoreTellsOfItself(t *testing.T) {
	kms, path, root := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	other := need[*KMS](t)(kms.ActingAs("service:billing"))
	need[[]byte](t)(other.Encrypt(Name("orders"), nil, nil))
	done(t, other.Flush())
	done(t, other.Close())
	found := false
	for _, entry := range need[[]AuditEntry](t)(kms.AuditEntries(1, 100)) {
		found = found || entry.Principal == "service:billing"
	}
	if !found {
		t.Fatal("nobody wrote down who acted")
	}
	if audit := need[AuditRecord](t)(kms.VerifyAudit()); audit.Entries == 0 || audit.Last == nil {
		t.Fatal(audit)
	}
	if found := need[DoctorRecord](t)(kms.Doctor()); !found.Clean || found.Keys != 1 {
		t.Fatal(found)
	}
	if info := need[StoreRecord](t)(kms.Info()); info.AuditEntries == 0 || info.ID == "" {
		t.Fatal(info)
	}
	need[[]Maintained](t)(kms.Maintain(false))
	if devices := need[[]DeviceRecord](t)(kms.Devices()); len(devices) != 0 {
		t.Fatal(devices)
	}
	witness := need[[]byte](t)(kms.Witness())
	done(t, kms.CheckWitness(witness))
	is(t, kms.CheckWitness(witness[1:]), ErrInvalid)
	done(t, kms.ChangeRoot(Passphrase([]byte("correct horse"))))
	_, err := Open(path, KeyFile(root), "service:orders")
	is(t, err, ErrRejected)
	_, err = Open(path, Passphrase([]byte("wrong")), "service:orders")
	is(t, err, ErrRejected)
	again := need[*KMS](t)(Open(path, Passphrase([]byte("correct horse")), "service:orders"))
	if root := need[RootRecord](t)(again.Root()); root.Root != "passphrase" || root.Key != nil || root.Unfinished != nil {
		t.Fatalf("%+v", root)
	}
	if need[bool](t)(again.Upgrade()) {
		t.Fatal("a new store was of an older release")
	}
	done(t, again.Close())
	_, err = Open(filepath.Join(t.TempDir(), "none"), Passphrase([]byte("x")), "a")
	is(t, err, ErrMissing)
	_, err = Open(path, Root{}, "a")
	is(t, err, ErrInvalid)
	_, err = Open(path, PKCS11("pkcs11:nothing"), "a")
	is(t, err, ErrMalformed)
}

func TestWhatWasDoneIsReadToItsLastField(t *testing.T) {
	kms, _, _ := newStore(t)
	need[KeyRecord](t)(kms.Create(KeyOptions{Name: "orders", Spec: SpecSM4, RotateEvery: time.Second}))
	time.Sleep(1100 * time.Millisecond)
	var what []Maintained
	strictly(t, need[[]byte](t)(cKMSMaintain(kms.of(), false)), &what)
	if len(what) != 1 || what[0].Name != "orders" || what[0].Key == "" || what[0].What == "" {
		t.Fatalf("%+v", what)
	}
}
