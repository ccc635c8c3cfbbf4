// Command service keeps records under data keys, over HTTP, while their key rotates; docs/tutorial-go.md builds it up.
//
//	go run ./examples/service -dir DIRECTORY                      # PUT and GET http://127.0.0.1:7007/records/ID
//	go run ./examples/service -dir DIRECTORY -backup FILE -keeper PUBLIC   # a backup of its store, for the holder of a key
//	go run ./examples/service -load 10s -rotate 1s                # asks itself meanwhile; fails unless every record comes back
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	miyao "github.com/miyao-kms/miyao/ffi/go"
)

type service struct {
	*table
	failures atomic.Int64
}

// An id becomes the name of a file, so it is nothing else.
var id = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("id")
	if !id.MatchString(name) {
		http.Error(w, "an id is 1 to 64 of a-z, 0-9 and -", http.StatusBadRequest)
		return
	}
	var text []byte
	var err error
	if r.Method == http.MethodPut {
		if text, err = io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20)); err != nil {
			if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
				http.Error(w, "a record has at most 1 MiB", http.StatusRequestEntityTooLarge)
			} else { // it did not come whole
				http.Error(w, http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
			}
			return
		}
		err, text = s.put(name, text), nil
	} else {
		text, err = s.get(name)
	}
	if err != nil {
		s.failed(err)
		http.Error(w, http.StatusText(code(err)), code(err))
		return
	}
	_, _ = w.Write(text) // who has gone needs no answer
}

// code is what a client may know of a failure; the log has the sentence.
func code(err error) int {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return http.StatusNotFound
	case errors.Is(err, miyao.ErrBusy), errors.Is(err, miyao.ErrUnavailable), errors.Is(err, miyao.ErrStale):
		return http.StatusServiceUnavailable // another time it may work
	default:
		return http.StatusInternalServerError
	}
}

func (s *service) failed(err error) {
	s.failures.Add(1)
	log.Print(err)
}

// maintain does what is due every so often. What failed is due the next time too.
func (s *service) maintain(ctx context.Context, every time.Duration) {
	for tick := time.Tick(every); ctx.Err() == nil; {
		if err := s.follow(); err != nil {
			s.failed(err)
		}
		select {
		case <-tick:
		case <-ctx.Done():
		}
	}
}

func run() error {
	dir := flag.String("dir", ".", "where store, root and records are; made where they are not")
	address := flag.String("listen", "127.0.0.1:7007", "whoever reaches it reads and writes: TLS and who may do what stand before it")
	rotate := flag.Duration("rotate", 90*24*time.Hour, "the age at which the key rotates, where it is made")
	backup := flag.String("backup", "", "a file to write a backup of the store to, and end; the records are files of their own")
	keeper := flag.String("keeper", "", "the SM2 public key, PEM or DER, of whoever shall open it; the private half is kept elsewhere")
	length := flag.Duration("load", 0, "how long to ask itself, at an address and in a directory of its own")
	flag.Parse()
	if *length > 0 {
		var err error
		if *dir, err = os.MkdirTemp("", "records"); err != nil {
			return err
		}
		defer os.RemoveAll(*dir)
		*address = "127.0.0.1:0"
	}
	table, err := open(*dir, *rotate)
	if err != nil {
		return err
	}
	if *backup != "" {
		return errors.Join(table.backup(*backup, *keeper), table.kms.Close())
	}
	s := &service{table: table}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return errors.Join(err, s.kms.Close())
	}
	mux := http.NewServeMux()
	mux.Handle("PUT /records/{id}", s)
	mux.Handle("GET /records/{id}", s)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	var timer sync.WaitGroup
	timer.Add(1)
	go func() { defer timer.Done(); s.maintain(ctx, min(*rotate/2, time.Minute)) }()
	if *length > 0 {
		err = s.load("http://"+listener.Addr().String()+"/records/", *length)
	} else {
		select {
		case <-ctx.Done():
		case err = <-served:
		}
	}
	stop()
	timer.Wait()
	if *length > 0 {
		err = errors.Join(err, s.comesBack())
	}
	// What was begun is ended, or given up; then the store is closed, which writes what was counted for the audit log.
	patience, enough := context.WithTimeout(context.Background(), 10*time.Second)
	defer enough()
	return errors.Join(err, server.Shutdown(patience), s.kms.Close())
}

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}
