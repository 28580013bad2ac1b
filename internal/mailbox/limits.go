package mailbox

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/semaphore"
)

// Door is one of the two protocols through which a mailbox is reached.
type Door string

// The doors.
const (
	DoorSMTP Door = "smtp"
	DoorIMAP Door = "imap"
)

// Limits bounds how many connections are open at once: in total and to one host, each door for itself, so that a send that must look into
// its Sent folder never waits for a connection that it holds itself. Providers whose limits are per account are not bounded per host.
type Limits struct {
	perHost int64
	total   map[Door]*semaphore.Weighted

	mu    sync.Mutex
	hosts map[string]*hostSlots
}

// hostSlots counts the connections to one host. Users counts those who hold or await a slot; the last one removes the entry.
type hostSlots struct {
	slots *semaphore.Weighted
	users int
}

// NewLimits allows total connections per door and perHost of them to one host. Zero or less means no limit.
func NewLimits(total, perHost int) *Limits {
	l := &Limits{perHost: int64(perHost), total: make(map[Door]*semaphore.Weighted), hosts: make(map[string]*hostSlots)}
	if total > 0 {
		l.total[DoorSMTP] = semaphore.NewWeighted(int64(total))
		l.total[DoorIMAP] = semaphore.NewWeighted(int64(total))
	}
	return l
}

// Acquire waits for a connection's place and returns how to give it back, once. It fails only when ctx ends. The place at the host is
// taken first, so that a queue before one host does not use up the total.
func (l *Limits) Acquire(ctx context.Context, door Door, host string) (release func(), err error) {
	if l == nil {
		return func() {}, nil
	}
	releaseHost, err := l.acquireHost(ctx, door, host)
	if err != nil {
		return nil, err
	}
	total := l.total[door]
	if total == nil {
		return releaseHost, nil
	}
	if err := total.Acquire(ctx, 1); err != nil {
		releaseHost()
		return nil, err
	}
	return sync.OnceFunc(func() {
		total.Release(1)
		releaseHost()
	}), nil
}

func (l *Limits) acquireHost(ctx context.Context, door Door, host string) (func(), error) {
	if l.perHost <= 0 || providerOf(host).PerAccount {
		return func() {}, nil
	}
	key := string(door) + " " + strings.ToLower(host)
	slots := l.enter(key)
	if err := slots.Acquire(ctx, 1); err != nil {
		l.leave(key)
		return nil, err
	}
	return sync.OnceFunc(func() {
		slots.Release(1)
		l.leave(key)
	}), nil
}

func (l *Limits) enter(key string) *semaphore.Weighted {
	l.mu.Lock()
	defer l.mu.Unlock()
	host := l.hosts[key]
	if host == nil {
		host = &hostSlots{slots: semaphore.NewWeighted(l.perHost)}
		l.hosts[key] = host
	}
	host.users++
	return host.slots
}

func (l *Limits) leave(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if host := l.hosts[key]; host != nil {
		host.users--
		if host.users == 0 {
			delete(l.hosts, key)
		}
	}
}
