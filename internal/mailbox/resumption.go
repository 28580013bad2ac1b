package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"
)

// resumedServers is of how many servers TLS sessions are kept, at some kilobytes each.
const resumedServers = 256

// resumption keeps the last TLS session with each server, so that the next mailbox there resumes it (RFC 8446 section 2.2, RFC 5077): nobody
// signs and nobody verifies a chain, which is a fifth of what a handshake costs with an ECDSA key and more than half with RSA. What resumes was
// verified when the session began: crypto/tls looks again at the server's name and the certificate's dates, and never resumes a session that
// was not verified for a mailbox that wants it. There are servers that offer it and then fail; with these it is not tried again.
type resumption struct {
	once  sync.Once
	cache tls.ClientSessionCache
	never sync.Map // of servers, by host:port
}

// with returns the session with a server, for one handshake. It goes by host and port, where crypto/tls goes by the name alone: the server
// behind another port knows nothing of the session.
func (r *resumption) with(hostPort string) *serverSession {
	r.once.Do(func() { r.cache = tls.NewLRUClientSessionCache(resumedServers) })
	return &serverSession{resumption: r, server: hostPort}
}

type serverSession struct {
	*resumption
	server  string
	offered bool // to the server
}

// Get returns the session to resume, if any.
func (s *serverSession) Get(string) (*tls.ClientSessionState, bool) {
	if _, never := s.never.Load(s.server); never {
		return nil, false
	}
	session, ok := s.cache.Get(s.server)
	s.offered = ok && session != nil
	return session, ok
}

// Put keeps a session.
func (s *serverSession) Put(_ string, session *tls.ClientSessionState) {
	s.cache.Put(s.server, session)
}

// toBlame tells whether a handshake may have failed by the session that was offered, and sees to it that none is again.
func (s *serverSession) toBlame(ctx context.Context, err error) bool {
	if !s.offered {
		return false
	}
	s.never.Store(s.server, true)
	return ctx.Err() == nil && !isTimeout(err)
}

// notResumed tells whether a session could not be opened, and without a TLS session to resume could perhaps.
func notResumed(err error) bool {
	failed, ok := errors.AsType[*Error](err)
	return ok && failed.notResumed
}
