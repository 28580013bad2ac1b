package outreach

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// windowHorizon is how many days ahead a window is searched. One that does not open by then never does.
const windowHorizon = 400

// weekdays are the names of Window.Days, by time.Weekday.
var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// hours is a window read into numbers: the weekdays on which it opens, and when it opens and closes, counted from that day's midnight
// on the wall clock. An overnight window closes after 24 h.
type hours struct {
	days        [7]bool
	open, close time.Duration
}

// Check tells what is wrong with a window, or nil. Days are mon to sun, in any case; none means all. Start is 00:00 to 23:59 and
// defaults to 00:00, End is 00:01 to 24:00 and defaults to 24:00. A Start after End is an overnight window: it opens on each of Days
// and closes on the morning after.
func (w *Window) Check() error {
	_, err := w.read()
	return err
}

func (w *Window) read() (hours, error) {
	h := hours{close: 24 * time.Hour}
	if w == nil {
		h.days = [7]bool{true, true, true, true, true, true, true}
		return h, nil
	}
	for i := range h.days {
		h.days[i] = len(w.Days) == 0
	}
	for _, name := range w.Days {
		day := slices.Index(weekdays[:], strings.ToLower(name))
		if day < 0 {
			return h, fmt.Errorf("bad window day %q: use mon, tue, wed, thu, fri, sat or sun", name)
		}
		h.days[day] = true
	}
	var err error
	if w.Start != "" {
		if h.open, err = readClock(w.Start); err != nil {
			return h, err
		}
	}
	if w.End != "" {
		if h.close, err = readClock(w.End); err != nil {
			return h, err
		}
	}
	if h.open == h.close || h.open == 24*time.Hour {
		return h, fmt.Errorf("bad window %s to %s: it never opens; a whole day is 00:00 to 24:00", w.Start, w.End)
	}
	if h.open > h.close {
		h.close += 24 * time.Hour
	}
	return h, nil
}

// readClock reads "9:30" or "09:30", up to "24:00".
func readClock(s string) (time.Duration, error) {
	hour, minute, ok := strings.Cut(s, ":")
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	if !ok || errH != nil || errM != nil || len(hour) > 2 || len(minute) != 2 || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, fmt.Errorf("bad time %q: write hours and minutes, from 00:00 to 24:00", s)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}

// Next is the earliest instant at or after t at which the window is open in loc, and false if that is not within 400 days or the
// window cannot be read. Open means that the clock on the wall there reads at or after Start and before End, on a day of Days, and
// that the day is no holiday (YYYY-MM-DD). When daylight saving skips the Start, the window opens as the clock jumps over it; an hour
// that occurs twice is open both times. A nil or zero window is closed on holidays only.
func (w *Window) Next(t time.Time, loc *time.Location, holidays []string) (time.Time, bool) {
	h, err := w.read()
	if err != nil {
		return time.Time{}, false
	}
	off := daySet(holidays)
	for limit := t.AddDate(0, 0, windowHorizon); !t.After(limit); {
		local := t.In(loc)
		_, end := local.ZoneBounds()
		_, offset := local.Zone()
		// Until the zone's offset changes, the wall clock runs like any other.
		shift := time.Duration(offset) * time.Second
		if reading, ok := h.next(local.Add(shift).UTC(), off); ok {
			if at := reading.Add(-shift); end.IsZero() || at.Before(end) {
				return at, !at.After(limit)
			}
		}
		if end.IsZero() {
			break
		}
		t = end
	}
	return time.Time{}, false
}

// next is the earliest clock reading at or after r that is inside.
func (h hours) next(r time.Time, holidays map[string]bool) (time.Time, bool) {
	y, m, d := r.Date()
	// Yesterday's window may still be open after midnight.
	for day := -1; day <= windowHorizon; day++ {
		midnight := time.Date(y, m, d+day, 0, 0, 0, 0, time.UTC)
		if !h.days[midnight.Weekday()] {
			continue
		}
		at, end := midnight.Add(h.open), midnight.Add(h.close)
		if at.Before(r) {
			at = r
		}
		if at = afterHolidays(at, holidays); at.Before(end) {
			return at, true
		}
	}
	return time.Time{}, false
}

// afterHolidays is r, or the midnight that ends the holidays r falls on.
func afterHolidays(r time.Time, holidays map[string]bool) time.Time {
	for len(holidays) > 0 && holidays[r.Format(dayLayout)] {
		y, m, d := r.Date()
		r = time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
	}
	return r
}
