package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	miyao "github.com/miyao-kms/miyao/ffi/go"
)

// opened is the service on a store of its own, without its process.
func opened(t *testing.T) (*service, *miyao.KMS) {
	t.Helper()
	directory := t.TempDir()
	operator := operated(t, directory, 0)
	kms, err := miyao.Open(filepath.Join(directory, "store.db"), miyao.KeyFile(filepath.Join(directory, "root.key")), "service:records")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kms.Close() })
	return &service{kms: kms}, operator
}

func encrypted(t *testing.T, s *service, id, text string) (made record, version uint32) {
	t.Helper()
	made, err := s.encrypt(id, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	said, err := miyao.InspectToken(made.token)
	if err != nil {
		t.Fatal(err)
	}
	return made, said.Version
}

func TestARotationOfSomebodyElseIsFollowed(t *testing.T) {
	s, operator := opened(t)
	old, version := encrypted(t, s, "a", "first")
	if version != 1 {
		t.Fatal("version", version)
	}
	if _, err := operator.Rotate(miyao.Name("records")); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if s.follow(); s.left != 0 {
			t.Fatal("the data key outlived its time")
		}
		if _, version = encrypted(t, s, "b", "second"); version == 2 {
			break
		}
		time.Sleep(100 * time.Millisecond) // the store's cache may be a second old
	}
	if version != 2 {
		t.Error("records are still under version", version)
	}
	if text, err := s.decrypt("a", old); err != nil || string(text) != "first" {
		t.Error("a record of the older version:", string(text), err)
	}
}

func TestADataKeyProtectsSoManyRecords(t *testing.T) {
	s, _ := opened(t)
	tokens := map[string]int{}
	nonces := map[string]bool{}
	for range 2*uses + 1 {
		made, _ := encrypted(t, s, "a", "text")
		tokens[string(made.token)]++
		nonces[string(made.nonce)] = true
	}
	if len(tokens) != 3 || len(nonces) != 2*uses+1 {
		t.Error(len(tokens), "data keys and", len(nonces), "nonces")
	}
	for _, count := range tokens {
		if count > uses {
			t.Error(count, "records under one data key")
		}
	}
}

func TestARecordElsewhereOrAlteredIsRejected(t *testing.T) {
	s, _ := opened(t)
	made, _ := encrypted(t, s, "a", "text")
	altered := made
	altered.ciphertext = bytes.Clone(made.ciphertext)
	altered.ciphertext[0] ^= 1
	_, moved := s.decrypt("b", made)
	_, changed := s.decrypt("a", altered)
	if !errors.Is(moved, miyao.ErrRejected) || !errors.Is(changed, miyao.ErrRejected) {
		t.Error(moved, changed)
	}
	if _, err := s.kms.Decrypt(made.token, miyao.Pairs{"table": "others"}); !errors.Is(err, miyao.ErrRejected) {
		t.Error("a data key of this table opens in another:", err)
	}
}

func TestAClientHearsWhatItDidWrong(t *testing.T) {
	s, _ := opened(t)
	for _, put := range []struct {
		body io.Reader
		code int
	}{
		{strings.NewReader(strings.Repeat("a", 1<<20)), http.StatusOK},
		{strings.NewReader(strings.Repeat("a", 1<<20+1)), http.StatusRequestEntityTooLarge},
		{iotest.ErrReader(io.ErrUnexpectedEOF), http.StatusBadRequest},
	} {
		request := httptest.NewRequest(http.MethodPut, "/", put.body)
		request.SetPathValue("id", "a")
		answer := httptest.NewRecorder()
		if s.put(answer, request); answer.Code != put.code {
			t.Error(answer.Code, "instead of", put.code)
		}
	}
}

func TestItStartsAfterHalfABeginning(t *testing.T) {
	directory := t.TempDir()
	operated(t, directory, 0).Close()
	store, root := filepath.Join(directory, "store.db"), filepath.Join(directory, "root.key")
	if err := os.Remove(store); err != nil {
		t.Fatal(err)
	}
	said, err := command(directory).CombinedOutput()
	if err == nil || !strings.Contains(string(said), "store.db") {
		t.Errorf("%v: %s", err, said)
	}
	if files, err := os.ReadDir(directory); err != nil || len(files) != 1 {
		t.Error("the service made something:", files, err)
	}
	operator, err := miyao.Init(store, miyao.KeyFile(root), "operator")
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	created(t, operator, 0)
	if err := started(t, directory).ended(t); err != nil {
		t.Error(err)
	}
}

func TestASlowClientDoesNotHoldTheEnd(t *testing.T) {
	t.Parallel() // it takes the ten seconds that clients have
	directory := t.TempDir()
	operator := operated(t, directory, 0)
	service := started(t, directory)
	if _, err := ask(http.MethodPut, service.url+"a", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(http.MethodGet, service.url+"a", nil); err != nil {
		t.Fatal(err)
	}
	connection, err := net.Dial("tcp", strings.Split(service.url, "/")[2])
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	fmt.Fprint(connection, "PUT /records/b HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	// That is said when the record is being read: from then on its request is one.
	if said, err := bufio.NewReader(connection).ReadString('\n'); err != nil || !strings.HasPrefix(said, "HTTP/1.1 100 ") {
		t.Fatal(said, err)
	}
	fmt.Fprint(connection, "half")
	begun := time.Now()
	if err := service.ended(t); err == nil || !strings.Contains(service.log.String(), "deadline exceeded") {
		t.Error("nobody was given up:", err, service.log.String())
	}
	if took := time.Since(begun); took > 40*time.Second {
		t.Error("the end took", took)
	}
	if counted := decrypted(t, operator); counted != 1 {
		t.Error(counted, "decryptions are in the audit log instead of 1")
	}
}
