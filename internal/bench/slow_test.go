package bench

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// slowServer is a server that thinks for 200 ms about every message: what counts is that every connection is kept busy.
func slowServer(b *testing.B, r *report) {
	w := world(b, sandbox.Options{Delays: sandbox.Delays{Dot: 200 * time.Millisecond}})
	f := sendFigure{kind: storetest.SQLite(), address: w.SMTPAddr(), boxes: 50, messages: r.pick(2000, 500), connections: 50, logIn: true}
	ours, bare := f.both(b, r, 1)
	r.add(b, row{
		figure: fmt.Sprintf("200 ms after the dot, 50 connections, %d messages", f.messages),
		ours:   perSecond(f.messages, ours.wall), reference: perSecond(f.messages, bare), ratio: times(bare, ours.wall), goal: "≥ 0.95", peak: ours.peak,
	})
}

// cronTick is a minute as in life: many mailboxes far away, each of which may send one message; and as many as a host may have, near and far.
func cronTick(b *testing.B, r *report) {
	const near = "1.3 is asked for where servers are 40 ms away, as in the next rows and in life. Without a way to go both wait for the processor alone, and what the " +
		"store costs stands out, which leases a mailbox, claims, notes the intent, looks once more and notes the outcome, all for one message; in clear more than " +
		"beside TLS"
	for _, t := range []struct {
		name               string
		boxes, connections int
		far                time.Duration
		tls                bool
		goal, note         string
	}{
		{"some", 200, 64, distant, false, "≤ 1.3", ""},
		{"many-near-tls", r.pick(5000, 500), 128, 0, true, "≤ 150 MB", near},
		{"many-near", r.pick(5000, 500), 128, 0, false, "≤ 150 MB", near},
		{"many-far", r.pick(5000, 500), 128, distant, false, "≤ 1.3, ≤ 150 MB", ""},
	} {
		b.Run(t.name, func(b *testing.B) {
			w := world(b, sandbox.Options{RoundTrip: t.far, TLS: t.tls})
			f := sendFigure{kind: storetest.SQLite(), address: w.SMTPAddr(), boxes: t.boxes, messages: t.boxes, connections: t.connections, logIn: true, gap: true}
			if t.tls {
				f.roots = w.RootPEM()
			}
			ours, bare := f.both(b, r, 1)
			r.add(b, row{
				figure: fmt.Sprintf("cron tick: %d mailboxes with a message each, %s, %d connections%s", t.boxes, away(t.far), t.connections, secured(t.tls)),
				ours:   span(ours.wall), reference: span(bare), ratio: times(ours.wall, bare), goal: t.goal, peak: ours.peak, note: t.note,
			})
		})
	}
}

// distant is the round trip to servers far away.
const distant = 40 * time.Millisecond

// away tells in words how far away a server is.
func away(roundTrip time.Duration) string {
	if roundTrip == 0 {
		return "on this machine"
	}
	return fmt.Sprintf("%d ms away", roundTrip.Milliseconds())
}

// secured tells in words whether a server is spoken to over TLS.
func secured(tls bool) string {
	if tls {
		return ", STARTTLS"
	}
	return ""
}

// stalled compares the same tick with five more mailboxes whose server never answers to the one without them, by when the last of the
// healthy ones was served.
func stalled(b *testing.B, r *report) {
	const healthy, silent = 195, 5
	w := world(b, sandbox.Options{RoundTrip: distant})
	for i := range silent {
		w.Stall(fmt.Sprintf("s%d@us.example", i), sandbox.StageLogin)
	}
	with := sendFigure{kind: storetest.SQLite(), address: w.SMTPAddr(), boxes: healthy + silent, messages: healthy + silent, connections: 64}
	without := sendFigure{kind: storetest.SQLite(), address: world(b, sandbox.Options{RoundTrip: distant}).SMTPAddr(), boxes: healthy, messages: healthy, connections: 64}
	tookWith, tookWithout := inTurns(r.pick(3, 1),
		func() time.Duration { return with.healthyDone(b, r, healthy) },
		func() time.Duration { return without.healthyDone(b, r, healthy) })
	r.add(b, row{
		figure: "195 mailboxes beside 5 whose server is silent / without these", ours: span(tookWith), reference: span(tookWithout),
		ratio: times(tookWith, tookWithout), goal: "≤ 1.1",
	})
}

// healthyDone is how long after the start of the run the n-th message was accepted. A run that is not over by healthyMost is killed: silent
// servers would have it wait for much longer.
func (f *sendFigure) healthyDone(b *testing.B, r *report, n int) time.Duration {
	b.Helper()
	p := r.program(b)
	place := f.fill(b)
	p.set(setting(f.kind, place), "MAX_CONNECTIONS=64", "MAX_CONNECTIONS_PER_HOST=64", "MAILBOX_SYNC_ENABLED=false")
	bounded, cancel := context.WithTimeout(b.Context(), healthyMost)
	defer cancel()
	cmd := exec.CommandContext(bounded, p.path, "run-sequences")
	cmd.Env, cmd.Dir = p.env, p.home
	if out, err := cmd.CombinedOutput(); err != nil && bounded.Err() == nil {
		b.Fatalf("%v\n%s", err, out)
	}
	engine := openSQLite(b, place)
	defer closeEngine(b, engine)
	s := store.New(engine, time.Now)
	runs, err := s.LastRuns(b.Context(), outreach.JobRunSequences, 1)
	if err != nil || len(runs) != 1 {
		b.Fatalf("%d runs are logged, %v", len(runs), err)
	}
	sent, err := s.HistoryInStatus(b.Context(), outreach.HistorySent, f.messages)
	if err != nil || len(sent) < n {
		b.Fatalf("%d were sent, %v, want %d at least", len(sent), err, n)
	}
	last := runs[0].StartedAt
	for i := range sent {
		if at := sent[i].SentAt; at != nil && at.After(last) {
			last = *at
		}
	}
	return last.Sub(runs[0].StartedAt)
}

// healthyMost is five times what the healthy mailboxes take on two cores.
const healthyMost = 3 * time.Second
