package bench

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// data is a store with mailboxes, a sequence and recipients.
type data struct {
	*store.Store
	boxes []*outreach.Mailbox
	seq   *outreach.Sequence
}

// openSQLite opens a database file with its indexes made; it is closed with the benchmark, or before by the caller.
func openSQLite(b *testing.B, path string) store.Engine {
	b.Helper()
	engine, err := sqlite.Open(b.Context(), path, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := engine.EnsureIndexes(b.Context()); err != nil {
		b.Fatal(err)
	}
	return engine
}

func closeEngine(b *testing.B, engine store.Engine) {
	b.Helper()
	if err := engine.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// fill makes mailboxes without pacing, from documents of a server, and one sequence of theirs with n recipients who are due.
func fill(b *testing.B, engine store.Engine, boxes []*outreach.Mailbox, n int) *data {
	b.Helper()
	d := &data{Store: store.New(engine, time.Now), boxes: boxes}
	var ids []bson.ObjectID
	none, many := 0, 1_000_000
	for _, mb := range boxes {
		mb.ID, mb.Status, mb.SaveSent, mb.FromName = bson.NewObjectID(), outreach.MailboxActive, "never", "Sam Sender"
		mb.MinGapSeconds, mb.GapJitterSeconds, mb.DailyLimit = &none, &none, &many
		if err := d.InsertMailbox(b.Context(), mb); err != nil {
			b.Fatal(err)
		}
		ids = append(ids, mb.ID)
	}
	activated := d.Now()
	d.seq = &outreach.Sequence{
		ID: bson.NewObjectID(), Name: "bench", Status: outreach.SequenceActive, MailboxIDs: ids, ActivatedAt: &activated,
		Steps: []outreach.Step{{ID: "1", Subject: "{Question|Quick question} about {{ company }}", Text: textBody, HTML: htmlBody}, {ID: "2", Delay: "3d", Text: "Again."}},
	}
	if err := d.InsertSequence(b.Context(), d.seq); err != nil {
		b.Fatal(err)
	}
	d.enrol(b, 0, n, d.Now())
	return d
}

// textBody and htmlBody make a message of some 6 KB.
var (
	textBody = "{Hi|Hello} {{ firstName | default: \"there\" }},\n\nI saw that {{ company }} is hiring in {{ city }}.\n\n" +
		strings.Repeat("This is a line of an ordinary message that says something.\n", 30) + "\nKind regards,\n{{ senderName }}"
	htmlBody = "<p>{Hi|Hello} {{ firstName }},</p>\n<p>I saw that {{ company }} is hiring in {{ city }}.</p>\n" +
		strings.Repeat("<p style=\"font-family:Arial\">This is a line of an ordinary message.</p>\n", 42) + "<p>{{ senderName }}</p>"
)

// enrol adds n people to the sequence, numbered from first, all due at a time.
func (d *data) enrol(b *testing.B, first, n int, due time.Time) {
	b.Helper()
	const batch = 2000
	for done := 0; done < n; done += batch {
		recs := make([]outreach.Recipient, min(batch, n-done))
		for i := range recs {
			recs[i] = person(d.seq.ID, first+done+i, due)
		}
		if _, err := d.InsertRecipients(b.Context(), recs); err != nil {
			b.Fatal(err)
		}
	}
}

func person(sequence bson.ObjectID, i int, due time.Time) outreach.Recipient {
	domain := fmt.Sprintf("c%d.example", i%5000)
	return outreach.Recipient{
		ID: bson.NewObjectID(), SequenceID: sequence, Email: fmt.Sprintf("p%d@%s", i, domain), Domain: domain, FirstName: "Pat", LastName: "Doe",
		Company: "Corp", Variables: map[string]string{"city": "Paris"}, State: outreach.StateQueued, NextSendAt: &due,
	}
}
