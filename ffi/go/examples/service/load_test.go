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
	url  string
	log  bytes.Buffer  // whole once it has ended
	over chan struct{} // closed then,
	err  error         // and this is how
}

// started is the service on the store of a directory, which answers.
func started(t *testing.T, directory string) *process {
	t.Helper()
	for range 20 {
		if p := tried(t, directory); p != nil {
			return p
		}
	}
	t.Fatal("somebody else takes every port")
	return nil
}

// tried is the service, or none where somebody else took its port between the look for one and its start.
func tried(t *testing.T, directory string) *process {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // a port that nobody has
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	p := &process{Cmd: command(directory, "-listen", address, "-age", "100ms"), url: "http://" + address + "/records/", over: make(chan struct{})}
	p.Stderr = &p.log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.err = p.Wait(); close(p.over) }()
	t.Cleanup(func() { _ = p.Process.Kill() }) // where the test did not end it
	for patience := time.After(time.Minute); ; {
		if _, err := ask(http.MethodGet, p.url+"none", nil); err != nil && strings.HasPrefix(err.Error(), "404") {
			return p
		}
		select {
		case <-p.over:
			if strings.Contains(p.log.String(), "address already in use") {
				return nil
			}
			t.Fatal("the service ended:", p.err, p.log.String())
		case <-patience:
			t.Fatal("the service does not answer")
		case <-time.After(10 * time.Millisecond):
		}
	}
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
	<-p.over
	return p.err
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
	var isOver atomic.Bool
	defer isOver.Store(true)
	for worker := range 16 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			written := map[string][]byte{} // the records of this worker, as they have to be
			for n := 0; !isOver.Load(); n++ {
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
	time.Sleep(*length)
	// On a busy machine a rotation takes longer than the second that it is due after.
	due := int(*length/time.Second)/2 + 1
	for patience := 600; versions(t, operator) < due && failures.Load() == 0 && patience > 0; patience-- {
		time.Sleep(100 * time.Millisecond)
	}
	isOver.Store(true)
	workers.Wait()
	if err := service.ended(t); err != nil || service.log.Len() > 0 {
		t.Error("the service ended by", err, "and logged", service.log.String())
	}
	made := versions(t, operator)
	fmt.Printf("%d records written, %d read, %d versions, %d failures\n", writes.Load(), reads.Load(), made, failures.Load())
	if made < due || due < 2 {
		t.Errorf("the key rotated too seldom in %v; load for 2 s or more", *length)
	}
	// The service closed its store, so what it did is in the audit log to the last record.
	if counted := decrypted(t, operator); counted != uint64(reads.Load()) {
		t.Errorf("%d records were decrypted, and %d are in the audit log", reads.Load(), counted)
	}
}

func versions(t *testing.T, operator *miyao.KMS) int {
	t.Helper()
	key, err := operator.Describe(miyao.Name("records"))
	if err != nil {
		t.Fatal(err)
	}
	return len(key.Versions)
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
