package miyao

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAllKeysAndEntriesAreGoneThrough(t *testing.T) {
	kms, _, _ := newStore(t)
	for i := range 205 {
		newKey(t, kms, fmt.Sprintf("key-%03d", i), SpecSM4)
	}
	count := 0
	for key, err := range kms.Keys() {
		done(t, err)
		if key.Name != fmt.Sprintf("key-%03d", count) {
			t.Fatal(key.Name, count)
		}
		count++
	}
	if count != 205 {
		t.Fatal(count)
	}
	for range kms.Keys() {
		break
	}
	next := uint64(3)
	for entry, err := range kms.AuditLog(3) {
		done(t, err)
		if entry.Sequence != next {
			t.Fatal(entry.Sequence, next)
		}
		next++
	}
	if audit := need[AuditRecord](t)(kms.VerifyAudit()); audit.Entries != next-1 || next < 200 {
		t.Fatal(audit.Entries, next)
	}
	for range kms.AuditLog(1) {
		break
	}
	done(t, kms.Close())
	for _, err := range kms.Keys() {
		is(t, err, ErrClosed)
		count++
	}
	for _, err := range kms.AuditLog(1) {
		is(t, err, ErrClosed)
		count++
	}
	if count != 207 {
		t.Fatal("no error, or more than one:", count)
	}
}

// The structs have a place for every field of the records, or a new one would be lost in silence.
func TestRecordsHaveNoFieldThatNobodyReads(t *testing.T) {
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	message := need[[]byte](t)(EncryptMessage(nil, MessageOptions{Recipients: []Recipient{ToKey(kms, Name("orders"))}, Context: Pairs{"a": "b"}}))
	token := need[[]byte](t)(kms.Encrypt(Name("orders"), nil, nil))
	ref := need[*KeyRef](t)(ParseKeyRef("orders"))
	for _, one := range []struct {
		into any
		text []byte
	}{
		{new(KeyRecord), need[[]byte](t)(cKMSDescribe(kms.of(), ref.of()))},
		{new([]KeyRecord), need[[]byte](t)(cKMSList(kms.of(), "", 10))},
		{new(RootRecord), need[[]byte](t)(cKMSRecord(aboutRoot, kms.of()))},
		{new(StoreRecord), need[[]byte](t)(cKMSRecord(aboutStore, kms.of()))},
		{new(DoctorRecord), need[[]byte](t)(cKMSRecord(aboutDoctor, kms.of()))},
		{new(AuditRecord), need[[]byte](t)(cKMSRecord(aboutAudit, kms.of()))},
		{new([]AuditEntry), need[[]byte](t)(cKMSAudit(kms.of(), 1, 100))},
	} {
		strictly(t, one.text, one.into)
	}
	// Those that name their kind and that nothing of them is authenticated, which the names of the types say.
	for _, one := range []struct {
		into any
		text []byte
	}{
		{new(UnverifiedToken), need[[]byte](t)(cTokenInspect(token))},
		{new(UnverifiedMessage), need[[]byte](t)(cMessageInspect(message, uint64(len(message))))},
	} {
		var fields map[string]json.RawMessage
		done(t, json.Unmarshal(one.text, &fields))
		delete(fields, "kind")
		delete(fields, "authenticated")
		strictly(t, need[[]byte](t)(json.Marshal(fields)), one.into)
	}
}

// strictly reads a record that has no field besides those of the struct.
func strictly(t *testing.T, text []byte, into any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Errorf("%T: %v", into, err)
	}
}

func TestSpansAreRead(t *testing.T) {
	for text, want := range map[string]time.Duration{`"90d"`: 90 * 24 * time.Hour, `"12h"`: 12 * time.Hour, `"3m"`: 3 * time.Minute, `"10s"`: 10 * time.Second,
		`"5ms"`: 5 * time.Millisecond, `"900000000d"`: 1<<63 - 1, `"18446744073709551615ms"`: 1<<63 - 1, `"99999999999999999999s"`: 1<<63 - 1} {
		var span Span
		done(t, json.Unmarshal([]byte(text), &span))
		if span.Duration() != want {
			t.Error(text, span.Duration())
		}
	}
	// What was read is written so that it is read again, and a record is what it was.
	for d, want := range map[time.Duration]string{0: `"0ms"`, 90 * 24 * time.Hour: `"90d"`, 36 * time.Hour: `"36h"`, 90 * time.Second: `"90s"`, time.Millisecond: `"1ms"`,
		time.Millisecond + 1: `"2ms"`, 1<<63 - 1: `"9223372036855ms"`} {
		var again Span
		text := need[[]byte](t)(json.Marshal(Span(d)))
		done(t, json.Unmarshal(text, &again))
		if string(text) != want || again.Duration() < d || again.Duration()-d >= time.Millisecond {
			t.Error(d, string(text), again.Duration())
		}
	}
	_, err := json.Marshal(Span(-1))
	is(t, err, ErrInvalid)
	kms, _, _ := newStore(t)
	made := need[KeyRecord](t)(kms.Create(KeyOptions{Name: "orders", Spec: SpecSM4, RotateEvery: 36 * time.Hour, Limits: Limits{RecipientPeriod: 1<<63 - 1}}))
	var again KeyRecord
	done(t, json.Unmarshal(need[[]byte](t)(json.Marshal(made)), &again))
	if !reflect.DeepEqual(again, made) {
		t.Errorf("%+v, and it was %+v", again, made)
	}
	var span Span
	for _, text := range []string{`"many"`, `"d"`, `"10"`, `"-5s"`, `"1.5h"`, `7`} {
		if err := json.Unmarshal([]byte(text), &span); err == nil {
			t.Error(text, span.Duration())
		}
	}
	is(t, span.UnmarshalJSON([]byte(`"many"`)), ErrMalformed)
}

// withRecipients is a message with other entries in both of its slots, as another release or somebody else may write them.
func withRecipients(t *testing.T, message []byte, entries ...[]byte) []byte {
	said := need[UnverifiedMessage](t)(InspectMessage(message, 0))
	slot := append(make([]byte, 4), byte(len(entries)))
	for _, entry := range entries {
		slot = append(slot, entry...)
	}
	slot = append(slot, make([]byte, int(said.RecipientSlotBytes)-32-len(slot))...)
	sum := SM3(slot)
	slot = append(slot, sum[:]...)
	return slices.Concat(message[:said.RecipientsAt], slot, slot, message[said.BodyAt:])
}

func TestEveryKindOfRecipientIsTold(t *testing.T) {
	room := 4000
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	message := need[[]byte](t)(EncryptMessage(nil, MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}, Spare: &room}))
	id, junk := bytes.Repeat([]byte{0xab}, 16), make([]byte, 80)
	version := []byte{0, 0, 0, 7}
	entry := func(kind byte, parts ...[]byte) []byte {
		body := slices.Concat(parts...)
		return slices.Concat([]byte{kind}, binary.BigEndian.AppendUint16(nil, uint16(len(body))), body)
	}
	made := withRecipients(t, message, entry(1, id, version, junk), entry(2, id, id, junk), entry(3, []byte{0, 9, 0x27, 0xc0}, junk),
		entry(4, []byte{1, 2}, id, version, []byte{3, 4, 0, 80}, junk), entry(200, junk))
	said := need[UnverifiedMessage](t)(InspectMessage(made, uint64(len(made))))
	hexID := strings.Repeat("ab", 16)
	want := []UnverifiedRecipient{
		{Kind: "kms", Key: hexID, Version: 7}, {Kind: "sm2", KeyIdentifier: hexID + hexID}, {Kind: "passphrase", Iterations: 600_000},
		{Kind: "device", Provider: 0x102, Key: hexID, Version: 7, WrapSuite: 0x304}, {Kind: "unknown", Type: 200},
	}
	if !slices.Equal(said.Recipients, want) {
		t.Fatalf("%+v", said.Recipients)
	}
	var fields struct{ Recipients json.RawMessage }
	done(t, json.Unmarshal(need[[]byte](t)(cMessageInspect(made, uint64(len(made)))), &fields))
	strictly(t, fields.Recipients, new([]UnverifiedRecipient))
}
