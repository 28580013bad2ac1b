package population

import (
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// What happens to messages, as shares of all that are sent: the middle of what the field reports for cold outreach.
const (
	refusedAtFirst = 0.015 // 550 5.1.1 at RCPT, to the first message
	bouncesLater   = 0.008 // accepted, then a report with 5.1.1
	bouncesSoftly  = 0.004
	fails          = 0.002
	answers        = 0.022
	optsOut        = 0.004
	complains      = 0.0003
	isAway         = 0.03
	lacksVariable  = 0.004 // of the recipients: held before the first message
	isPaused       = 0.005 // by hand, somewhere on the way
	unknownEnd     = 0.0004
	deferredNow    = 0.03 // of the messages of the last two hours
)

// firstSends is over how many days a sequence's mailboxes work off its new recipients.
const firstSends = 30

// person is one recipient with all that happened to him.
type person struct {
	recipient outreach.Recipient
	seq       *outreach.Sequence
	mailbox   *outreach.Mailbox
	sent      []delivery
	back      []inbound
	dice      *rand.Rand
	now       time.Time
	uid       uint32
}

type delivery struct {
	step   int
	at     time.Time
	status outreach.HistoryStatus
}

// inbound is a message that came back to a delivery.
type inbound struct {
	kind outreach.Kind
	to   int // which of the deliveries
	at   time.Time
	soft bool
}

// live draws the life of the i-th recipient. Recipients are numbered by sequence, oldest sequence first.
func (f *filler) live(i int) *person {
	s := i * f.Sequences / f.Recipients
	seq := &f.sequences[s]
	p := &person{seq: seq, dice: rand.New(rand.NewPCG(f.Seed, uint64(i)+2)), now: f.Now, uid: uint32(i) + 1} //nolint:gosec // dice, and a number of its own
	p.mailbox = f.byID[seq.MailboxIDs[i%len(seq.MailboxIDs)]]
	p.recipient = p.enrol(i)
	first := f.inHours(p, seq.CreatedAt.Add(time.Duration(p.dice.Int64N(firstSends*24*int64(time.Hour)))))
	f.goOn(p, first)
	f.stayQuiet(p)
	return p
}

// goOn plays the steps from the first one due until the present, or until something ends the sequence.
func (f *filler) goOn(p *person, due time.Time) {
	r := &p.recipient
	if p.happens(lacksVariable) && due.Before(f.Now) {
		p.end(outreach.StateHeld, outreach.ReasonMissingVariable("company"))
		r.Company = ""
		return
	}
	for step := range f.Steps {
		if step > 0 {
			due = f.inHours(p, due.AddDate(0, 0, delays[step]))
		}
		stopped := p.seq.Status != outreach.SequenceActive && due.After(f.stopped(p.seq))
		if due.After(f.Now) || stopped {
			r.NextSendAt = &due
			return
		}
		if p.happens(isPaused) {
			p.end(outreach.StatePaused, "paused by hand")
			r.NextSendAt = &due
			return
		}
		if ended := p.send(step, due); ended {
			return
		}
		if len(p.back) > 0 && p.back[len(p.back)-1].kind == outreach.KindOutOfOffice {
			due = due.AddDate(0, 0, 7)
		}
	}
	p.end(outreach.StateCompleted, "")
}

// stopped is since when a sequence that is not active sends nothing.
func (f *filler) stopped(seq *outreach.Sequence) time.Time {
	if seq.PausedAt != nil {
		return *seq.PausedAt
	}
	return seq.CreatedAt.AddDate(0, 0, 2*firstSends)
}

// send draws what becomes of one message and tells whether it ended the sequence.
func (p *person) send(step int, at time.Time) (ended bool) {
	r, roll := &p.recipient, p.dice.Float64()
	below := func(share float64) bool {
		roll -= share
		return roll < 0
	}
	d := delivery{step: step, at: at, status: outreach.HistorySent}
	defer func() { p.sent = append(p.sent, d) }()
	r.Step, r.MailboxID = step, p.mailbox.ID
	switch {
	case step == 0 && below(refusedAtFirst):
		d.status = outreach.HistoryBounced
		p.end(outreach.StateBounced, "550 5.1.1 user unknown")
		return true
	case below(fails):
		d.status = outreach.HistoryFailed
		p.end(outreach.StateFailed, "554 5.7.1 refused by policy")
		return true
	case below(unknownEnd):
		d.status = outreach.HistoryUnknown
		p.end(outreach.StateHeld, outreach.ReasonDeliveryUnknown)
		return true
	case p.now.Sub(at) < 2*time.Hour && below(deferredNow):
		d.status = outreach.HistoryDeferred
		next := p.now.Add(time.Hour)
		r.NextSendAt, r.Attempts = &next, 1
		return true
	}
	r.Step, r.State, r.LastSentAt = step+1, outreach.StateActive, &at
	for _, c := range []struct {
		share float64
		kind  outreach.Kind
		after time.Duration // at most
		state outreach.State
		soft  bool
	}{
		{answers, outreach.KindHuman, 48 * time.Hour, outreach.StateReplied, false},
		{bouncesLater, outreach.KindBounce, 10 * time.Minute, outreach.StateBounced, false},
		{bouncesSoftly, outreach.KindBounce, 6 * time.Hour, "", true},
		{optsOut, outreach.KindUnsubscribe, 24 * time.Hour, outreach.StateUnsubscribed, false},
		{complains, outreach.KindComplaint, 24 * time.Hour, outreach.StateUnsubscribed, false},
		{isAway, outreach.KindOutOfOffice, time.Minute, "", false},
	} {
		if !below(c.share) {
			continue
		}
		came := at.Add(time.Duration(p.dice.Int64N(int64(c.after)))).Truncate(time.Millisecond)
		if came.After(p.now) {
			return false
		}
		p.back = append(p.back, inbound{kind: c.kind, to: len(p.sent), at: came, soft: c.soft})
		if c.kind == outreach.KindBounce && !c.soft {
			d.status = outreach.HistoryBounced
		}
		if c.state == "" {
			return false
		}
		r.StateBefore = r.State
		p.end(c.state, "")
		return true
	}
	return false
}

func (p *person) happens(share float64) bool { return p.dice.Float64() < share }

func (p *person) end(state outreach.State, reason string) {
	p.recipient.State, p.recipient.Reason = state, reason
}

// inHours moves a time into working hours: a weekday, nine to five.
func (f *filler) inHours(p *person, t time.Time) time.Time {
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return t.UTC().Truncate(24 * time.Hour).Add(9*time.Hour + time.Duration(p.dice.Int64N(int64(8*time.Hour)))).Truncate(time.Millisecond)
}

// stayQuiet moves a next step out of the time in which nothing is to come due.
func (f *filler) stayQuiet(p *person) {
	r := &p.recipient
	if quiet := f.Now.Add(f.Quiet); r.NextSendAt != nil && f.Quiet > 0 && r.NextSendAt.Before(quiet) {
		r.NextSendAt = f.at(f.Quiet + time.Duration(p.dice.Int64N(int64(6*time.Hour))))
	}
}

// mailboxesByID indexes mailboxes.
func mailboxesByID(boxes []outreach.Mailbox) map[bson.ObjectID]*outreach.Mailbox {
	byID := make(map[bson.ObjectID]*outreach.Mailbox, len(boxes))
	for i := range boxes {
		byID[boxes[i].ID] = &boxes[i]
	}
	return byID
}
