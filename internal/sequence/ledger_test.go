package sequence_test

import (
	"sync/atomic"
	"testing"
	"time"

	"mailrun/internal/sequence"
	"mailrun/pkg/outreach"
)

// What was accepted is written down while a later message hangs: whoever kills a run that hangs leaves only that message in doubt.
func TestHangingMessageLeavesNoDoubtAboutEarlierOnes(t *testing.T) {
	b := newBench(t, 1, nil)
	b.worker.Together = 3
	recs := b.enrol(4, nil)
	var dots atomic.Int64
	b.worker.At = func(p sequence.Point) {
		if p != sequence.BeforeDot || dots.Add(1) != int64(len(recs)) {
			return
		}
		for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); {
			sent, err := b.store.HistoryInStatus(t.Context(), outreach.HistorySent, len(recs))
			if err != nil || len(sent) == len(recs)-1 {
				return
			}
		}
		t.Error("the messages before the one that hangs are still open")
	}
	if stats := b.run(time.Minute); stats.Sent != len(recs) {
		t.Errorf("sent %d of %d", stats.Sent, len(recs))
	}
}

// A limit holds over all mailboxes of a run together.
func TestLimit(t *testing.T) {
	b := newBench(t, 8, nil)
	b.enrol(80, nil)
	stats, err := b.worker.Run(t.Context(), sequence.Options{Deadline: b.store.Now().Add(time.Minute), Limit: 11})
	if err != nil || stats.Sent != 11 {
		t.Errorf("sent %d, %v, want the 11 that were asked for", stats.Sent, err)
	}
}
