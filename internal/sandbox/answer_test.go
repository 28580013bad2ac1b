package sandbox

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"
)

// TestEveryOutcome plays each act in each client's shape and reads what comes back with a strict parser.
func TestEveryOutcome(t *testing.T) {
	contains := map[Outcome]string{
		Interested: "", Meeting: "", Question: "", Referral: "colleague", NotNow: "", NotInterested: "", Unsubscribe: "", UnsubscribeButton: "",
		OutOfOffice: "Auto-Submitted: auto-", AutoReply: "Auto-Submitted: auto-", LeftCompany: "no longer works",
		LateBounce: "Status: 5.1.1", Delayed: "Action: delayed", Complaint: "Feedback-Type: abuse",
	}
	for do, want := range contains {
		for _, client := range []Client{Gmail, Outlook, AppleMail} {
			for _, language := range []string{"en", "de", "fr", "es", "ar"} {
				t.Run(fmt.Sprintf("%s/%s/%s", do, client, language), func(t *testing.T) {
					person := Person{Name: "Émile Bell", Email: "emile@buyer.example", Company: "Bell", Client: client, Language: language, Timezone: "Asia/Dubai", Script: []Act{{Do: do}}}
					w := worldWithoutServers(t, person)
					w.accept(ann, ann, []string{person.Email}, []byte(mailTo(person.Email, "<step1@sender.example>")))
					inbox := w.Mailbox(ann).Messages(Inbox)
					if len(inbox) != 1 {
						t.Fatalf("%d messages, want 1", len(inbox))
					}
					raw := string(inbox[0].Raw)
					if strings.Contains(strings.ReplaceAll(raw, "\r\n", ""), "\n") {
						t.Error("bare line feed")
					}
					text := strictText(t, raw)
					if strings.ContainsAny(text, "{}") {
						t.Errorf("a placeholder was left unfilled:\n%s", text)
					}
					if !strings.Contains(raw, want) && !strings.Contains(text, want) {
						t.Errorf("does not say %q:\n%s", want, raw)
					}
				})
			}
		}
	}
}

// worldWithoutServers has inhabitants who answer at once but no ports.
func worldWithoutServers(t *testing.T, people ...Person) *World {
	t.Helper()
	w := &World{
		opts: Options{Immediate: true, Now: func() time.Time { return noon }}, ledger: newLedger(false),
		accounts: map[string]*Mailbox{}, savesSent: map[string]bool{}, people: map[string]*correspondent{},
	}
	w.AddAccount(Account{Email: ann, Password: "secret"})
	w.Invite(people...)
	return w
}

// strictText reads all parts; a header or part that a strict parser refuses fails the test.
func strictText(t *testing.T, raw string) string {
	t.Helper()
	reader, err := mail.CreateReader(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("unreadable: %v\n%s", err, raw)
	}
	if _, err := reader.Header.Date(); err != nil {
		t.Errorf("date: %v", err)
	}
	if from, err := reader.Header.AddressList("From"); err != nil || len(from) != 1 {
		t.Errorf("from: %v %v", from, err)
	}
	if id, err := reader.Header.MessageID(); err != nil || id == "" {
		t.Errorf("message-id: %q %v", id, err)
	}
	var all strings.Builder
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Fatalf("part: %v\n%s", err, raw)
		}
		if _, err := io.Copy(&all, part.Body); err != nil {
			t.Fatalf("body: %v\n%s", err, raw)
		}
	}
}

// TestSeedDecides writes the same correspondence twice.
func TestSeedDecides(t *testing.T) {
	play := func() []Message {
		w := worldWithoutServers(t, Cast(40)...)
		for i, p := range Cast(40) {
			if w.admit(p.Email) == nil {
				w.accept(ann, ann, []string{p.Email}, []byte(mailTo(p.Email, fmt.Sprintf("<step%d@sender.example>", i))))
			}
		}
		return w.Mailbox(ann).Messages(Inbox)
	}
	if diff := cmp.Diff(play(), play()); diff != "" {
		t.Errorf("two worlds of one seed differ:\n%s", diff)
	}
}

func TestCastMeetsEveryOutcome(t *testing.T) {
	seen, addresses := map[Outcome]bool{}, map[string]bool{}
	for i, p := range Cast(100) {
		if !strings.HasSuffix(p.Email, ".example") || addresses[p.Email] {
			t.Errorf("address %q is not an example of its own", p.Email)
		}
		if _, err := time.LoadLocation(p.Timezone); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		addresses[p.Email] = true
		for _, act := range p.Script {
			if i < 40 {
				seen[act.Do] = true
			}
		}
	}
	for _, do := range []Outcome{
		Silence, Interested, Meeting, Question, Referral, NotNow, NotInterested, Unsubscribe, UnsubscribeButton, OutOfOffice, AutoReply,
		LeftCompany, HardBounce, LateBounce, Delayed, Greylist, Complaint,
	} {
		if !seen[do] {
			t.Errorf("nobody among 40 plays %s", do)
		}
	}
}

// TestWhereMailGoes: between accounts, to an account's plus address, into Junk, and as a copy into Sent.
func TestWhereMailGoes(t *testing.T) {
	w := worldWithoutServers(t,
		Person{Name: "Jo Junk", Email: "jo@buyer.example", Script: []Act{{Do: Interested, Junk: true}}},
		Person{Name: "Bo Button", Email: "bo@buyer.example", Script: []Act{{Do: UnsubscribeButton}}})
	w.AddAccount(Account{Email: "ben@sender.example", Password: "secret", SavesSent: true})
	for i, to := range []string{"ann+tag@sender.example", "jo@buyer.example", "bo@buyer.example"} {
		w.accept("ben@sender.example", "ben@sender.example", []string{to}, []byte(mailTo(to, fmt.Sprintf("<%d@sender.example>", i))))
	}
	count := map[string]int{}
	for _, email := range []string{ann, "ben@sender.example"} {
		for _, folder := range []string{Inbox, Junk, Sent} {
			count[email+" "+folder] = len(w.Mailbox(email).Messages(folder))
		}
	}
	want := map[string]int{ // the messages are from Ann, so the answers are for her
		ann + " INBOX": 2, ann + " Junk": 1, ann + " Sent": 0,
		"ben@sender.example INBOX": 0, "ben@sender.example Junk": 0, "ben@sender.example Sent": 3,
	}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Errorf("messages per folder (-want +got):\n%s", diff)
	}
	optOut := string(w.Mailbox(ann).Messages(Inbox)[1].Raw)
	for _, line := range []string{"Delivered-To: ann+u-7f@sender.example\r\n", "Subject: unsubscribe\r\n", "From: \"Bo Button\" <bo@buyer.example>\r\n"} {
		if !strings.Contains(optOut, line) {
			t.Errorf("the opt-out lacks %q:\n%s", line, optOut)
		}
	}
}
