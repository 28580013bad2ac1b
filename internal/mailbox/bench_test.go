package mailbox

import (
	"strings"
	"testing"

	mail "github.com/xhit/go-simple-mail/v2"

	"mailrun/pkg/outreach"
)

// BenchmarkSend compares a message over a kept session with the same through the bare library (reference), into the same server.
func BenchmarkSend(b *testing.B) {
	text := testMessage + strings.Repeat(strings.Repeat("x", 76)+"\r\n", 76)
	raw := []byte(text)
	b.Run("session", func(b *testing.B) {
		server := startSMTP(b, smtpScript{extensions: []string{"8BITMIME", "SIZE 1000000"}})
		s := open(b, &Dialer{}, mailboxAt(server.addr, outreach.SecurityNone))
		b.ReportAllocs()
		for b.Loop() {
			if err := s.Send(b.Context(), "ann@example.com", "bob@example.org", raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("reference", func(b *testing.B) {
		server := startSMTP(b, smtpScript{extensions: []string{"8BITMIME", "SIZE 1000000"}})
		client := mail.NewSMTPClient()
		client.Host, client.Port, client.KeepAlive, client.ConnectTimeout, client.SendTimeout = "127.0.0.1", server.addr.Port, true, 0, 0
		conn, err := client.Connect()
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		b.ReportAllocs()
		for b.Loop() {
			if err := mail.SendMessage("ann@example.com", []string{"bob@example.org"}, text, conn); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpenSession is what a poll costs besides the network: dial, log in, STATUS, goodbye.
func BenchmarkOpenSession(b *testing.B) {
	server := startIMAP(b, imapScript{})
	d, mb := &Dialer{}, mailboxAt(server.addr, outreach.SecurityNone)
	b.ReportAllocs()
	for b.Loop() {
		s, err := d.IMAP(b.Context(), mb)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Status(b.Context(), "INBOX"); err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
