package sqlite_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// BenchmarkMessage is what one sent message costs the store: claim the recipient, insert the history with its text, mark it sent, advance
// the recipient; alone, and with twenty mailboxes at it at once.
func BenchmarkMessage(b *testing.B) {
	for _, mailboxes := range []int{1, 20, 64} {
		b.Run(map[int]string{1: "alone", 20: "by20", 64: "by64"}[mailboxes], func(b *testing.B) {
			e := open(b)
			ids := make([]bson.ObjectID, b.N)
			var writes []store.Write
			sequence, mailbox := bson.NewObjectID(), bson.NewObjectID()
			now := store.Millis(time.Now())
			for i := range ids {
				ids[i] = bson.NewObjectID()
				r := outreach.Recipient{ID: ids[i], SequenceID: sequence, Email: ids[i].Hex() + "@example.com", State: outreach.StateQueued, NextSendAt: &now, CreatedAt: now}
				writes = append(writes, store.Write{Kind: store.Insert, Collection: store.Recipients, Document: r})
			}
			if _, err := e.Write(b.Context(), writes); err != nil {
				b.Fatal(err)
			}
			next := make(chan bson.ObjectID, b.N)
			for _, id := range ids {
				next <- id
			}
			close(next)
			before := e.RoundTrips()
			done := make(chan error)
			b.ResetTimer()
			for range mailboxes {
				go func() {
					for id := range next {
						if err := message(b.Context(), e, id, sequence, mailbox); err != nil {
							done <- err
							return
						}
					}
					done <- nil
				}()
			}
			for range mailboxes {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(e.RoundTrips()-before)/float64(b.N), "commits/op")
		})
	}
}

func message(ctx context.Context, e *sqlite.Engine, id, sequence, mailbox bson.ObjectID) error {
	now := store.Millis(time.Now())
	free := bson.D{{Key: "_id", Value: id}, {Key: "$or", Value: bson.A{
		bson.D{{Key: "claim.until", Value: nil}}, bson.D{{Key: "claim.until", Value: bson.D{{Key: "$lte", Value: now}}}}}}}
	claim := outreach.Lease{Owner: "host|boot|pid", Token: id.Hex(), Until: now.Add(time.Minute)}
	_, err := e.FindOneAndUpdate(ctx, store.Query{Collection: store.Recipients, Filter: free}, bson.D{{Key: "$set", Value: bson.D{{Key: "claim", Value: claim}}}})
	if err != nil {
		return err
	}
	history := outreach.History{
		ID: id, SequenceRecipientID: id, SequenceID: sequence, MailboxID: mailbox, To: id.Hex() + "@example.com", MessageID: "<" + id.Hex() + "@example.org>",
		Text: text, Status: outreach.HistorySending, CreatedAt: now,
	}
	if _, err = e.Write(ctx, []store.Write{{Kind: store.Insert, Collection: store.History, Document: history}}); err != nil {
		return err
	}
	_, err = e.Write(ctx, []store.Write{
		{Kind: store.Update, Collection: store.History, Filter: bson.D{{Key: "_id", Value: id}}, Update: bson.D{
			{Key: "$set", Value: bson.D{{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: now}, {Key: "smtpResponse", Value: "250 2.0.0 ok"}}}}},
		{Kind: store.Update, Collection: store.Recipients, Filter: bson.D{{Key: "_id", Value: id}, {Key: "claim.token", Value: claim.Token}}, Update: bson.D{
			{Key: "$set", Value: bson.D{{Key: "state", Value: outreach.StateActive}, {Key: "nextSendAt", Value: now.Add(72 * time.Hour)}, {Key: "step", Value: 1}}},
			{Key: "$unset", Value: bson.D{{Key: "claim", Value: ""}}}}},
	})
	return err
}

var text = strings.Repeat(string(bytes.Repeat([]byte("words "), 10))+"\r\n", 70) // 4.3 KB

// BenchmarkOpen is what every run pays before it can ask whether anything is due.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "mailrun.db")
	for b.Loop() {
		e, err := sqlite.Open(b.Context(), path, sqlite.Options{})
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
