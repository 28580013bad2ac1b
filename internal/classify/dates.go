package classify

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"mailrun/pkg/outreach"
)

// horizon is how far ahead a date is believed.
const horizon = 2 * 366 * 24 * time.Hour

// followUp is when a reply asks to be written to again, at nine in the morning UTC, or nil. Only replies that leave a door open have one.
func followUp(intent outreach.Intent, in Input) *time.Time {
	switch intent {
	case outreach.IntentNotNow, outreach.IntentInterested, outreach.IntentMeetingRequest, outreach.IntentObjection, outreach.IntentNotInterested:
	case outreach.IntentOutOfOffice:
		return in.ReturnDate
	default:
		return nil
	}
	if in.Received.IsZero() {
		return nil
	}
	today := time.Date(in.Received.Year(), in.Received.Month(), in.Received.Day(), 9, 0, 0, 0, time.UTC)
	text := cut(in.VisibleText, MaxText)
	d := numericDate(text, today)
	if d.IsZero() {
		d = calendar{tokens(mask(fold(text))), today}.find()
	}
	return believable(d, in.Received)
}

// believable returns a date that lies in the bounded future, else nil.
func believable(d, received time.Time) *time.Time {
	if !d.After(received) || d.After(received.Add(horizon)) {
		return nil
	}
	d = d.UTC().Truncate(time.Millisecond)
	return &d
}

var (
	isoDate    = regexp.MustCompile(`\b(20\d\d)-(\d\d)-(\d\d)\b`)
	dottedDate = regexp.MustCompile(`\b(\d{1,2})\.(\d{1,2})\.(20\d\d|\d\d)?`)
	slashDate  = regexp.MustCompile(`\b(\d{1,2})/(\d{1,2})(?:/(20\d\d|\d\d))?\b`)
)

// numericDate reads 2027-03-15, 15.03.2027, 15.3. and 15/03; "10.30" is a time. Where day and month could be either, the day comes first.
func numericDate(text string, today time.Time) time.Time {
	if m := isoDate.FindStringSubmatch(text); m != nil {
		return civil(number(m[1]), number(m[2]), number(m[3]), today)
	}
	m := dottedDate.FindStringSubmatch(text)
	if m == nil {
		m = slashDate.FindStringSubmatch(text)
	}
	if m == nil || m[0] == "24/7" {
		return time.Time{}
	}
	d, mon, y := number(m[1]), number(m[2]), number(m[3])
	if mon > 12 {
		d, mon = mon, d
	}
	if 0 < y && y < 100 {
		y += 2000
	}
	return civil(y, mon, d, today)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// civil is a day at nine; without a year (0) its next occurrence. An impossible day is the zero time.
func civil(y, mon, d int, today time.Time) time.Time {
	if mon < 1 || mon > 12 || d < 1 || d > 31 {
		return time.Time{}
	}
	given := y != 0
	if !given {
		y = today.Year()
	}
	t := time.Date(y, time.Month(mon), d, 9, 0, 0, 0, time.UTC)
	if !given && !t.After(today) {
		t = t.AddDate(1, 0, 0)
	}
	return t
}

// calendar looks for dates in a text's words.
type calendar struct {
	words []string
	today time.Time
}

// find returns the first date that the words speak of, or the zero time. What names a length ("in two weeks") goes before what names a
// part of the year.
func (c calendar) find() time.Time {
	for _, look := range []func(int) time.Time{c.length, c.nextUnit, c.monthDay, c.quarter, c.season} {
		for i := range c.words {
			if d := look(i); !d.IsZero() {
				return d
			}
		}
	}
	return time.Time{}
}

// at is the word at i, or nothing beyond the ends.
func (c calendar) at(i int) string {
	if i < 0 || i >= len(c.words) {
		return ""
	}
	return c.words[i]
}

// near tells whether one of the words stands within reach before i.
func (c calendar) near(i, reach int, words map[string]bool) bool {
	for j := i - 1; j >= max(0, i-reach); j-- {
		if words[c.words[j]] {
			return true
		}
	}
	return false
}

// length reads "in two weeks", "a month from now", "بعد شهرين".
func (c calendar) length(i int) time.Time {
	if u, ok := dual[c.at(i)]; ok && c.near(i, 2, ahead) {
		return c.plus(2, u)
	}
	n, ok := numbers[c.at(i)]
	if !ok {
		n, _ = strconv.Atoi(c.at(i))
		ok = 0 < n && n < 400
	}
	if !ok {
		return time.Time{}
	}
	for j := i + 1; j <= i+2; j++ {
		u, isUnit := units[c.at(j)]
		if isUnit && (c.near(i, 2, ahead) || behind[c.at(j+1)] || behind[c.at(j+2)]) {
			return c.plus(n, u)
		}
	}
	return time.Time{}
}

func (c calendar) plus(n int, u unit) time.Time {
	switch u {
	case day:
		return c.today.AddDate(0, 0, n)
	case week:
		return c.today.AddDate(0, 0, 7*n)
	case month:
		return c.today.AddDate(0, n, 0)
	case quarter:
		return c.today.AddDate(0, 3*n, 0)
	case halfYear:
		return c.today.AddDate(0, 6*n, 0)
	}
	return c.today.AddDate(n, 0, 0)
}

// nextUnit reads "next quarter", "mes que viene", "الشهر القادم" as the beginning of it, and "end of the year" as the next one's.
func (c calendar) nextUnit(i int) time.Time {
	u, ok := units[c.at(i)]
	if !ok {
		return time.Time{}
	}
	if next[c.at(i-1)] || next[c.at(i+1)] || next[c.at(i+2)] || c.near(i, 3, lastly) && u != day || c.near(i, 3, after) && c.near(i, 2, next) {
		return c.begin(u)
	}
	return time.Time{}
}

// begin is the first day of the next unit.
func (c calendar) begin(u unit) time.Time {
	t := c.today
	first := time.Date(t.Year(), t.Month(), 1, 9, 0, 0, 0, time.UTC)
	switch u {
	case week:
		return t.AddDate(0, 0, 1+(7+int(time.Sunday)-int(t.Weekday()))%7)
	case month:
		return first.AddDate(0, 1, 0)
	case quarter:
		return first.AddDate(0, 3-(int(t.Month())-1)%3, 0)
	case halfYear:
		return first.AddDate(0, 6-(int(t.Month())-1)%6, 0)
	case year:
		return time.Date(t.Year()+1, time.January, 2, 9, 0, 0, 0, time.UTC)
	}
	return t.AddDate(0, 0, 1)
}

// monthDay reads "15 September", "September 15th", "in March". A word that is a month among other things needs a number or a preposition.
func (c calendar) monthDay(i int) time.Time {
	m, ok := months[c.at(i)]
	if !ok {
		return time.Time{}
	}
	y := 0
	for _, w := range []string{c.at(i + 1), c.at(i + 2)} {
		if n := number(w); n > 2000 && n < 2100 {
			y = n
		}
	}
	for _, w := range []string{c.at(i - 1), c.at(i + 1), c.at(i - 2)} {
		if d := number(strings.TrimRight(w, "sthndre")); 0 < d && d <= 31 {
			return civil(y, int(m), d, c.today)
		}
	}
	if ambigue[c.at(i)] && !c.near(i, 1, ahead) && !c.near(i, 1, after) {
		return time.Time{}
	}
	if c.near(i, 2, lastly) {
		return civil(y, int(m), 25, c.today)
	}
	return civil(y, int(m), 1, c.today)
}

// quarter reads "Q3", "third quarter", "الربع الثالث".
func (c calendar) quarter(i int) time.Time {
	q, ok := quarters[c.at(i)]
	if !ok || len(c.at(i)) > 2 && units[c.at(i+1)] != quarter && units[c.at(i-1)] != quarter {
		return time.Time{}
	}
	y := 0
	if n := number(c.at(i + 1)); n > 2000 && n < 2100 {
		y = n
	}
	return civil(y, 3*q-2, 1, c.today)
}

// season reads "in spring", "after the summer", "nach den Ferien", "after Christmas".
func (c calendar) season(i int) time.Time {
	word := c.at(i)
	switch m, ok := seasons[word]; {
	case newYear[word], word == "year" && c.at(i-1) == "new":
		return time.Date(c.today.Year()+1, time.January, 7, 9, 0, 0, 0, time.UTC)
	case ok && !ambigue[word]:
		if c.near(i, 3, after) {
			m += 3 // the season after it
		}
		return civil(0, (int(m)-1)%12+1, 1, c.today)
	case breaks[word] && c.near(i, 3, after):
		return c.afterBreak()
	}
	return time.Time{}
}

// afterBreak is the end of the holidays that are meant at this time of the year: September for the summer's, January for Christmas, else
// three weeks on.
func (c calendar) afterBreak() time.Time {
	switch m := c.today.Month(); {
	case time.June <= m && m <= time.August:
		return civil(0, int(time.September), 1, c.today)
	case m >= time.November:
		return time.Date(c.today.Year()+1, time.January, 7, 9, 0, 0, 0, time.UTC)
	}
	return c.today.AddDate(0, 0, 21)
}
