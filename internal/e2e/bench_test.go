package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox/peers"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// arrivalTimeout bounds the wait for a message on its way through Postfix.
const arrivalTimeout = 20 * time.Second

// bench is a pair of servers, a store, and both jobs.
type bench struct {
	t       *testing.T
	dovecot *peers.DovecotServer
	postfix *peers.PostfixServer
	store   *store.Store
	dialer  *mailbox.Dialer
	worker  *sequence.Worker
	syncer  *inbox.Syncer
	ahead   time.Duration // of the jobs' clock before the machine's
}

// newBench starts the servers. The jobs' clock begins some days ago, so that what happens now happens after what they sent.
func newBench(t *testing.T, engine storetest.Engine) *bench {
	t.Helper()
	d := peers.Dovecot(t, peers.DovecotOptions{})
	b := &bench{t: t, dovecot: d, postfix: peers.Postfix(t, d), ahead: -4 * 24 * time.Hour}
	keys, err := mailbox.ParseKeys(mailbox.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	b.store = store.New(engine.Open(t), func() time.Time { return time.Now().Add(b.ahead) })
	b.dialer = &mailbox.Dialer{Keyring: keys, RootCAs: d.RootCAs(), IdleTimeout: 10 * time.Second}
	draw, log := func() float64 { return 0.5 }, slog.New(slog.DiscardHandler)
	b.worker = &sequence.Worker{
		Store: b.store, Dialer: b.dialer, Keyring: keys, Self: store.Self(), MaxMailboxes: 8, Draw: draw, Log: log,
		Policy: outreach.Policy{FollowUpMaxSyncAge: 30 * time.Minute, StaleAfter: 7 * 24 * time.Hour, SyncEnabled: true},
	}
	b.syncer = &inbox.Syncer{
		Store: b.store, Dialer: b.dialer, Keyring: keys, Self: store.Self(), Concurrency: 4, BackfillDays: 30, Draw: draw, Log: log,
	}
	return b
}

// address is a user of the servers.
func address(user string) string { return user + "@" + peers.Domain }

// addMailbox stores a mailbox without a gap between its messages, after a change.
func (b *bench) addMailbox(user string, security outreach.Security, change func(*outreach.Mailbox)) *outreach.Mailbox {
	b.t.Helper()
	none := 0
	mb := b.postfix.Document(address(user), security)
	mb.ID, mb.MinGapSeconds, mb.GapJitterSeconds = bson.NewObjectID(), &none, &none
	if change != nil {
		change(mb)
	}
	if err := b.store.InsertMailbox(b.t.Context(), mb); err != nil {
		b.t.Fatal(err)
	}
	return mb
}

// addSequence stores an active sequence of three steps, a day apart, and enrols people.
func (b *bench) addSequence(name string, people []string, boxes ...*outreach.Mailbox) *outreach.Sequence {
	b.t.Helper()
	now := b.store.Now()
	seq := &outreach.Sequence{
		ID: bson.NewObjectID(), Name: name, Status: outreach.SequenceActive, ActivatedAt: &now,
		Steps: []outreach.Step{
			{ID: "1", Subject: "Hello {{ firstName }}", Text: "Is this of interest?"},
			{ID: "2", Delay: "1d", Text: "Did you see my first message?"},
			{ID: "3", Delay: "1d", Text: "This is my last message."},
		},
	}
	for _, mb := range boxes {
		seq.MailboxIDs = append(seq.MailboxIDs, mb.ID)
	}
	if err := b.store.InsertSequence(b.t.Context(), seq); err != nil {
		b.t.Fatal(err)
	}
	recs := make([]outreach.Recipient, len(people))
	for i, email := range people {
		first, _, _ := strings.Cut(email, "@")
		recs[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: seq.ID, Email: email, Domain: outreach.DomainOf(email), FirstName: first,
			State: outreach.StateQueued, NextSendAt: &now,
		}
	}
	if _, err := b.store.InsertRecipients(b.t.Context(), recs); err != nil {
		b.t.Fatal(err)
	}
	return seq
}

func (b *bench) send() *outreach.SendStats {
	b.t.Helper()
	stats, err := b.worker.Run(b.t.Context(), sequence.Options{Deadline: b.store.Now().Add(time.Minute)})
	if err != nil {
		b.t.Fatalf("run-sequences: %v\n%s", err, b.postfix.Log())
	}
	return stats
}

// sync reads the named mailboxes, or without names those that are due.
func (b *bench) sync(mailboxes ...string) *outreach.SyncStats {
	b.t.Helper()
	stats, err := b.syncer.Run(b.t.Context(), inbox.Options{Deadline: b.store.Now().Add(time.Minute), Mailboxes: mailboxes})
	if err != nil {
		b.t.Fatalf("sync-mailboxes: %v\n%s", err, b.dovecot.Log())
	}
	return stats
}

// recipient finds a person in a sequence.
func (b *bench) recipient(seq *outreach.Sequence, email string) *outreach.Recipient {
	b.t.Helper()
	rec, err := b.store.RecipientInSequence(b.t.Context(), seq.ID, email)
	if err != nil {
		b.t.Fatalf("%s: %v", email, err)
	}
	return rec
}

// mailboxOf is the mailbox that wrote to a person.
func (b *bench) mailboxOf(seq *outreach.Sequence, email string) *outreach.Mailbox {
	b.t.Helper()
	mb, err := b.store.Mailbox(b.t.Context(), b.recipient(seq, email).MailboxID)
	if err != nil {
		b.t.Fatalf("mailbox of %s: %v", email, err)
	}
	return mb
}

// files lists the messages in a folder of a user's, "" for the Inbox, in the order of their arrival.
func (b *bench) files(user, folder string) []string {
	b.t.Helper()
	var found []string
	for _, sub := range []string{"new", "cur"} {
		names, err := filepath.Glob(filepath.Join(b.dovecot.Maildir(address(user)), folder, sub, "*"))
		if err != nil {
			b.t.Fatal(err)
		}
		found = append(found, names...)
	}
	return found
}

// arrived waits until n messages lie in a user's Inbox and returns them by their Message-ID.
func (b *bench) arrived(user string, n int) map[string]*message.Message {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), arrivalTimeout)
	defer cancel()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	files := b.files(user, "")
	for ; len(files) < n; files = b.files(user, "") {
		select {
		case <-look.C:
		case <-ctx.Done():
			b.t.Fatalf("%s has %d messages, want %d\n%s", user, len(files), n, b.postfix.Log())
		}
	}
	messages := map[string]*message.Message{}
	for _, name := range files {
		raw, err := os.ReadFile(name) //nolint:gosec // the test's own server wrote it
		if err != nil {
			b.t.Fatal(err)
		}
		m := message.Parse(raw)
		messages[m.MessageID] = m
	}
	return messages
}

// write sends a message from a person to one of our mailboxes through Postfix, as the person's own program does.
func (b *bench) write(from string, to *outreach.Mailbox, subject, extra, body string) {
	b.t.Helper()
	ctx := b.t.Context()
	session, err := b.dialer.SMTP(ctx, b.postfix.Document(address(from), outreach.SecurityTLS))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	raw := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s@%s>\nDate: %s\n%s\n%s\n",
		address(from), to.Email, subject, bson.NewObjectID().Hex(), peers.Domain, time.Now().Format(time.RFC1123Z), extra, body)
	if err := session.Send(ctx, address(from), to.Email, []byte(strings.ReplaceAll(raw, "\n", "\r\n"))); err != nil {
		b.t.Fatalf("%s writes to %s: %v", from, to.Email, err)
	}
}

// answering are the header fields that tie an answer to a message.
func answering(m *message.Message) string {
	return "In-Reply-To: " + m.MessageID + "\nReferences: " + m.MessageID + "\n"
}

// closedPort is a port at which nobody listens.
func closedPort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
