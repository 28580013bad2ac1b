package sequence

import (
	"slices"
	"sync"
	"time"

	"mailrun/pkg/outreach"
)

// tally counts a run from many goroutines.
type tally struct {
	mu       sync.Mutex
	stats    outreach.SendStats
	took     []time.Duration
	progress func(stats any)
}

func newTally(progress func(stats any)) *tally {
	return &tally{stats: outreach.SendStats{Skipped: map[string]int{}}, progress: progress}
}

// count changes the counts under the lock and reports progress.
func (t *tally) count(change func(*outreach.SendStats)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.stats)
	if t.progress != nil {
		t.progress(t.snapshot())
	}
}

// skip counts one recipient or mailbox that was passed over for a reason.
func (t *tally) skip(reason string) { t.skipMany(reason, 1) }

func (t *tally) skipMany(reason string, n int) {
	if n > 0 {
		t.count(func(s *outreach.SendStats) { s.Skipped[reason] += n })
	}
}

// sent counts an accepted message and how long the server took over it.
func (t *tally) sent(took time.Duration, completed bool) {
	t.count(func(s *outreach.SendStats) {
		s.Sent++
		if completed {
			s.Completed++
		}
		t.took = append(t.took, took)
	})
}

// snapshot copies the counts; the lock is held.
func (t *tally) snapshot() *outreach.SendStats {
	s := t.stats
	s.Skipped = make(map[string]int, len(t.stats.Skipped))
	for reason, n := range t.stats.Skipped {
		s.Skipped[reason] = n
	}
	return &s
}

// sum is the final count with the percentiles of the sending times.
func (t *tally) sum() *outreach.SendStats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.snapshot()
	slices.Sort(t.took)
	s.SendMs = outreach.Percentiles{P50: percentile(t.took, 50), P95: percentile(t.took, 95)}
	return s
}

// percentile of sorted durations in milliseconds, by the nearest rank; 0 of none.
func percentile(sorted []time.Duration, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1].Milliseconds()
}
