package miyao

import (
	"bytes"
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// allocs is how many allocations of Go a call makes; under the race detector and the sanitizer there are more.
func allocs(t *testing.T, want float64, call func()) {
	t.Helper()
	if raced {
		t.Skip("the race detector and the sanitizer allocate too")
	}
	if got := testing.AllocsPerRun(200, call); got > want {
		t.Errorf("%v allocations where %v are due", got, want)
	}
}

func TestTheHotPathAllocatesItsOutputAlone(t *testing.T) {
	kms, _, _ := newStore(t)
	key, context := newKey(t, kms, "orders", SpecSM4), need[*EncryptionContext](t)(NewContext(Pairs{"row": "7"}))
	text := make([]byte, 64)
	token := need[[]byte](t)(kms.Encrypt(key, text, context))
	room := make([]byte, 0, 1000)
	steady() // what is freed beside a call may allocate too
	allocs(t, 1, func() { need[[]byte](t)(kms.Encrypt(key, text, context)) })
	allocs(t, 1, func() { need[[]byte](t)(kms.Decrypt(token, context)) })
	allocs(t, 0, func() { need[[]byte](t)(kms.AppendEncrypt(room, key, text, context)) })
	allocs(t, 0, func() { need[[]byte](t)(kms.AppendDecrypt(room, token, context)) })
	allocs(t, 0, func() { // a plaintext on the stack stays there
		var local [64]byte
		need[[]byte](t)(kms.AppendEncrypt(room, key, local[:], context))
	})

	mac, sign := newKey(t, kms, "mac", SpecHMAC), newKey(t, kms, "sign", SpecSM2Sign)
	allocs(t, 0, func() {
		if _, _, err := kms.MAC(mac, text); err != nil {
			t.Fatal(err)
		}
	})
	allocs(t, 0, func() {
		if _, _, err := kms.Sign(sign, nil, text); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAlgorithmsAllocateNothingWithRoom(t *testing.T) {
	text, nonce, aad, room := make([]byte, 1024), make([]byte, 12), make([]byte, 13), make([]byte, 0, 2000)
	steady() // as above
	for _, make16 := range []func([]byte) (*AEAD, error){NewGCM, NewCCM} {
		a := need[*AEAD](t)(make16(make([]byte, 16)))
		sealed := a.Seal(nil, nonce, text, aad)
		allocs(t, 0, func() { a.Seal(room, nonce, text, aad) })
		allocs(t, 0, func() { need[[]byte](t)(a.Open(room, nonce, sealed, aad)) })
		sealed[0] ^= 1
		allocs(t, 0, func() { a.Open(room, nonce, sealed, aad) })
		a.Close()
	}
	allocs(t, 0, func() { SM3(text) })
	allocs(t, 0, func() { HMAC(nonce, text) })
	h := NewSM3()
	allocs(t, 0, func() { h.Write(text); h.Sum(room); h.Reset() })
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	defer key.Close()
	signature := need[Signature](t)(key.SignMessage(nil, text))
	allocs(t, 0, func() { need[Signature](t)(key.SignMessage(nil, text)) })
	allocs(t, 0, func() { done(t, key.PublicKey().VerifyMessage(nil, text, signature)) })
	prepared := need[*SM2PreparedPublicKey](t)(key.PublicKey().Prepare())
	defer prepared.Close()
	allocs(t, 0, func() { done(t, prepared.VerifyMessage(nil, text, signature)) })
}

// churn makes and uses one of everything, and closes what has a Close only if it is told to.
func churn(t testing.TB, kms *KMS, close bool) {
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	context := Pairs{"a": "b"}
	text := bytes.Repeat([]byte{5}, 5000)
	to := []Recipient{ToSM2(key.PublicKey()), ToKey(kms, Name("orders"))}
	message := need[[]byte](t)(EncryptMessage(text, MessageOptions{Recipients: to, Context: context, FrameLog2: 12}))
	open := OpenOptions{Identities: []Identity{BySM2(key)}, Context: context}
	d := need[*Decryptor](t)(NewDecryptor(bytes.NewReader(message), open))
	r := need[*Reader](t)(NewReader(bytes.NewReader(message), int64(len(message)), open))
	e := need[*Encryptor](t)(NewEncryptor(io.Discard, MessageOptions{Recipients: []Recipient{ToSM2(key.PublicKey())}}))
	need[int](t)(e.Write(text))
	if got := need[[]byte](t)(io.ReadAll(d)); !bytes.Equal(got, text) {
		t.Error("another text")
	}
	if n := need[int](t)(r.ReadAt(make([]byte, 100), 4000)); n != 100 {
		t.Error(n)
	}
	token := need[[]byte](t)(kms.Encrypt(Name("orders"), text, context))
	if got := need[[]byte](t)(kms.Decrypt(token, context)); !bytes.Equal(got, text) {
		t.Error("another text")
	}
	a, h := need[*AEAD](t)(NewGCM(make([]byte, 16))), need[*Hash](t)(NewHMAC(text))
	need[[]byte](t)(a.Open(nil, make([]byte, 12), a.Seal(nil, make([]byte, 12), text, nil), nil))
	need[int](t)(h.Write(text))
	for _, piecewise := range []*AEADEncrypter{need[*AEADEncrypter](t)(a.NewGCMEncrypter(make([]byte, 12), text)),
		need[*AEADEncrypter](t)(need[*AEAD](t)(NewCCM(make([]byte, 16))).NewCCMEncrypter(make([]byte, 12), text, uint64(len(text))))} {
		need[[]byte](t)(piecewise.Finish(need[[]byte](t)(piecewise.Update(nil, text))))
	}
	inspection := need[*Inspection](t)(InspectFile(key.PublicKey().Bytes()))
	if found := need[*SM2PublicKey](t)(inspection.PublicKey()); !found.Equal(key.Public()) {
		t.Error("another key")
	}
	stream := need[*SM4Stream](t)(NewSM4Encrypter(make([]byte, 16), CBCPKCS7, make([]byte, 16)))
	need[[]byte](t)(stream.Update(nil, text))
	prepared := need[*SM2PreparedPublicKey](t)(key.PublicKey().Prepare())
	digest := need[*Hash](t)(key.PublicKey().NewDigest(nil))
	digest.Write(text)
	digest.Reset()
	copied := need[*Hash](t)(digest.Copy())
	request := need[*CertificateRequest](t)(RequestDraft{Subject: "CN=churn"}.Sign(key, nil))
	if of := need[*SM2PublicKey](t)(request.Verify(nil)); !of.Equal(key.Public()) {
		t.Error("another key")
	}
	many := need[[]*SM2PrivateKey](t)(GenerateSM2Keys(3))
	items := make([]SM2ToSign, 3)
	for i, one := range many {
		items[i] = SM2ToSign{Key: one, Message: text[i:]}
	}
	need[[]Signature](t)(SM2SignBatch(items))
	other := need[*KMS](t)(kms.ActingAs("service:other"))
	if _, err := kms.Decrypt(token, nil); !errors.Is(err, ErrRejected) {
		t.Error(err)
	}
	if close {
		for _, one := range []io.Closer{key, d, r, e, a, h, other, inspection, stream, prepared, digest, copied, many[0], many[1], many[2]} {
			done(t, one.Close())
		}
	}
}

func TestUnderAGreedyCollectorNothingIsFreedTooEarly(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range 40 {
				churn(t, kms, i%2 == 0)
				if i%10 == 0 {
					runtime.GC()
				}
			}
		}()
	}
	all.Wait()
}

// resident is the process's memory, in KiB.
func resident(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc to read the memory from")
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return need[int](t)(strconv.Atoi(strings.Fields(rest)[0]))
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

func TestMemoryStaysFlat(t *testing.T) {
	if raced {
		t.Skip("the race detector and the sanitizer keep memory of their own")
	}
	kms, _, _ := newStore(t)
	newKey(t, kms, "orders", SpecSM4)
	objects := steady()
	work := func() {
		for i := range 300 {
			churn(t, kms, i%3 != 0)
		}
		comesTo(t, objects, "after the work") // what waits to be freed is no memory that was lost
		debug.FreeOSMemory()
	}
	work()
	before := resident(t)
	for range 4 {
		work()
		t.Log(resident(t)-before, "KiB more")
	}
	if after := resident(t); after > before+16<<10 {
		t.Fatalf("%d KiB more after 1,200 rounds", after-before)
	}
}

func TestCloseWaitsForTheCallsThatRun(t *testing.T) {
	for range 200 {
		a := need[*AEAD](t)(NewGCM(make([]byte, 16)))
		key := need[*SM2PrivateKey](t)(GenerateSM2Key())
		h := need[*Hash](t)(NewHMAC([]byte("key")))
		stream := need[*SM4Stream](t)(NewSM4Decrypter(make([]byte, 16), CTR, make([]byte, 16)))
		prepared := need[*SM2PreparedPublicKey](t)(key.PublicKey().Prepare())
		inspection := need[*Inspection](t)(InspectFile(key.PublicKey().Bytes()))
		sealed := a.Seal(nil, make([]byte, 12), make([]byte, 4096), nil)
		var all sync.WaitGroup
		for i := range 6 {
			all.Add(1)
			go func() {
				defer all.Done()
				if i%3 == 0 {
					a.Close()
					key.Close()
					h.Close()
					stream.Close()
					prepared.Close()
					inspection.Close()
				}
				for range 20 {
					if _, err := a.Open(nil, make([]byte, 12), sealed, nil); err != nil && err != ErrClosed {
						t.Error(err)
					}
					if _, err := key.SignDigest(make([]byte, 32)); err != nil && err != ErrClosed {
						t.Error(err)
					}
					if err := prepared.VerifyDigest(make([]byte, 32), Signature{}); err != ErrClosed && !errors.Is(err, ErrRejected) {
						t.Error(err)
					}
					if _, err := inspection.Report(); err != nil && err != ErrClosed {
						t.Error(err)
					}
					if _, err := inspection.Ask(key); err != nil && err != ErrClosed {
						t.Error(err)
					}
					if _, err := stream.Update(nil, sealed[:100]); err != nil && err != ErrClosed && err != errShared {
						t.Error(err)
					}
					// One at a time: a second goroutine is refused.
					if _, err := h.Write(sealed); err != nil && err != ErrClosed && err != errShared {
						t.Error(err)
					}
				}
			}()
		}
		all.Wait()
	}
}

// A store that nobody closed writes to its file when it is freed, and may wait for a lock of it; a device is logged out of, and may not answer; a stream may have
// the last of either.
func TestWhatWaitsToBeFreedKeepsNothingElseFromIt(t *testing.T) {
	kms, _, _ := newStore(t)
	key := need[*SM2PrivateKey](t)(GenerateSM2Key())
	defer key.Close()
	slowly := func(h *handle, wait func()) {
		free := h.free
		h.free = func(object pointer) { wait(); free(object) }
	}
	cases := map[string]func(wait func()){
		"KMS": func(wait func()) {
			other := need[*KMS](t)(kms.ActingAs("service:other"))
			_ = ownAside(other.of(), func(pointer) { wait() }) // the object itself stays, and goes by itself
		},
		"Encryptor": func(wait func()) {
			slowly(need[*Encryptor](t)(NewEncryptor(io.Discard, MessageOptions{Recipients: []Recipient{ToKey(kms, newKey(t, kms, "orders", SpecSM4))}})).handle, wait)
		},
		"Decryptor": func(wait func()) {
			slowly(need[*Decryptor](t)(NewDecryptor(&bytes.Buffer{}, OpenOptions{Identities: []Identity{ByKMS(kms)}})).handle, wait)
		},
	}
	if _, err := os.Stat(softHSM); err == nil {
		uri := freshToken(t, "kms")
		cases["Device"] = func(wait func()) { slowly(need[*Device](t)(OpenDevice(uri, nil)).handle, wait) }
	}
	for name, drop := range cases {
		t.Run(name, func(t *testing.T) {
			before := steady()
			waiting, goOn := make(chan bool), make(chan bool)
			drop(func() { close(waiting); <-goOn })
			if !eventually(func() bool { return isClosed(waiting) }) {
				t.Fatal("not freed")
			}
			need[*KeyRef](t)(ParseKeyRef("orders"))
			comesTo(t, before+1, "while one waits")
			close(goOn)
			comesTo(t, before, "when none waits")
		})
	}
}

func isClosed(channel chan bool) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// Each that is being freed has a thread, and a process that has too many is ended.
func TestNotEverythingThatWaitsIsFreedAtOnce(t *testing.T) {
	kms, _, _ := newStore(t)
	before := steady()
	var now, most atomic.Int64
	for range 1000 {
		_ = ownAside(kms.of(), func(pointer) { // the object itself stays
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(100 * time.Microsecond)
			now.Add(-1)
		})
	}
	comesTo(t, before, "when none waits")
	if most.Load() > 64 || most.Load() == 0 {
		t.Fatalf("%d were freed at once", most.Load())
	}
	runtime.KeepAlive(kms)
}
