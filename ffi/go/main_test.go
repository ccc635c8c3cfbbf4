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
	for range 100 {
		runtime.GC()
		if live.Load() == 0 {
			return 0
		}
		time.Sleep(10 * time.Millisecond)
	}
	return live.Load()
}
