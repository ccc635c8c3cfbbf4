package miyao

import (
	"errors"
	"io"
)

// Backup writes the store as it is now as a message to recipients, who should be no keys of this store: it cannot open the backup once it is lost. Whoever
// opens it has every key. What was written before an error is no backup.
func (k *KMS) Backup(out io.Writer, options MessageOptions) (held BackupRecord, err error) {
	err = options.use(func(object pointer) error {
		return writing(out, func(number pointer) error {
			text, err := cKMSBackup(k.of(), object, number)
			held, err = record[BackupRecord](text, k.done(err))
			return err
		})
	})
	return held, err
}

// VerifyBackup proves that a backup is whole: it opens it, checks every MAC and the audit chain, and every secret by its check value, and writes nothing.
// [ErrMalformed] is a message that is no backup; [ErrCorrupt] one whose parts contradict each other.
func VerifyBackup(in io.Reader, options OpenOptions) (held BackupRecord, err error) {
	err = options.use(func(object pointer) error {
		return reading(in, func(number pointer) error {
			held, err = record[BackupRecord](cBackupVerify(object, number))
			return err
		})
	})
	return held, err
}

// Restore makes a new store in a new file from a backup, under a root, and opens it, as [Init] does. A root in a device has to be named by its id. What
// fails leaves no store.
func Restore(path string, root Root, principal string, in io.Reader, options OpenOptions) (k *KMS, made RestoreRecord, err error) {
	if err := root.mayMake(path, principal); err != nil {
		return nil, made, err
	}
	err = options.use(func(opener pointer) error {
		return reading(in, func(number pointer) error {
			return root.use(func(root pointer) error { // the last, for it may make a file
				object, text, err := cKMSRestore(path, root, principal, opener, number)
				if err != nil {
					return err
				}
				k, made, err = restored(object, text)
				return err
			})
		})
	})
	return k, made, err
}

// restored is an open store beside its record. Without one the other is of no use either: whoever sees an error closes nothing. The store itself is made.
func restored(object pointer, text []byte) (*KMS, RestoreRecord, error) {
	k := newKMS(object)
	made, err := record[RestoreRecord](text, nil)
	if err != nil {
		return nil, RestoreRecord{}, errors.Join(err, k.Close())
	}
	return k, made, nil
}
