package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	miyao "github.com/miyao-kms/miyao/ffi/go"
)

var length = flag.Duration("load", 5*time.Second, "how long records are written and read")

// The tests' own program is the service too, in a process of its own that is ended as any service is.
func TestMain(m *testing.M) {
	if os.Getenv("MIYAO_TEST_SERVICE") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

type process struct {
	*exec.Cmd
	url string
	log bytes.Buffer
}

// started is the service on the store of a directory, which answers.
func started(t *testing.T, directory string) *process {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a port that nobody has
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	p := &process{Cmd: command(directory, "-listen", address, "-age", "100ms"), url: "http://" + address + "/records/"}
	p.Stderr = &p.log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() }) // where the test did not end it
	for range 500 {
		if _, err := ask(http.MethodGet, p.url+"none", nil); err != nil && strings.HasPrefix(err.Error(), "404") {
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the service does not answer:", p.log.String())
	return nil
}

func command(directory string, more ...string) *exec.Cmd {
	arguments := append([]string{"-store", filepath.Join(directory, "store.db"), "-root", filepath.Join(directory, "root.key")}, more...)
	c := exec.Command(os.Args[0], arguments...)
	c.Env = append(os.Environ(), "MIYAO_TEST_SERVICE=1")
	return c
}

// ended is how the process ends once it is asked to.
func (p *process) ended(t *testing.T) error {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	return p.Wait()
}

// operated is what an operator makes once: a store, and a key that rotates so often.
func operated(t *testing.T, directory string, rotateEvery time.Duration) *miyao.KMS {
	t.Helper()
	root := miyao.NewKeyFile(filepath.Join(directory, "root.key"))
	operator, err := miyao.Init(filepath.Join(directory, "store.db"), root, "operator")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { operator.Close() })
	created(t, operator, rotateEvery)
	return operator
}

func created(t *testing.T, operator *miyao.KMS, rotateEvery time.Duration) {
	t.Helper()
	_, err := operator.Create(miyao.KeyOptions{Name: "records", Spec: miyao.SpecSM4, RotateEvery: rotateEvery})
	if err != nil {
		t.Fatal(err)
	}
}

// Sixteen write and read while the key rotates every second.
func TestEveryRecordComesBackWhileTheKeyRotates(t *testing.T) {
	t.Parallel() // beside the other that takes seconds
	directory := t.TempDir()
	operator := operated(t, directory, time.Second)
	service := started(t, directory)
	var writes, reads, failures atomic.Int64
	var workers sync.WaitGroup
	end := time.Now().Add(*length)
	for worker := range 16 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			written := map[string][]byte{} // the records of this worker, as they have to be
			for n := 0; time.Now().Before(end); n++ {
				id := fmt.Sprintf("%d-%d", worker, n%32)
				if n%1024 < 32 { // what is written once is read 31 times, under one version or another
					written[id] = make([]byte, 256)
					rand.Read(written[id])
					if _, err := ask(http.MethodPut, service.url+id, written[id]); err != nil {
						failures.Add(1)
						t.Errorf("%s: %v", id, err)
						return
					}
					writes.Add(1)
					continue
				}
				text, err := ask(http.MethodGet, service.url+id, nil)
				if err == nil && !bytes.Equal(text, written[id]) {
					err = errors.New("another text than was written")
				}
				if err != nil {
					failures.Add(1)
					t.Errorf("%s: %v", id, err)
					return
				}
				reads.Add(1)
			}
		}()
	}
	workers.Wait()
	if err := service.ended(t); err != nil || service.log.Len() > 0 {
		t.Error("the service ended by", err, "and logged", service.log.String())
	}
	key, err := operator.Describe(miyao.Name("records"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%d records written, %d read, %d versions, %d failures\n", writes.Load(), reads.Load(), len(key.Versions), failures.Load())
	if whole := int(*length / time.Second); len(key.Versions) <= whole/2 || whole < 2 {
		t.Errorf("the key rotated too seldom in %v; load for 2 s or more", *length)
	}
	// The service closed its store, so what it did is in the audit log to the last record.
	if counted := decrypted(t, operator); counted != uint64(reads.Load()) {
		t.Errorf("%d records were decrypted, and %d are in the audit log", reads.Load(), counted)
	}
}

// decrypted is how often the service decrypted, by the audit log.
func decrypted(t *testing.T, operator *miyao.KMS) (count uint64) {
	t.Helper()
	for entry, err := range operator.AuditLog(1) {
		if err != nil {
			t.Fatal(err)
		}
		if entry.Principal == "service:records" && entry.Action == "decrypt" && entry.Outcome == 0 {
			count += entry.Count
		}
	}
	return count
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
