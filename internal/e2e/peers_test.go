package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox/peers"
	"mailrun/internal/sequence"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// The people. What each does follows from the story; those whose local part begins with "gone" do not exist.
const (
	ann, bob, cid, dee, eve, gil = "ann", "bob", "cid", "dee", "eve", "gone.gil"
	fay                          = "fay@" + peers.RefusingDomain
	gus                          = "gus@" + peers.BusyDomain
)

// TestPeers takes a sequence of three steps from its start to its end: people answer in the thread and outside it, are away, opt out, do
// not exist, are refused, and say nothing.
func TestPeers(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := newStory(t, engine)
			s.firstDay()
			s.answers()
			s.secondDay()
			s.thirdDay()
			s.end()
		})
	}
}

// story is a bench with two healthy mailboxes and a sequence.
type story struct {
	*bench
	nora, omar *outreach.Mailbox
	seq        *outreach.Sequence
}

func newStory(t *testing.T, engine storetest.Engine) *story {
	t.Helper()
	b := newBench(t, engine)
	s := &story{bench: b, nora: b.addMailbox("nora", outreach.SecuritySTARTTLS, nil), omar: b.addMailbox("omar", outreach.SecurityTLS, nil)}
	s.seq = b.addSequence("main", []string{address(ann), address(bob), address(cid), address(dee), address(eve), address(gil), fay, gus}, s.nora, s.omar)
	return s
}

// firstDay sends the first step. Refusals at RCPT say at once what they mean; Postfix returns the mail for the one who has gone.
func (s *story) firstDay() {
	s.t.Helper()
	stats := s.send()
	if stats.Due != 8 || stats.Sent != 6 || stats.Failed != 1 || stats.Deferred != 1 {
		s.t.Fatalf("first day: %+v, want 6 of 8 sent, 1 failed, 1 deferred", stats)
	}
	s.requireStates(map[string]outreach.State{
		address(ann): outreach.StateActive, address(gil): outreach.StateActive, fay: outreach.StateBounced, gus: outreach.StateQueued,
	})
	s.requireSuppressed(fay, outreach.SuppressBounce)
	for _, who := range []string{ann, bob, cid, dee, eve} {
		s.arrived(who, 1)
	}
	if again := s.send(); again.Sent != 0 {
		s.t.Errorf("a second run on the first day sent %d", again.Sent)
	}
}

// answers has people answer and reads what came: three answers and the bounce.
func (s *story) answers() {
	s.t.Helper()
	s.write(ann, s.mailboxOf(s.seq, address(ann)), "Re: Hello ann", answering(s.only(ann)), "Yes, tell me more.")
	s.write(cid, s.mailboxOf(s.seq, address(cid)), "Automatic reply: Hello cid", answering(s.only(cid))+"Auto-Submitted: auto-replied\n", "I am out of the office.")
	s.write(eve, s.mailboxOf(s.seq, address(eve)), "about your message", "", "I would like to hear more about it.")
	s.allIn(4)

	stats := s.sync()
	if stats.Synced != 2 || stats.Replies != 2 || stats.AutoReplies != 1 || stats.Bounces != 1 || stats.ThreadsCreated != 4 {
		s.t.Fatalf("first sync: %+v, want 2 replies, 1 automatic answer, 1 bounce, 4 threads", stats)
	}
	again := s.sync(s.nora.Email, s.omar.Email)
	if again.Messages+again.Replies+again.AutoReplies+again.Bounces+again.ThreadsCreated+again.ThreadsUpdated != 0 {
		s.t.Errorf("second sync: %+v, want nothing new", again)
	}
	s.requireStates(map[string]outreach.State{
		address(ann): outreach.StateReplied, address(eve): outreach.StateReplied, address(gil): outreach.StateBounced,
		address(bob): outreach.StateActive, address(cid): outreach.StateActive, address(dee): outreach.StateActive,
	})
	s.requireSuppressed(address(gil), outreach.SuppressBounce)
}

// secondDay sends the second step to the two who are left, but not before the inboxes were read.
func (s *story) secondDay() {
	s.t.Helper()
	s.ahead += 25 * time.Hour
	if stats := s.send(); stats.Sent != 0 || stats.Skipped[outreach.ReasonInboxNotSynced] == 0 {
		s.t.Errorf("before the sync: %+v, want nothing sent because the inboxes were not read", stats)
	}
	s.sync()
	if stats := s.send(); stats.Sent != 2 {
		s.t.Fatalf("second day: %+v, want 2 sent", stats)
	}
	s.write(dee, s.mailboxOf(s.seq, address(dee)), "Re: Hello dee", answering(s.second(dee)), "Please unsubscribe me.")
	s.allIn(5)
}

// thirdDay sends the last step to the only one left.
func (s *story) thirdDay() {
	s.t.Helper()
	s.ahead += 25 * time.Hour
	if stats := s.sync(); stats.Unsubscribes != 1 {
		s.t.Errorf("third day: %+v, want 1 opt-out", stats)
	}
	s.requireSuppressed(address(dee), outreach.SuppressUnsubscribe)
	if stats := s.send(); stats.Sent != 1 || stats.Completed != 1 {
		s.t.Fatalf("third day: %+v, want 1 sent and completed", stats)
	}
}

// end looks at everybody's Inbox: no step twice, one thread, our own inboxes untouched, a copy of everything in Sent.
func (s *story) end() {
	s.t.Helper()
	s.requireStates(map[string]outreach.State{
		address(ann): outreach.StateReplied, address(bob): outreach.StateCompleted, address(cid): outreach.StateActive,
		address(dee): outreach.StateUnsubscribed, address(eve): outreach.StateReplied, address(gil): outreach.StateBounced,
		fay: outreach.StateBounced, gus: outreach.StateQueued,
	})
	for who, n := range map[string]int{ann: 1, bob: 3, cid: 1, dee: 2, eve: 1} {
		if got, files := s.arrived(who, n), s.files(who, ""); len(got) != n || len(files) != n {
			s.t.Errorf("%s has %d messages with %d ids, want %d", who, len(files), len(got), n)
		}
	}
	s.requireThread(bob)
	sent := 0
	for _, user := range []string{"nora", "omar"} {
		sent += len(s.files(user, ".Sent"))
		for _, name := range s.files(user, "") {
			if _, flags, found := strings.Cut(filepath.Base(name), ":2,"); found && flags != "" {
				s.t.Errorf("%s's message %s has flags: a sync changed it", user, name)
			}
		}
	}
	if sent != 9 {
		s.t.Errorf("%d copies in Sent, want one of each of the 9 accepted messages", sent)
	}
}

// requireThread checks that a person's follow-ups answer the first message.
func (s *story) requireThread(who string) {
	s.t.Helper()
	all := s.arrived(who, 3)
	for _, m := range all {
		if len(m.InReplyTo) == 0 {
			continue
		}
		first := all[m.References[0]]
		if first == nil || all[m.InReplyTo[0]] == nil || m.Subject != "Re: "+first.Subject {
			s.t.Errorf("%q answers %v in %v, which %s does not have", m.Subject, m.InReplyTo, m.References, who)
		}
	}
}

func (s *story) requireStates(want map[string]outreach.State) {
	s.t.Helper()
	got := map[string]outreach.State{}
	for email := range want {
		got[email] = s.recipient(s.seq, email).State
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("states (-want +got):\n%s", diff)
	}
}

func (s *story) requireSuppressed(email string, reason outreach.SuppressionReason) {
	s.t.Helper()
	if got, err := s.store.Suppressed(s.t.Context(), email); err != nil || got == nil || got.Reason != reason {
		s.t.Errorf("suppression of %s = %+v, %v, want %s", email, got, err, reason)
	}
}

// allIn waits until our inboxes hold n messages together.
func (s *story) allIn(n int) {
	s.t.Helper()
	per := map[string]int{}
	for _, who := range []string{ann, cid, eve, gil, dee}[:n] {
		user, _, _ := strings.Cut(s.mailboxOf(s.seq, address(who)).Email, "@")
		per[user]++
	}
	for user, want := range per {
		s.arrived(user, want)
	}
}

// only is the one message that a person got.
func (s *story) only(who string) *message.Message {
	s.t.Helper()
	for _, m := range s.arrived(who, 1) {
		return m
	}
	return nil
}

// second is the answer to the first message among the two that a person got.
func (s *story) second(who string) *message.Message {
	s.t.Helper()
	for _, m := range s.arrived(who, 2) {
		if len(m.InReplyTo) > 0 {
			return m
		}
	}
	s.t.Fatalf("%s got no follow-up", who)
	return nil
}

// A mailbox with a wrong password and one whose server is down back off, each with its class of error; nobody's attempts are burnt, and the
// healthy mailbox beside them works.
func TestSickMailboxes(t *testing.T) {
	b := newBench(t, storetest.SQLite())
	b.addMailbox("healthy", outreach.SecurityTLS, nil)
	wrong := b.addMailbox("wrong", outreach.SecuritySTARTTLS, func(mb *outreach.Mailbox) { mb.ClearSMTPPassword, mb.ClearIMAPPassword = "x", "x" })
	down := b.addMailbox("down", outreach.SecurityTLS, func(mb *outreach.Mailbox) { mb.SMTP.Port, mb.IMAP.Port = closedPort(t), closedPort(t) })
	sick := b.addSequence("sick", []string{address(ann), address(bob)}, wrong, down)
	if _, err := b.worker.Run(t.Context(), sequence.Options{Deadline: b.store.Now().Add(time.Minute)}); err == nil {
		t.Error("a run in which every mailbox failed is no success")
	}
	b.requireSick(wrong, mailbox.ClassAuth)
	b.requireSick(down, mailbox.ClassNetwork)
	for _, who := range []string{ann, bob} {
		if rec := b.recipient(sick, address(who)); rec.State != outreach.StateQueued || rec.Attempts != 0 || rec.Claim != nil {
			t.Errorf("%s is %s after %d attempts, want untouched", who, rec.State, rec.Attempts)
		}
	}
	if again := b.send(); again.Mailboxes != 0 {
		t.Errorf("the next run tried %d mailboxes again at once", again.Mailboxes)
	}
	stats := b.sync()
	classes := map[string]string{}
	for _, e := range stats.Errors {
		classes[e.Mailbox] = e.Class
	}
	want := map[string]string{wrong.Email: string(mailbox.ClassAuth), down.Email: string(mailbox.ClassNetwork)}
	if diff := cmp.Diff(want, classes); diff != "" || stats.Synced != 1 {
		t.Errorf("sync: %+v, want 1 synced; classes (-want +got):\n%s", stats, diff)
	}
}

// requireSick checks that a mailbox backs off after one failure of a class.
func (b *bench) requireSick(was *outreach.Mailbox, class mailbox.Class) {
	b.t.Helper()
	mb, err := b.store.Mailbox(b.t.Context(), was.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	if mb.LastError == nil || mb.LastError.Class != string(class) || mb.SendFailures != 1 || !mb.NextSendAt.After(b.store.Now()) || mb.Status != outreach.MailboxActive {
		b.t.Errorf("%s: %s, last error %+v, %d failures, next %v; want %s and a back-off", mb.Email, mb.Status, mb.LastError, mb.SendFailures, mb.NextSendAt, class)
	}
}

// Messages that begin with the final dot of those before them (RFC 2920) reach Postfix's users once each, whatever becomes of the one before.
func TestManyOverOneConnection(t *testing.T) {
	b := newBench(t, storetest.SQLite())
	b.worker.Together = 6
	const taken = 12
	var people []string
	for i := range taken {
		people = append(people, address(fmt.Sprintf("reader%d", i)))
		if i%4 == 1 {
			people = append(people, fmt.Sprintf("r%d@%s", i, peers.RefusingDomain), fmt.Sprintf("b%d@%s", i, peers.BusyDomain))
		}
	}
	b.addSequence("many", people, b.addMailbox("healthy", outreach.SecurityTLS, nil))
	stats := b.send()
	if stats.Sent != taken || stats.Failed != 3 || stats.Deferred != 3 || stats.Mailboxes != 1 {
		t.Errorf("stats = %+v, want %d sent, 3 failed, 3 deferred\n%s", stats, taken, b.postfix.Log())
	}
	for i := range taken {
		b.arrived(fmt.Sprintf("reader%d", i), 1)
	}
	for i := range taken {
		if got := len(b.files(fmt.Sprintf("reader%d", i), "")); got != 1 {
			t.Errorf("reader%d has %d messages, want 1", i, got)
		}
	}
	if log := b.postfix.Log(); strings.Contains(log, "improper command pipelining") {
		t.Errorf("Postfix calls it improper:\n%s", log)
	}
}

// A server whose certificate nobody vouches for gets neither password nor mail.
func TestUntrusted(t *testing.T) {
	b := newBench(t, storetest.SQLite())
	b.dialer.RootCAs = nil
	for _, security := range []outreach.Security{outreach.SecuritySTARTTLS, outreach.SecurityTLS} {
		mb := b.postfix.Document(address(ann), security)
		_, smtpErr := b.dialer.SMTP(t.Context(), mb)
		_, imapErr := b.dialer.IMAP(t.Context(), mb)
		for door, err := range map[string]error{"SMTP": smtpErr, "IMAP": imapErr} {
			if got := mailbox.Classify(err).Class; err == nil || got != mailbox.ClassTLS {
				t.Errorf("%s over %s: %v of class %q, want class %q", door, security, err, got, mailbox.ClassTLS)
			}
		}
	}
}
