package miyao

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

// After all tests every object of the library was freed, by Close or by the collector.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := settled(); left != 0 && code == 0 {
		fmt.Println("objects that nobody freed:", left)
		code = 1
	}
	if tokens.directory != "" {
		os.RemoveAll(tokens.directory)
	}
	os.Exit(code)
}

// settled is how many objects are left when the collector finds no more.
func settled() int64 {
	eventually(func() bool { return live.Load() == 0 })
	return live.Load()
}

// eventually says whether it holds in the end, while the collector runs. What that finds is freed beside it, which takes as long as a busy machine lets it.
func eventually(holds func() bool) bool {
	for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		runtime.GC()
		if holds() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}
