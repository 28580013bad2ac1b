package outreach

import "time"

// Action is what to do with a recipient now.
type Action string

// Send: now, from this mailbox. Wait: leave everything as it is. Hold: a person must look, state held. Stop: never again.
const (
	Send Action = "send"
	Wait Action = "wait"
	Hold Action = "hold"
	Stop Action = "stop"
)

// Decision is the verdict over one recipient. Until is the next instant at which it can be otherwise; zero where no clock ends the
// wait. Reason is empty for Send.
type Decision struct {
	Action Action
	Reason string
	Until  time.Time
}

// Policy holds the settings that the rules know. A zero value switches each off.
type Policy struct {
	FollowUpMaxSyncAge time.Duration // FOLLOWUP_MAX_SYNC_AGE
	StaleAfter         time.Duration // SEND_STALE_AFTER
	DomainLimit        int           // SEND_DOMAIN_LIMIT
	SyncEnabled        bool          // MAILBOX_SYNC_ENABLED
}

// Situation is everything a decision rests on. Mailbox is the one that would send, nil if the sequence has none. The counts are of
// accepted messages: the sequence's on the calendar day of its zone, the recipient domain's on that of the mailbox's zone. Suppressed
// tells whether the address or its domain is suppressed. The sequence is as it was stored before this run: its LastRunAt is the
// previous run's.
type Situation struct {
	Now       time.Time
	Recipient *Recipient
	Sequence  *Sequence
	Mailbox   *Mailbox
	Policy    Policy

	SequenceSentToday int
	SequenceNewToday  int
	DomainSentToday   int
	Suppressed        bool
}

// Verdict decides about one recipient and one mailbox at one instant. The worker, the last look before DATA, status, plan and the dry
// run all ask it. What ends a recipient comes first, then what a person must change, then what the clock changes.
func Verdict(in Situation) Decision {
	checks := [...]func(Situation) Decision{stops, sequenceState, recipientState, mailboxState, stale, clocks}
	for _, check := range checks {
		if d := check(in); d.Action != Send {
			return d
		}
	}
	return Decision{Action: Send}
}

func send() Decision                 { return Decision{Action: Send} }
func waitFor(reason string) Decision { return Decision{Action: Wait, Reason: reason} }

// stops are the reasons never to mail this recipient again.
func stops(in Situation) Decision {
	r := in.Recipient
	switch r.State {
	case StateReplied, StateBounced, StateUnsubscribed, StateCompleted, StateFailed:
		return Decision{Action: Stop, Reason: string(r.State)}
	}
	if in.Suppressed {
		return Decision{Action: Stop, Reason: ReasonSuppressed}
	}
	return send()
}

// sequenceState is whether the sequence sends at all.
func sequenceState(in Situation) Decision {
	switch in.Sequence.Status {
	case SequenceActive:
	case SequencePaused:
		return waitFor(ReasonSequencePaused)
	case SequenceArchived:
		return waitFor(ReasonSequenceArchived)
	default:
		return waitFor(ReasonSequenceDraft)
	}
	if in.Recipient.Step >= len(in.Sequence.Steps) {
		return Decision{Action: Stop, Reason: ReasonCompleted}
	}
	return send()
}

// recipientState is whether the recipient is to be mailed now.
func recipientState(in Situation) Decision {
	r := in.Recipient
	switch {
	case r.State == StateHeld && r.Reason != "":
		return waitFor(r.Reason)
	case r.State == StateHeld:
		return waitFor(ReasonHeld)
	case r.State == StatePaused && r.PausedUntil == nil:
		return waitFor(ReasonRecipientPaused)
	case r.PausedUntil != nil && r.PausedUntil.After(in.Now):
		return Decision{Action: Wait, Reason: ReasonRecipientPaused, Until: *r.PausedUntil}
	case r.DueAt().After(in.Now):
		return Decision{Action: Wait, Reason: ReasonNotDue, Until: r.DueAt()}
	}
	return send()
}

// mailboxState is whether there is a mailbox and it is in order.
func mailboxState(in Situation) Decision {
	m := in.Mailbox
	switch {
	case m == nil:
		return waitFor(ReasonNoMailbox)
	case !in.Recipient.MailboxID.IsZero() && in.Recipient.MailboxID != m.ID:
		return waitFor(ReasonOtherMailbox)
	}
	if reason, until := m.Blocked(in.Now); reason != "" && until.IsZero() {
		return waitFor(reason)
	}
	return send()
}

// stale holds what is overdue for so long that something else must be wrong: a restored or copied database must not mail. A follow-up
// counts from when it was due. A new recipient may wait behind the caps of a running campaign for weeks, so it counts from the last
// sign of life of the campaign.
func stale(in Situation) Decision {
	since := in.Recipient.DueAt()
	if in.Recipient.Step == 0 {
		since = latest(since, in.Sequence.ActivatedAt, in.Sequence.LastRunAt)
	}
	if in.Policy.StaleAfter > 0 && in.Now.Sub(since) > in.Policy.StaleAfter {
		return Decision{Action: Hold, Reason: ReasonStale}
	}
	return send()
}

// clocks are the waits that end by themselves: the window, the freshness of the inbox, and every cap. The window's reason is told
// before the others, because whoever asks at night needs no other answer; Until looks past all of them, and so always lies inside
// the window.
func clocks(in Situation) Decision {
	reason, blocked := in.blocked()
	if blocked.Before(in.Now) {
		blocked = in.Now
	}
	loc := RecipientLocation(in.Recipient, in.Sequence)
	until, opens := in.Sequence.Window.Next(blocked, loc, in.Sequence.Holidays)
	if closed := in.Sequence.Closed(in.Now, loc); closed != "" {
		reason = closed
	} else if in.inboxUnread() {
		return waitFor(ReasonInboxNotSynced)
	}
	switch {
	case reason == "":
		return send()
	case !opens:
		return waitFor(reason)
	}
	return Decision{Action: Wait, Reason: reason, Until: until}
}

// Closed says why a sequence's window is closed in a zone at an instant, or "".
func (s *Sequence) Closed(now time.Time, loc *time.Location) string {
	if at, ok := s.Window.Next(now, loc, s.Holidays); ok && at.Equal(now) {
		return ""
	}
	if at, ok := s.Window.Next(now, loc, nil); ok && at.Equal(now) {
		return ReasonHoliday
	}
	return ReasonOutsideWindow
}

// inboxUnread tells whether a follow-up must wait because an answer may lie unread in the mailbox.
func (in Situation) inboxUnread() bool {
	m, age := in.Mailbox, in.Policy.FollowUpMaxSyncAge
	if in.Recipient.Step == 0 || age <= 0 || !in.Policy.SyncEnabled || m.IMAP.Host == "" {
		return false
	}
	return m.LastSyncOKAt == nil || in.Now.Sub(*m.LastSyncOKAt) > age
}

// blocked is the cap or pause that lasts longest: caps combine by minimum, so each of them alone is enough.
func (in Situation) blocked() (reason string, until time.Time) {
	var w waits
	if reason, until := in.Mailbox.Blocked(in.Now); reason != "" {
		w.add(reason, until)
	}
	s, tomorrow := in.Sequence, NextLocalDay(in.Now, in.Sequence.Location())
	if s.DailyLimit > 0 && in.SequenceSentToday >= s.DailyLimit {
		w.add(ReasonSequenceDailyLimit, tomorrow)
	}
	if s.NewPerDay > 0 && in.Recipient.Step == 0 && in.SequenceNewToday >= s.NewPerDay {
		w.add(ReasonNewPerDay, tomorrow)
	}
	if n := in.Policy.DomainLimit; n > 0 && in.DomainSentToday >= n {
		w.add(ReasonDomainLimit, NextLocalDay(in.Now, in.Mailbox.Location()))
	}
	return w.longest(in.Now)
}

// DueAt is when the recipient's next step is due. A recipient without NextSendAt, as another application may enrol it, is due since
// its enrolment.
func (r *Recipient) DueAt() time.Time {
	if r.NextSendAt == nil {
		return r.CreatedAt
	}
	return *r.NextSendAt
}

func latest(t time.Time, others ...*time.Time) time.Time {
	for _, o := range others {
		if o != nil && o.After(t) {
			t = *o
		}
	}
	return t
}
