package mailbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"mailrun/pkg/outreach"
)

const (
	dialTimeout      = 30 * time.Second
	handshakeTimeout = 30 * time.Second
	defaultMaxBytes  = 2 << 30
)

const (
	remedyCertificate = "check host and port; a private CA goes into SSL_CERT_FILE; `tlsInsecure: true` on the mailbox switches verification off"
	remedySecurity    = "the server does not speak TLS on this port: security is probably starttls (587, 143) and not tls (465, 993)"
)

// link is an open connection through one door, encrypted or not, with its place in the limits.
type link struct {
	door    Door
	host    string // host:port
	server  string // host
	wire    *wire
	conn    net.Conn // wire, or TLS over it
	secure  bool
	release func()
}

// connect waits for a place, unless it is given one, dials, and speaks TLS at once where the server's security is tls. Errors are *Error,
// except that of a context that ends before there is a place: the mailbox has no part in it.
func (d *Dialer) connect(ctx context.Context, mb *outreach.Mailbox, door Door, place *Place) (_ *link, err error) {
	if place == nil {
		if place, err = d.Place(ctx, mb, door); err != nil {
			return nil, err
		}
	}
	server := serverOf(mb, door)
	host := address(server)
	conn, err := d.dial(ctx, door, host)
	if err != nil {
		place.Free()
		return nil, &Error{Class: ClassNetwork, Op: string(door) + " connect", Host: host, Err: trimDial(err)}
	}
	w := newWire(conn, d.idle(handshakeTimeout), d.maxBytes())
	l := &link{door: door, host: host, server: server.Host, wire: w, conn: w, release: place.Free}
	if server.Security != outreach.SecurityTLS {
		return l, nil
	}
	done := w.begin(ctx)
	defer done()
	if err := d.encrypt(ctx, l, mb); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// encrypt puts TLS over the connection. It offers no ALPN protocol: some providers abort on one they do not know.
func (d *Dialer) encrypt(ctx context.Context, l *link, mb *outreach.Mailbox) error {
	l.wire.setIdle(d.idle(handshakeTimeout))
	session := d.sessions.with(l.host)
	conn := tls.Client(l.wire, &tls.Config{
		ServerName:         l.server,
		RootCAs:            d.RootCAs,
		InsecureSkipVerify: mb.TLSInsecure, //nolint:gosec // the operator's choice for one mailbox, which doctor reports
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: session,
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		failed := tlsError(l, err)
		failed.notResumed = session.toBlame(ctx, err)
		return failed
	}
	l.conn, l.secure = conn, true
	return nil
}

// tlsError tells a broken line from a server that cannot be trusted.
func tlsError(l *link, err error) *Error {
	failed := &Error{Class: ClassTLS, Op: string(l.door) + " tls", Host: l.host, Err: err}
	var header tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var hostname x509.HostnameError
	switch {
	case errors.As(err, &verify), errors.As(err, &hostname):
		failed.Remedy = remedyCertificate
	case errors.As(err, &header):
		failed.Remedy = remedySecurity
	case l.wire.failure() != nil:
		failed.Class, failed.Err = ClassNetwork, silence(l.wire.failure(), err)
	}
	return failed
}

// close ends the connection without ceremony and gives its place back.
func (l *link) close() {
	l.wire.Conn.Close()
	l.release()
}

func (d *Dialer) dial(ctx context.Context, door Door, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.idle(dialTimeout))
	defer cancel()
	if d.Dial != nil {
		return d.Dial(ctx, "tcp", addr)
	}
	var dialer net.Dialer
	if door == DoorIMAP {
		dialer.KeepAlive = -1 // somebody always waits for its answer, under a deadline
	}
	return dialer.DialContext(ctx, "tcp", addr)
}

// idle caps how long a server may be silent by the dialer's IdleTimeout.
func (d *Dialer) idle(standard time.Duration) time.Duration {
	if d.IdleTimeout > 0 {
		return min(standard, d.IdleTimeout)
	}
	return standard
}

func (d *Dialer) maxBytes() int64 {
	if d.MaxBytes > 0 {
		return d.MaxBytes
	}
	return defaultMaxBytes
}

func (d *Dialer) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

func (d *Dialer) log() *slog.Logger {
	if d.Log != nil {
		return d.Log
	}
	return slog.New(slog.DiscardHandler)
}

func address(s outreach.Server) string {
	return net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
}

// trimDial drops what net.OpError repeats: "dial tcp host:port".
func trimDial(err error) error {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok {
		return err
	}
	return fmt.Errorf("%w", op.Err)
}

func isLoopback(addr net.Addr) bool {
	host, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.Network() == "unix" || addr.Network() == "pipe"
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}
