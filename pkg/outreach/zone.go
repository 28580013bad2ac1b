package outreach

import (
	"fmt"
	"sync"
	"time"
)

// zones remembers the time zones that were asked for. time.LoadLocation reads and parses its data at each call (tens of
// microseconds), and the rules ask for a zone at each recipient. Only zones that exist are kept, so it stays small.
var zones sync.Map // string -> *time.Location

// dayLayout is how a calendar day is written everywhere: holidays, DayCount.Date, LocalDay.
const dayLayout = time.DateOnly

// LoadZone returns the time zone with this IANA name ("Europe/Berlin"). The empty name is UTC. "Local" is refused: what it means
// depends on the host, and several hosts share one store.
func LoadZone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("unknown time zone %q: use an IANA name such as Europe/Berlin", name)
	}
	zones.Store(name, loc)
	return loc, nil
}

// zoneOr is the zone with this name, or fallback where the name is empty or unknown.
func zoneOr(name string, fallback *time.Location) *time.Location {
	if name == "" {
		return fallback
	}
	if loc, err := LoadZone(name); err == nil {
		return loc
	}
	return fallback
}

// Location is the mailbox's zone, which decides when its day begins: UTC where none or an unknown one is set.
func (m *Mailbox) Location() *time.Location { return zoneOr(m.Timezone, time.UTC) }

// Location is the sequence's zone, which decides when the day of its own caps begins: UTC where none or an unknown one is set.
func (s *Sequence) Location() *time.Location { return zoneOr(s.Timezone, time.UTC) }

// RecipientLocation is the zone in which the window is read for a recipient: its own, else the sequence's.
func RecipientLocation(r *Recipient, s *Sequence) *time.Location {
	return zoneOr(r.Timezone, s.Location())
}

// LocalDay is the calendar day of an instant in a zone, as YYYY-MM-DD. A day that has begun is not left again where clocks are turned
// back over midnight, so that what is counted by the day is counted once.
func LocalDay(t time.Time, loc *time.Location) string {
	y, m, d := settledWall(t, loc).Date()
	if y < 0 || y > 9999 {
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(dayLayout)
	}
	digit := func(n int) byte { return byte('0' + n%10) } // thousands of mailboxes are compared by it
	return string([]byte{digit(y / 1000), digit(y / 100), digit(y / 10), digit(y), '-', digit(int(m) / 10), digit(int(m)), '-', digit(d / 10), digit(d)})
}

// NextLocalDay is the first instant of the next calendar day in a zone.
func NextLocalDay(t time.Time, loc *time.Location) time.Time {
	y, m, d := settledWall(t, loc).Date()
	return atWall(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC), loc)
}

// nextLocalHour is the first instant at which the clock on the wall shows the next full hour.
func nextLocalHour(t time.Time, loc *time.Location) time.Time {
	return atWall(settledWall(t, loc).Truncate(time.Hour).Add(time.Hour), loc)
}

// wall is what a clock in the zone shows at an instant, written as if it were UTC: clock readings can then be compared and added to
// without a zone getting in the way.
func wall(t time.Time, loc *time.Location) time.Time {
	l := t.In(loc)
	_, offset := l.Zone()
	return l.Add(time.Duration(offset) * time.Second).UTC()
}

// settledWall is like wall, but stands still while a clock that was turned back catches up: it never goes backwards.
func settledWall(t time.Time, loc *time.Location) time.Time {
	w := wall(t, loc)
	if changed, _ := t.In(loc).ZoneBounds(); !changed.IsZero() {
		if before := wall(changed.Add(-time.Nanosecond), loc); before.After(w) {
			return before
		}
	}
	return w
}

// atWall is the first instant at which a clock in the zone shows the reading w or a later one. A reading that daylight saving
// skips is reached when the clock jumps over it; of one that occurs twice it is the first. It is monotone: a later reading is never
// reached earlier, which time.Date does not promise.
func atWall(w time.Time, loc *time.Location) time.Time {
	t := w.Add(-48 * time.Hour) // no zone has ever been that far from UTC
	for {
		_, end := t.In(loc).ZoneBounds()
		_, offset := t.In(loc).Zone()
		at := w.Add(-time.Duration(offset) * time.Second)
		if at.Before(t) {
			return t.UTC()
		}
		if end.IsZero() || at.Before(end) {
			return at
		}
		t = end
	}
}
