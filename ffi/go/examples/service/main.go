// Command service keeps records over HTTP, encrypted under data keys, while the key above those rotates; docs/tutorial-go.md explains it.
//
//	go run ./examples/service -store store.db -root root.key # then PUT and GET http://127.0.0.1:7007/records/ID
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	miyao "github.com/miyao-kms/miyao/ffi/go"
)

const uses = 1000 // so many records a data key protects at most

// No token of another table under the same key is taken for a data key of this one.
var table = miyao.Pairs{"table": "records"}

// A record is all that a database sees: its data key as a token, which only the key store opens, a nonce, and the text with its tag.
type record struct{ token, nonce, ciphertext []byte }

type service struct {
	kms     *miyao.KMS
	records sync.Map    // by id; it stands in for a database
	mutex   sync.Mutex  // for the cache, which is the data key of the moment:
	dataKey *miyao.AEAD // ready for use, out of reach of Go's collector,
	token   []byte      // the same as a token,
	left    int         // and for how many records more
}

func (s *service) encrypt(id string, text []byte) (record, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.left == 0 {
		bytes, token, err := s.kms.GenerateDataKey(miyao.Name("records"), table, 16)
		if err != nil {
			return record{}, err
		}
		defer miyao.Wipe(bytes)
		if s.dataKey, err = miyao.NewGCM(bytes); err != nil {
			return record{}, err
		}
		s.token, s.left = token, uses
	}
	s.left--
	// Random, not counted: a count would repeat after a restored snapshot, and 1000 of 96 bits do not meet.
	nonce := make([]byte, s.dataKey.NonceSize())
	if err := miyao.Random(nonce); err != nil {
		return record{}, err
	}
	return record{s.token, nonce, s.dataKey.Seal(nil, nonce, text, []byte(id))}, nil
}

// decrypt needs no cache: a token of a key in use opens without a lock, a system call or the store.
func (s *service) decrypt(id string, r record) ([]byte, error) {
	bytes, err := s.kms.Decrypt(r.token, table)
	if err != nil {
		return nil, err
	}
	defer miyao.Wipe(bytes)
	dataKey, err := miyao.NewGCM(bytes)
	if err != nil {
		return nil, err
	}
	defer dataKey.Close()
	return dataKey.Open(nil, r.nonce, r.ciphertext, []byte(id))
}

// follow rotates the key when that is due, and lets go of the data key: the next is under the newest version, whoever rotated.
func (s *service) follow() {
	if _, err := s.kms.Maintain(false); err != nil {
		log.Print(err) // what was due is due the next time too
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_ = s.dataKey.Close() // which wipes it
	s.left = 0
}

func (s *service) put(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		http.Error(w, "a record has at most 1 MiB", http.StatusRequestEntityTooLarge)
	} else if err != nil {
		http.Error(w, "the record did not come whole", http.StatusBadRequest)
	} else if made, err := s.encrypt(r.PathValue("id"), text); err != nil {
		fail(w, err)
	} else {
		s.records.Store(r.PathValue("id"), made)
	}
}

func (s *service) get(w http.ResponseWriter, r *http.Request) {
	found, ok := s.records.Load(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
	} else if text, err := s.decrypt(r.PathValue("id"), found.(record)); err != nil {
		fail(w, err)
	} else {
		_, _ = w.Write(text) // who has gone needs no answer
	}
}

func fail(w http.ResponseWriter, err error) {
	log.Print(err) // for nobody else
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
}

func main() {
	store := flag.String("store", "store.db", "the key store, with an sm4 key named records")
	root := flag.String("root", "root.key", "the file of its root key; where it counts, a passphrase or a key in a device")
	address := flag.String("listen", "127.0.0.1:7007", "whoever reaches it reads and writes: TLS and who may do what stand before it")
	age := flag.Duration("age", time.Minute, "how long a data key is used, and an older version after a rotation; 0 for ever")
	flag.Parse()
	kms, err := miyao.Open(*store, miyao.KeyFile(*root), "service:records")
	if err != nil {
		log.Fatal(err)
	}
	s := &service{kms: kms}
	http.HandleFunc("PUT /records/{id}", s.put)
	http.HandleFunc("GET /records/{id}", s.get)
	server := &http.Server{Addr: *address, ReadTimeout: time.Minute}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- server.ListenAndServe() }()
	for tick := time.Tick(*age); err == nil && ctx.Err() == nil; {
		select {
		case <-tick:
			s.follow()
		case err = <-served:
		case <-ctx.Done():
		}
	}
	// What was begun is ended, or given up; then the store is closed, which writes what was counted for the audit log.
	patience, enough := context.WithTimeout(context.Background(), 10*time.Second)
	defer enough()
	if err = errors.Join(err, server.Shutdown(patience), kms.Close()); err != nil {
		log.Fatal(err)
	}
}
