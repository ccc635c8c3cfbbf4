package miyao

import (
	"iter"
	"runtime"
	"time"
)

// Spec is what a key is for.
type Spec uint32

const (
	SpecSM4        Spec = 1 // tokens, data keys and messages
	SpecHMAC       Spec = 2 // MACs over messages
	SpecSM2Sign    Spec = 3 // SM2 signatures
	SpecSM2Encrypt Spec = 4 // SM2 decryption, and messages to its public half
)

// Origin is where the material of a key comes from.
type Origin uint32

const (
	OriginGenerated Origin = 1 // made by the library or its device
	OriginImported  Origin = 2 // brought by its owner, for every version
)

// Protection is where the material of a key is used.
type Protection uint32

const (
	ProtectionSoftware Protection = 1 // in this process, wrapped under the store's master secret at rest
	ProtectionHardware Protection = 2 // inside an encryption machine, which it never leaves
)

// Audit is how the data operations of a key are audited.
type Audit uint32

const (
	AuditCounted Audit = 1 // counted by principal, key and operation, and written every second
	AuditEach    Audit = 2 // one by one, durable before the result is returned
)

// Limits are what each version of a key may be used for; 0 is no limit.
type Limits struct {
	OriginatorPeriod time.Duration // how long after activation it protects data
	RecipientPeriod  time.Duration // how long after activation it opens data
	Messages         uint64
	Bytes            uint64
}

// KeyOptions are what a key is to be. Name and Spec are needed; the zero value of everything else is the default.
type KeyOptions struct {
	Name               string // 1 to 128 of A-Z a-z 0-9 . _ / -
	Spec               Spec
	Origin             Origin
	Protection         Protection
	Device             string // the label or serial number of an attached device, for a key with hardware protection
	Audit              Audit
	Description        string
	Tags               map[string]string
	Limits             Limits
	RotateEvery        time.Duration // the age at which Maintain rotates it
	DeletionProtection bool
}

// KeyUpdate changes what is remembered of a key: what is nil, 0 or empty stays as it is.
type KeyUpdate struct {
	Description        *string
	Audit              Audit
	DeletionProtection *bool
	RotateEvery        *time.Duration // 0 for never
	Limits             *Limits        // all four are replaced
	MinDecrypt         uint32         // versions below open nothing
	MinEncrypt         uint32         // versions below protect nothing
	SetTags            map[string]string
	RemoveTags         []string
}

// Create makes a key with its first version; one with imported material waits for it.
func (k *KMS) Create(options KeyOptions) (KeyRecord, error) {
	if err := spans(options.RotateEvery, options.Limits.OriginatorPeriod, options.Limits.RecipientPeriod); err != nil {
		return KeyRecord{}, err
	}
	text, err := cKMSCreate(k.of(), &options)
	return record[KeyRecord](text, k.done(err))
}

// Describe is everything that is remembered of a key.
func (k *KMS) Describe(key Key) (out KeyRecord, err error) {
	err = k.on(key, func(key pointer) error {
		out, err = record[KeyRecord](cKMSDescribe(k.of(), key))
		return err
	})
	return out, err
}

// List is the keys in the order of their names, from after the name given (all for an empty one), at most limit, without versions.
func (k *KMS) List(after string, limit int) ([]KeyRecord, error) {
	if limit < 0 {
		return nil, errLimit
	}
	text, err := cKMSList(k.of(), after, limit)
	return record[[]KeyRecord](text, k.done(err))
}

var errLimit = invalid("a limit is negative; say how many there are to be at most, or go through Keys or AuditLog for all")

// Keys are all keys in the order of their names, without versions, as [KMS.List] gives them, a hundred at a time. An error is the last.
func (k *KMS) Keys() iter.Seq2[KeyRecord, error] {
	return func(yield func(KeyRecord, error) bool) {
		for after := ""; ; {
			page, err := k.List(after, 100)
			if err != nil {
				yield(KeyRecord{}, err)
				return
			}
			for _, one := range page {
				if !yield(one, nil) {
					return
				}
				after = one.Name
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// Update changes what is remembered of a key and describes it as it is then.
func (k *KMS) Update(key Key, update KeyUpdate) (out KeyRecord, err error) {
	if update.RotateEvery != nil {
		err = spans(*update.RotateEvery)
	}
	if update.Limits != nil && err == nil {
		err = spans(update.Limits.OriginatorPeriod, update.Limits.RecipientPeriod)
	}
	if err != nil {
		return KeyRecord{}, err
	}
	err = k.on(key, func(key pointer) error {
		out, err = record[KeyRecord](cKMSUpdate(k.of(), key, &update))
		return err
	})
	return out, err
}

// Rotate gives a key a new primary version, whose number it returns.
func (k *KMS) Rotate(key Key) (uint32, error) { return k.RotateFrom(key, 0) }

// RotateFrom can be repeated: however many ask for the successor of version 3, there is one version 4. [ErrConflict] says that the version expected was
// never primary.
func (k *KMS) RotateFrom(key Key, expected uint32) (version uint32, err error) {
	err = k.on(key, func(key pointer) error {
		version, err = cKMSRotate(k.of(), key, expected)
		return err
	})
	return version, err
}

// AddAlias lets another name point to a key.
func (k *KMS) AddAlias(key Key, alias string) error {
	return k.on(key, func(key pointer) error { return cKMSAddAlias(k.of(), key, alias) })
}

// MoveAlias points an alias to another key.
func (k *KMS) MoveAlias(key Key, alias string) error {
	return k.on(key, func(key pointer) error { return cKMSMoveAlias(k.of(), key, alias) })
}

// RemoveAlias removes an alias.
func (k *KMS) RemoveAlias(alias string) error { return k.done(cKMSRemoveAlias(k.of(), alias)) }

// Disable stops a key: it verifies only. [ErrForbidden] here and below is what the table of docs/lifecycle.md has no line for.
func (k *KMS) Disable(key Key) error { return k.event(disable, key) }

// Enable starts a disabled key again.
func (k *KMS) Enable(key Key) error { return k.event(enable, key) }

// ScheduleDestroy schedules the destruction of a disabled key with all its versions, 7 to 366 days from now, 30 for 0. It takes two calls of
// [KMS.Maintain] at least a day apart from then on.
func (k *KMS) ScheduleDestroy(key Key, wait time.Duration) (due time.Time, err error) {
	return k.destroy(key, wait, false)
}

// CancelDestroy calls a scheduled destruction off; the key is disabled then.
func (k *KMS) CancelDestroy(key Key) error { return k.event(cancelDestroy, key) }

// Suspend stops a version, which key names: it opens nothing until it is resumed.
func (k *KMS) Suspend(key Key) error { return k.event(suspend, key) }

// Resume lets a suspended version open data again.
func (k *KMS) Resume(key Key) error { return k.event(resume, key) }

// Deactivate takes the primary, a version that key names, out of use for new data.
func (k *KMS) Deactivate(key Key) error { return k.event(deactivate, key) }

// Compromise writes down that others know the secret of a version, which key names: it opens only for a recovery from now on.
func (k *KMS) Compromise(key Key) error { return k.event(compromise, key) }

// ScheduleDestroyVersion schedules the destruction of one version, which key names.
func (k *KMS) ScheduleDestroyVersion(key Key, wait time.Duration) (due time.Time, err error) {
	return k.destroy(key, wait, true)
}

// CancelDestroyVersion calls the destruction of a version off.
func (k *KMS) CancelDestroyVersion(key Key) error { return k.event(cancelDestroyVersion, key) }

func (k *KMS) destroy(key Key, wait time.Duration, version bool) (due time.Time, err error) {
	if err := spans(wait); err != nil {
		return due, err
	}
	err = k.on(key, func(key pointer) error {
		milliseconds, err := cKMSScheduleDestroy(k.of(), key, seconds(wait), version)
		due = time.UnixMilli(int64(milliseconds))
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	return due, nil
}

func (k *KMS) event(what event, key Key) error {
	return k.on(key, func(key pointer) error { return cKMSEvent(what, k.of(), key) })
}

// on reads the key and keeps it until the call has ended.
func (k *KMS) on(key Key, call func(key pointer) error) error {
	ref, err := named(key)
	if err != nil {
		return err
	}
	err = k.done(call(ref.of()))
	runtime.KeepAlive(ref)
	return err
}

func spans(all ...time.Duration) error {
	for _, one := range all {
		if one < 0 {
			return invalid("a span of time is negative; give 0 for none, or a positive one")
		}
	}
	return nil
}
