package bench

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// quickest is the median time of an action done n times.
func quickest(b *testing.B, n int, do func() error) time.Duration {
	b.Helper()
	took := make([]time.Duration, n)
	for i := range took {
		began := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took[n/2]
}

// storePath counts what the store is asked for one message, by whole runs into a server that takes everything: of one mailbox, and of many
// at once.
func storePath(b *testing.B, r *report) {
	for _, kind := range databases() {
		for _, boxes := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s-%d", kind.Name, boxes), func(b *testing.B) { claimToRecord(b, r, kind, boxes, r.pick(5000, 1000)) })
		}
	}
}

func claimToRecord(b *testing.B, r *report, kind storetest.Engine, boxes, n int) {
	f := sendFigure{address: world(b, sandbox.Options{}).SMTPAddr(), boxes: boxes, messages: n, connections: 50}
	engine := kind.Open(b)
	d := f.fillEngine(b, engine)
	keys, err := mailbox.ParseKeys(mailbox.NewKey())
	if err != nil {
		b.Fatal(err)
	}
	worker := &sequence.Worker{
		Store: d.Store, Dialer: &mailbox.Dialer{Keyring: keys}, Keyring: keys, Self: store.Self(), MaxMailboxes: boxes, Together: 40,
		Draw: rand.Float64, Log: slog.New(slog.DiscardHandler),
	}
	trips, began := engine.RoundTrips(), time.Now()
	stats, err := worker.Run(b.Context(), sequence.Options{Deadline: began.Add(10 * time.Minute)})
	if err != nil || stats.Sent != n {
		b.Fatalf("sent %d of %d: %v", stats.Sent, n, err)
	}
	took := time.Since(began)
	each := float64(engine.RoundTrips()-trips) / float64(n)
	name, note := protocol(kind)
	r.add(b, row{
		figure: fmt.Sprintf("a message's round trips to the store, %s, %d mailboxes, the run's own included", name, boxes), note: note,
		ours: fmt.Sprintf("%.2f (%s)", each, perSecond(n, took)), reference: "3 round trips", ratio: each / 3, goal: "≤ 1",
	})
}

func mailboxes(n int) []*outreach.Mailbox {
	boxes := make([]*outreach.Mailbox, n)
	for i := range boxes {
		boxes[i] = &outreach.Mailbox{Email: fmt.Sprintf("s%d@us.example", i)}
	}
	return boxes
}
