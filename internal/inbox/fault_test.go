package inbox_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.uber.org/goleak"

	"mailrun/internal/inbox"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/pkg/outreach"
)

// sickly is the mailbox whose server misbehaves; us lies beside it on a good one.
const sickly = "sick@us.example"

// faultBench is a bench with a second mailbox behind a wire that faults are put on.
type faultBench struct {
	*bench
	sick *bench
	wire *faultWire
}

func newFaultBench(t *testing.T) *faultBench {
	t.Helper()
	b := newBench(t)
	b.world.AddAccount(sandbox.Account{Email: sickly, Password: "secret"})
	f := &faultBench{bench: b, sick: &bench{t: t, world: b.world, store: b.store, keys: b.keys, syncer: b.syncer, seq: b.seq}}
	f.wire = startFaultWire(t, b.world.IMAPAddr())
	mb := b.world.Document(sickly, outreach.SecurityNone)
	mb.ID, mb.Status, mb.IMAP.Port = bson.NewObjectID(), outreach.MailboxActive, f.wire.port()
	if err := b.store.InsertMailbox(t.Context(), mb); err != nil {
		t.Fatal(err)
	}
	f.sick.mb = mb
	b.syncer.Dialer.IdleTimeout = 800 * time.Millisecond
	return f
}

// post has two people answer what the sick mailbox sent them and one what the good one sent, with somebody's private mail in between.
func (f *faultBench) post() (sick [2]*outreach.Recipient, good *outreach.Recipient) {
	f.t.Helper()
	stranger := mail("stranger@elsewhere.example", "Newsletter", "", "Nothing that concerns us.")
	put := func(to, raw string) {
		f.world.Mailbox(to).Append(sandbox.Inbox, []byte(strings.ReplaceAll(raw, "\n", "\r\n")), f.store.Now())
	}
	for i := range sick {
		from := fmt.Sprintf("p%d@corp%d.example", i, i)
		rec, h := f.sick.written(from)
		put(sickly, stranger)
		put(sickly, mail(from, "Re: A question", inReplyTo(h), "Yes please."))
		sick[i] = rec
	}
	good, h := f.written("g@fine.example")
	put(us, mail("g@fine.example", "Re: A question", inReplyTo(h), "Me too."))
	return sick, good
}

// run reads both mailboxes within a time.
func (f *faultBench) run(limit time.Duration, retry bool) *outreach.SyncStats {
	f.t.Helper()
	deadline := f.store.Now().Add(limit)
	stats, err := f.syncer.Run(f.t.Context(), inbox.Options{Deadline: deadline, Mailboxes: []string{us, sickly}, RetryQuarantine: retry})
	if err != nil {
		f.t.Fatal(err)
	}
	if over := f.store.Now().Sub(deadline); over > 5*time.Second {
		f.t.Errorf("the run ended %v after its deadline", over)
	}
	return stats
}

// class is how the last pass over the sick mailbox ended, and how many messages were passed over.
func (f *faultBench) class() (class mailbox.Class, quarantined int) {
	f.t.Helper()
	mb, err := f.store.Mailbox(f.t.Context(), f.sick.mb.ID)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, folder := range mb.Folders {
		quarantined += len(folder.Quarantine)
	}
	if mb.LastError != nil && mb.ConsecutiveFailures > 0 {
		class = mailbox.Class(mb.LastError.Class)
	}
	return class, quarantined
}

// requireReplied checks that a person's answer is stored once and has stopped his sequence.
func (f *faultBench) requireReplied(rec *outreach.Recipient) {
	f.t.Helper()
	replies, err := f.store.RepliesOfRecipient(f.t.Context(), rec.ID)
	if err != nil || len(replies) != 1 || !replies[0].Effects["done"] {
		f.t.Errorf("%s: %d stored answers, %v, want one whose effects are done", rec.Email, len(replies), err)
	}
	if state := f.recipient(rec.ID).State; state != outreach.StateReplied {
		f.t.Errorf("%s is %s, want replied", rec.Email, state)
	}
}

// What the faults look for in the answers of the good server.
var (
	fetchUID     = regexp.MustCompile(`UID \d+ ?`)
	internalDate = regexp.MustCompile(`INTERNALDATE "[^"]*"`)
	uidValidity  = regexp.MustCompile(`UIDVALIDITY \d+`)
	uidNext      = regexp.MustCompile(`UIDNEXT \d+ ?`)
	capabilities = regexp.MustCompile(`CAPABILITY [^\]\r\n]*`)
)

// faults is everything that is known of servers to go wrong while they are read: what the sick mailbox's pass ends in while the server does it,
// "" where it is read all the same, and how many messages it passes over.
var faults = []struct {
	name        string
	fault       fault
	class       mailbox.Class
	quarantined int
	limit       time.Duration // of the run, where waiting for the end of it is the point
}{
	{name: "hangs before the greeting", fault: fault{verb: greeting, answer: stall}, class: mailbox.ClassNetwork},
	{name: "hangs in LOGIN", fault: fault{verb: "LOGIN", answer: stall}, class: mailbox.ClassNetwork},
	{name: "hangs in LIST", fault: fault{verb: "LIST", answer: stall}, class: mailbox.ClassNetwork},
	{name: "hangs in STATUS", fault: fault{verb: "STATUS", answer: "* OK half a li" + stall}, class: mailbox.ClassNetwork},
	{name: "hangs in EXAMINE", fault: fault{verb: "EXAMINE", answer: stall}, class: mailbox.ClassNetwork},
	{name: "hangs in SEARCH", fault: fault{verb: "UID SEARCH", answer: stall}, class: mailbox.ClassNetwork},
	{name: "hangs in FETCH", fault: fault{verb: "UID FETCH", answer: stall}, class: mailbox.ClassNetwork},
	{name: "hangs in a text", fault: fault{verb: "UID FETCH", answer: "* 1 FETCH (UID 1 BODY[HEADER] {500}\r\nSubject: x" + stall}, class: mailbox.ClassNetwork},
	{name: "hangs up at the door", fault: fault{verb: greeting, answer: hangUp}, class: mailbox.ClassNetwork},
	{name: "hangs up in LOGIN", fault: fault{verb: "LOGIN", answer: hangUp}, class: mailbox.ClassNetwork},
	{name: "hangs up in a text", fault: fault{verb: "UID FETCH", answer: "* 1 FETCH (UID 1 BODY[HEADER] {500}\r\nSubject: x" + hangUp}, class: mailbox.ClassNetwork},
	{name: "hangs up in the bodies", fault: fault{verb: "UID FETCH", holding: "<0.", answer: hangUp}, class: mailbox.ClassNetwork},
	{name: "drips", fault: fault{drip: 50 * time.Millisecond}, class: mailbox.ClassNetwork, limit: 3 * time.Second},
	{name: "BYE with a reason", fault: fault{verb: "UID FETCH", answer: "* BYE Session expired, please login again\r\n" + hangUp}, class: mailbox.ClassThrottle},
	{name: "BYE without a word", fault: fault{verb: "STATUS", answer: "* BYE\r\n" + hangUp}, class: mailbox.ClassNetwork},
	{name: "BYE at the door", fault: fault{verb: greeting, answer: "* BYE Too many connections\r\n" + hangUp}, class: mailbox.ClassThrottle},
	{name: "throttled", fault: fault{verb: "UID FETCH", answer: "$TAG BAD Request is throttled. Suggested Backoff Time: 201317 milliseconds\r\n"}, class: mailbox.ClassThrottle},
	{name: "wrong password", fault: fault{verb: "LOGIN", answer: "$TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"}, class: mailbox.ClassAuth},
	{
		name:  "a limit told as a wrong password",
		fault: fault{verb: "LOGIN", answer: "$TAG NO [AUTHENTICATIONFAILED] Maximum number of connections from user+IP exceeded\r\n"}, class: mailbox.ClassThrottle,
	},
	{name: "no such folder", fault: fault{verb: "EXAMINE", answer: "$TAG NO [NONEXISTENT] gone\r\n"}, class: mailbox.ClassProtocol},
	{name: "garbage", fault: fault{verb: "STATUS", answer: "\xff\xfe\x00\r\n"}, class: mailbox.ClassProtocol},
	{name: "a huge line", fault: fault{verb: "STATUS", answer: "* OK " + strings.Repeat("x", 3<<20) + "\r\n"}, class: mailbox.ClassProtocol},
	{name: "STATUS says nothing", fault: fault{verb: "STATUS", answer: "$TAG OK done\r\n"}},
	{name: "STATUS of another folder", fault: fault{verb: "STATUS", answer: "* STATUS Other (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 1)\r\n$TAG OK done\r\n"}},
	{name: "no UIDNEXT anywhere", fault: fault{rewrite: func(s string) string {
		if strings.HasPrefix(s, "* OK [UIDNEXT") {
			return ""
		}
		return strings.Replace(uidNext.ReplaceAllString(s, ""), " )", ")", 1)
	}}},
	{name: "another UIDVALIDITY each time", fault: fault{rewrite: anotherValidity()}},
	{name: "BAD on options of LIST", fault: fault{verb: "LIST", holding: "RETURN", answer: "$TAG BAD Command Argument Error. 12\r\n"}},
	{name: "an empty LIST", fault: fault{verb: "LIST", answer: "$TAG OK done\r\n"}},
	{name: "no extensions", fault: fault{rewrite: func(s string) string { return capabilities.ReplaceAllString(s, "CAPABILITY IMAP4rev1") }}},
	{name: "no SEARCH", fault: fault{verb: "UID SEARCH", answer: "$TAG BAD what\r\n"}},
	{name: "NULs in a header", fault: fault{verb: "UID FETCH", rewrite: func(s string) string { return strings.Replace(s, "Subject: ", "Subject:\x00", 1) }}},
	{name: "UID after the text", fault: fault{verb: "UID FETCH", rewrite: func(s string) string {
		items, text, ok := strings.Cut(s, "BODY[")
		uid := fetchUID.FindString(items)
		if !ok || uid == "" {
			return s
		}
		return strings.Replace(items, uid, "", 1) + "BODY[" + strings.TrimSuffix(text, ")\r\n") + " " + strings.TrimSpace(uid) + ")\r\n"
	}}},
	{name: "dates that nobody can read", fault: fault{verb: "UID FETCH", rewrite: func(s string) string { return internalDate.ReplaceAllString(s, "INTERNALDATE NIL") }}},
	{name: "an answer of another world", fault: fault{verb: "UID FETCH", rewrite: func(s string) string { return "* VANISHED 12\r\n" + s }}, quarantined: 4},
	{name: "items that nobody asked for", fault: fault{verb: "UID FETCH", rewrite: func(s string) string { return strings.Replace(s, "(UID", "(X-GM-MSGID 5 UID", 1) }}, quarantined: 4},
	{name: "a literal without an end", fault: fault{verb: "UID FETCH", rewrite: func(s string) string {
		return regexp.MustCompile(`\{\d+\}`).ReplaceAllString(s, "{99999999999}")
	}}, quarantined: 4},
	{name: "texts left out", fault: fault{verb: "UID FETCH", rewrite: withoutTexts}},
	{name: "texts never sent", fault: fault{rewrite: withoutTexts}, quarantined: 4},
}

// withoutTexts drops the answers that hold a text.
func withoutTexts(s string) string {
	if strings.Contains(s, "BODY[") {
		return ""
	}
	return s
}

// anotherValidity renumbers the folder at each look.
func anotherValidity() func(string) string {
	var validity atomic.Int64
	return func(s string) string {
		return uidValidity.ReplaceAllStringFunc(s, func(string) string { return fmt.Sprintf("UIDVALIDITY %d", 1000+validity.Add(1)) })
	}
}

// Whatever a server does: nothing is lost, nothing counts twice, the trouble has its right name, the run ends in time, the mailbox beside it is
// read, no flag changes, and nobody waits for anything afterwards. Once as a folder's first sight, once as new mail.
func TestFaults(t *testing.T) {
	for _, tt := range faults {
		for _, seen := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/seen=%v", tt.name, seen), func(t *testing.T) {
				if seen && tt.fault.verb == "LIST" {
					t.Skip("a folder that was seen is not listed again for hours")
				}
				if !seen && tt.fault.verb != "LIST" && testing.Short() {
					t.Skip("-short: as new mail only")
				}
				f := newFaultBench(t)
				before := goleak.IgnoreCurrent()
				if seen {
					f.run(20*time.Second, false)
				}
				sick, good := f.post()
				f.wire.set(&tt.fault)
				limit := 20 * time.Second
				if tt.limit > 0 {
					limit = tt.limit
				}
				f.run(limit, false)
				f.requireReplied(good)
				if f.wire.struck.Load() == 0 {
					t.Error("nobody met the fault: this proves nothing")
				}
				if class, quarantined := f.class(); class != tt.class || quarantined != tt.quarantined {
					t.Errorf("class %q with %d messages passed over, want %q with %d", class, quarantined, tt.class, tt.quarantined)
				}
				f.wire.set(nil)
				f.run(20*time.Second, true)
				for _, rec := range sick {
					f.requireReplied(rec)
				}
				if class, quarantined := f.class(); class != "" || quarantined != 0 {
					t.Errorf("after the trouble: class %q with %d messages passed over", class, quarantined)
				}
				if again := f.run(20*time.Second, false); again.Messages+again.Replies+again.ThreadsCreated+again.ThreadsUpdated != 0 {
					t.Errorf("once more: %+v, want nothing new", again)
				}
				for _, account := range []string{us, sickly} {
					if n := f.world.Mailbox(account).FlagChanges(); n != 0 {
						t.Errorf("%s: %d flags changed", account, n)
					}
				}
				f.wire.cut()
				goleak.VerifyNone(t, before)
			})
		}
	}
}
