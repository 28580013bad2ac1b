package outreach

import (
	"bytes"
	"cmp"
	"time"
)

// CompareDue orders what is due: follow-ups before new recipients, then oldest due first, then by id. It is a total order of distinct
// recipients that depends on nothing else, so that any number of processes agree on it.
func CompareDue(a, b *Recipient) int {
	return cmp.Or(
		cmp.Compare(min(b.Step, 1), min(a.Step, 1)),
		a.DueAt().Compare(b.DueAt()),
		bytes.Compare(a.ID[:], b.ID[:]),
	)
}

// MostIdle is the mailbox for a new recipient: of those that may send at now, the one that has not sent for longest, then the one
// that sent least today, then the lowest id. It is nil if none may send.
func MostIdle(mailboxes []*Mailbox, now time.Time) *Mailbox {
	var best *Mailbox
	for _, m := range mailboxes {
		if reason, _ := m.Blocked(now); reason != "" {
			continue
		}
		if best == nil || CompareIdle(m, best, now) < 0 {
			best = m
		}
	}
	return best
}

// CompareIdle orders mailboxes by how long they have not sent, then by how little they sent today, then by id.
func CompareIdle(a, b *Mailbox, now time.Time) int {
	return cmp.Or(
		latest(time.Time{}, a.LastSentAt).Compare(latest(time.Time{}, b.LastSentAt)),
		compareSent(a, b, now),
		bytes.Compare(a.ID[:], b.ID[:]),
	)
}

// compareSent orders mailboxes by how little they sent today. Most that are compared sent nothing or the same, of which no calendar need tell.
func compareSent(a, b *Mailbox, now time.Time) int {
	if a.SentToday.Count == 0 && b.SentToday.Count == 0 || a.SentToday == b.SentToday && a.Timezone == b.Timezone {
		return 0
	}
	return cmp.Compare(a.SentOn(LocalDay(now, a.Location())), b.SentOn(LocalDay(now, b.Location())))
}
