package bench

import (
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	mail "github.com/xhit/go-simple-mail/v2"
	"golang.org/x/sync/errgroup"

	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// bareSMTP sends prebuilt messages over the library and does nothing else. As in the program each mailbox has a connection of its own, and as
// many are open at once, and as the library does it, each waits for the answer to its QUIT. Roots, in PEM, say that connections are upgraded to
// TLS and who signed the server's certificate.
type bareSMTP struct {
	Address, Roots               string
	Boxes, Messages, Connections int
	LogIn                        bool

	tls *tls.Config
}

func (l *bareSMTP) run() error {
	raw, err := prebuilt()
	if err != nil {
		return err
	}
	l.tls = trusting(l.Roots)
	var next atomic.Int64
	var group errgroup.Group
	group.SetLimit(l.Connections)
	for i := range l.Boxes {
		group.Go(func() error { return l.mailbox(fmt.Sprintf("s%d@us.example", i), string(raw), &next) })
	}
	return group.Wait()
}

// mailbox sends messages over one connection until all are sent; where every mailbox has just one message, only that.
func (l *bareSMTP) mailbox(from, raw string, next *atomic.Int64) error {
	if next.Load() >= int64(l.Messages) {
		return nil
	}
	client, err := l.connect(from)
	if err != nil {
		return err
	}
	defer func() { _ = client.Quit() }()
	for n := next.Add(1); n <= int64(l.Messages); n = next.Add(1) {
		if err := mail.SendMessage(from, []string{fmt.Sprintf("p%d@c%d.example", n, n%5000)}, raw, client); err != nil {
			return err
		}
		if l.Messages == l.Boxes {
			return nil
		}
	}
	return nil
}

func (l *bareSMTP) connect(user string) (*mail.SMTPClient, error) {
	host, port, err := net.SplitHostPort(l.Address)
	if err != nil {
		return nil, err
	}
	server := mail.NewSMTPClient()
	server.Host, server.KeepAlive, server.ConnectTimeout, server.SendTimeout = host, true, 0, 0
	server.Authentication = mail.AuthNone
	if server.Port, err = strconv.Atoi(port); err != nil {
		return nil, err
	}
	if l.LogIn {
		server.Username, server.Password, server.Authentication = user, password, mail.AuthPlain
	}
	if l.tls != nil {
		server.Encryption, server.TLSConfig = mail.EncryptionSTARTTLS, l.tls
	}
	return server.Connect()
}

// prebuilt is one message as the program would write it.
func prebuilt() ([]byte, error) {
	return message.Compose(message.Draft{
		From: outreach.Address{Address: "s0@us.example"}, To: outreach.Address{Name: "Pat Doe", Address: "p0@c0.example"},
		Subject: "Question about Corp", Text: textBody, HTML: htmlBody, MessageID: "<0@us.example>", Date: time.Now(),
		ListUnsubscribe: []string{"mailto:s0@us.example?subject=unsubscribe"},
	})
}
