package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
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
	for _, discard := range []bool{false, true} {
		t.Run(fmt.Sprint("discard ", discard), func(t *testing.T) {
			checkTLS(t, startWorld(t, Options{TLS: true, Discard: discard}))
		})
	}
}

func checkTLS(t *testing.T, w *World) {
	t.Helper()
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
			defer func() { _ = client.Close() }()
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
	defer func() { _ = c.Close() }()
	var refusal *smtp.SMTPError
	if err := c.Auth(sasl.NewPlainClient("", ann, "wrong")); !errors.As(err, &refusal) || refusal.Code != 535 {
		t.Errorf("smtp: %v, want 535", err)
	}
	ic, err := imapclient.DialInsecure(w.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ic.Close() }()
	var no *imap.Error
	if err := ic.Login(ann, "wrong").Wait(); !errors.As(err, &no) || no.Code != imap.ResponseCodeAuthenticationFailed {
		t.Errorf("imap: %v, want AUTHENTICATIONFAILED", err)
	}
	if n := w.Counters().FailedLogins; n != 2 {
		t.Errorf("%d failed logins counted", n)
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
	defer func() { _ = c.Close() }()
	done := make(chan error, 1)
	go func() { done <- c.Auth(sasl.NewPlainClient("", "stuck@sender.example", "pw")) }()
	w.Close()
	if err := <-done; err == nil {
		t.Error("login succeeded on a closed world")
	}
	w.Close()
}
