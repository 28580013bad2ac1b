package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"

	"mailrun/pkg/outreach"
)

// leastGarbage is how much garbage may gather in a job's own process before it is collected. Go collects whenever there is as much of it as is in
// use, and a job that goes through thousands of mailboxes has little in use at a time: collecting took a sixth of its processor's time.
// Where more than this is in use, Go's rule holds. Reading mail leaves less behind per mailbox than sending: it makes do with less.
func leastGarbage(job outreach.JobName) uint64 {
	if job == outreach.JobSyncMailboxes {
		return 8 << 20
	}
	return 16 << 20
}

// spareCollector has the collector run only when the least garbage has gathered, until the returned function is called. What is in use is looked
// at after each collection: a finalizer tells of that, and is set anew.
func spareCollector(least uint64) (stop func()) {
	before := debug.SetGCPercent(garbagePercent(least, 0))
	var stopped atomic.Bool
	var after func(*[16]byte)
	after = func(mark *[16]byte) {
		if stopped.Load() {
			return
		}
		debug.SetGCPercent(garbagePercent(least, inUse()))
		runtime.SetFinalizer(mark, after)
	}
	runtime.SetFinalizer(new([16]byte), after)
	return func() {
		stopped.Store(true)
		debug.SetGCPercent(before)
	}
}

// garbagePercent is the least garbage in percent of what is in use, but not less than Go's own 100. Below 4 MiB Go reckons as if these were in use.
func garbagePercent(least, live uint64) int {
	return max(100, int(100*least/max(live, 4<<20))) //nolint:gosec // some hundreds
}

// inUse is how many bytes the last collection found in use.
func inUse() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}
