package hosts_test

import (
	"slices"
	"testing"
	"time"

	"mailrun/internal/killtest"
	"mailrun/internal/store/storetest"
)

// Many processes of both jobs on one database send everything once, over no more connections than each may have, and share the work.
func TestCrowd(t *testing.T) {
	binary := build(t)
	for _, kind := range storetest.Engines(t) {
		t.Run(kind.Name, func(t *testing.T) {
			processes, each := 4, killtest.Rounds(60)
			if kind.Scans {
				processes, each = 2, killtest.Rounds(8) // FerretDB scans its collections and answers one request at a time
			}
			const connections = 2
			s := newStage(t, kind, plan{mailboxes: 2 * processes * connections, people: processes * each, dot: 200 * time.Millisecond})
			var senders, readers []*process
			for range processes {
				env := s.environment(s.place, connections)
				senders = append(senders, s.start(env, binary, "run-sequences", "--json", "--max-runtime", "2m"))
				readers = append(readers, s.start(env, binary, "sync-mailboxes", "--json"))
			}
			sent := make([]int, processes)
			for i := range senders {
				sent[i] = senders[i].sent(t)
				readers[i].sent(t)
			}
			s.check(0)
			if peak := s.world.Counters().SMTPPeak; peak > processes*connections {
				t.Errorf("%d connections were open at once, want %d at most", peak, processes*connections)
			}
			if slices.Min(sent) < each/3 { // they do not start at the same moment
				t.Errorf("they sent %v: want some %d each", sent, each)
			}
		})
	}
}
