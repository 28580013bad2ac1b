package outreach

import "time"

// SharedCap is a limit that all processes count against together: Key names its counter for the day, Put says what of it is taken.
type SharedCap struct {
	Key   string
	Limit int
	Put   func(in *Situation, taken int)
}

// SharedCaps are the shared limits that a message to a recipient counts against at a time: the sequence's daily limits on the day of its
// zone, and the recipient domain's limit on that of the mailbox's zone. Mailbox may be nil.
func SharedCaps(now time.Time, s *Sequence, r *Recipient, m *Mailbox, p Policy) []SharedCap {
	var caps []SharedCap
	day := LocalDay(now, s.Location())
	if s.DailyLimit > 0 {
		caps = append(caps, SharedCap{"sequence:" + s.ID.Hex() + ":" + day, s.DailyLimit, func(in *Situation, n int) { in.SequenceSentToday = n }})
	}
	if s.NewPerDay > 0 && r.Step == 0 {
		caps = append(caps, SharedCap{"new:" + s.ID.Hex() + ":" + day, s.NewPerDay, func(in *Situation, n int) { in.SequenceNewToday = n }})
	}
	if p.DomainLimit > 0 && m != nil {
		caps = append(caps, SharedCap{"domain:" + r.Domain + ":" + LocalDay(now, m.Location()), p.DomainLimit, func(in *Situation, n int) { in.DomainSentToday = n }})
	}
	return caps
}
