package outreach

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDelay(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want Delay
	}{
		{"", Delay{}},
		{"0h", Delay{}},
		{"45s", Delay{Elapsed: 45 * time.Second}},
		{"30m", Delay{Elapsed: 30 * time.Minute}},
		{"12h", Delay{Elapsed: 12 * time.Hour}},
		{"3d", Delay{Days: 3}},
		{"2w", Delay{Days: 14}},
		{"3bd", Delay{BusinessDays: 3}},
		{" 1D12H ", Delay{Days: 1, Elapsed: 12 * time.Hour}},
		{"366d", Delay{Days: 366}},
	} {
		got, err := ParseDelay(tc.in)
		if err != nil || got != tc.want {
			t.Errorf("ParseDelay(%q) = %+v, %v, want %+v", tc.in, got, err, tc.want)
		}
	}
}

func TestParseDelayRefuses(t *testing.T) {
	for _, in := range []string{"3", "d", "-3d", "1.5h", "3 d", "3days", "367d", "9999999999d", "999999999h", "3d tomorrow", "٣d"} {
		if got, err := ParseDelay(in); err == nil {
			t.Errorf("ParseDelay(%q) = %+v, want an error", in, got)
		}
	}
}

func TestDelayFrom(t *testing.T) {
	holidays := map[string]bool{"2026-12-25": true}
	for _, tc := range []struct {
		name, delay, zone, from, want string
	}{
		{"no delay", "", "UTC", "2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"},
		{"hours are elapsed time", "24h", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T13:00:00+02:00"},
		{"days keep the wall clock in spring", "1d", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T12:00:00+02:00"},
		{"days keep the wall clock in autumn", "1d", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T12:00:00+01:00"},
		{"a skipped time moves to the end of the gap", "1d", "Europe/Berlin", "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"a repeated time is its first", "1d", "Europe/Berlin", "2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"in the repeated hour the clock stands still", "1d", "Europe/Berlin", "2026-10-25T02:30:00+01:00", "2026-10-26T02:59:59.999999999+01:00"},
		{"days count weekends", "3d", "UTC", "2026-05-01T10:00:00Z", "2026-05-04T10:00:00Z"},
		{"business days skip the weekend", "1bd", "UTC", "2026-05-01T10:00:00Z", "2026-05-04T10:00:00Z"},
		{"business days from a Saturday", "1bd", "UTC", "2026-05-02T10:00:00Z", "2026-05-04T10:00:00Z"},
		{"business days skip holidays", "3bd", "UTC", "2026-12-23T10:00:00Z", "2026-12-29T10:00:00Z"},
		{"the day is the zone's", "1bd", "Asia/Tokyo", "2026-04-30T20:00:00Z", "2026-05-03T20:00:00Z"},
		{"parts add up", "1d6h", "UTC", "2026-05-01T10:00:00Z", "2026-05-02T16:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := ParseDelay(tc.delay)
			if err != nil {
				t.Fatal(err)
			}
			got := d.From(instant(tc.from), zone(tc.zone), holidays)
			if !got.Equal(instant(tc.want)) {
				t.Errorf("got %s, want %s", got.In(zone(tc.zone)).Format(time.RFC3339), tc.want)
			}
		})
	}
}

// Who was sent to first is due first, whatever the clocks do in between, and never before the message it follows.
func TestDelayIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		d := Delay{
			Days:    rapid.IntRange(0, 10).Draw(t, "days"),
			Elapsed: time.Duration(rapid.IntRange(0, 100).Draw(t, "minutes")) * time.Minute,
		}
		a := drawInstant(t)
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(72*time.Hour)).Draw(t, "apart")))
		da, db := d.From(a, loc, nil), d.From(b, loc, nil)
		if da.Before(a) || db.Before(da) {
			t.Fatalf("%v in %s: from %s %s, from %s %s", d, loc, a, da, b, db)
		}
	})
}

// Business days land on business days, and between the two instants lie as many of them as were asked for.
func TestBusinessDaysAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, n := drawInstant(t), rapid.IntRange(1, 30).Draw(t, "n")
		holidays := map[string]bool{from.AddDate(0, 0, 1).Format(dayLayout): true}
		to := Delay{BusinessDays: n}.From(from, time.UTC, holidays)
		counted := 0
		for day := from.AddDate(0, 0, 1); !day.After(to); day = day.AddDate(0, 0, 1) {
			if isBusinessDay(day, holidays) {
				counted++
			}
		}
		if counted != n || !isBusinessDay(to, holidays) {
			t.Fatalf("%d business days from %s is %s, which counts %d", n, from, to, counted)
		}
	})
}

func TestStepDue(t *testing.T) {
	s := &Sequence{Name: "intro", Steps: []Step{{}, {Delay: "3bd"}, {Delay: "soon"}}, Holidays: []string{"2026-05-04"}}
	from := instant("2026-05-01T10:00:00Z")
	for _, tc := range []struct {
		step int
		want string
	}{
		{0, "2026-05-01T10:00:00Z"},
		{1, "2026-05-07T10:00:00Z"},
		{2, ""},
		{3, ""},
	} {
		got, err := s.StepDue(tc.step, from, time.UTC)
		if (err != nil) != (tc.want == "") || err == nil && !got.Equal(instant(tc.want)) {
			t.Errorf("step %d: got %s, %v, want %q", tc.step, got, err, tc.want)
		}
	}
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func zone(name string) *time.Location {
	loc, err := LoadZone(name)
	if err != nil {
		panic(err)
	}
	return loc
}

// drawZone picks zones whose clocks do odd things: both hemispheres, half hours (Lord Howe shifts by one), a shift at midnight
// (Cairo, Beirut), one with changes at Ramadan (Casablanca), one that skipped a day (Apia), and none at all.
func drawZone(t *rapid.T) *time.Location {
	return zone(rapid.SampledFrom([]string{
		"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut",
		"Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu", "America/Santiago", "Pacific/Chatham",
	}).Draw(t, "zone"))
}

// drawInstant picks an instant from 2010 to 2035, often near a change of the clocks of Europe or America.
func drawInstant(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "nearChange") {
		base := rapid.SampledFrom([]string{"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z", "2011-12-30T10:00:00Z"}).Draw(t, "change")
		return instant(base).Add(time.Duration(rapid.IntRange(-60*60*30, 60*60*30).Draw(t, "seconds")) * time.Second)
	}
	from, to := instant("2010-01-01T00:00:00Z").Unix(), instant("2035-01-01T00:00:00Z").Unix()
	return time.Unix(rapid.Int64Range(from, to).Draw(t, "unix"), 0).UTC()
}
