package main

import (
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	miyao "github.com/miyao-kms/miyao/ffi/go"
)

// follow rotates the key when it is due, and forgets a data key that is old or of an older version. After a rotation, whoever did it, the data keys
// of all records are wrapped under the new version, so that older ones can go; the texts stay as they are.
func (t *table) follow() error {
	if _, err := t.kms.Maintain(false); err != nil {
		return err
	}
	key, err := t.kms.Describe(t.key)
	if err != nil {
		return err
	}
	if key.Primary == nil {
		return errors.New("the key has no version to encrypt with")
	}
	t.using.Lock()
	if t.left > 0 && (time.Now().After(t.until) || !of(*key.Primary, t.token)) {
		t.forget()
	}
	t.using.Unlock()
	if t.under == *key.Primary { // nothing was rotated since
		return nil
	}
	for i := range t.locks { // whoever still writes under the data key that was forgotten is waited for
		t.locks[i].Lock()
		t.locks[i].Unlock()
	}
	files, err := os.ReadDir(t.dir)
	for _, file := range files {
		if !strings.Contains(file.Name(), ".") { // a name with a dot is not whole yet
			err = errors.Join(err, t.rewrap(file.Name(), *key.Primary))
		}
	}
	if err == nil {
		t.under = *key.Primary
	}
	return err
}

func of(version uint32, token []byte) bool {
	said, err := miyao.InspectToken(token)
	return err == nil && said.Version == version
}

func (t *table) rewrap(id string, version uint32) error {
	lock := t.writing(id)
	lock.Lock()
	defer lock.Unlock()
	record, err := os.ReadFile(filepath.Join(t.dir, id))
	if err != nil || len(record) < tokenLen || of(version, record[:tokenLen]) {
		return err
	}
	token, err := t.kms.Reencrypt(record[:tokenLen], t.context)
	if err != nil {
		return err
	}
	return t.write(id, append(token, record[tokenLen:]...))
}

// forget wipes the data key of the moment.
func (t *table) forget() {
	if t.gcm != nil {
		_ = t.gcm.Close() // which wipes, and has nothing to fail
	}
	t.gcm, t.left = nil, 0
}

func (t *table) writing(id string) *sync.Mutex {
	return &t.locks[crc32.ChecksumIEEE([]byte(id))%64]
}
