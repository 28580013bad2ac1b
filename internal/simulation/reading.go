package simulation

import (
	"container/heap"
	"math"
	"time"

	"mailrun/pkg/outreach"
)

// Read plays one run of sync-mailboxes that begins at now: every mailbox that is due is read at once.
func (t *Team) Read(now time.Time, unrelated float64, book Book) {
	for _, b := range t.boxes {
		if b.Status != outreach.MailboxActive || b.NextSyncAt != nil && b.NextSyncAt.After(now) {
			continue
		}
		book.Count(now, SyncLease, 1)
		t.read(b, now, unrelated, book)
		book.Count(now, SyncRelease, 1)
		next := now.Add(outreach.SyncInterval(b.Mailbox, now, t.dice()))
		b.LastSyncOKAt, b.NextSyncAt = &now, &next
	}
}

// read takes in what has arrived: what concerns nobody is sifted out, the rest is stored with its effects.
func (t *Team) read(b *box, now time.Time, unrelated float64, book Book) {
	strangers, ours := 0, 0
	for ; unrelated > 0 && b.strange.Before(now); strangers++ {
		if b.strange.IsZero() {
			b.strange = now
		}
		b.strange = b.strange.Add(time.Duration(-math.Log(1-t.dice()) / unrelated * 24 * float64(time.Hour)))
	}
	for len(b.coming) > 0 && !b.coming[0].at.After(now) {
		t.effect(heap.Pop(&b.coming).(mail), now)
		ours++
	}
	if strangers+ours == 0 {
		return
	}
	book.Count(now, Leftovers, 1)
	if strangers > 0 {
		book.Count(now, Match, 2) // the enrolments of the senders, and of their domains
	}
	if ours > 0 {
		book.Count(now, Match, 4) // deliveries, recipients by id and by address, what was sent to them
		book.Count(now, KeepRead, 3)
		book.Count(now, Keep, 1)
		book.Count(now, Effects, 1)
		b.LastActivityAt = &now
	}
	book.Count(now, Cursor, 1)
	book.Arrived(now, strangers, ours)
}

// effect does what a message means for its recipient. Who is away gets the next step after the return, a week later; the queue finds it out
// of place, which only lets it be looked at early.
func (t *Team) effect(m mail, now time.Time) {
	switch {
	case m.ends != "":
		t.ended(m.recipient, m.ends)
	case m.away && sendable(m.recipient) && m.recipient.NextSendAt != nil:
		until := now.AddDate(0, 0, 7)
		m.recipient.NextSendAt = &until
	}
}
