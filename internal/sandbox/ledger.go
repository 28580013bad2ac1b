package sandbox

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// Delivery is one message accepted for one address. Count is how often the same Message-ID was accepted for it: above 1, somebody got
// a message twice.
type Delivery struct {
	User      string // who was logged in
	From      string // envelope sender
	To        string // envelope recipient, in lower case
	MessageID string // with angle brackets
	Subject   string // as it stands in the header
	At        time.Time
	Raw       []byte // as received; nil when Options.Discard is set
	Count     int
}

// ledger counts deliveries by address and Message-ID.
type ledger struct {
	discard bool
	seed    maphash.Seed

	mu         sync.Mutex
	byKey      map[deliveryKey]*Delivery
	order      []*Delivery
	seen       map[uint64]uint32 // in place of byKey and order when messages are discarded
	accepted   int
	duplicates int
}

type deliveryKey struct{ to, messageID string }

func newLedger(discard bool) *ledger {
	return &ledger{discard: discard, seed: maphash.MakeSeed(), byKey: map[deliveryKey]*Delivery{}, seen: map[uint64]uint32{}}
}

func (l *ledger) record(d Delivery) {
	key := deliveryKey{d.To, d.MessageID}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted++
	if l.discard {
		sum := maphash.Comparable(l.seed, key)
		l.seen[sum]++
		if l.seen[sum] > 1 {
			l.duplicates++
		}
		return
	}
	if known := l.byKey[key]; known != nil {
		known.Count++
		l.duplicates++
		return
	}
	d.Count = 1
	l.byKey[key] = &d
	l.order = append(l.order, &d)
}

func (l *ledger) list(keep func(*Delivery) bool) []Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Delivery
	for _, d := range l.order {
		if keep(d) {
			out = append(out, *d)
		}
	}
	return slices.Clip(out)
}

func (l *ledger) totals() (accepted, duplicates int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted, l.duplicates
}

// rawField returns the unfolded value of the first header field called name, without decoding it. It looks at nothing behind the
// header and allocates only for folded values, because the discarding mode calls it for every message.
func rawField(raw []byte, name string) string {
	for len(raw) > 0 {
		end := fieldEnd(raw)
		field := raw[:end]
		if len(bytes.TrimRight(field, "\r\n")) == 0 {
			return ""
		}
		if len(field) > len(name) && field[len(name)] == ':' && bytes.EqualFold(field[:len(name)], []byte(name)) {
			return unfold(field[len(name)+1:])
		}
		raw = raw[end:]
	}
	return ""
}

// fieldEnd returns where the header field at the start of raw ends: after the first line that no continuation line follows.
func fieldEnd(raw []byte) int {
	at := 0
	for {
		i := bytes.IndexByte(raw[at:], '\n')
		if i < 0 {
			return len(raw)
		}
		blank := len(bytes.TrimRight(raw[at:at+i], "\r")) == 0
		at += i + 1
		if blank || at >= len(raw) || (raw[at] != ' ' && raw[at] != '\t') {
			return at
		}
	}
}

func unfold(value []byte) string {
	value = bytes.TrimSpace(value)
	if bytes.IndexByte(value, '\n') < 0 {
		return string(value)
	}
	return string(bytes.Join(bytes.Fields(value), []byte(" ")))
}
