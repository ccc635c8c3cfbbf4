package miyao

import (
	"bytes"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// checked is this package as the compiler sees it, without what cgo makes of it, and with more in it.
func checked(t *testing.T, more string) *types.Package {
	set := token.NewFileSet()
	var files []*ast.File
	for _, path := range need[[]string](t)(filepath.Glob("*.go")) {
		if !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, "link_") {
			files = append(files, need[*ast.File](t)(parser.ParseFile(set, path, nil, 0)))
		}
	}
	files = append(files, need[*ast.File](t)(parser.ParseFile(set, "more.go", more, 0)))
	config := types.Config{FakeImportC: true, Importer: importer.ForCompiler(set, "source", nil), Error: func(err error) {
		// What cgo would know of C is missing where C is called, and there alone.
		if !strings.HasPrefix(err.Error(), "cgo.go:") {
			t.Error(err)
		}
	}}
	home, _ := config.Check("miyao", set, files, nil)
	return home
}

// A holding is what there is in a value of a type itself, which a copy does not share.
type holding struct {
	raw    bool // a pointer of C's, or a number that may be one
	lock   bool
	object bool // an owned or a handle
}

func (h *holding) add(kind types.Type, home *types.Package) {
	if named, ok := kind.(*types.Named); ok {
		of := named.Obj().Pkg()
		if of != nil && (of.Path() == "sync" || of.Path() == "sync/atomic") {
			h.lock = true
			return
		}
		if of != nil && of != home {
			return
		}
	}
	switch at := kind.Underlying().(type) {
	case *types.Basic:
		// Whatever is of C is invalid here.
		h.raw = h.raw || at.Kind() == types.UnsafePointer || at.Kind() == types.Uintptr || at.Kind() == types.Invalid
	case *types.Struct:
		for i := range at.NumFields() {
			h.add(at.Field(i).Type(), home)
		}
	case *types.Array:
		h.add(at.Elem(), home)
	case *types.Slice:
		h.add(at.Elem(), home)
	case *types.Map:
		h.add(at.Key(), home)
		h.add(at.Elem(), home)
	case *types.Pointer:
		if at.Elem().Underlying() == types.Typ[types.Invalid] {
			h.raw = true
		}
		name := types.TypeString(at.Elem(), func(*types.Package) string { return "" })
		h.object = h.object || name == "owned" || name == "handle"
	}
}

func holdings(home *types.Package) map[string]holding {
	found := map[string]holding{}
	for _, name := range home.Scope().Names() {
		if kind, ok := home.Scope().Lookup(name).(*types.TypeName); ok && kind.Exported() {
			var h holding
			h.add(kind.Type(), home)
			found[name] = h
		}
	}
	return found
}

// A copyCase makes an object, and tries a copy of its value.
type copyCase struct {
	make func() any
	try  func(value any) error
}

// copied takes the value out of where it was made, so that nothing but the copy is left.
func copied[T any](make func() (*T, error), try func(*T) error) copyCase {
	return copyCase{
		func() any {
			first, err := make()
			must(err)
			return *first
		},
		func(value any) error {
			copied := value.(T)
			return try(&copied)
		},
	}
}

func said(ok bool) error {
	if !ok {
		return errors.New("another answer")
	}
	return nil
}

func last[T any](_ T, err error) error { return err }

// Everything that a case needs is made before, and kept: a case's own objects are the only ones that come and go.
func copyCases(t *testing.T, kms *KMS) map[string]copyCase {
	h, text, sixteen := newHierarchy(t), []byte("text"), make([]byte, 16)
	key, gcm := h.keys["signing"], need[*AEAD](t)(NewGCM(sixteen))
	options, open := MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}}, OpenOptions{Identities: []Identity{BySM2(key)}}
	message := need[[]byte](t)(EncryptMessage(text, options))
	signature := need[Signature](t)(key.SignMessage(nil, text))
	verifies := func(k interface {
		VerifyMessage(_, _ []byte, s Signature) error
	}) error {
		return k.VerifyMessage(nil, text, signature)
	}
	return map[string]copyCase{
		"AEAD":        copied(func() (*AEAD, error) { return NewGCM(sixteen) }, func(a *AEAD) error { return last(a.Open(nil, sixteen[:12], a.Seal(nil, sixteen[:12], text, nil), nil)) }),
		"Certificate": copied(func() (*Certificate, error) { return ParseCertificate(h.der["root"]) }, func(c *Certificate) error { return said(c.IsAuthority()) }),
		"CertificateRequest": copied(func() (*CertificateRequest, error) { return ParseCertificateRequest(h.der["request"]) },
			func(r *CertificateRequest) error { return said(r.UnverifiedSubject() == h.request.UnverifiedSubject()) }),
		"AEADEncrypter": copied(func() (*AEADEncrypter, error) { return gcm.NewGCMEncrypter(make([]byte, 12), nil) },
			func(e *AEADEncrypter) error { return last(e.Update(nil, text)) }),
		"Decryptor": copied(func() (*Decryptor, error) { return NewDecryptor(bytes.NewReader(message), open) }, func(d *Decryptor) error { return last(io.ReadAll(d)) }),
		"Encryptor": copied(func() (*Encryptor, error) { return NewEncryptor(io.Discard, options) }, func(e *Encryptor) error { return e.Close() }),
		"EncryptionContext": copied(func() (*EncryptionContext, error) { return NewContext(Pairs{"row": "7"}) },
			func(c *EncryptionContext) error { return last(kms.Encrypt(Name("orders"), text, c)) }),
		"Hash":       copied(func() (*Hash, error) { return key.PublicKey().NewDigest(nil) }, func(h *Hash) error { h.Reset(); return last(h.Write(text)) }),
		"Inspection": copied(func() (*Inspection, error) { return InspectFile(h.der["root"]) }, func(i *Inspection) error { return last(i.Report()) }),
		"KMS": copied(func() (*KMS, error) { return kms.ActingAs("service:copy") }, func(k *KMS) error {
			other := *k
			if err := last(k.Encrypt(Name("orders"), text, nil)); err != nil {
				return err
			}
			if err := other.Close(); err != nil {
				return err
			}
			return said(errors.Is(last(k.Encrypt(Name("orders"), text, nil)), ErrClosed))
		}),
		"KeyRef":         copied(func() (*KeyRef, error) { return ParseKeyRef("orders") }, func(k *KeyRef) error { return last(kms.Encrypt(k, text, nil)) }),
		"Reader":         copied(func() (*Reader, error) { return NewReader(bytes.NewReader(message), int64(len(message)), open) }, func(r *Reader) error { return last(r.ReadAt(make([]byte, 4), 0)) }),
		"RevocationList": copied(func() (*RevocationList, error) { return ParseRevocationList(h.der["list"]) }, func(l *RevocationList) error { return said(l.Issuer() == h.list.Issuer()) }),
		"SM2Exchange": copied(func() (*SM2Exchange, error) {
			return NewSM2Exchange(SM2Initiator, SM2Side{key, key, nil}, SM2Peer{key.PublicKey(), key.PublicKey(), nil})
		}, func(e *SM2Exchange) error { return e.Key(make([]byte, 16)) }),
		"SM2PreparedPublicKey": copied(key.PublicKey().Prepare, func(k *SM2PreparedPublicKey) error { return verifies(k) }),
		"SM2PrivateKey":        copied(func() (*SM2PrivateKey, error) { return NewSM2PrivateKey(text32) }, func(k *SM2PrivateKey) error { return last(k.SignMessage(nil, text)) }),
		"SM2PublicKey":         copied(func() (*SM2PublicKey, error) { return NewSM2PublicKey(key.PublicKey().Bytes()) }, func(k *SM2PublicKey) error { return verifies(k) }),
		"SM4":                  copied(func() (*SM4, error) { return NewSM4(sixteen) }, func(s *SM4) error { return last(s.EncryptMode(ECB, nil, sixteen)) }),
		"SM4Stream":            copied(func() (*SM4Stream, error) { return NewSM4Encrypter(sixteen, CTR, sixteen) }, func(s *SM4Stream) error { return last(s.Update(nil, text)) }),
		"Trust": copied(func() (*Trust, error) { return NewTrust(TrustOptions{Anchors: []*Certificate{h.root}}) },
			func(r *Trust) error { return last(r.Verify(h.root, PurposeAny, noon)) }),
		"XTS": copied(func() (*XTS, error) { return NewXTS(text32, XTSGB) }, func(x *XTS) error { return x.Encrypt(sixteen, make([]byte, 16), sixteen) }),
	}
}

var text32 = []byte("thirty-two bytes, none the same!")

// steady is how many objects there are once nothing is freed any more that the tests before have left.
func steady() int64 {
	count, since := int64(-1), time.Now()
	for time.Since(since) < 300*time.Millisecond {
		runtime.GC()
		time.Sleep(2 * time.Millisecond)
		if now := live.Load(); now != count {
			count, since = now, time.Now()
		}
	}
	return count
}

// comesTo waits until there are so many objects.
func comesTo(t *testing.T, count int64, when string) {
	t.Helper()
	if !eventually(func() bool { return live.Load() == count }) {
		t.Fatalf("%d objects %s, and %d were due", live.Load(), when, count)
	}
}

func TestACopyOfAValueIsAsGoodAsTheFirst(t *testing.T) {
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	cases := copyCases(t, kms)
	if _, err := os.Stat(softHSM); err == nil {
		uri := freshToken(t, "kms")
		cases["Device"] = copied(func() (*Device, error) { return OpenDevice(uri, nil) }, func(d *Device) error { return d.CheckHealth() })
	}
	before := steady()
	for name, one := range cases {
		t.Run(name, func(t *testing.T) {
			value := one.make()
			made := live.Load()
			for range 3 { // what is freed too early is freed by now
				runtime.GC()
				time.Sleep(2 * time.Millisecond)
			}
			if after := live.Load(); made == before || after != made {
				t.Fatalf("%d objects, %d with the value, and %d when its first place is gone", before, made, after)
			}
			done(t, one.try(value))
			value = nil
			comesTo(t, before, "when the last copy is gone")
		})
	}
	runtime.KeepAlive(cases)
}

func TestNoExportedTypeHoldsWhatItsCopiesWouldNotShare(t *testing.T) {
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	cases := copyCases(t, kms)
	found := holdings(checked(t, `package miyao
import "C"
import "sync"
type ControlRaw struct { inner struct { list []struct { p pointer } } }
type ControlNumber struct { n [2]uintptr }
type ControlOfC struct { p *C.miyao_kms }
type ControlLock struct { m sync.Mutex }
type ControlFine struct { o *owned; deep *struct { p pointer; m sync.Mutex } }
`))
	for name, want := range map[string]holding{"Raw": {raw: true}, "Number": {raw: true}, "OfC": {raw: true}, "Lock": {lock: true}, "Fine": {object: true}} {
		if got := found["Control"+name]; got != want {
			t.Errorf("%s: %+v", name, got)
		}
		delete(found, "Control"+name)
	}
	objects := 0
	for name, h := range found {
		if h.raw || h.lock {
			t.Errorf("%s holds a pointer of C's (%v) or a lock (%v) itself; handle.go says how it is made", name, h.raw, h.lock)
		}
		if _, tried := cases[name]; h.object && !tried && name != "Device" {
			t.Errorf("no copy of %s is tried; give it a line in copyCases", name)
		}
		if h.object {
			objects++
		}
	}
	if objects != len(cases)+1 {
		t.Errorf("%d types with objects, and %d cases", objects, len(cases)+1)
	}
}
