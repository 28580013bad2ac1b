package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/killtest"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox/peers"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// The sizes of mailboxes on a real server: 2,000 messages in one and 5 in each of 20, ten times as many of each under MAILRUN_SOAK. Every
// fifth message is an answer.
const (
	largeMailbox   = 2000
	manyMailboxes  = 20
	smallMailbox   = 5
	answersOneIn   = 5
	dovecotTimeout = 5 * time.Minute
)

// dovecotBench is a bench with mailboxes on a real Dovecot.
type dovecotBench struct {
	*bench
	server *peers.DovecotServer
	people []*outreach.Recipient // who has answered
}

func newDovecotReader(t *testing.T) *dovecotBench {
	t.Helper()
	b := &dovecotBench{bench: &bench{t: t}, server: peers.Dovecot(t, peers.DovecotOptions{})}
	b.fill(storetest.SQLite().Open(t), mailbox.NewKey(), b.document(us))
	b.syncer.Dialer.RootCAs = b.server.RootCAs()
	b.syncer.Dialer.IdleTimeout = time.Minute
	b.syncer.Concurrency = 32
	return b
}

func (b *dovecotBench) document(email string) *outreach.Mailbox {
	return &outreach.Mailbox{Email: email, IMAP: b.server.IMAP(email, outreach.SecuritySTARTTLS), ClearIMAPPassword: peers.Password}
}

// post fills a mailbox: its owner wrote to some people who answer among many who were never written to. It returns the answers.
func (b *dovecotBench) post(mb *outreach.Mailbox, messages int) (answers int) {
	b.t.Helper()
	own := *b.bench
	own.mb = mb
	for i := range messages {
		raw := mail(fmt.Sprintf("stranger%d@elsewhere.example", i), "Re: your order", "In-Reply-To: <"+bson.NewObjectID().Hex()+"@shop.example>\n", "Nothing that concerns us.")
		if i%answersOneIn == 0 {
			from := fmt.Sprintf("p%d@corp%d.example", len(b.people), len(b.people))
			rec, h := own.written(from)
			raw = mail(from, "Re: A question", inReplyTo(h), "Sounds good, tell me more.")
			b.people = append(b.people, rec)
			answers++
		}
		b.server.Deliver(b.t, mb.Email, []byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	}
	return answers
}

// read reads every mailbox that is named, or all that are due.
func (b *dovecotBench) read(mailboxes ...string) *outreach.SyncStats {
	b.t.Helper()
	stats, err := b.syncer.Run(b.t.Context(), inbox.Options{Deadline: b.store.Now().Add(dovecotTimeout), Mailboxes: mailboxes})
	if err != nil {
		b.t.Fatal(err)
	}
	return stats
}

// requireAnswered checks that everybody's answer is stored once and has stopped his sequence.
func (b *dovecotBench) requireAnswered() {
	b.t.Helper()
	for _, rec := range b.people {
		replies, err := b.store.RepliesOfRecipient(b.t.Context(), rec.ID)
		if err != nil || len(replies) != 1 || !replies[0].Effects["done"] {
			b.t.Fatalf("%s: %d stored answers, %v, want one whose effects are done", rec.Email, len(replies), err)
		}
		if state := b.recipient(rec.ID).State; state != outreach.StateReplied {
			b.t.Fatalf("%s is %s, want replied", rec.Email, state)
		}
	}
}

// A large mailbox is read right, and once.
func TestLargeMailbox(t *testing.T) {
	b := newDovecotReader(t)
	b.read(us)
	messages := killtest.Rounds(largeMailbox)
	answers := b.post(b.mb, messages)
	began := time.Now()
	first := b.read(us)
	t.Logf("%d messages with %d answers read in %v", messages, answers, time.Since(began).Round(time.Millisecond))
	if first.Messages != messages || first.Replies != answers || first.ThreadsCreated != answers || first.Failed != 0 {
		t.Errorf("first: %+v, want %d messages with %d answers", first, messages, answers)
	}
	b.requireAnswered()
	if second := b.read(us); second.Unchanged != 1 || second.Messages != 0 {
		t.Errorf("second: %+v, want nothing new", second)
	}
}

// Many mailboxes are read right at first sight, and once.
func TestManyMailboxes(t *testing.T) {
	b := newDovecotReader(t)
	boxes, each := killtest.Rounds(manyMailboxes), killtest.Rounds(smallMailbox)
	addresses := []string{us}
	answers := b.post(b.mb, each)
	for i := 1; i < boxes; i++ {
		mb := b.document(fmt.Sprintf("nora%d@us.example", i))
		mb.ID, mb.Status = bson.NewObjectID(), outreach.MailboxActive
		if err := b.store.InsertMailbox(t.Context(), mb); err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, mb.Email)
		answers += b.post(mb, each)
	}
	began := time.Now()
	first := b.read()
	t.Logf("%d mailboxes of %d messages with %d answers read in %v", boxes, each, answers, time.Since(began).Round(time.Millisecond))
	if first.Mailboxes != boxes || first.Synced != boxes || first.Messages != boxes*each || first.Replies != answers || first.Failed != 0 {
		t.Errorf("first: %+v, want %d mailboxes of %d messages with %d answers", first, boxes, each, answers)
	}
	b.requireAnswered()
	if second := b.read(addresses...); second.Unchanged != boxes || second.Messages != 0 {
		t.Errorf("second: %+v, want nothing new", second)
	}
}
