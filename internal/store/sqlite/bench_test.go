package sqlite_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

var (
	noOptions = sqlite.Options{}
	text      = strings.Repeat(strings.Repeat("words ", 10)+"\r\n", 70)
)

// BenchmarkMessage is what one sent message costs the store: claim the recipient, insert the history with its text, mark it sent, advance
// the recipient. Alone, and with many mailboxes at it at once.
func BenchmarkMessage(b *testing.B) {
	for name, mailboxes := range map[string]int{"alone": 1, "by20": 20, "by64": 64} {
		b.Run(name, func(b *testing.B) {
			e := open(b)
			next := make(chan bson.ObjectID, b.N)
			for _, id := range enrol(b, e, b.N) {
				next <- id
			}
			close(next)
			sequence, mailbox := bson.NewObjectID(), bson.NewObjectID()
			before := e.RoundTrips()
			b.ResetTimer()
			var g errgroup.Group
			for range mailboxes {
				g.Go(func() error {
					for id := range next {
						if err := message(b.Context(), e, id, sequence, mailbox); err != nil {
							return err
						}
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(e.RoundTrips()-before)/float64(b.N), "commits/op")
		})
	}
}

// message does the store's part of sending one message.
func message(ctx context.Context, e store.Engine, id, sequence, mailbox bson.ObjectID) error {
	now := store.Millis(time.Now())
	byID := bson.E{Key: "_id", Value: id}
	free := bson.D{byID, {Key: "$or", Value: bson.A{
		bson.D{{Key: "claim.until", Value: nil}}, bson.D{{Key: "claim.until", Value: bson.D{{Key: "$lte", Value: now}}}},
	}}}
	claim := bson.D{{Key: "claim", Value: outreach.Lease{Owner: "host|boot|pid", Token: "t", Until: now.Add(time.Minute)}}}
	if _, err := e.FindOneAndUpdate(ctx, store.Query{Collection: store.Recipients, Filter: free}, bson.D{{Key: "$set", Value: claim}}); err != nil {
		return err
	}
	if _, err := e.Write(ctx, []store.Write{{Kind: store.Insert, Collection: store.History, Document: history(id, sequence, mailbox)}}); err != nil {
		return err
	}
	sent := bson.D{{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: now}, {Key: "smtpResponse", Value: "250 2.0.0 ok"}}
	advanced := bson.D{{Key: "state", Value: outreach.StateActive}, {Key: "nextSendAt", Value: now.Add(72 * time.Hour)}, {Key: "step", Value: 1}}
	_, err := e.Write(ctx, []store.Write{
		{Kind: store.Update, Collection: store.History, Filter: bson.D{byID}, Update: bson.D{{Key: "$set", Value: sent}}},
		{Kind: store.Update, Collection: store.Recipients, Filter: bson.D{byID, {Key: "claim.token", Value: "t"}}, Update: bson.D{
			{Key: "$set", Value: advanced}, {Key: "$unset", Value: bson.D{{Key: "claim", Value: ""}}},
		}},
	})
	return err
}

// BenchmarkOpen is what every run pays before it knows whether anything is due.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "mailrun.db")
	for b.Loop() {
		e, err := sqlite.Open(b.Context(), path, noOptions)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Count(b.Context(), store.Mailboxes, bson.D{{Key: "status", Value: "active"}}); err != nil {
			b.Fatal(err)
		}
		if err := e.Close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDue is the query of every tick, among few and among many recipients. Its time must not grow with their number.
func BenchmarkDue(b *testing.B) {
	for name, n := range map[string]int{"1000": 1000, "100000": 100_000} {
		b.Run(name, func(b *testing.B) {
			e := open(b)
			for range n / 1000 {
				enrol(b, e, 1000)
			}
			q := store.Query{
				Collection: store.Recipients, Sort: []string{"nextSendAt"}, Limit: 20,
				Filter: bson.D{{Key: "state", Value: "queued"}, {Key: "nextSendAt", Value: bson.D{{Key: "$lte", Value: time.Now()}}}, {Key: "claim.until", Value: nil}},
			}
			for b.Loop() {
				if err := e.Find(b.Context(), q, func(bson.Raw) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
