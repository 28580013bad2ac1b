package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGarbage(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 8 << 20: 200, 16 << 20: 100, 1 << 30: 70} {
		if got := (garbage{16 << 20, 70}).of(live); got != want {
			t.Errorf("%d bytes in use: %d %%, want %d", live, got, want)
		}
	}
}

// What is in use is looked at again after each collection, and at the end the collector is as it was.
func TestSpareCollector(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	g := garbage{16 << 20, 100}
	stop := spareCollector(g)
	use := make([]byte, 64<<20)
	for begun := time.Now(); percent() != 100; time.Sleep(time.Millisecond) {
		if runtime.GC(); time.Since(begun) > 10*time.Second {
			t.Fatalf("with %d MB in use the collector is still at %d %%", len(use)>>20, percent())
		}
	}
	runtime.KeepAlive(use)
	for begun := time.Now(); percent() != g.of(inUse()); time.Sleep(time.Millisecond) { // other tests may have left something
		if runtime.GC(); time.Since(begun) > 10*time.Second {
			t.Fatalf("with %d MB in use the collector is at %d %%", inUse()>>20, percent())
		}
	}
	stop()
	runtime.GC()
	if got := percent(); got != 100 {
		t.Errorf("at the end the collector is at %d %%, want 100 as before", got)
	}
}

// percent reads the collector's setting.
func percent() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}
