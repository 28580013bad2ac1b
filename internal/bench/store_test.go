package bench

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// dueQuery asks a small and a large store who is due.
func dueQuery(b *testing.B, r *report) {
	large := r.pick(1_000_000, 100_000)
	took := [2]time.Duration{}
	for i, n := range []int{1000, large} {
		engine := openSQLite(b, filepath.Join(b.TempDir(), "m.db"))
		d := fill(b, engine, []*outreach.Mailbox{{Email: "s@us.example"}}, 0)
		d.enrol(b, 100, d.Now().Add(-time.Hour))
		d.enrol(b, n-100, d.Now().Add(100*time.Hour))
		took[i] = quickest(b, 200, func() error {
			due, err := d.DueNew(b.Context(), d.seq.ID, nil, 0, 20)
			if err == nil && len(due) != 20 {
				err = fmt.Errorf("%d are due, want 20", len(due))
			}
			return err
		})
		closeEngine(b, engine)
	}
	r.add(b, row{
		figure: fmt.Sprintf("due-recipient query, SQLite: %d / 1,000 recipients", large), ours: span(took[1]), reference: span(took[0]),
		ratio: times(took[1], took[0]), goal: "< 3",
	})
}

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

// storePath takes recipients from claim to record without SMTP, alone and with many mailboxes at once. The reference of the rate is the
// barest durable write: one insert of the same history, committed for each.
func storePath(b *testing.B, r *report) {
	for _, kind := range storetest.Engines(b) {
		n := r.pick(5000, 1000)
		if kind.Name != "sqlite" {
			n = r.pick(400, 100) // the stand-in scans its collections
		}
		for _, workers := range []int{1, 50} {
			b.Run(fmt.Sprintf("%s-%d", kind.Name, workers), func(b *testing.B) { claimToRecord(b, r, kind, workers, n) })
		}
	}
}

func claimToRecord(b *testing.B, r *report, kind storetest.Engine, workers, n int) {
	engine := kind.Open(b)
	d := fill(b, engine, mailboxes(workers), n)
	trips, began := engine.RoundTrips(), time.Now()
	sent := d.deliverAll(b, n)
	took := time.Since(began)
	perMessage := float64(engine.RoundTrips()-trips) / float64(sent)
	r.add(b, row{
		figure: fmt.Sprintf("claim → record, %s, %d at once", kind.Name, workers), ours: fmt.Sprintf("%s, %.2f round trips each", perSecond(sent, took), perMessage),
		reference: "5 round trips", ratio: perMessage / 5, goal: "≤ 1 (0.6 amortised)",
	})
}

func mailboxes(n int) []*outreach.Mailbox {
	boxes := make([]*outreach.Mailbox, n)
	for i := range boxes {
		boxes[i] = &outreach.Mailbox{Email: fmt.Sprintf("s%d@us.example", i)}
	}
	return boxes
}

// deliverAll has every mailbox deliver its part of the recipients in the order of calls in which run-sequences does, and returns how many
// were recorded.
func (d *data) deliverAll(b *testing.B, n int) int {
	b.Helper()
	var group sync.WaitGroup
	var sent atomic.Int64
	for lane, mb := range d.boxes {
		group.Go(func() {
			lessee := store.Lessee{Owner: store.Self().String(), Token: bson.NewObjectID().Hex()}
			if _, err := d.LeaseMailbox(b.Context(), store.SendLease, mb.ID, lessee); err != nil {
				b.Error(err)
				return
			}
			for {
				count, err := d.deliverBatch(b, mb, lessee, lane, min(20, max(n/len(d.boxes), 1)))
				sent.Add(int64(count))
				if err != nil {
					b.Error(err)
				}
				if err != nil || count == 0 {
					return
				}
			}
		})
	}
	group.Wait()
	return int(sent.Load())
}

func (d *data) deliverBatch(b *testing.B, mb *outreach.Mailbox, lessee store.Lessee, lane, size int) (int, error) {
	due, err := d.DueNew(b.Context(), d.seq.ID, nil, lane*size, size)
	if err == nil && len(due) == 0 && lane > 0 {
		return d.deliverBatch(b, mb, lessee, 0, size)
	}
	if err != nil || len(due) == 0 {
		return 0, err
	}
	ids := make([]bson.ObjectID, len(due))
	emails := make([]string, len(due))
	for i := range due {
		ids[i], emails[i] = due[i].ID, due[i].Email
	}
	if _, err := d.SuppressedAmong(b.Context(), emails); err != nil {
		return 0, err
	}
	claimed, err := d.Claim(b.Context(), ids, lessee)
	if err != nil {
		return 0, err
	}
	for i := range claimed {
		if err := d.deliver(b, mb, &claimed[i], lessee); err != nil {
			return i, err
		}
	}
	return len(claimed), nil
}

func (d *data) deliver(b *testing.B, mb *outreach.Mailbox, rec *outreach.Recipient, lessee store.Lessee) error {
	h := &outreach.History{
		ID: outreach.HistoryID(rec.ID, 0), SequenceRecipientID: rec.ID, SequenceID: d.seq.ID, MailboxID: mb.ID, To: rec.Email, From: mb.Email,
		Subject: "Question", Text: textBody, HTML: htmlBody, MessageID: "<" + rec.ID.Hex() + "@us.example>", Status: outreach.HistorySending, Attempts: 1,
	}
	if err := d.BeginDelivery(b.Context(), h); err != nil {
		return err
	}
	if _, err := d.Look(b.Context(), rec.ID, rec.Email, d.seq.ID); err != nil {
		return err
	}
	now := d.Now()
	return d.Record(b.Context(), store.Outcome{
		HistoryID: h.ID, History: bson.D{{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: now}},
		RecipientID: rec.ID, Token: lessee.Token,
		Recipient:       bson.D{{Key: "state", Value: outreach.StateActive}, {Key: "nextSendAt", Value: now.Add(72 * time.Hour)}},
		RecipientAlways: bson.D{{Key: "step", Value: 1}, {Key: "lastSentAt", Value: now}, {Key: "mailboxId", Value: mb.ID}},
	})
}
