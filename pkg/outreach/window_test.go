package outreach

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWindowNext(t *testing.T) {
	office := &Window{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"}
	night := &Window{Days: []string{"fri"}, Start: "22:00", End: "06:00"}
	for _, tc := range []struct {
		name     string
		window   *Window
		zone     string
		holidays string
		at, want string
	}{
		{"no window", nil, "UTC", "", "2026-05-02T03:00:00Z", "2026-05-02T03:00:00Z"},
		{"the zero window", &Window{}, "UTC", "", "2026-05-02T03:00:00Z", "2026-05-02T03:00:00Z"},
		{"no window on a holiday", nil, "UTC", "2026-05-02,2026-05-03", "2026-05-02T03:00:00Z", "2026-05-04T00:00:00Z"},
		{"inside", office, "UTC", "", "2026-05-01T10:00:30Z", "2026-05-01T10:00:30Z"},
		{"at the start", office, "UTC", "", "2026-05-01T09:00:00Z", "2026-05-01T09:00:00Z"},
		{"before", office, "UTC", "", "2026-05-01T08:59:59Z", "2026-05-01T09:00:00Z"},
		{"the end is outside", office, "UTC", "", "2026-04-30T17:00:00Z", "2026-05-01T09:00:00Z"},
		{"over the weekend", office, "UTC", "", "2026-05-01T17:00:00Z", "2026-05-04T09:00:00Z"},
		{"over a holiday", office, "UTC", "2026-05-04", "2026-05-01T17:00:00Z", "2026-05-05T09:00:00Z"},
		{"in the zone", office, "Asia/Tokyo", "", "2026-05-01T09:00:00Z", "2026-05-04T09:00:00+09:00"},
		{"until midnight", &Window{Start: "20:00", End: "24:00"}, "UTC", "", "2026-05-01T23:59:59Z", "2026-05-01T23:59:59Z"},
		{"only a start", &Window{Start: "20:00"}, "UTC", "", "2026-05-01T00:00:00Z", "2026-05-01T20:00:00Z"},
		{"only an end", &Window{End: "06:00"}, "UTC", "", "2026-05-01T06:00:00Z", "2026-05-02T00:00:00Z"},
		{"only days", &Window{Days: []string{"Sun"}}, "UTC", "", "2026-05-01T06:00:00Z", "2026-05-03T00:00:00Z"},
		{"overnight in the evening", night, "UTC", "", "2026-05-01T12:00:00Z", "2026-05-01T22:00:00Z"},
		{"overnight after midnight", night, "UTC", "", "2026-05-02T05:00:00Z", "2026-05-02T05:00:00Z"},
		{"overnight is over", night, "UTC", "", "2026-05-02T06:00:00Z", "2026-05-08T22:00:00Z"},
		{"overnight into a holiday", night, "UTC", "2026-05-02", "2026-05-02T05:00:00Z", "2026-05-08T22:00:00Z"},
		{"overnight out of a holiday", night, "UTC", "2026-05-01", "2026-05-01T23:00:00Z", "2026-05-02T00:00:00Z"},
		{"a start that spring skips", &Window{Start: "02:30", End: "04:00"}, "Europe/Berlin", "", "2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"a window that spring swallows", &Window{Start: "02:00", End: "03:00"}, "Europe/Berlin", "", "2026-03-29T01:59:00+01:00", "2026-03-30T02:00:00+02:00"},
		{"autumn repeats the end", &Window{Start: "00:00", End: "02:30"}, "Europe/Berlin", "", "2026-10-25T02:45:00+02:00", "2026-10-25T02:00:00+01:00"},
		{"the next day after autumn", office, "America/New_York", "", "2026-10-30T17:00:00-04:00", "2026-11-02T09:00:00-05:00"},
		{"a day that never was", &Window{Days: []string{"fri"}}, "Pacific/Apia", "", "2011-12-30T09:59:00Z", "2012-01-05T10:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := tc.window.Next(instant(tc.at), zone(tc.zone), strings.Split(tc.holidays, ","))
			if !ok || !got.Equal(instant(tc.want)) {
				t.Errorf("got %s, %v, want %s", got.In(zone(tc.zone)).Format(time.RFC3339), ok, tc.want)
			}
		})
	}
}

func TestWindowNeverOpens(t *testing.T) {
	var year []string
	for day := instant("2026-01-01T00:00:00Z"); day.Year() < 2028; day = day.AddDate(0, 0, 1) {
		year = append(year, day.Format(dayLayout))
	}
	if at, ok := (*Window)(nil).Next(instant("2026-02-01T00:00:00Z"), time.UTC, year); ok {
		t.Errorf("every day is a holiday, yet it opens at %s", at)
	}
	if at, ok := (&Window{Start: "25:00"}).Next(instant("2026-02-01T00:00:00Z"), time.UTC, nil); ok {
		t.Errorf("an unreadable window opens at %s", at)
	}
}

func TestWindowCheck(t *testing.T) {
	for _, tc := range []struct {
		window Window
		good   bool
	}{
		{Window{}, true},
		{Window{Days: []string{"MON", "sun"}, Start: "9:00", End: "24:00"}, true},
		{Window{Start: "22:00", End: "06:00"}, true},
		{Window{Days: []string{"monday"}}, false},
		{Window{Days: []string{""}}, false},
		{Window{Start: "09:00", End: "09:00"}, false},
		{Window{Start: "24:00"}, false},
		{Window{End: "24:01"}, false},
		{Window{End: "00:00"}, false},
		{Window{Start: "09:60"}, false},
		{Window{Start: "9"}, false},
		{Window{Start: "+9:00"}, false},
		{Window{Start: "009:00"}, false},
		{Window{Start: "9am"}, false},
	} {
		if err := tc.window.Check(); (err == nil) != tc.good {
			t.Errorf("%+v: %v, want good %v", tc.window, err, tc.good)
		}
	}
}

// Next is inside the window, not before what was asked, and nothing earlier is inside: checked against a reading of the wall clock
// minute by minute.
func TestWindowNextIsEarliest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := drawZone(t)
		w := drawWindow(t)
		at := drawInstant(t).Truncate(time.Minute)
		var holidays []string
		if rapid.Bool().Draw(t, "holiday") {
			holidays = []string{LocalDay(at, loc)}
		}
		got, ok := w.Next(at, loc, holidays)
		if !ok {
			t.Fatalf("%+v never opens after %s", w, at)
		}
		if got.Before(at) || !isInside(w, got, loc, holidays) {
			t.Fatalf("%+v in %s after %s: %s is outside", w, loc, at, got.In(loc))
		}
		for m := at; m.Before(got) && m.Before(at.Add(26*time.Hour)); m = m.Add(time.Minute) {
			if isInside(w, m, loc, holidays) {
				t.Fatalf("%+v in %s after %s: got %s, but %s is inside", w, loc, at, got.In(loc), m.In(loc))
			}
		}
	})
}

// Who asks later never gets an earlier answer, and asking again about an answer changes nothing.
func TestWindowNextIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc, w, a := drawZone(t), drawWindow(t), drawInstant(t)
		b := a.Add(time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "apart")))
		na, _ := w.Next(a, loc, nil)
		nb, _ := w.Next(b, loc, nil)
		again, _ := w.Next(na, loc, nil)
		if nb.Before(na) || !again.Equal(na) {
			t.Fatalf("%+v in %s: after %s %s, after %s %s, again %s", w, loc, a, na, b, nb, again)
		}
	})
}

func drawWindow(t *rapid.T) *Window {
	clock := rapid.SampledFrom([]string{"00:00", "00:30", "01:00", "02:00", "02:30", "03:00", "09:00", "17:00", "22:00", "23:30"})
	w := &Window{
		Days:  rapid.SliceOfNDistinct(rapid.SampledFrom(weekdays[:]), 0, 7, rapid.ID).Draw(t, "days"),
		Start: clock.Draw(t, "start"),
		End:   clock.Draw(t, "end"),
	}
	if w.Check() != nil {
		w.End = "24:00"
	}
	return w
}

// isInside reads the wall clock as a person would.
func isInside(w *Window, at time.Time, loc *time.Location, holidays []string) bool {
	local := at.In(loc)
	if slices.Contains(holidays, local.Format(dayLayout)) {
		return false
	}
	// The calendar day before, which is not always 24 hours ago.
	y, m, d := local.Date()
	before := time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC)
	on := func(day time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, weekdays[day]) }
	clock := local.Format("15:04")
	if w.Start < w.End {
		return on(local.Weekday()) && clock >= w.Start && clock < w.End
	}
	return on(local.Weekday()) && clock >= w.Start || on(before.Weekday()) && clock < w.End
}
