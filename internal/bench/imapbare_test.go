package bench

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	_ "github.com/emersion/go-message/charset" // as every program that reads real mail must
	"github.com/emersion/go-message/mail"
	"golang.org/x/sync/errgroup"
)

// bareIMAP is the same work with the libraries alone: log in, ask, parse, forget.
type bareIMAP struct {
	address, password string
	tls               *tls.Config // nil means without
}

func (l bareIMAP) login(user string) (*imapclient.Client, error) {
	dial := imapclient.DialInsecure
	if l.tls != nil {
		dial = imapclient.DialStartTLS
	}
	c, err := dial(l.address, &imapclient.Options{TLSConfig: l.tls})
	if err != nil {
		return nil, err
	}
	return c, c.Login(user, l.password).Wait()
}

// pull fetches every message of an inbox in one command and parses it: its header, or with whole all its parts.
func (l bareIMAP) pull(user string, whole bool) (messages int, err error) {
	c, err := l.login(user)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, c.Logout().Wait(), c.Close()) }()
	if _, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return 0, err
	}
	section := &imap.FetchItemBodySection{Peek: true}
	if !whole {
		section.Specifier = imap.PartSpecifierHeader
	}
	all := imap.UIDSet{}
	all.AddRange(1, 0)
	cmd := c.Fetch(all, &imap.FetchOptions{UID: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{section}})
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil {
				continue
			}
			if err := parseBare(body.Literal); err != nil {
				return messages, err
			}
			messages++
		}
	}
	return messages, cmd.Close()
}

// parseBare reads the header that a matcher needs and then the parts, as far as they were fetched.
func parseBare(r io.Reader) error {
	reader, err := mail.CreateReader(r)
	if reader == nil {
		return err
	}
	_, _ = reader.Header.Subject()
	_, _ = reader.Header.AddressList("From")
	_, _ = reader.Header.MessageID()
	_, _ = reader.Header.MsgIDList("In-Reply-To")
	_, _ = reader.Header.MsgIDList("References")
	_, _ = reader.Header.Date()
	for {
		part, err := reader.NextPart()
		if err != nil {
			return nil // the end, or that of a header without its body
		}
		if _, err := io.Copy(io.Discard, part.Body); err != nil {
			return nil
		}
	}
}

// bareLook logs in to many mailboxes, so many at once, and asks each where its inbox stands. Roots, in PEM, say that connections are upgraded
// to TLS and who signed the server's certificate.
type bareLook struct {
	Address, Password, Roots string
	Users                    []string
	Connections              int

	bare bareIMAP
}

func (l *bareLook) run() error {
	l.bare = bareIMAP{l.Address, l.Password, trusting(l.Roots)}
	var group errgroup.Group
	group.SetLimit(l.Connections)
	for _, user := range l.Users {
		group.Go(func() error { return l.mailbox(user) })
	}
	return group.Wait()
}

func (l *bareLook) mailbox(user string) error {
	c, err := l.bare.login(user)
	if err != nil {
		return err
	}
	_, err = c.Status("INBOX", &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}).Wait()
	return errors.Join(err, c.Logout().Wait(), c.Close())
}

// mbsync pulls an inbox into a Maildir with mbsync as it comes, fsync included, and returns how long that took. 0 says that it is not
// installed.
func mbsync(b *testing.B, port int, user, password string) time.Duration {
	b.Helper()
	binary, err := exec.LookPath("mbsync")
	if err != nil {
		b.Log("mbsync is not installed (Debian package isync): no reference")
		return 0
	}
	dir := b.TempDir()
	config := filepath.Join(dir, "mbsyncrc")
	text := fmt.Sprintf("IMAPAccount a\nHost 127.0.0.1\nPort %d\nUser %s\nPass %s\nSSLType None\nAuthMechs LOGIN\n\nIMAPStore far\nAccount a\n\n"+
		"MaildirStore near\nPath %s/mail/\nInbox %s/mail/INBOX\n\nChannel c\nFar :far:INBOX\nNear :near:INBOX\nCreate Near\nSync Pull\nSyncState *\n",
		port, user, password, dir, dir)
	if err := errors.Join(os.WriteFile(config, []byte(text), 0o600), os.Mkdir(filepath.Join(dir, "mail"), 0o700)); err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if out, err := exec.Command(binary, "-q", "-c", config, "c").CombinedOutput(); err != nil {
		b.Fatalf("mbsync: %v\n%s", err, out)
	}
	return time.Since(began)
}

// distance stands between clients and a server and holds every byte back for half a round trip in each direction, and the server's first
// for a whole one more: opening a connection takes one.
func distance(b *testing.B, server string, roundTrip time.Duration) (address string) {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var group sync.WaitGroup
	b.Cleanup(func() { _ = listener.Close(); group.Wait() })
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() { relay(client, server, roundTrip) })
		}
	})
	return listener.Addr().String()
}

func relay(client net.Conn, server string, roundTrip time.Duration) {
	defer func() { _ = client.Close() }()
	far, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	var group sync.WaitGroup
	group.Go(func() { carry(far, client, roundTrip/2, 0) })
	group.Go(func() { carry(client, far, roundTrip/2, roundTrip) })
	group.Wait()
}

// packet is what was read, and when it may be passed on.
type packet struct {
	due  time.Time
	data []byte
}

// carry passes on what one side says until it ends or the other does not take it any more.
func carry(to, from net.Conn, delay, first time.Duration) {
	underway := make(chan packet, 1024)
	go func() {
		defer close(underway)
		for {
			data := make([]byte, 32<<10)
			n, err := from.Read(data)
			if n > 0 {
				underway <- packet{time.Now().Add(delay + first), data[:n]}
				first = 0
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range underway {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.data); err != nil {
			_ = from.Close()
		}
	}
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}
