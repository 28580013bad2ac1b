package inbox_test

import (
	"bytes"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/sandbox"
	"mailrun/pkg/outreach"
)

// A thread that an older mailrun began, under an id made in another way, goes on.
func TestOldThreadsGoOn(t *testing.T) {
	answers := map[string]func(h *outreach.History) string{
		"in the thread": func(h *outreach.History) string { return mail(h.To, "Re: A question", inReplyTo(h), "Yes.") },
		"of a colleague": func(*outreach.History) string {
			return mail("boss@corp.example", "Re: A question", "", "I am the right one.")
		},
		"without a sign of it": func(h *outreach.History) string { return mail(h.To, "Hello", "", "I got your mail.") },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			_, h := b.written("p@corp.example")
			old := &outreach.Thread{
				ID: bson.NewObjectID(), MailboxID: b.mb.ID, RootMessageID: h.MessageID, Subject: "A question", Status: outreach.ThreadClosed,
				SequenceRecipientID: h.SequenceRecipientID, SequenceID: h.SequenceID,
			}
			if err := b.store.PutThreads(t.Context(), []*outreach.Thread{old}, nil); err != nil {
				t.Fatal(err)
			}
			b.deliver(sandbox.Inbox, answer(h))
			if s := b.sync(); s.ThreadsCreated != 0 || s.ThreadsUpdated != 1 {
				t.Errorf("stats = %+v, want the old thread updated", s)
			}
			replies, err := b.store.RepliesOfRecipient(t.Context(), h.SequenceRecipientID)
			if err != nil || len(replies) != 1 || replies[0].ThreadID != old.ID {
				t.Errorf("replies = %+v, %v, want one in the old thread", replies, err)
			}
			if got, err := b.store.Thread(t.Context(), old.ID); err != nil || got.InboundCount != 1 || got.Status != outreach.ThreadOpen {
				t.Errorf("thread = %+v, %v, want it open with one message", got, err)
			}
		})
	}
}

// The threads of one import's recipients have ids in the recipients' order, those of two steps and of two mailboxes have two.
func TestNewThreadsStandTogether(t *testing.T) {
	b := newBench(t)
	var last bson.ObjectID
	for i := range 5 {
		_, h := b.written(fmt.Sprintf("p%d@corp%d.example", i, i))
		b.deliver(sandbox.Inbox, mail(h.To, "Re: A question", inReplyTo(h), "Yes."))
		b.deliver(sandbox.Inbox, mail(h.To, "Re: A question", inReplyTo(h), "And one more thing."))
	}
	if s := b.sync(); s.ThreadsCreated != 5 || s.Replies != 10 {
		t.Fatalf("stats = %+v, want 10 replies in 5 threads", s)
	}
	for i := range 5 {
		rec, err := b.store.RecipientsByEmail(t.Context(), fmt.Sprintf("p%d@corp%d.example", i, i))
		if err != nil || len(rec) != 1 {
			t.Fatal(rec, err)
		}
		id := rec[0].ThreadID
		if bytes.Compare(id[:], last[:]) <= 0 || id.Timestamp() != rec[0].ID.Timestamp() {
			t.Errorf("thread %d has the id %s after %s", i, id.Hex(), last.Hex())
		}
		if got, err := b.store.Thread(t.Context(), id); err != nil || got.InboundCount != 2 {
			t.Errorf("thread %d = %+v, %v, want two messages", i, got, err)
		}
		last = id
	}
}

// ThreadsByRoots knows a mailbox's threads only.
func TestThreadsByRoots(t *testing.T) {
	b := newBench(t)
	mine := &outreach.Thread{ID: bson.NewObjectID(), MailboxID: b.mb.ID, RootMessageID: "<a@x>"}
	others := &outreach.Thread{ID: bson.NewObjectID(), MailboxID: bson.NewObjectID(), RootMessageID: "<b@x>"}
	if err := b.store.PutThreads(t.Context(), []*outreach.Thread{mine, others}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := b.store.ThreadsByRoots(t.Context(), b.mb.ID, []string{"<a@x>", "<b@x>", "<c@x>"})
	if err != nil || len(got) != 1 || got["<a@x>"] != mine.ID {
		t.Errorf("%v, %v, want %s alone", got, err, mine.ID.Hex())
	}
}
