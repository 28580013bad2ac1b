package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// origin is where a request came from, as far as that is known for certain.
type origin struct {
	address netip.Addr // invalid for a Unix socket without a proxy's word
	https   bool
}

type originKey struct{}

// from is where a request came from.
func from(r *http.Request) origin {
	o, _ := r.Context().Value(originKey{}).(origin)
	return o
}

// addressed finds out where requests come from.
func (s *Server) addressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o := s.origin(r)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), originKey{}, o)))
	})
}

// origin believes a proxy's headers if the proxy is trusted, and reads the list of addresses from the near end: what stands further away,
// anyone can write.
func (s *Server) origin(r *http.Request) origin {
	peer, local := peerAddress(r)
	o := origin{address: peer, https: r.TLS != nil}
	if !local && !s.trusted(peer) {
		return o
	}
	if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" {
		o.https = strings.EqualFold(proto, "https")
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		address, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		o.address = address.Unmap()
		if !s.trusted(o.address) {
			break
		}
	}
	return o
}

// peerAddress is the other end of the connection; local says that it is a Unix socket.
func peerAddress(r *http.Request) (peer netip.Addr, local bool) {
	if address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && address.Network() == "unix" {
		return netip.Addr{}, true
	}
	port, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}, false
	}
	return port.Addr().Unmap(), false
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
