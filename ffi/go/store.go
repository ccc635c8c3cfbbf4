package miyao

import (
	"iter"
	"runtime"
)

// Info is what there is to say of the store.
func (k *KMS) Info() (StoreRecord, error) {
	text, err := cKMSRecord(aboutStore, k.of())
	return record[StoreRecord](text, k.done(err))
}

// Doctor checks everything that can be checked.
func (k *KMS) Doctor() (DoctorRecord, error) {
	text, err := cKMSRecord(aboutDoctor, k.of())
	return record[DoctorRecord](text, k.done(err))
}

// VerifyAudit follows the audit chain from its first entry to the end that the store's head names. [ErrCorrupt] says where it was edited.
func (k *KMS) VerifyAudit() (AuditRecord, error) {
	text, err := cKMSRecord(aboutAudit, k.of())
	return record[AuditRecord](text, k.done(err))
}

// AuditEntries are the entries from number first on, which counts from 1, at most limit.
func (k *KMS) AuditEntries(first uint64, limit int) ([]AuditEntry, error) {
	if limit < 0 {
		return nil, errLimit
	}
	text, err := cKMSAudit(k.of(), first, limit)
	return record[[]AuditEntry](text, k.done(err))
}

// AuditLog is the audit log from number first on, which counts from 1, as [KMS.AuditEntries] gives it, a thousand at a time. An error is the last.
func (k *KMS) AuditLog(first uint64) iter.Seq2[AuditEntry, error] {
	return func(yield func(AuditEntry, error) bool) {
		for next := first; ; {
			page, err := k.AuditEntries(next, 1000)
			if err != nil {
				yield(AuditEntry{}, err)
				return
			}
			for _, one := range page {
				if !yield(one, nil) {
					return
				}
				next = one.Sequence + 1
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// Maintain does everything that is due and says what it did. confirmClock believes the clock after it stepped, which is [ErrClock] otherwise.
func (k *KMS) Maintain(confirmClock bool) ([]Maintained, error) {
	text, err := cKMSMaintain(k.of(), confirmClock)
	return record[[]Maintained](text, k.done(err))
}

// Root is what is known of the root key.
func (k *KMS) Root() (RootRecord, error) {
	text, err := cKMSRecord(aboutRoot, k.of())
	return record[RootRecord](text, k.done(err))
}

// Devices are those that are attached.
func (k *KMS) Devices() ([]DeviceRecord, error) {
	text, err := cKMSRecord(aboutDevices, k.of())
	return record[[]DeviceRecord](text, k.done(err))
}

// ChangeRoot seals the store's master secret under another root; nothing else is rewritten.
func (k *KMS) ChangeRoot(root Root) error {
	if err := k.isOpen(); err != nil { // before a key file is made for nothing
		return err
	}
	return root.use(func(root pointer) error { return k.done(cKMSChangeRoot(k.of(), root)) })
}

// RotateRoot makes a new root key in the device that holds the present one, and seals the master secret under it; the former is kept. Where this was begun
// before and not finished, it is finished. [ErrUnavailable] is a device that does not answer: call it again then, or [KMS.ResumeRoot].
func (k *KMS) RotateRoot(device *Device) (RootChange, error) { return k.rootIn(device, cKMSRotateRoot) }

// MigrateRoot makes a root key in a device that does not hold the present one, and seals the master secret under it. Otherwise as RotateRoot; one begun for
// another device is given up.
func (k *KMS) MigrateRoot(device *Device) (RootChange, error) {
	return k.rootIn(device, cKMSMigrateRoot)
}

// ResumeRoot finishes a change of root that was begun for this device. [ErrMissing] says that none was.
func (k *KMS) ResumeRoot(device *Device) (RootChange, error) { return k.rootIn(device, cKMSResumeRoot) }

func (k *KMS) rootIn(device *Device, change func(kms, device pointer) ([]byte, error)) (RootChange, error) {
	object, err := device.enter()
	if err != nil {
		return RootChange{}, err
	}
	defer device.handle.leave()
	text, err := change(k.of(), object)
	return record[RootChange](text, k.done(err))
}

// Upgrade brings the rows of an older release to this one's layout, and says whether anything had to be done. [ErrReadOnly] is a store of a newer release.
func (k *KMS) Upgrade() (changed bool, err error) {
	changed, err = cKMSUpgrade(k.of())
	return changed, k.done(err)
}

// Witness is the newest state of the store that this process saw; keep it outside the store.
func (k *KMS) Witness() ([]byte, error) {
	out := make([]byte, witnessLen)
	if err := k.done(cKMSWitness(k.of(), out)); err != nil {
		return nil, err
	}
	return out, nil
}

// CheckWitness refuses a store that is older than a witness kept from before, with [ErrRolledBack].
func (k *KMS) CheckWitness(witness []byte) error { return k.done(cKMSCheckWitness(k.of(), witness)) }

// Rewrapped is how a message in a file was wrapped anew.
type Rewrapped uint32

const (
	RewrappedCurrent Rewrapped = 0 // everything was under current versions already
	RewrappedInPlace Rewrapped = 1 // the recipients were rewritten in place
	RewrappedCopied  Rewrapped = 2 // the file was written anew and renamed
)

// RewrapFile wraps the message in a file anew, in place: for one key, or for nil for each key of the store that is a recipient. The cost does not
// depend on the size, and the message stays readable after every failure.
func (k *KMS) RewrapFile(path string, to Key) (done Rewrapped, err error) {
	err = k.onAny(to, func(to pointer) error {
		number, err := cKMSRewrapFile(k.of(), path, to)
		done = Rewrapped(number)
		return err
	})
	return done, err
}

// Rewrap is the same of a message in memory.
func (k *KMS) Rewrap(message []byte, to Key) (out []byte, err error) {
	err = k.onAny(to, func(to pointer) error {
		out, err = cKMSRewrap(k.of(), message, to)
		return err
	})
	return out, err
}

// onAny is on, where nil stands for every key.
func (k *KMS) onAny(key Key, call func(key pointer) error) error {
	if key == nil {
		return k.done(call(nil))
	}
	ref, err := key.ref()
	if err != nil {
		return err
	}
	err = k.done(call(ref.of()))
	runtime.KeepAlive(ref)
	return err
}
