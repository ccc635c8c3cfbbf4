// Answers the coordinator, a line for a line: `check ROW/SIZE` with the bytes that come out, `time ROW/SIZE NANOSECONDS`
// with the nanoseconds of a call in the best of the short batches that fit that time, `ask QUESTION HEX…` with the bytes
// that the question has for an answer, or `refused`.
//
// Knows no library; src/lib.rs and c/worker.c are the same for theirs.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

const (
	batch    = 200 * time.Microsecond
	atOnce   = 16384
	tag      = 16
	messages = 16
	// Sixteen messages a power of two apart would fight for the same lines of a cache, in any library.
	stride = 320
)

// The same bytes in every worker: the first 16 are SM4's key.
var keys = []byte{1, 18, 35, 52, 69, 86, 103, 120, 137, 154, 171, 188, 205, 222, 239, 0,
	17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255, 16}
var nonce = []byte{9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48, 51, 54}

// What is done to a message: in place, or into out.
type work func(message, out []byte) bool

type row struct {
	// Room behind the message, 16 bytes for a tag.
	room int
	// Bytes that come out of place, none where it is done in place.
	out int
	// Out of place, as long as the message and its room.
	aside bool
	// Neither message nor bytes to compare.
	isCall bool
	work   work
	// Makes the message that `work` takes apart.
	seal work
	// What shows the outcome of a key schedule.
	show work
}

type bench struct {
	row
	size         int
	arena, saved []byte
	out          []byte
}

func prepare(row row, size int) *bench {
	length := size
	if row.out == 32*messages {
		length = messages * (size + stride)
	}
	b := &bench{row: row, size: size, arena: make([]byte, length+row.room), out: make([]byte, row.out)}
	for at := range b.arena[:length] {
		b.arena[at] = byte(at*167 + at>>8*59 + 3)
	}
	if row.aside {
		b.out = make([]byte, len(b.arena))
	}
	if row.seal == nil {
		return b
	}
	must(row.seal(b.arena, nil), "sealing")
	message := b.arena
	// Side by side, so that the clock is not read for each.
	for len(b.saved) == 0 || len(b.saved) < atOnce/size*len(message) {
		b.saved = append(b.saved, message...)
	}
	b.arena = append([]byte(nil), b.saved...)
	return b
}

func (b *bench) together() int {
	if b.seal == nil {
		return 1
	}
	return len(b.arena) / (b.size + tag)
}

func (b *bench) batch(calls int) time.Duration {
	if b.seal == nil {
		good := true
		begun := time.Now()
		for call := 0; call < calls; call++ {
			good = b.work(b.arena, b.out) && good
		}
		spent := time.Since(begun)
		must(good, "a row")
		return spent
	}
	var spent time.Duration
	each := b.size + tag
	for done := 0; done < calls; {
		good := true
		copy(b.arena, b.saved)
		begun := time.Now()
		for at := 0; at < len(b.arena); at += each {
			good = b.work(b.arena[at:at+each:at+each], nil) && good
			done++
		}
		spent += time.Since(begun)
		must(good, "opening")
	}
	return spent
}

func (b *bench) best(budget time.Duration) float64 {
	calls := b.together()
	spent := b.batch(calls)
	for ; spent < batch; spent = b.batch(calls) {
		calls *= 2
	}
	begun, least := time.Now(), spent
	for at := 0; at < 3 || time.Since(begun) < budget; at++ {
		least = min(least, b.batch(calls))
	}
	return float64(least) / float64(calls)
}

func (b *bench) output() []byte {
	message := b.arena
	if b.seal != nil {
		message = message[: b.size+tag : b.size+tag]
		message[b.size/2] ^= 1
		must(!b.work(message, nil), "the check of a tag")
		copy(message, b.saved)
	}
	must(b.work(message, b.out), "a row")
	switch {
	case b.show != nil:
		block := make([]byte, 16)
		b.show(block, nil)
		return block
	case b.row.out > 0 || b.aside:
		return b.out
	case b.seal != nil:
		return message[:b.size]
	}
	return message
}

func must(done bool, what string) {
	if !done {
		fmt.Fprintln(os.Stderr, what, "failed")
		os.Exit(1)
	}
}

func answer(line string, rows map[string]row) string {
	var verb, name string
	var size, budget int
	fmt.Sscan(line, &verb, &name, &budget)
	for at := range name {
		if name[at] == '/' {
			fmt.Sscan(name[at+1:], &size)
			name = name[:at]
			break
		}
	}
	row, offered := rows[name]
	if !offered {
		return "none"
	}
	// Garbage is collected here, and never while the clock runs.
	runtime.GC()
	b := prepare(row, size)
	if verb == "check" {
		return fmt.Sprintf("%x", b.output())
	}
	return fmt.Sprintf("%.3f", b.best(time.Duration(budget)))
}

// Fields are hexadecimal, `-` where there are no bytes.
func told(question string) string {
	words := strings.Fields(question)
	work, known := questions[words[0]]
	if !known {
		return "none"
	}
	var fields [][]byte
	for _, word := range words[1:] {
		field, err := hex.DecodeString(strings.TrimPrefix(word, "-"))
		must(err == nil, "reading a question")
		fields = append(fields, field)
	}
	// A million questions are more garbage than a row's.
	if asked++; asked%10000 == 0 {
		runtime.GC()
	}
	if answer := work(fields); answer != nil {
		return hex.EncodeToString(answer)
	}
	return "refused"
}

var asked int

func serve(hello string, rows map[string]row) {
	debug.SetGCPercent(-1)
	fmt.Println(hello)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if question, asked := strings.CutPrefix(lines.Text(), "ask "); asked {
			fmt.Println(told(question))
		} else {
			fmt.Println(answer(lines.Text(), rows))
		}
	}
}
