package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// BenchmarkMessageReference is the floor under BenchmarkMessage: the same rows and indexes, written by bare statements that know what is
// where, twenty messages to a commit.
func BenchmarkMessageReference(b *testing.B) {
	path := filepath.Join(b.TempDir(), "mailrun.db")
	e := openAt(b, path, noOptions)
	ids := enrol(b, e, b.N)
	db, err := sql.Open("sqlite", path+"?_pragma=synchronous(FULL)&_pragma=busy_timeout(1000)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	docs := make([][]byte, len(ids))
	for i, id := range ids {
		if docs[i], err = bson.Marshal(history(id, id, id)); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for first := 0; first < len(ids); first += 20 {
		last := min(first+20, len(ids))
		if err := referenceBatch(db, ids[first:last], docs[first:last]); err != nil {
			b.Fatal(err)
		}
	}
}

func referenceBatch(db *sql.DB, ids []bson.ObjectID, docs [][]byte) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var statements [4]*sql.Stmt
	for i, text := range []string{
		`UPDATE sequence_recipients SET claim_owner = 'me', claim_token = 't', claim_until = ?1 WHERE _id = ?2 AND claim_until IS NULL`,
		`INSERT INTO email_history (_id, sequenceRecipientId, sequenceId, mailboxId, "to", messageId, status, createdAt, doc) VALUES (?2, ?2, ?2, ?2, ?2, ?2, 'sending', ?1, ?3)`,
		`UPDATE email_history SET status = 'sent', sentAt = ?1, doc = ?3 WHERE _id = ?2`,
		`UPDATE sequence_recipients SET state = 'active', nextSendAt = ?1, step = 1, claim_owner = NULL, claim_token = NULL, claim_until = NULL WHERE _id = ?2`,
	} {
		if statements[i], err = tx.Prepare(text); err != nil {
			return err
		}
	}
	now := time.Now().UnixMilli()
	for i, id := range ids {
		for n, args := range [][]any{{now, id.Hex()}, {now, id.Hex(), docs[i]}, {now, id.Hex(), docs[i]}, {now, id.Hex()}} {
			if _, err := statements[n].Exec(args...); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

// enrol inserts n recipients that are due.
func enrol(b *testing.B, e store.Engine, n int) []bson.ObjectID {
	b.Helper()
	ids := make([]bson.ObjectID, n)
	writes := make([]store.Write, n)
	sequence, now := bson.NewObjectID(), store.Millis(time.Now())
	for i := range ids {
		ids[i] = bson.NewObjectID()
		writes[i] = store.Write{Kind: store.Insert, Collection: store.Recipients, Document: outreach.Recipient{
			ID: ids[i], SequenceID: sequence, Email: ids[i].Hex() + "@example.com", State: outreach.StateQueued, NextSendAt: &now, CreatedAt: now,
		}}
	}
	write(b, e, writes...)
	return ids
}

// history is an attempt with a text of 4.3 KB.
func history(id, sequence, mailbox bson.ObjectID) outreach.History {
	return outreach.History{
		ID: id, SequenceRecipientID: id, SequenceID: sequence, MailboxID: mailbox, To: id.Hex() + "@example.com", MessageID: "<" + id.Hex() + "@example.org>",
		Text: text, Status: outreach.HistorySending, CreatedAt: store.Millis(time.Now()),
	}
}
