package web

import (
	"net/netip"
	"sync"
	"time"
)

// Logins that failed within loginWindow: so many for one account, so many from one address. Attempts count when they begin, so that many at
// once gain nothing.
const (
	loginWindow     = 15 * time.Minute
	loginsPerName   = 10
	loginsPerOrigin = 20
)

// maxLoginKeys bounds the memory that strangers can make the limits take. Beyond it the limits of those who tried longest ago are forgotten.
const maxLoginKeys = 20_000

// loginLimits counts failed logins in this process.
type loginLimits struct {
	mu    sync.Mutex
	tries map[loginKey]*loginTries
}

// loginKey is an account or an address.
type loginKey struct {
	name   string
	origin netip.Prefix
}

type loginTries struct {
	count int
	since time.Time
}

func newLoginLimits() *loginLimits {
	return &loginLimits{tries: map[loginKey]*loginTries{}}
}

func accountKey(email string) loginKey { return loginKey{name: email[:min(len(email), 254)]} }

// addressKey is an IPv4 address, or the /64 of an IPv6 one: whoever has one address of that has them all.
func addressKey(a netip.Addr) loginKey {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	prefix, err := a.Prefix(bits)
	if err != nil {
		return loginKey{} // everyone whose address is not known
	}
	return loginKey{origin: prefix}
}

func (k loginKey) most() int {
	if k.name != "" {
		return loginsPerName
	}
	return loginsPerOrigin
}

// take counts an attempt against every key, or returns how long to wait.
func (l *loginLimits) take(now time.Time, keys ...loginKey) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		if t := l.current(now, k); t != nil && t.count >= k.most() {
			wait = max(wait, t.since.Add(loginWindow).Sub(now))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, k := range keys {
		t := l.current(now, k)
		if t == nil {
			l.makeRoom(now)
			t = &loginTries{since: now}
			l.tries[k] = t
		}
		t.count++
	}
	return 0
}

// current is what is counted for a key within the window, or nil.
func (l *loginLimits) current(now time.Time, k loginKey) *loginTries {
	t := l.tries[k]
	if t == nil || now.Sub(t.since) >= loginWindow {
		return nil
	}
	return t
}

// makeRoom drops what is over, and if that is not enough, the oldest.
func (l *loginLimits) makeRoom(now time.Time) {
	if len(l.tries) < maxLoginKeys {
		return
	}
	var oldest loginKey
	first := now
	for k, t := range l.tries {
		if now.Sub(t.since) >= loginWindow {
			delete(l.tries, k)
			continue
		}
		if !t.since.After(first) {
			oldest, first = k, t.since
		}
	}
	if len(l.tries) >= maxLoginKeys {
		delete(l.tries, oldest)
	}
}

// forget clears the keys of a login that succeeded.
func (l *loginLimits) forget(keys ...loginKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		delete(l.tries, k)
	}
}
