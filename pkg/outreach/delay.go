package outreach

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxDelayDays bounds a delay: a step more than a year away is a slip of the pen.
const maxDelayDays = 366

// Delay is the wait between two steps. Days are calendar days: the same time on the wall clock, N days later, whatever daylight
// saving does in between. BusinessDays step over Saturdays, Sundays and holidays. Elapsed is plain time. They are added in this order.
type Delay struct {
	Days         int
	BusinessDays int
	Elapsed      time.Duration
}

// ParseDelay reads a delay as a sequence writes it: a whole number and a unit, or several of them ("1d12h"). Units are w (weeks), d
// (calendar days), bd (business days), h, m and s. The empty string is no delay.
func ParseDelay(s string) (Delay, error) {
	var d Delay
	rest := strings.ToLower(strings.TrimSpace(s))
	for rest != "" {
		n, unit, tail, ok := cutQuantity(rest)
		if !ok || !d.add(n, unit) {
			return Delay{}, fmt.Errorf("bad delay %q: write a whole number and a unit (w, d, bd, h, m, s), for example 3d, 12h, 2w or 3bd", s)
		}
		rest = tail
	}
	if d.Days > maxDelayDays || d.BusinessDays > maxDelayDays || d.Elapsed > maxDelayDays*24*time.Hour {
		return Delay{}, fmt.Errorf("bad delay %q: at most %d days", s, maxDelayDays)
	}
	return d, nil
}

// cutQuantity cuts "12h" off "12h30m". The number has at most nine digits, so that no sum overflows.
func cutQuantity(s string) (n int, unit, rest string, ok bool) {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits == 0 || digits > 9 {
		return 0, "", "", false
	}
	n, err := strconv.Atoi(s[:digits])
	tail := s[digits:]
	letters := len(tail) - len(strings.TrimLeft(tail, "abcdefghijklmnopqrstuvwxyz"))
	return n, tail[:letters], tail[letters:], err == nil
}

// add adds n of a unit, or reports that there is no such unit.
func (d *Delay) add(n int, unit string) bool {
	switch unit {
	case "w":
		d.Days += 7 * n
	case "d":
		d.Days += n
	case "bd":
		d.BusinessDays += n
	case "h":
		d.Elapsed += time.Duration(n) * time.Hour
	case "m":
		d.Elapsed += time.Duration(n) * time.Minute
	case "s":
		d.Elapsed += time.Duration(n) * time.Second
	default:
		return false
	}
	return true
}

// From is the instant that lies the delay after t. Days are counted on the calendar of loc; a time of day that daylight saving skips
// there is moved to the end of the gap, and in an hour that it repeats the clock is taken to stand still the second time. A holiday is a
// day of that calendar, as YYYY-MM-DD. The result is never before t, and a later t never gives an earlier result but for weekends, which
// business days step over.
func (d Delay) From(t time.Time, loc *time.Location, holidays map[string]bool) time.Time {
	if d.Days == 0 && d.BusinessDays == 0 {
		return t.Add(d.Elapsed)
	}
	w := settledWall(t, loc).AddDate(0, 0, d.Days)
	for n, looked := 0, 0; n < d.BusinessDays && looked < 4*maxDelayDays; looked++ {
		w = w.AddDate(0, 0, 1)
		if isBusinessDay(w, holidays) {
			n++
		}
	}
	at := atWall(w, loc)
	if at.Before(t) { // only where a zone turned its calendar back
		at = t
	}
	return at.Add(d.Elapsed)
}

func isBusinessDay(w time.Time, holidays map[string]bool) bool {
	day := w.Weekday()
	return day != time.Saturday && day != time.Sunday && !holidays[w.Format(dayLayout)]
}

// StepDue is when a step becomes due: its delay after from, which is when the step before it was accepted, or the enrolment for the
// first one. Days are counted in loc, the recipient's zone.
func (s *Sequence) StepDue(step int, from time.Time, loc *time.Location) (time.Time, error) {
	if step < 0 || step >= len(s.Steps) {
		return time.Time{}, fmt.Errorf("sequence %q has no step %d", s.Name, step+1)
	}
	d, err := ParseDelay(s.Steps[step].Delay)
	if err != nil {
		return time.Time{}, fmt.Errorf("sequence %q, step %d: %w", s.Name, step+1, err)
	}
	return d.From(from, loc, daySet(s.Holidays)), nil
}

func daySet(days []string) map[string]bool {
	if len(days) == 0 {
		return nil
	}
	set := make(map[string]bool, len(days))
	for _, d := range days {
		set[d] = true
	}
	return set
}
