package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	miyao "github.com/miyao-kms/miyao/ffi/go"
)

// load writes and reads records from 16 goroutines, and fails unless each is what was written and the key has rotated meanwhile.
func (s *service) load(url string, length time.Duration) error {
	var writes, reads atomic.Int64
	var workers sync.WaitGroup
	failures := make(chan error, 16)
	end := time.Now().Add(length)
	for worker := range 16 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			written := map[string][]byte{} // the records of this worker, as they have to be
			for n := 0; time.Now().Before(end); n++ {
				id := fmt.Sprintf("%d-%d", worker, n%4)
				if n%64 < 4 { // what is written once is read fifteen times, and older versions wrapped some of it
					written[id] = make([]byte, 256)
					rand.Read(written[id])
					if _, err := ask(http.MethodPut, url+id, written[id]); err != nil {
						failures <- err
						return
					}
					writes.Add(1)
					continue
				}
				text, err := ask(http.MethodGet, url+id, nil)
				if err == nil && !bytes.Equal(text, written[id]) {
					err = errors.New("another text than was written")
				}
				if err != nil {
					failures <- fmt.Errorf("%s: %w", id, err)
					return
				}
				reads.Add(1)
			}
		}()
	}
	workers.Wait()
	close(failures)
	var all []error
	for err := range failures {
		all = append(all, err)
	}
	key, err := s.kms.Describe(s.key)
	fmt.Printf("%d records written, %d read, %d versions, %d failures\n", writes.Load(), reads.Load(), len(key.Versions), s.failures.Load())
	if s.failures.Load() > 0 || len(key.Versions) < 2 {
		all = append(all, errors.New("something failed, or the key did not rotate"))
	}
	return errors.Join(append(all, err)...)
}

// comesBack fails unless a store from a backup opens every record too, as after a loss of this one. Nobody rotates meanwhile: what either store makes
// next is its own.
func (s *service) comesBack() error {
	place, err := os.MkdirTemp("", "restored")
	if err != nil {
		return err
	}
	defer os.RemoveAll(place)
	keeper, err := miyao.GenerateSM2Key()
	if err != nil {
		return err
	}
	defer keeper.Close()
	pem, err := keeper.PublicKey().PEM()
	if err != nil {
		return err
	}
	public, backup := filepath.Join(place, "keeper.pem"), filepath.Join(place, "backup")
	if err := errors.Join(os.WriteFile(public, pem, 0o600), s.backup(backup, public)); err != nil {
		return err
	}
	again, err := s.restore(backup, keeper, filepath.Join(place, "store.db"), filepath.Join(place, "root.key"))
	if err != nil {
		return err
	}
	files, err := os.ReadDir(s.dir)
	for _, file := range files {
		text, here := s.get(file.Name())
		same, there := again.get(file.Name())
		if err = errors.Join(err, here, there); err == nil && !bytes.Equal(text, same) {
			err = errors.New("another text by the store that was restored")
		}
	}
	return errors.Join(err, again.kms.Close())
}

// A connection a worker, or the ports run out.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

func ask(method, url string, text []byte) ([]byte, error) {
	request, err := http.NewRequest(method, url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return body, err
}
