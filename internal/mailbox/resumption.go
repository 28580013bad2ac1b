package mailbox

import (
	"crypto/tls"
	"sync"
)

// resumedServers is of how many servers TLS sessions are kept, at some kilobytes each.
const resumedServers = 256

// resumption keeps the last TLS session with each server, so that the next mailbox there resumes it (RFC 8446 section 2.2, RFC 5077): nobody
// signs and nobody verifies a chain, which is most of what a handshake costs. What resumes was verified when the session began: crypto/tls
// looks again at the server's name and the certificate's dates, and never resumes a session that was not verified for a mailbox that wants it.
type resumption struct {
	once  sync.Once
	cache tls.ClientSessionCache
}

// with returns the sessions with a server. It goes by host and port, where crypto/tls goes by the name alone: the server behind another port
// knows nothing of the session.
func (r *resumption) with(hostPort string) tls.ClientSessionCache {
	r.once.Do(func() { r.cache = tls.NewLRUClientSessionCache(resumedServers) })
	return serverSessions{r.cache, hostPort}
}

type serverSessions struct {
	all    tls.ClientSessionCache
	server string
}

func (s serverSessions) Get(string) (*tls.ClientSessionState, bool) { return s.all.Get(s.server) }

func (s serverSessions) Put(_ string, session *tls.ClientSessionState) { s.all.Put(s.server, session) }
