package inbox_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

const us = "nora@us.example"

// bench is a store, a world with one mailbox, and a syncer.
type bench struct {
	t      *testing.T
	world  *sandbox.World
	store  *store.Store
	keys   *mailbox.Keyring
	syncer *inbox.Syncer
	mb     *outreach.Mailbox
	seq    *outreach.Sequence
}

func newBench(t *testing.T) *bench {
	t.Helper()
	world, err := sandbox.Start(t.Context(), sandbox.Options{Accounts: []sandbox.Account{{Email: us, Password: "secret"}}, Immediate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	b := &bench{t: t, world: world}
	b.fill(storetest.SQLite().Open(t), mailbox.NewKey(), world.Document(us, outreach.SecurityNone))
	return b
}

// newSyncer is a syncer that waits for nothing longer than it must.
func newSyncer(s *store.Store, keys *mailbox.Keyring) *inbox.Syncer {
	return &inbox.Syncer{
		Store: s, Dialer: &mailbox.Dialer{Keyring: keys, IdleTimeout: 2 * time.Second}, Keyring: keys, Self: store.Self(),
		Concurrency: 4, BackfillDays: 30, Draw: func() float64 { return 0 }, Log: slog.New(slog.DiscardHandler),
	}
}

// fill puts our mailbox and a sequence into the store.
func (b *bench) fill(engine store.Engine, key string, mb *outreach.Mailbox) {
	t, ctx := b.t, b.t.Context()
	t.Helper()
	keys, err := mailbox.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	b.keys, b.store = keys, store.New(engine, time.Now)
	b.syncer = newSyncer(b.store, keys)
	b.mb = mb
	b.mb.ID, b.mb.Status = bson.NewObjectID(), outreach.MailboxActive
	if err := b.store.InsertMailbox(ctx, b.mb); err != nil {
		t.Fatal(err)
	}
	b.seq = &outreach.Sequence{
		ID: bson.NewObjectID(), Name: "s", Status: outreach.SequenceActive, MailboxIDs: []bson.ObjectID{b.mb.ID},
		Steps: []outreach.Step{{ID: "1", Subject: "A question", Text: "x"}, {ID: "2", Delay: "3d", Text: "y"}},
	}
	if err := b.store.InsertSequence(ctx, b.seq); err != nil {
		t.Fatal(err)
	}
}

// written enrols a person and records that the first step was sent to him.
func (b *bench) written(email string) (*outreach.Recipient, *outreach.History) {
	b.t.Helper()
	ctx := b.t.Context()
	sent := b.store.Now().Add(-time.Hour)
	due := sent.Add(72 * time.Hour)
	_, domain, _ := strings.Cut(email, "@")
	recs := []outreach.Recipient{{
		ID: bson.NewObjectID(), SequenceID: b.seq.ID, Email: email, Domain: domain, State: outreach.StateActive, Step: 1,
		MailboxID: b.mb.ID, NextSendAt: &due, LastSentAt: &sent,
	}}
	if _, err := b.store.InsertRecipients(ctx, recs); err != nil {
		b.t.Fatal(err)
	}
	h := &outreach.History{
		ID: outreach.HistoryID(recs[0].ID, 0), SequenceRecipientID: recs[0].ID, SequenceID: b.seq.ID, MailboxID: b.mb.ID, To: email, From: us,
		Subject: "A question", Status: outreach.HistorySent, SentAt: &sent, Attempts: 1,
	}
	h.MessageID = b.keys.MessageID(h.ID, "us.example")
	if err := b.store.BeginDelivery(ctx, h); err != nil {
		b.t.Fatal(err)
	}
	// The delivery happened an hour ago, not now.
	if err := b.store.UpdateHistory(ctx, h.ID, []outreach.HistoryStatus{outreach.HistorySent}, bson.D{{Key: "createdAt", Value: sent}}); err != nil {
		b.t.Fatal(err)
	}
	return &recs[0], h
}

// deliver puts a raw message into a folder of our mailbox.
func (b *bench) deliver(folder, raw string) {
	b.world.Mailbox(us).Append(folder, []byte(strings.ReplaceAll(raw, "\n", "\r\n")), b.store.Now())
}

func (b *bench) sync() *outreach.SyncStats {
	b.t.Helper()
	stats, err := b.syncer.Run(b.t.Context(), inbox.Options{Deadline: b.store.Now().Add(20 * time.Second), Mailboxes: []string{us}})
	if err != nil {
		b.t.Fatal(err)
	}
	return stats
}

func (b *bench) recipient(id bson.ObjectID) *outreach.Recipient {
	b.t.Helper()
	r, err := b.store.Recipient(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func mail(from, subject, extra, body string) string {
	return fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s@them.example>\nDate: %s\n%s\n%s\n", from, us, subject, bson.NewObjectID().Hex(), time.Now().UTC().Format(time.RFC1123Z), extra, body)
}

func inReplyTo(h *outreach.History) string {
	return "In-Reply-To: " + h.MessageID + "\nReferences: " + h.MessageID + "\n"
}

// Every kind of message moves its recipient as the contract says, counts once, and changes no flag.
func TestEffects(t *testing.T) {
	tests := []struct {
		name   string
		raw    func(h *outreach.History) string
		state  outreach.State
		count  func(*outreach.SyncStats) int
		method string
	}{
		{
			name: "a reply in the thread",
			raw: func(h *outreach.History) string {
				return mail("p@corp.example", "Re: A question", inReplyTo(h), "Sounds good, tell me more.")
			},
			state: outreach.StateReplied, count: func(s *outreach.SyncStats) int { return s.Replies }, method: inbox.MatchSigned,
		},
		{
			name: "a reply outside the thread",
			raw: func(*outreach.History) string {
				return mail("P <p@corp.example>", "your mail", "", "Hello, I got your mail. Call me.")
			},
			state: outreach.StateReplied, count: func(s *outreach.SyncStats) int { return s.Replies }, method: inbox.MatchAddress,
		},
		{
			name: "a colleague under the same subject",
			raw: func(*outreach.History) string {
				return mail("boss@corp.example", "Re: A question", "", "I am the right person for this.")
			},
			state: outreach.StateReplied, count: func(s *outreach.SyncStats) int { return s.Replies }, method: inbox.MatchSubject,
		},
		{
			name: "out of office",
			raw: func(h *outreach.History) string {
				return mail("p@corp.example", "Out of Office: A question", inReplyTo(h)+"Auto-Submitted: auto-replied\n", "I am out of the office and have no access to e-mail.")
			},
			state: outreach.StateActive, count: func(s *outreach.SyncStats) int { return s.AutoReplies }, method: inbox.MatchSigned,
		},
		{
			name: "an opt-out in words",
			raw: func(h *outreach.History) string {
				return mail("p@corp.example", "Re: A question", inReplyTo(h), "Please unsubscribe me.")
			},
			state: outreach.StateUnsubscribed, count: func(s *outreach.SyncStats) int { return s.Unsubscribes }, method: inbox.MatchSigned,
		},
		{
			name:  "a hard bounce",
			raw:   func(h *outreach.History) string { return dsn(h, "failed", "5.1.1") },
			state: outreach.StateBounced, count: func(s *outreach.SyncStats) int { return s.Bounces }, method: inbox.MatchSigned,
		},
		{
			name: "a hard bounce of a forwarded address, without its original",
			raw: func(h *outreach.History) string {
				notice := dsn(h, "failed", "5.1.1")
				notice = strings.Replace(notice, "Final-Recipient: rfc822; "+h.To, "Original-Recipient: rfc822; "+h.To+"\nFinal-Recipient: rfc822; elsewhere@forward.example", 1)
				return strings.ReplaceAll(notice, h.MessageID, "<unknown@forward.example>")
			},
			state: outreach.StateBounced, count: func(s *outreach.SyncStats) int { return s.Bounces }, method: inbox.MatchAddress,
		},
		{
			name:  "a delay",
			raw:   func(h *outreach.History) string { return dsn(h, "delayed", "4.4.1") },
			state: outreach.StateActive, count: func(s *outreach.SyncStats) int { return s.Bounces }, method: inbox.MatchSigned,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			rec, h := b.written("p@corp.example")
			b.deliver(sandbox.Inbox, tt.raw(h))
			b.deliver(sandbox.Inbox, mail("stranger@elsewhere.example", "Newsletter", "", "Nothing that concerns us."))

			stats := b.sync()
			if got := b.recipient(rec.ID).State; got != tt.state {
				t.Errorf("state = %s, want %s", got, tt.state)
			}
			if tt.count(stats) != 1 {
				t.Errorf("stats = %+v, want one of this kind", stats)
			}
			replies, err := b.store.RepliesOfRecipient(t.Context(), rec.ID)
			if err != nil || len(replies) != 1 {
				t.Fatalf("replies = %d, %v, want 1", len(replies), err)
			}
			if replies[0].MatchMethod != tt.method || !replies[0].Effects["done"] {
				t.Errorf("method = %s, effects = %v, want %s and done", replies[0].MatchMethod, replies[0].Effects, tt.method)
			}
			again := b.sync()
			if diff := cmp.Diff(0, again.Messages+again.Replies+again.Bounces+again.AutoReplies+again.Unsubscribes); diff != "" {
				t.Errorf("second sync found something new: %+v", again)
			}
			if n := b.world.Mailbox(us).FlagChanges(); n != 0 {
				t.Errorf("%d flags changed", n)
			}
		})
	}
}

func dsn(h *outreach.History, action, status string) string {
	return "From: MAILER-DAEMON@relay.example\nTo: " + us + "\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <" + bson.NewObjectID().Hex() + "@relay.example>\nDate: " +
		time.Now().UTC().Format(time.RFC1123Z) + "\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nIt did not work.\n\n" +
		"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; " + h.To + "\nAction: " + action + "\nStatus: " + status +
		"\nDiagnostic-Code: smtp; 550 " + status + " no\n\n--b\nContent-Type: message/rfc822\n\nFrom: " + us + "\nTo: " + h.To + "\nSubject: A question\nMessage-ID: " + h.MessageID + "\n\nx\n\n--b--\n"
}

// A message that is moved or renumbered is the same message.
func TestMovedAndRenumbered(t *testing.T) {
	b := newBench(t)
	rec, h := b.written("p@corp.example")
	b.deliver(sandbox.Junk, mail("p@corp.example", "Re: A question", inReplyTo(h), "Yes please."))
	if s := b.sync(); s.Replies != 1 {
		t.Fatalf("stats = %+v, want 1 reply", s)
	}
	box := b.world.Mailbox(us)
	box.Move(sandbox.Junk, sandbox.Inbox, box.Messages(sandbox.Junk)[0].UID)
	if s := b.sync(); s.Replies != 0 || s.ThreadsCreated != 0 {
		t.Errorf("after the move: %+v, want nothing new", s)
	}
	box.Renumber(sandbox.Inbox, 4711, 100)
	_, h2 := b.written("q@corp2.example")
	b.deliver(sandbox.Inbox, mail("q@corp2.example", "Re: A question", inReplyTo(h2), "Me too."))
	if s := b.sync(); s.Replies != 1 {
		t.Errorf("after the renumbering: %+v, want the one new reply", s)
	}
	replies, err := b.store.RepliesOfRecipient(t.Context(), rec.ID)
	if err != nil || len(replies) != 1 || replies[0].Folder != sandbox.Inbox {
		t.Errorf("replies = %+v, %v, want one, in the inbox", replies, err)
	}
}

// What answers an answer is found although both come at once, and the first is not stored yet when the second is looked at.
func TestAnswerToWhatIsUnderway(t *testing.T) {
	b := newBench(t)
	b.sync() // first sight
	_, h := b.written("p@corp.example")
	b.deliver(sandbox.Inbox, "Message-ID: <first@them.example>\nFrom: p@corp.example\nTo: "+us+"\nSubject: Re: A question\n"+inReplyTo(h)+"\nMy colleague knows.\n")
	b.deliver(sandbox.Inbox, "Message-ID: <second@them.example>\nFrom: q@elsewhere.example\nTo: "+us+"\nSubject: I know\nIn-Reply-To: <first@them.example>\n\nAsk me.\n")
	if s := b.sync(); s.Replies != 2 || s.ThreadsCreated != 1 {
		t.Fatalf("%d replies in %d threads, want 2 in 1: %+v", s.Replies, s.ThreadsCreated, s)
	}
	found, err := b.store.RepliesByMessageIDs(t.Context(), []string{"<second@them.example>"})
	if err != nil || len(found) != 1 || found[0].SequenceRecipientID != h.SequenceRecipientID || found[0].HistoryID != h.ID {
		t.Errorf("the second answer is stored as %+v, %v", found, err)
	}
}
