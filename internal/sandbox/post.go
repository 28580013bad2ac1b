package sandbox

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// letter is an answer on its way to an account.
type letter struct {
	due     time.Time
	number  int // order of writing, for letters due at the same moment
	account string
	folder  string
	from    string // envelope sender, "" for reports
	raw     []byte
}

// pause holds the SMTP server up, at most until the world closes.
func (w *World) pause(d time.Duration) { w.ports.smtp.wait(d) }

// accept books a message that the server has taken responsibility for, and lets its recipients act on it. raw is only lent.
func (w *World) accept(user, from string, to []string, raw []byte) {
	now := w.opts.Now()
	delivery := Delivery{User: user, From: from, MessageID: rawField(raw, "Message-ID"), At: now}
	if !w.opts.Discard {
		delivery.Raw = bytes.Clone(raw)
		delivery.Subject = rawField(raw, "Subject")
	}
	for _, address := range to {
		delivery.To = strings.ToLower(address)
		w.ledger.record(delivery)
		if !w.opts.Discard {
			w.hand(delivery)
		}
	}
	w.mu.Lock()
	copySent := w.savesSent[user] && !w.opts.Discard
	w.mu.Unlock()
	if copySent {
		w.Mailbox(user).Append(Sent, raw, now, `\Seen`)
	}
}

// hand gives a message to its recipient: an account gets it in its Inbox, a person plays the next act.
func (w *World) hand(d Delivery) {
	if m := w.Mailbox(d.To); m != nil {
		m.Append(Inbox, received(d.From, d.To, d.Raw, d.At), d.At)
		return
	}
	w.mu.Lock()
	person := w.people[d.To]
	var act Act
	var number int
	if person != nil {
		act, number = person.take()
	}
	w.mu.Unlock()
	switch act.Do {
	case "", Silence, HardBounce, Greylist:
		return
	}
	w.write(person.Person, act, number, d)
}

// write composes a person's answer and posts it, or delivers it at once.
func (w *World) write(person Person, act Act, number int, d Delivery) {
	at := d.At
	if !w.opts.Immediate {
		at = at.Add(act.After)
	}
	a := answer{
		person: person, act: act, original: readOriginal(d), at: at.In(person.location()).Truncate(time.Second),
		random: personalRandom(w.opts.Seed, person.Email, number),
	}
	from, to, raw := a.compose()
	l := letter{due: at, account: w.accountFor(to, d), folder: Inbox, from: from, raw: received(from, to, raw, at)}
	if act.Junk {
		l.folder = Junk
	}
	w.mu.Lock()
	l.number = w.posted
	w.posted++
	if !w.opts.Immediate {
		w.post = append(w.post, l)
	}
	w.mu.Unlock()
	if w.opts.Immediate {
		w.deliver(l)
	}
}

// accountFor is where a letter to an address arrives: at that address, else with whoever sent the message.
func (w *World) accountFor(to string, d Delivery) string {
	for _, candidate := range []string{to, d.From} {
		if w.Mailbox(candidate) != nil {
			return withoutTag(candidate)
		}
	}
	return d.User
}

func (w *World) deliver(l letter) {
	if m := w.Mailbox(l.account); m != nil {
		m.Append(l.folder, l.raw, l.due)
	}
}

// Tick delivers the answers that are due at the given time, in the order in which they fall due, and returns how many.
func (w *World) Tick(now time.Time) int {
	w.mu.Lock()
	slices.SortFunc(w.post, func(a, b letter) int { return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.number, b.number)) })
	n, _ := slices.BinarySearchFunc(w.post, now, func(l letter, now time.Time) int {
		if l.due.After(now) {
			return 1
		}
		return -1
	})
	due := slices.Clone(w.post[:n])
	w.post = slices.Delete(w.post, 0, n)
	w.mu.Unlock()
	for _, l := range due {
		w.deliver(l)
	}
	return len(due)
}

// NextAnswer tells when the next answer falls due; false if none is on its way.
func (w *World) NextAnswer() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.post) == 0 {
		return time.Time{}, false
	}
	first := slices.MinFunc(w.post, func(a, b letter) int { return a.due.Compare(b.due) })
	return first.due, true
}

// personalRandom makes a person's choices independent of what all others do meanwhile.
func personalRandom(seed uint64, email string, number int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", email, number)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// received puts the lines of the receiving server on top of a message (RFC 5321 section 4.4).
func received(from, to string, raw []byte, at time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\nDelivered-To: %s\r\n", from, to)
	fmt.Fprintf(&b, "Received: from mx.sandbox.example (mx.sandbox.example [127.0.0.1])\r\n\tby sandbox.example with ESMTP\r\n\tfor <%s>; %s\r\n",
		to, at.UTC().Format(time.RFC1123Z))
	b.Write(raw)
	return b.Bytes()
}
