package peers

import (
	"crypto/tls"
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
)

// TestPostfix sends over STARTTLS with a password: to a neighbour whom it reaches, to one who has gone, which Postfix itself returns, and
// to domains that refuse at RCPT.
func TestPostfix(t *testing.T) {
	d := Dovecot(t, DovecotOptions{})
	p := Postfix(t, d)
	c, err := smtp.DialStartTLS(fmt.Sprintf("localhost:%d", p.Port), &tls.Config{RootCAs: d.RootCAs(), ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Auth(sasl.NewPlainClient("", ann, Password)); err != nil {
		t.Fatal(err)
	}
	send := func(to string) error {
		raw := "From: " + ann + "\r\nTo: " + to + "\r\nSubject: step 1\r\nMessage-ID: <for." + to + ">\r\n\r\nhello\r\n"
		return c.SendMail(ann, []string{to}, strings.NewReader(raw))
	}
	for to, code := range map[string]int{"x@" + RefusingDomain: 550, "x@" + BusyDomain: 450, "x@elsewhere.example": 554} {
		var refusal *smtp.SMTPError
		if err := send(to); !errors.As(err, &refusal) || refusal.Code != code {
			t.Errorf("to %s: %v, want %d", to, err, code)
		}
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
	}
	for _, to := range []string{"bea@" + Domain, "gone.girl@" + Domain} {
		if err := send(to); err != nil {
			t.Fatalf("to %s: %v", to, err)
		}
	}
	if got := waitForMail(t, d, "bea@"+Domain); !strings.Contains(got, "Message-ID: <for.bea@"+Domain+">") {
		t.Errorf("bea got:\n%s", got)
	}
	bounce := waitForMail(t, d, ann)
	for _, want := range []string{"multipart/report", "Status: 5.1.1", "gone.girl@" + Domain, "<for.gone.girl@" + Domain + ">"} {
		if !strings.Contains(bounce, want) {
			t.Errorf("the bounce does not say %q:\n%s", want, bounce)
		}
	}
}

// TestPostfixWantsAPassword: without one, and with a wrong one, nothing is accepted.
func TestPostfixWantsAPassword(t *testing.T) {
	d := Dovecot(t, DovecotOptions{})
	p := Postfix(t, d)
	dial := func() *smtp.Client {
		c, err := smtp.DialTLS(fmt.Sprintf("localhost:%d", p.TLSPort), &tls.Config{RootCAs: d.RootCAs(), ServerName: "localhost"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	var refusal *smtp.SMTPError
	if err := dial().Auth(sasl.NewPlainClient("", ann, "wrong")); !errors.As(err, &refusal) || refusal.Code != 535 {
		t.Errorf("wrong password: %v, want 535", err)
	}
	if err := dial().SendMail(ann, []string{"bea@" + Domain}, strings.NewReader("x\r\n")); !errors.As(err, &refusal) || refusal.Code != 554 {
		t.Errorf("no password: %v, want 554", err)
	}
}

// waitForMail returns the first message in a user's Inbox, waiting for the server's notice that it has come.
func waitForMail(t *testing.T, d *DovecotServer, user string) string {
	t.Helper()
	arrived := make(chan struct{}, 1)
	notice := &imapclient.UnilateralDataHandler{Mailbox: func(data *imapclient.UnilateralDataMailbox) {
		if data.NumMessages != nil && *data.NumMessages > 0 {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
	}}
	c, err := imapclient.DialInsecure(fmt.Sprintf("localhost:%d", d.Port), &imapclient.Options{UnilateralDataHandler: notice})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Login(user, Password).Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	if data.NumMessages == 0 {
		idle, err := c.Idle()
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-arrived:
		case <-time.After(20 * time.Second):
			t.Fatalf("no mail for %s\n%s", user, d.Log())
		}
		if err := idle.Close(); err != nil {
			t.Fatal(err)
		}
	}
	body := &imap.FetchItemBodySection{Peek: true}
	messages, err := c.Fetch(imap.SeqSetNum(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{body}}).Collect()
	if err != nil || len(messages) != 1 {
		t.Fatalf("fetch: %v, %d messages", err, len(messages))
	}
	return string(messages[0].FindBodySection(body))
}

func TestSMTPSink(t *testing.T) {
	c, err := smtp.Dial(SMTPSink(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SendMail(ann, []string{"x@y.example"}, io.LimitReader(strings.NewReader("Subject: x\r\n\r\nx\r\n"), 100)); err != nil {
		t.Fatal(err)
	}
}
