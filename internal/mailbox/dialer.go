package mailbox

import (
	"bufio"
	"context"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Dialer opens sessions with mailboxes. The zero Dialer works for mailboxes with clear passwords: no limits, the system's roots, no token
// cache. A Dialer is safe for use by many goroutines; its fields must not change meanwhile.
type Dialer struct {
	// Keyring opens sealed secrets.
	Keyring *Keyring
	// RootCAs verifies servers; nil means the system's roots and SSL_CERT_FILE.
	RootCAs *x509.CertPool
	// Limits bounds open connections; nil means no bound.
	Limits *Limits
	// Tokens keeps OAuth tokens between runs; nil means that each session fetches its own.
	Tokens TokenStore
	// Now is the clock by which tokens expire. Deadlines of connections are real time whatever it says. Nil means time.Now.
	Now func() time.Time
	// Log gets what is worth knowing but no failure. Nil means nowhere.
	Log *slog.Logger
	// Dial opens a TCP connection. Nil means net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// HTTP talks to token endpoints. Nil means a client that trusts RootCAs.
	HTTP *http.Client
	// IdleTimeout caps how long a server may stay silent in any stage. Zero means RFC 5321's timeouts for SMTP and one minute for IMAP.
	// The context's deadline caps it further.
	IdleTimeout time.Duration
	// MaxBytes caps what a server may send in one session. Zero means 2 GiB.
	MaxBytes int64

	rooms    sync.Pool // of *room
	sessions resumption
}

// room is what a session reads a server's words into, and writes a message in as the server takes it. One session uses it after the other.
type room struct {
	br  *bufio.Reader
	out []byte
}

// enter returns room for a session over a connection.
func (d *Dialer) enter(conn io.Reader) *room {
	r, _ := d.rooms.Get().(*room)
	if r == nil {
		return &room{br: bufio.NewReaderSize(conn, replyBuffer)}
	}
	r.br.Reset(conn)
	return r
}

// leave lets another session use the room. A large message's is not kept.
func (d *Dialer) leave(r *room) {
	r.br.Reset(nil)
	if cap(r.out) <= messageBlock {
		d.rooms.Put(r)
	}
}
