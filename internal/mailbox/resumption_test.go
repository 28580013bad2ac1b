package mailbox

import (
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"mailrun/internal/sandbox/peers"
	"mailrun/pkg/outreach"
)

// TestTLSSessionIsResumed opens one session after the other with a server: the second resumes the first, whoever's mailbox it is, over another
// port it does not, and one that was not verified is of no use to a mailbox that verifies.
func TestTLSSessionIsResumed(t *testing.T) {
	config, pool := certificate(t, time.Now().AddDate(0, 0, 1), "127.0.0.1")
	server, other := startSMTP(t, smtpScript{tls: config}), startSMTP(t, smtpScript{tls: config})
	tests := []struct {
		name          string
		first, second *net.TCPAddr
		insecure      bool // the first
		want          bool
	}{
		{"the same server", server.addr, server.addr, false, true},
		{"behind another port", server.addr, other.addr, false, false},
		{"first unverified", server.addr, server.addr, true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := hurried()
			d.RootCAs = pool
			first := mailboxAt(test.first, outreach.SecuritySTARTTLS)
			first.TLSInsecure = test.insecure
			second := mailboxAt(test.second, outreach.SecuritySTARTTLS)
			second.Email = "somebody.else@example.com"
			if resumed(open(t, d, first).link) {
				t.Error("the first session resumes one")
			}
			if got := resumed(open(t, d, second).link); got != test.want {
				t.Errorf("the second session resumes one: %t, want %t", got, test.want)
			}
		})
	}
	t.Run("a server that fails", func(t *testing.T) {
		failing := config.Clone()
		failing.UnwrapSession = func([]byte, tls.ConnectionState) (*tls.SessionState, error) {
			return nil, errors.New("session id context uninitialized")
		}
		d := hurried()
		d.RootCAs = pool
		smtp, imap := startSMTP(t, smtpScript{tls: failing}), startIMAP(t, imapScript{tls: failing})
		smtps := startSMTP(t, smtpScript{tls: failing, implicit: true})
		for range 4 {
			open(t, d, mailboxAt(smtps.addr, outreach.SecurityTLS))
			open(t, d, mailboxAt(smtp.addr, outreach.SecuritySTARTTLS))
			openIMAP(t, d, mailboxAt(imap.addr, outreach.SecuritySTARTTLS))
		}
		for door, said := range map[Door]string{DoorSMTP: smtp.said(), DoorIMAP: imap.said()} {
			if n := strings.Count(said, "STARTTLS"); n != 5 {
				t.Errorf("%s: %d connections, want one more than sessions: the second was tried twice", door, n)
			}
		}
	})
	t.Run("nothing else is trusted", func(t *testing.T) {
		d := hurried()
		first := mailboxAt(server.addr, outreach.SecuritySTARTTLS)
		first.TLSInsecure = true
		open(t, d, first)
		_, err := d.SMTP(testContext(t), mailboxAt(server.addr, outreach.SecuritySTARTTLS))
		if class := openError(t, err).Class; class != ClassTLS {
			t.Errorf("class %s, want %s: %v", class, ClassTLS, err)
		}
	})
}

// TestRealServersResume opens two sessions each with Postfix and Dovecot, by both ways into TLS.
func TestRealServersResume(t *testing.T) {
	dovecot := peers.Dovecot(t, peers.DovecotOptions{})
	postfix := peers.Postfix(t, dovecot)
	for _, security := range []outreach.Security{outreach.SecurityTLS, outreach.SecuritySTARTTLS} {
		t.Run(string(security), func(t *testing.T) {
			d := &Dialer{RootCAs: dovecot.RootCAs()}
			var sending, reading []bool
			for _, user := range []string{"ann@example.com", "bob@example.com"} {
				mb := postfix.Document(user, security)
				sending, reading = append(sending, resumed(open(t, d, mb).link)), append(reading, resumed(openIMAP(t, d, mb).link))
			}
			if want := []bool{false, true}; !slices.Equal(sending, want) || !slices.Equal(reading, want) {
				t.Errorf("resumed: Postfix %v, Dovecot %v, want %v", sending, reading, want)
			}
		})
	}
}

func resumed(l *link) bool { return l.conn.(*tls.Conn).ConnectionState().DidResume }
