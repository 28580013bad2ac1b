package sqlite

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func BenchmarkRef(b *testing.B) {
	e, err := Open(context.Background(), filepath.Join(b.TempDir(), "x.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close(context.Background())
	var rows [][]any
	_ = rows
	seq := bson.NewObjectID()
	now := store.Millis(time.Now())
	ids := make([]bson.ObjectID, b.N)
	var ws []store.Write
	hist := make([]bson.Raw, b.N)
	for i := range ids {
		ids[i] = bson.NewObjectID()
		r := outreach.Recipient{ID: ids[i], SequenceID: seq, Email: ids[i].Hex() + "@example.com", State: outreach.StateQueued, NextSendAt: &now, CreatedAt: now}
		ws = append(ws, store.Write{Kind: store.Insert, Collection: store.Recipients, Document: r})
		hist[i], _ = bson.Marshal(outreach.History{
			ID: ids[i], SequenceRecipientID: ids[i], SequenceID: seq, MailboxID: seq, To: ids[i].Hex() + "@example.com", MessageID: "<" + ids[i].Hex() + "@example.org>",
			Text: strings.Repeat("words words ", 360), Status: outreach.HistorySending, CreatedAt: now,
		})
	}
	e.Write(context.Background(), ws)
	ht, rt := e.tables[store.History], e.tables[store.Recipients]
	c := e.writer
	ctx := context.Background()
	must := func(_ int64, err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for i, id := range ids {
		if i%20 == 0 {
			must(c.exec(ctx, "BEGIN IMMEDIATE"))
		}
		h := id.Hex()
		_, _ = rt, h
		must(c.exec(ctx, "UPDATE sequence_recipients SET claim_owner=?, claim_token=?, claim_until=? WHERE _id=? AND claim_until IS NULL", "host|boot|pid", h, now.UnixMilli(), h))
		row, _ := ht.row(hist[i])
		must(c.exec(ctx, ht.insert, row...))
		must(c.exec(ctx, "UPDATE email_history SET status=?, sentAt=?, doc=? WHERE _id=?", "sent", now.UnixMilli(), []byte(hist[i]), h))
		must(c.exec(ctx, "UPDATE sequence_recipients SET state=?, nextSendAt=?, step=1, claim_owner=null, claim_token=null, claim_until=null WHERE _id=?", "active", now.UnixMilli()+100, h))
		if i%20 == 19 || i == b.N-1 {
			must(c.exec(ctx, "COMMIT"))
		}
	}
}
