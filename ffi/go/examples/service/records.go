package main

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	miyao "github.com/miyao-kms/miyao/ffi/go"
)

const (
	uses     = 1000             // a data key protects so many records at most,
	age      = 10 * time.Minute // for so long
	tokenLen = 63 + 16          // a record is a file: the token of its data key, a nonce, and the text with its tag
	nonceLen = 12
)

type table struct {
	kms     *miyao.KMS
	key     *miyao.KeyRef
	context *miyao.EncryptionContext
	dir     string
	locks   [64]sync.Mutex // by record: whoever writes one holds it, so nobody writes an older one over it
	using   sync.Mutex     // for what follows
	gcm     *miyao.AEAD    // the data key of the moment, and its token
	token   []byte
	left    int
	until   time.Time
	under   uint32 // the version that every record's data key is under, as far as is known
}

// open opens the store, or makes it. The root is a file here; where it counts, a passphrase or a key in a device.
func open(dir string, rotateEvery time.Duration) (*table, error) {
	store, root := filepath.Join(dir, "store.db"), filepath.Join(dir, "root.key")
	if err := os.MkdirAll(filepath.Join(dir, "records"), 0o700); err != nil {
		return nil, err
	}
	kms, err := miyao.Open(store, miyao.KeyFile(root), "service:records")
	if missing(store) && missing(root) {
		kms, err = miyao.Init(store, miyao.NewKeyFile(root), "service:records")
	} else if missing(store) { // an earlier run ended after the root
		kms, err = miyao.Init(store, miyao.KeyFile(root), "service:records")
	}
	if err != nil {
		return nil, err
	}
	_, err = kms.Create(miyao.KeyOptions{Name: "records", Spec: miyao.SpecSM4, RotateEvery: rotateEvery})
	if errors.Is(err, miyao.ErrExists) { // an earlier run made it
		err = nil
	}
	key, unread := miyao.ParseKeyRef("records")
	// No token of another table under the same key is taken for a data key of this one.
	context, unbound := miyao.NewContext(map[string]string{"table": "records"})
	if err = errors.Join(err, unread, unbound); err != nil {
		return nil, errors.Join(err, kms.Close())
	}
	return &table{kms: kms, key: key, context: context, dir: filepath.Join(dir, "records")}, nil
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

func (t *table) put(id string, text []byte) error {
	lock := t.writing(id)
	lock.Lock()
	defer lock.Unlock()
	record, err := t.seal(id, text)
	if err != nil {
		return err
	}
	return t.write(id, record)
}

func (t *table) seal(id string, text []byte) ([]byte, error) {
	t.using.Lock()
	defer t.using.Unlock()
	if t.left == 0 || time.Now().After(t.until) {
		if err := t.renew(); err != nil {
			return nil, err
		}
	}
	t.left--
	// Random, not counted: a count would repeat after a restored snapshot, and 1000 of 96 bits do not meet.
	var nonce [nonceLen]byte
	if err := miyao.Random(nonce[:]); err != nil {
		return nil, err
	}
	record := append(append([]byte(nil), t.token...), nonce[:]...)
	return t.gcm.Seal(record, nonce[:], text, []byte(id)), nil
}

// renew makes a data key; whoever calls it holds the lock.
func (t *table) renew() error {
	key, token, err := t.kms.GenerateDataKey(t.key, t.context, 16)
	if err != nil {
		return err
	}
	defer miyao.Wipe(key)
	gcm, err := miyao.NewGCM(key)
	if err != nil {
		return err
	}
	t.forget()
	t.gcm, t.token, t.left, t.until = gcm, token, uses, time.Now().Add(age)
	return nil
}

func (t *table) get(id string) ([]byte, error) {
	record, err := os.ReadFile(filepath.Join(t.dir, id))
	if err != nil {
		return nil, err
	}
	if len(record) < tokenLen+nonceLen {
		return nil, miyao.ErrTruncated
	}
	// Nothing is kept for reading: a token of a key in use opens without a lock or the store.
	key, err := t.kms.Decrypt(record[:tokenLen], t.context)
	if err != nil {
		return nil, err
	}
	defer miyao.Wipe(key)
	gcm, err := miyao.NewGCM(key)
	if err != nil {
		return nil, err
	}
	defer gcm.Close()
	return gcm.Open(nil, record[tokenLen:tokenLen+nonceLen], record[tokenLen+nonceLen:], []byte(id))
}

// write leaves the old record or the new one, whenever power fails.
func (t *table) write(id string, record []byte) error {
	path := filepath.Join(t.dir, id)
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(record)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(t.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// backup writes the store for the holder of a key that is kept elsewhere: whoever has both has every data key. The records are files of their own.
func (t *table) backup(path, keeper string) error {
	file, err := os.ReadFile(keeper)
	if err != nil {
		return err
	}
	public, err := miyao.ParseSM2PublicKey(file)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = t.kms.Backup(out, miyao.MessageOptions{Recipients: []miyao.Recipient{miyao.ToSM2(public)}})
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		err = errors.Join(err, os.Remove(path)) // what was written until then is no backup
	}
	return err
}

// restore makes a store from a backup, under another root, and reads the same records by it.
func (t *table) restore(path string, keeper *miyao.SM2PrivateKey, store, root string) (*table, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	by := miyao.OpenOptions{Identities: []miyao.Identity{miyao.BySM2(keeper)}}
	kms, _, err := miyao.Restore(store, miyao.NewKeyFile(root), "service:records", in, by)
	return &table{kms: kms, key: t.key, context: t.context, dir: t.dir}, err
}
