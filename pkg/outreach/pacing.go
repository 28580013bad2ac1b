package outreach

import "time"

// hourLayout is how a local hour is written in SentHour.Date.
const hourLayout = "2006-01-02T15"

// Limit is the mailbox's own daily limit: DefaultDailyLimit where none is set. A limit of 0 sends nothing.
func (m *Mailbox) Limit() int { return max(intOr(m.DailyLimit, DefaultDailyLimit), 0) }

// DailyCap is how many messages the mailbox may send on the calendar day of now in its zone: its daily limit or its ramp-up,
// whichever is less. A ramp-up never raises the limit.
func (m *Mailbox) DailyCap(now time.Time) int {
	if m.RampUp == nil {
		return m.Limit()
	}
	return min(m.Limit(), m.RampUp.allowance(now, m.Location()))
}

// allowance is what the ramp-up alone allows on the day of now. Days before Since are like its first.
func (r *RampUp) allowance(now time.Time, loc *time.Location) int {
	since := settledWall(r.Since, loc).Truncate(24 * time.Hour)
	today := settledWall(now, loc).Truncate(24 * time.Hour)
	days := max(int(today.Sub(since)/(24*time.Hour)), 0)
	return max(r.StartPerDay+r.AddPerDay*days, 0)
}

// SentOn is how many messages were accepted on a day (YYYY-MM-DD in the mailbox's zone), as far as the mailbox remembers: it keeps
// the count of the last day on which it sent.
func (m *Mailbox) SentOn(day string) int {
	if m.SentToday.Date != day {
		return 0
	}
	return m.SentToday.Count
}

// SentThisHour is how many messages were accepted in the hour of now on the mailbox's wall clock.
func (m *Mailbox) SentThisHour(now time.Time) int {
	if m.SentHour.Date != m.hour(now) {
		return 0
	}
	return m.SentHour.Count
}

func (m *Mailbox) hour(now time.Time) string {
	return settledWall(now, m.Location()).Format(hourLayout)
}

// RoomToday is how many more messages the mailbox may send today under its daily cap.
func (m *Mailbox) RoomToday(now time.Time) int {
	return max(m.DailyCap(now)-m.SentOn(LocalDay(now, m.Location())), 0)
}

// MinGap is the least time between two sends of the mailbox, 0 for none.
func (m *Mailbox) MinGap() time.Duration {
	return time.Duration(max(intOr(m.MinGapSeconds, DefaultMinGapSeconds), 0)) * time.Second
}

// GapJitter is by how much a gap may exceed MinGap, 0 for never.
func (m *Mailbox) GapJitter() time.Duration {
	return time.Duration(max(intOr(m.GapJitterSeconds, DefaultGapJitterSeconds), 0)) * time.Second
}

// Gap is the time between a send and the next one, for a draw from 0 up to 1.
func (m *Mailbox) Gap(draw float64) time.Duration {
	return m.MinGap() + time.Duration(draw*float64(m.GapJitter()))
}

// SendMarks are the fields of a mailbox that an accepted message changes.
type SendMarks struct {
	SentToday  DayCount
	SentHour   DayCount
	LastSentAt time.Time
	NextSendAt time.Time
}

// AfterSend is what a message accepted at now makes of the mailbox's counters and clock, for a draw from 0 up to 1.
func (m *Mailbox) AfterSend(now time.Time, draw float64) SendMarks {
	day := LocalDay(now, m.Location())
	return SendMarks{
		SentToday:  DayCount{Date: day, Count: m.SentOn(day) + 1},
		SentHour:   DayCount{Date: m.hour(now), Count: m.SentThisHour(now) + 1},
		LastSentAt: now,
		NextSendAt: now.Add(m.Gap(draw)),
	}
}

// Apply sets the marks on a mailbox in memory; the store writes them as fields.
func (k SendMarks) Apply(m *Mailbox) {
	m.SentToday, m.SentHour = k.SentToday, k.SentHour
	m.LastSentAt, m.NextSendAt = &k.LastSentAt, &k.NextSendAt
}

// Recount raises the counters of today and this hour to what the mailbox's deliveries say.
func (m *Mailbox) Recount(now time.Time, today, thisHour int) {
	day := LocalDay(now, m.Location())
	m.SentToday = DayCount{Date: day, Count: max(m.SentOn(day), today)}
	m.SentHour = DayCount{Date: m.hour(now), Count: max(m.SentThisHour(now), thisHour)}
}

// Blocked is why the mailbox may not send at now, and when that ends; "" if it may. A zero until means that only a person, or for
// ReasonMailboxError a successful test, can end it. Of several reasons it is the one that lasts longest.
func (m *Mailbox) Blocked(now time.Time) (reason string, until time.Time) {
	switch m.Status {
	case MailboxActive:
	case MailboxFailing:
		return ReasonMailboxError, time.Time{}
	default:
		return ReasonMailboxPaused, time.Time{}
	}
	if m.Limit() == 0 {
		return ReasonDailyLimit, time.Time{}
	}
	var w waits
	if m.NextSendAt != nil {
		w.add(m.pauseReason(), *m.NextSendAt)
	}
	loc := m.Location()
	if m.HourlyLimit > 0 && m.SentThisHour(now) >= m.HourlyLimit {
		w.add(ReasonHourlyLimit, nextLocalHour(now, loc))
	}
	if m.RoomToday(now) == 0 {
		w.add(m.capReason(now), NextLocalDay(now, loc))
	}
	return w.longest(now)
}

// pauseReason says what NextSendAt waits for: after a failure it is the back-off, else the gap.
func (m *Mailbox) pauseReason() string {
	if m.SendFailures > 0 {
		return ReasonMailboxBackoff
	}
	return ReasonGap
}

// capReason says which of the two daily caps is the lesser one.
func (m *Mailbox) capReason(now time.Time) string {
	if m.DailyCap(now) < m.Limit() {
		return ReasonRampUp
	}
	return ReasonDailyLimit
}

// waits collects reasons to wait, each with its end.
type waits struct {
	reason string
	until  time.Time
}

func (w *waits) add(reason string, until time.Time) {
	if until.After(w.until) {
		w.reason, w.until = reason, until
	}
}

// longest is the reason that ends last, or "" if none is in force at now.
func (w *waits) longest(now time.Time) (string, time.Time) {
	if !w.until.After(now) {
		return "", time.Time{}
	}
	return w.reason, w.until
}

func intOr(p *int, fallback int) int {
	if p == nil {
		return fallback
	}
	return *p
}
