package outreach

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDailyCap(t *testing.T) {
	ramp := &RampUp{StartPerDay: 5, AddPerDay: 2, Since: instant("2026-05-01T23:00:00-04:00")}
	for _, tc := range []struct {
		name string
		m    Mailbox
		at   string
		want int
	}{
		{"default", Mailbox{}, "2026-05-01T12:00:00Z", DefaultDailyLimit},
		{"set", Mailbox{DailyLimit: new(7)}, "2026-05-01T12:00:00Z", 7},
		{"none", Mailbox{DailyLimit: new(0)}, "2026-05-01T12:00:00Z", 0},
		{"first day of the ramp", Mailbox{RampUp: ramp, Timezone: "America/New_York"}, "2026-05-01T23:30:00-04:00", 5},
		{"the ramp climbs at local midnight", Mailbox{RampUp: ramp, Timezone: "America/New_York"}, "2026-05-02T00:00:00-04:00", 7},
		{"ten days on", Mailbox{RampUp: ramp, Timezone: "America/New_York"}, "2026-05-11T12:00:00-04:00", 25},
		{"a ramp never raises the limit", Mailbox{RampUp: ramp, DailyLimit: new(10)}, "2026-07-01T12:00:00Z", 10},
		{"before the ramp", Mailbox{RampUp: ramp}, "2026-04-01T12:00:00Z", 5},
	} {
		if got := tc.m.DailyCap(instant(tc.at)); got != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, got, tc.want)
		}
	}
}

func TestBlocked(t *testing.T) {
	now := instant("2026-05-01T12:20:00Z")
	in := func(d time.Duration) *time.Time { return new(now.Add(d)) }
	today := func(n int) DayCount { return DayCount{Date: "2026-05-01", Count: n} }
	for _, tc := range []struct {
		name   string
		m      Mailbox
		reason string
		until  string
	}{
		{"free", Mailbox{Status: MailboxActive, NextSendAt: in(0)}, "", ""},
		{"paused", Mailbox{Status: MailboxPaused, NextSendAt: in(time.Hour)}, ReasonMailboxPaused, ""},
		{"unknown status", Mailbox{}, ReasonMailboxPaused, ""},
		{"failing", Mailbox{Status: MailboxFailing}, ReasonMailboxError, ""},
		{"gap", Mailbox{Status: MailboxActive, NextSendAt: in(time.Minute)}, ReasonGap, "2026-05-01T12:21:00Z"},
		{"back-off", Mailbox{Status: MailboxActive, SendFailures: 2, NextSendAt: in(time.Minute)}, ReasonMailboxBackoff, "2026-05-01T12:21:00Z"},
		{"hour", Mailbox{Status: MailboxActive, HourlyLimit: 3, SentHour: DayCount{"2026-05-01T12", 3}}, ReasonHourlyLimit, "2026-05-01T13:00:00Z"},
		{"the hour before", Mailbox{Status: MailboxActive, HourlyLimit: 3, SentHour: DayCount{"2026-05-01T11", 3}}, "", ""},
		{"day", Mailbox{Status: MailboxActive, SentToday: today(40)}, ReasonDailyLimit, "2026-05-02T00:00:00Z"},
		{"the day before", Mailbox{Status: MailboxActive, SentToday: DayCount{"2026-04-30", 40}}, "", ""},
		{"a limit of none", Mailbox{Status: MailboxActive, DailyLimit: new(0)}, ReasonDailyLimit, ""},
		{"ramp", Mailbox{Status: MailboxActive, SentToday: today(5), RampUp: &RampUp{StartPerDay: 5, Since: now}}, ReasonRampUp, "2026-05-02T00:00:00Z"},
		{"a ramp above the limit", Mailbox{Status: MailboxActive, SentToday: today(40), RampUp: &RampUp{StartPerDay: 50, Since: now}}, ReasonDailyLimit, "2026-05-02T00:00:00Z"},
		{"the longest wins", Mailbox{Status: MailboxActive, NextSendAt: in(time.Minute), SentToday: today(40)}, ReasonDailyLimit, "2026-05-02T00:00:00Z"},
		{"the day is the mailbox's", Mailbox{Status: MailboxActive, Timezone: "Asia/Tokyo", SentToday: today(40)}, ReasonDailyLimit, "2026-05-01T15:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			reason, until := tc.m.Blocked(now)
			if reason != tc.reason || until.IsZero() != (tc.until == "") || tc.until != "" && !until.Equal(instant(tc.until)) {
				t.Errorf("got %q until %s, want %q until %s", reason, until, tc.reason, tc.until)
			}
		})
	}
}

func TestAfterSend(t *testing.T) {
	m := Mailbox{Timezone: "Asia/Kathmandu", MinGapSeconds: new(60), GapJitterSeconds: new(30), SentToday: DayCount{"2026-05-01", 3}, SentHour: DayCount{"2026-05-01T17", 9}}
	now := instant("2026-05-01T12:20:00Z")
	want := SendMarks{
		SentToday: DayCount{"2026-05-01", 4}, SentHour: DayCount{"2026-05-01T18", 1},
		LastSentAt: now, NextSendAt: instant("2026-05-01T12:21:15Z"),
	}
	if diff := cmp.Diff(want, m.AfterSend(now, 0.5)); diff != "" {
		t.Error(diff)
	}
}

func TestGapDefaults(t *testing.T) {
	for _, tc := range []struct {
		m        Mailbox
		min, max time.Duration
	}{
		{Mailbox{}, 9 * time.Minute, 14 * time.Minute},
		{Mailbox{MinGapSeconds: new(0), GapJitterSeconds: new(0)}, 0, 0},
		{Mailbox{MinGapSeconds: new(-5), GapJitterSeconds: new(-5)}, 0, 0},
	} {
		if got := tc.m.Gap(0); got != tc.min {
			t.Errorf("least gap %s, want %s", got, tc.min)
		}
		if got := tc.m.Gap(1); got != tc.max {
			t.Errorf("greatest gap %s, want %s", got, tc.max)
		}
	}
}

// A mailbox that sends as soon as it is not blocked keeps its gap, its hourly limit and its daily cap, through changes of the clocks.
func TestPacingHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := drawInstant(t)
		m := &Mailbox{
			Status: MailboxActive, Timezone: drawZone(t).String(),
			DailyLimit:       new(rapid.IntRange(1, 30).Draw(t, "daily")),
			HourlyLimit:      rapid.IntRange(0, 5).Draw(t, "hourly"),
			MinGapSeconds:    new(rapid.IntRange(60, 900).Draw(t, "gap")),
			GapJitterSeconds: new(rapid.IntRange(0, 600).Draw(t, "jitter")),
		}
		if rapid.Bool().Draw(t, "ramp") {
			m.RampUp = &RampUp{StartPerDay: 2, AddPerDay: 3, Since: now}
		}
		days, hours := map[string]int{}, map[string]int{}
		for range 150 {
			if reason, until := m.Blocked(now); reason != "" {
				if !until.After(now) {
					t.Fatalf("%s at %s ends at %s", reason, now, until)
				}
				now = until
				continue
			}
			if m.LastSentAt != nil && now.Sub(*m.LastSentAt) < m.MinGap() {
				t.Fatalf("sent at %s and at %s, closer than %s", m.LastSentAt, now, m.MinGap())
			}
			day, hour := LocalDay(now, m.Location()), m.hour(now)
			days[day]++
			hours[hour]++
			if days[day] > m.DailyCap(now) || m.HourlyLimit > 0 && hours[hour] > m.HourlyLimit {
				t.Fatalf("at %s: %d on %s under a cap of %d, %d in %s under %d", now, days[day], day, m.DailyCap(now), hours[hour], hour, m.HourlyLimit)
			}
			m.AfterSend(now, rapid.Float64Range(0, 0.999).Draw(t, "draw")).Apply(m)
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "later")) * time.Second)
		}
	})
}

// The next day begins after now, and no earlier minute of it exists.
func TestNextLocalDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, now := drawZone(t), drawInstant(t)
		next := NextLocalDay(now, loc)
		if !next.After(now) || LocalDay(next, loc) <= LocalDay(now, loc) || LocalDay(next.Add(-time.Nanosecond), loc) != LocalDay(now, loc) {
			t.Fatalf("after %s comes %s", now.In(loc), next.In(loc))
		}
	})
}

func TestLocalDay(t *testing.T) {
	for _, tc := range []struct{ name, zone, at, day, next string }{
		{"before midnight", "Asia/Tokyo", "2026-05-01T14:59:59Z", "2026-05-01", "2026-05-01T15:00:00Z"},
		{"at midnight", "Asia/Tokyo", "2026-05-01T15:00:00Z", "2026-05-02", "2026-05-02T15:00:00Z"},
		{"midnight skipped", "Africa/Cairo", "2026-04-23T20:00:00Z", "2026-04-23", "2026-04-23T22:00:00Z"},
		{"turned back at midnight", "Africa/Cairo", "2026-10-29T21:30:00Z", "2026-10-29", "2026-10-29T22:00:00Z"},
		{"turned back a minute after midnight", "America/St_Johns", "2010-11-07T02:31:00Z", "2010-11-07", "2010-11-08T03:30:00Z"},
	} {
		at, loc := instant(tc.at), zone(tc.zone)
		if day, next := LocalDay(at, loc), NextLocalDay(at, loc); day != tc.day || !next.Equal(instant(tc.next)) {
			t.Errorf("%s: %s until %s, want %s until %s", tc.name, day, next, tc.day, tc.next)
		}
	}
}

func TestLoadZone(t *testing.T) {
	for name, good := range map[string]bool{"": true, "UTC": true, "Europe/Berlin": true, "Local": false, "Mars/Olympus": false, "../etc/passwd": false} {
		if _, err := LoadZone(name); (err == nil) != good {
			t.Errorf("LoadZone(%q): %v", name, err)
		}
	}
	if got := (&Mailbox{Timezone: "Mars/Olympus"}).Location(); got != time.UTC {
		t.Errorf("a mailbox with an unknown zone is in %s", got)
	}
	if got := RecipientLocation(&Recipient{Timezone: "nowhere"}, &Sequence{Timezone: "Asia/Tokyo"}); got.String() != "Asia/Tokyo" {
		t.Errorf("a recipient with an unknown zone is in %s", got)
	}
}
