package simulation

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// judge asks the rules about each, once for those who are alike, and acts on whom they do not let go.
func (r *sendRun) judge(v *visit, due []*outreach.Recipient, now time.Time) []*outreach.Recipient {
	r.count(now, Suppressed)
	var kept []*outreach.Recipient
	mailboxReason, _ := v.Blocked(now)
	known := map[alike]outreach.Decision{}
	for _, rec := range due {
		l := r.list(rec.SequenceID)
		in := outreach.Situation{Now: now, Recipient: rec, Sequence: l.Sequence, Mailbox: v.Mailbox, Policy: r.Policy}
		for _, c := range r.sharedCaps(now, l, rec, v) {
			r.count(now, ReadCap)
			c.Put(&in, r.caps[c.Key])
		}
		key := alike{rec.SequenceID, min(rec.Step, 1), rec.Timezone, rec.DueAt().Add(r.Policy.StaleAfter).Before(now), in.DomainSentToday}
		d, ok := known[key]
		if !ok {
			d = outreach.Verdict(in)
			known[key] = d
		}
		if d.Action == outreach.Send || d.Reason == mailboxReason {
			kept = append(kept, rec)
			continue
		}
		r.passOver(v, rec, d, now)
	}
	return kept
}

// sharedCaps is outreach.SharedCaps without the work where none is set.
func (r *sendRun) sharedCaps(now time.Time, l *list, rec *outreach.Recipient, v *visit) []outreach.SharedCap {
	if l.DailyLimit == 0 && l.NewPerDay == 0 && r.Policy.DomainLimit == 0 {
		return nil
	}
	return outreach.SharedCaps(now, l.Sequence, rec, v.Mailbox, r.Policy)
}

// alike is what decides about a due recipient, given mailbox and moment.
type alike struct {
	sequence bson.ObjectID
	step     int
	zone     string
	overdue  bool
	domain   int
}

// passOver does what the worker does with a verdict that is not Send.
func (r *sendRun) passOver(v *visit, rec *outreach.Recipient, d outreach.Decision, now time.Time) {
	first := rec.MailboxID.IsZero()
	switch {
	case d.Action != outreach.Wait:
		r.count(now, Postpone)
		r.gone(rec)
		r.ended(rec, outreach.StateHeld)
		return
	case d.Reason == outreach.ReasonSequenceDailyLimit:
		r.blocked[rec.SequenceID] = true
	case d.Reason == outreach.ReasonNewPerDay:
		r.noNew[rec.SequenceID] = true
	case d.Until.IsZero():
	case first && (d.Reason == outreach.ReasonOutsideWindow || d.Reason == outreach.ReasonHoliday):
		r.noNew[rec.SequenceID] = true
	case d.Reason == outreach.ReasonOutsideWindow, d.Reason == outreach.ReasonHoliday, d.Reason == outreach.ReasonDomainLimit:
		r.count(now, Postpone)
		r.gone(rec)
		rec.NextSendAt = &d.Until
		r.queueOf(v.box, rec)
		return
	}
	v.passed[rec] = true
}

// gone says that one who was handed out of a line is in it no longer.
func (r *sendRun) gone(rec *outreach.Recipient) {
	if rec.MailboxID.IsZero() {
		r.lines[rec.SequenceID].hand--
	}
}
