package miyao

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// KeyRecord is a key as the library describes it. New fields may come with any release.
type KeyRecord struct {
	ID                 string            `json:"id"`
	Name               string            `json:"name"`
	Spec               string            `json:"spec"`
	State              string            `json:"state"`
	Primary            *uint32           `json:"primary"`
	Newest             *uint32           `json:"newest"`
	Origin             string            `json:"origin"`
	Protection         string            `json:"protection"`
	Audit              string            `json:"audit"`
	Created            time.Time         `json:"created"`
	Description        string            `json:"description"`
	Tags               map[string]string `json:"tags"`
	Limits             LimitsRecord      `json:"limits"`
	RotateEvery        *Span             `json:"rotate_every"`
	DeletionProtection bool              `json:"deletion_protection"`
	Aliases            []string          `json:"aliases"`
	DestroyAt          *time.Time        `json:"destroy_at"`
	MinDecrypt         uint32            `json:"min_decrypt"`
	MinEncrypt         uint32            `json:"min_encrypt"`
	Versions           []VersionRecord   `json:"versions"` // not in lists
	Used               UsedRecord        `json:"used"`     // of the primary; not in lists
}

// LimitsRecord is what each version may be used for; nil is no limit.
type LimitsRecord struct {
	OriginatorPeriod *Span   `json:"originator_period"`
	RecipientPeriod  *Span   `json:"recipient_period"`
	Messages         *uint64 `json:"messages"`
	Bytes            *uint64 `json:"bytes"`
}

// UsedRecord is what was used of the limits.
type UsedRecord struct {
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
}

// VersionRecord is a version of a key. Bytes are hexadecimal.
type VersionRecord struct {
	Number      uint32     `json:"number"`
	State       string     `json:"state"`
	Created     time.Time  `json:"created"`
	Activated   *time.Time `json:"activated"`
	Deactivated *time.Time `json:"deactivated"`
	Compromised *time.Time `json:"compromised"`
	DestroyAt   *time.Time `json:"destroy_at"`
	Destroyed   *time.Time `json:"destroyed"`
	CheckValue  string     `json:"check_value"`
	Public      *string    `json:"public"`
	Device      *string    `json:"device"`
}

// StoreRecord is what there is to say of a store.
type StoreRecord struct {
	ID           string `json:"id"`
	Root         string `json:"root"`
	Revision     uint64 `json:"revision"`
	Schema       uint64 `json:"schema"`
	Epoch        uint64 `json:"epoch"`
	Mode         string `json:"mode"`
	AuditEntries uint64 `json:"audit_entries"`
}

// DoctorRecord is what an examination of a store found.
type DoctorRecord struct {
	Rows         uint64   `json:"rows"`
	Keys         uint64   `json:"keys"`
	Versions     uint64   `json:"versions"`
	AuditEntries uint64   `json:"audit_entries"`
	Findings     []string `json:"findings"`
	Warnings     []string `json:"warnings"`
	Clean        bool     `json:"clean"`
}

// AuditRecord says how long the audit chain is that was followed to its end.
type AuditRecord struct {
	Entries uint64     `json:"entries"`
	Last    *time.Time `json:"last"`
}

// AuditEntry is one entry of the audit log. Outcome is 0 or the number of a [Kind].
type AuditEntry struct {
	Sequence  uint64    `json:"sequence"`
	Time      time.Time `json:"time"`
	Principal string    `json:"principal"`
	Action    string    `json:"action"`
	Key       *string   `json:"key"`
	Version   *uint32   `json:"version"`
	Outcome   uint32    `json:"outcome"`
	Count     uint64    `json:"count"`
	Detail    string    `json:"detail"`
	Previous  string    `json:"previous"`
	Digest    string    `json:"digest"`
}

// Maintained is something that was due and done, or failed.
type Maintained struct {
	Key  string `json:"key"`
	Name string `json:"name"`
	What string `json:"what"`
}

// DeviceRecord is who a device says it is, and the profile by which it is used.
type DeviceRecord struct {
	Manufacturer string `json:"manufacturer"`
	Model        string `json:"model"`
	Serial       string `json:"serial"`
	Label        string `json:"label"`
	Profile      string `json:"profile"`
}

// RootRecord is what is known of the root of a store: passphrase, key-file or device, and of one in a device which key, and to which key a change was
// begun that is not finished.
type RootRecord struct {
	Root       string     `json:"root"`
	Key        *RootPlace `json:"key"`
	Unfinished *RootPlace `json:"unfinished"`
}

// RootPlace is a root key in a device: its id, which is hexadecimal, and who the device says it is.
type RootPlace struct {
	ID     string `json:"id"`
	Device string `json:"device"`
}

// RootChange is what a change of root did: the key that the store is under now, and what it was under.
type RootChange struct {
	Root   RootPlace  `json:"root"`
	Former RootRecord `json:"former"`
}

// BackupRecord is what a backup holds.
type BackupRecord struct {
	Keys     uint64 `json:"keys"`
	Versions uint64 `json:"versions"`
	Revision uint64 `json:"revision"`
}

// RestoreRecord is what a restore made. Waiting are keys without a primary now: imported ones, whose next version has to be brought, and those not in use.
// Devices are those that keys of the backup live in: attach them, and [KMS.Maintain] has them make the next versions.
type RestoreRecord struct {
	ID       string   `json:"id"`
	Keys     uint64   `json:"keys"`
	Versions uint64   `json:"versions"`
	Waiting  []string `json:"waiting"`
	Devices  []string `json:"devices"`
}

// Span is a span of time as records write it, 90d, 12h, 30m, 10s or 5ms.
type Span time.Duration

// The units of spans; ms comes before what it ends in.
var units = []struct {
	ending string
	size   time.Duration
}{{"ms", time.Millisecond}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// MarshalJSON writes a span as [Span.UnmarshalJSON] reads it, in the largest unit that it is a whole number of; less than a millisecond is rounded up.
func (s Span) MarshalJSON() ([]byte, error) {
	if s < 0 {
		return nil, invalid("a span of a record is not negative")
	}
	number, ending := uint64(s/Span(time.Millisecond)), "ms"
	if s%Span(time.Millisecond) > 0 {
		number++
	} else {
		for _, one := range units[1:] {
			if s%Span(one.size) == 0 && s > 0 {
				number, ending = uint64(s/Span(one.size)), one.ending
				break
			}
		}
	}
	return json.Marshal(strconv.FormatUint(number, 10) + ending)
}

// UnmarshalJSON reads a span.
func (s *Span) UnmarshalJSON(text []byte) error {
	var word string
	if err := json.Unmarshal(text, &word); err != nil {
		return err
	}
	digits, unit := word, time.Duration(0)
	for _, one := range units {
		if n := len(word) - len(one.ending); n > 0 && word[n:] == one.ending {
			digits, unit = word[:n], one.size
			break
		}
	}
	number, err := strconv.ParseUint(digits, 10, 64) // the largest of them where there are more digits
	if err != nil && !errors.Is(err, strconv.ErrRange) || unit == 0 {
		return &Error{Kind: ErrMalformed, Message: "a span of a record is no number with a unit: " + word}
	}
	if number > uint64(1<<63-1)/uint64(unit) { // more than 292 years is for ever in Go
		*s = Span(1<<63 - 1)
		return nil
	}
	*s = Span(time.Duration(number) * unit)
	return nil
}

// Duration is the span as Go has it.
func (s Span) Duration() time.Duration { return time.Duration(s) }

// seconds rounds up, so that a limit of half a second is not none.
func seconds(d time.Duration) uint64 {
	whole := uint64(d / time.Second)
	if d%time.Second > 0 {
		whole++
	}
	return whole
}

func record[T any](text []byte, err error) (T, error) {
	var out T
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		var none T // and not what could be read before the error
		return none, &Error{Kind: ErrInternal, Message: "a record of the library cannot be read: " + err.Error()}
	}
	return out, nil
}
