package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"mailrun/pkg/outreach"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is when every world of these tests begins.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const ann = "ann@sender.example"

// startWorld runs a world with Ann's account and a standing clock.
func startWorld(t *testing.T, opts Options) *World {
	t.Helper()
	opts.Accounts = append(opts.Accounts, Account{Email: ann, Password: "secret"})
	if opts.Now == nil {
		opts.Now = func() time.Time { return noon }
	}
	w, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func dialSMTP(t *testing.T, w *World) *smtp.Client {
	t.Helper()
	c, err := smtp.Dial(w.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Auth(sasl.NewPlainClient("", ann, "secret")); err != nil {
		t.Fatal(err)
	}
	return c
}

// mailTo is a step as mailrun would send it.
func mailTo(to, id string) string {
	return "From: Ann Ames <" + ann + ">\r\nTo: <" + to + ">\r\nSubject: A quick idea\r\nMessage-ID: " + id + "\r\nDate: " + noon.Format(time.RFC1123Z) +
		"\r\nList-Unsubscribe: <mailto:ann+u-7f@sender.example?subject=unsubscribe>\r\nReferences: <root@sender.example>\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\nwould this help you?\r\n\r\nAnn\r\n"
}

func send(t *testing.T, c *smtp.Client, to, id string) error {
	t.Helper()
	return c.SendMail(ann, []string{to}, strings.NewReader(mailTo(to, id)))
}

func login(t *testing.T, w *World) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(w.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(ann, "secret").Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAnAnswerArrives sends over SMTP and reads the answer over IMAP, once the world's clock has passed its time.
func TestAnAnswerArrives(t *testing.T) {
	person := Person{Name: "Bea Bell", Email: "bea@buyer.example", Client: Gmail, Script: []Act{{Do: Interested, After: time.Hour}}}
	w := startWorld(t, Options{People: []Person{person}})
	if err := send(t, dialSMTP(t, w), person.Email, "<step1@sender.example>"); err != nil {
		t.Fatal(err)
	}
	if due, ok := w.NextAnswer(); !ok || !due.Equal(noon.Add(time.Hour)) {
		t.Fatalf("next answer due %v, %v", due, ok)
	}
	if n := w.Tick(noon.Add(time.Hour - time.Second)); n != 0 {
		t.Fatalf("%d answers came early", n)
	}
	if n := w.Tick(noon.Add(time.Hour)); n != 1 {
		t.Fatalf("%d answers came, want 1", n)
	}

	c := login(t, w)
	selected, err := c.Select(Inbox, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if selected.NumMessages != 1 || selected.UIDNext != 2 || selected.UIDValidity == 0 {
		t.Fatalf("unexpected folder %+v", selected)
	}
	header := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"In-Reply-To", "References"}, Peek: true}
	body := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: 0, Size: 100000}}
	messages, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true, Flags: true, BodySection: []*imap.FetchItemBodySection{header, body}}).Collect()
	if err != nil || len(messages) != 1 {
		t.Fatalf("fetch: %v, %d messages", err, len(messages))
	}
	got := messages[0]
	wantHeader := "References: <root@sender.example> <step1@sender.example>\r\nIn-Reply-To: <step1@sender.example>\r\n\r\n"
	if diff := cmp.Diff(wantHeader, string(got.FindBodySection(header))); diff != "" {
		t.Errorf("header fields (-want +got):\n%s", diff)
	}
	raw := got.FindBodySection(body)
	if got.RFC822Size != int64(len(raw)) || !got.InternalDate.Equal(noon.Add(time.Hour)) || len(got.Flags) != 0 {
		t.Errorf("size %d of %d, date %v, flags %v", got.RFC822Size, len(raw), got.InternalDate, got.Flags)
	}
	if n := w.Mailbox(ann).FlagChanges(); n != 0 {
		t.Errorf("%d flags changed by reading", n)
	}
}

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

// TestRefusalsAtRcpt: an unknown address and a person who has gone are refused for good, a greylisting server once.
func TestRefusalsAtRcpt(t *testing.T) {
	w := startWorld(t, Options{People: []Person{
		{Name: "Gone", Email: "gone@buyer.example", Script: []Act{{Do: HardBounce}}},
		{Name: "Grey", Email: "grey@buyer.example", Script: []Act{{Do: Greylist}, {Do: Interested}}},
	}})
	c := dialSMTP(t, w)
	steps := []struct {
		to   string
		code int
		text string
	}{
		{"nobody@buyer.example", 550, "5.1.1"}, {"gone@buyer.example", 550, "5.1.1"}, {"gone@buyer.example", 550, "5.1.1"},
		{"grey@buyer.example", 451, "4.7.1"}, {"grey@buyer.example", 0, ""},
	}
	for i, step := range steps {
		err := send(t, c, step.to, fmt.Sprintf("<%d@sender.example>", i))
		var refusal *smtp.SMTPError
		if errors.As(err, &refusal) != (step.code != 0) || refusal != nil && refusal.Code != step.code {
			t.Fatalf("step %d to %s: %v, want %d", i, step.to, err, step.code)
		}
		if refusal != nil && fmt.Sprintf("%d.%d.%d", refusal.EnhancedCode[0], refusal.EnhancedCode[1], refusal.EnhancedCode[2]) != step.text {
			t.Errorf("step %d: enhanced code %v, want %s", i, refusal.EnhancedCode, step.text)
		}
		_ = c.Reset()
	}
	if n := w.Tick(noon); n != 1 {
		t.Errorf("%d answers, want the greylisted one's", n)
	}
	if got := w.Counters(); got.Accepted != 1 || got.Refused != 4 {
		t.Errorf("counters %+v", got)
	}
}

// TestBooks: a second message with the same Message-ID to the same address is a duplicate, to another address it is not.
func TestBooks(t *testing.T) {
	for _, discard := range []bool{false, true} {
		t.Run(fmt.Sprint("discard ", discard), func(t *testing.T) {
			w := startWorld(t, Options{AnyRecipient: true, Discard: discard})
			c := dialSMTP(t, w)
			for _, to := range []string{"a@x.example", "b@x.example", "A@x.example"} {
				if err := send(t, c, to, "<same@sender.example>"); err != nil {
					t.Fatal(err)
				}
			}
			got := w.Counters()
			want := Counters{Accepted: 3, Duplicates: 1, SMTPConns: 1, SMTPPeak: 1, SMTPLogins: 1}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("counters (-want +got):\n%s", diff)
			}
			if duplicates := w.Duplicates(); !discard && (len(duplicates) != 1 || duplicates[0].To != "a@x.example" || duplicates[0].Count != 2) {
				t.Errorf("duplicates %+v", duplicates)
			}
		})
	}
}

// TestTLSIsVerified goes through both secured doors with the world's roots and fails without them.
func TestTLSIsVerified(t *testing.T) {
	w := startWorld(t, Options{TLS: true})
	trust := &tls.Config{RootCAs: w.RootCAs(), ServerName: "localhost"}
	address := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	secured := w.Document(ann, outreach.SecurityTLS)
	upgraded := w.Document(ann, outreach.SecuritySTARTTLS)
	dials := map[string]func(*tls.Config) error{
		"smtp tls": func(c *tls.Config) error {
			return closeAfter(smtp.DialTLS(address(secured.SMTP.Port), c))
		},
		"smtp starttls": func(c *tls.Config) error {
			client, err := smtp.DialStartTLS(address(upgraded.SMTP.Port), c)
			if err != nil {
				return err
			}
			defer client.Close()
			return client.Noop() // the handshake waits for the first command
		},
		"imap tls": func(c *tls.Config) error {
			return closeAfter(imapclient.DialTLS(address(secured.IMAP.Port), &imapclient.Options{TLSConfig: c}))
		},
		"imap starttls": func(c *tls.Config) error {
			return closeAfter(imapclient.DialStartTLS(address(upgraded.IMAP.Port), &imapclient.Options{TLSConfig: c}))
		},
	}
	for name, dial := range dials {
		t.Run(name, func(t *testing.T) {
			if err := dial(trust); err != nil {
				t.Fatal(err)
			}
			var unknown x509.UnknownAuthorityError
			if err := dial(&tls.Config{ServerName: "localhost"}); !errors.As(err, &unknown) {
				t.Errorf("without the authority: %v", err)
			}
		})
	}
}

func closeAfter[C io.Closer](c C, err error) error {
	if err == nil {
		_ = c.Close()
	}
	return err
}

func TestWrongPassword(t *testing.T) {
	w := startWorld(t, Options{})
	c, err := smtp.Dial(w.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var refusal *smtp.SMTPError
	if err := c.Auth(sasl.NewPlainClient("", ann, "wrong")); !errors.As(err, &refusal) || refusal.Code != 535 {
		t.Errorf("smtp: %v, want 535", err)
	}
	ic, err := imapclient.DialInsecure(w.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ic.Close()
	var no *imap.Error
	if err := ic.Login(ann, "wrong").Wait(); !errors.As(err, &no) || no.Code != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("imap: %v, want AUTHENTICATIONFAILED", err)
	}
	if n := w.Counters().FailedLogins; n != 2 {
		t.Errorf("%d failed logins counted", n)
	}
}

// TestFolders: roles are announced, STATUS agrees with what is there, APPEND and SEARCH HEADER find each other.
func TestFolders(t *testing.T) {
	w := startWorld(t, Options{})
	c := login(t, w)
	folders, err := c.List("", "*", &imap.ListOptions{ReturnSpecialUse: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]bool{}
	for _, f := range folders {
		roles[f.Mailbox] = slices.Contains(f.Attrs, imap.MailboxAttrSent) || slices.Contains(f.Attrs, imap.MailboxAttrJunk)
	}
	if diff := cmp.Diff(map[string]bool{Inbox: false, Sent: true, Drafts: false, Junk: true, Trash: false}, roles); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}

	raw := mailTo("x@y.example", "<kept@sender.example>")
	cmd := c.Append(Sent, int64(len(raw)), &imap.AppendOptions{Time: noon, Flags: []imap.Flag{imap.FlagSeen}})
	if _, err := io.WriteString(cmd, raw); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := cmd.Wait(); err != nil || data.UID != 1 {
		t.Fatalf("append: %+v, %v", data, err)
	}
	status, err := c.Status(Sent, &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}).Wait()
	if err != nil || *status.NumMessages != 1 || status.UIDNext != 2 || status.UIDValidity == 0 {
		t.Fatalf("status: %+v, %v", status, err)
	}
	if _, err := c.Select(Sent, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{"<kept@sender.example>": 1, "<lost@sender.example>": 0} {
		found, err := c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}, nil).Wait()
		if err != nil || len(found.AllUIDs()) != want {
			t.Errorf("search for %s: %v, %v, want %d", id, found.AllUIDs(), err, want)
		}
	}
}

// TestFlagsAreOnTheBooks: EXAMINE protects them, SELECT does not, and every change is counted.
func TestFlagsAreOnTheBooks(t *testing.T) {
	w := startWorld(t, Options{})
	w.Mailbox(ann).Append(Inbox, []byte(mailTo(ann, "<a@b>")), noon)
	c := login(t, w)
	read := &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}
	for _, step := range []struct {
		readOnly bool
		changes  int
	}{{true, 0}, {false, 1}} {
		if _, err := c.Select(Inbox, &imap.SelectOptions{ReadOnly: step.readOnly}).Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Fetch(imap.SeqSetNum(1), read).Collect(); err != nil {
			t.Fatal(err)
		}
		if got := w.Mailbox(ann).FlagChanges(); got != step.changes {
			t.Errorf("read-only %v: %d changes, want %d", step.readOnly, got, step.changes)
		}
	}
}

// TestViewFollowsTheFolder: arrivals and removals reach a session that has the folder open.
func TestViewFollowsTheFolder(t *testing.T) {
	w := startWorld(t, Options{})
	m := w.Mailbox(ann)
	for range 3 {
		m.Append(Inbox, []byte("Subject: x\r\n\r\nx\r\n"), noon)
	}
	c := login(t, w)
	if _, err := c.Select(Inbox, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	m.Remove(Inbox, 2)
	m.Append(Inbox, []byte("Subject: y\r\n\r\ny\r\n"), noon)
	if err := c.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	messages, err := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var got []imap.UID
	for _, m := range messages {
		got = append(got, m.UID)
	}
	if diff := cmp.Diff([]imap.UID{1, 3, 4}, got); diff != "" {
		t.Errorf("UIDs (-want +got):\n%s", diff)
	}
}

// TestPick: "*" is the last message, whichever way round the range is written (RFC 3501 section 9).
func TestPick(t *testing.T) {
	s := &imapSession{view: []*message{{uid: 1}, {uid: 3}, {uid: 4}}}
	cases := []struct {
		name string
		set  imap.NumSet
		want []imap.UID
	}{
		{"uid all", imap.UIDSet{{Start: 1, Stop: 0}}, []imap.UID{1, 3, 4}},
		{"uid gap", imap.UIDSet{{Start: 2, Stop: 3}}, []imap.UID{3}},
		{"uid beyond the end", imap.UIDSet{{Start: 9, Stop: 0}}, []imap.UID{4}},
		{"uid star", imap.UIDSet{{Start: 0, Stop: 0}}, []imap.UID{4}},
		{"uid range beyond", imap.UIDSet{{Start: 5, Stop: 8}}, nil},
		{"uid reversed", imap.UIDSet{{Start: 3, Stop: 1}}, []imap.UID{1, 3}},
		{"sequence", imap.SeqSet{{Start: 2, Stop: 9}}, []imap.UID{3, 4}},
		{"sequence star", imap.SeqSet{{Start: 0, Stop: 0}}, []imap.UID{4}},
	}
	for _, c := range cases {
		var got []imap.UID
		for _, p := range s.pick(c.set) {
			got = append(got, p.uid)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// TestCloseEndsEverything: a client that hangs on a stalled server is released by Close, and goleak finds nothing afterwards.
func TestCloseEndsEverything(t *testing.T) {
	w, err := Start(t.Context(), Options{AnyAccount: "pw", AnyRecipient: true, RoundTrip: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	w.Stall("stuck@sender.example", StageLogin)
	c, err := smtp.Dial(w.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	done := make(chan error, 1)
	go func() { done <- c.Auth(sasl.NewPlainClient("", "stuck@sender.example", "pw")) }()
	select {
	case err := <-done:
		t.Fatalf("a stalled server answered: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	w.Close()
	if err := <-done; err == nil {
		t.Error("login succeeded on a closed world")
	}
	w.Close()
}
