package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"

	"mailrun/pkg/outreach"
)

// garbage is how much of it may gather in a job's own process before it is collected: so many bytes at least, and in percent of what is in
// use where that is more. Go collects whenever there is as much garbage as is in use, and a job that goes through thousands of mailboxes has
// little in use at a time: collecting took a sixth of its processor's time.
type garbage struct {
	least   uint64
	percent int
}

// garbageOf is a job's. Reading mail leaves less behind per mailbox than sending, which has many messages in hand and makes do with less for
// each.
func garbageOf(job outreach.JobName) garbage {
	if job == outreach.JobSyncMailboxes {
		return garbage{8 << 20, 100}
	}
	return garbage{16 << 20, 70}
}

// spareCollector has the collector run only when the least garbage has gathered, until the returned function is called. What is in use is looked
// at after each collection: a finalizer tells of that, and is set anew.
func spareCollector(g garbage) (stop func()) {
	before := debug.SetGCPercent(g.of(0))
	var stopped atomic.Bool
	var after func(*[16]byte)
	after = func(mark *[16]byte) {
		if stopped.Load() {
			return
		}
		debug.SetGCPercent(g.of(inUse()))
		runtime.SetFinalizer(mark, after)
	}
	runtime.SetFinalizer(new([16]byte), after)
	return func() {
		stopped.Store(true)
		debug.SetGCPercent(before)
	}
}

// of is the garbage in percent of what is in use. Below 4 MiB Go reckons as if these were in use.
func (g garbage) of(live uint64) int {
	return max(g.percent, int(100*g.least/max(live, 4<<20))) //nolint:gosec // some hundreds
}

// inUse is how many bytes the last collection found in use.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}
