package message

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of a return date. A date that names no year must lie near, because otherwise it is more likely one that has passed.
const (
	maxReturnDays   = 365
	nearReturnDays  = 180
	maxYearlessDays = 240
	maxReturnBytes  = 6000 // of a text are searched
)

// dateRole is what the words around a date say of it, the more telling the higher.
type dateRole int

const (
	startRole  dateRole = iota // "from 3 August": the absence begins
	bareRole                   // a date among words of absence
	untilRole                  // "until 14 August": the absence ends
	returnRole                 // "back on 15 August"
)

// FindReturnDate returns the day on which the writer of an absence note is back, at midnight UTC, nil if the text names none. received is when
// the note came. "Back on the 15th" and "until the 15th" both give the 15th, and a range its end. Among several dates one of return
// goes before one of end, and the latest within 180 days before others. Dates before the day of receipt, or more than a year after it, do not
// count. Day and month are read in the order of the language; where "3/8" can be both, the order that other dates of the text show decides,
// and else the nearer day.
func FindReturnDate(text string, received time.Time) *time.Time {
	text = foldReturnText(text)
	dates := scanDates(text)
	s := returnScan{text: text, received: day(received), absence: containsAny(text, absenceHints)}
	s.dayFirst, s.orderKnown = dateOrder(dates, text)
	for i, d := range dates {
		start, end := 0, len(text)
		if i > 0 {
			start = dates[i-1].end
		}
		if i+1 < len(dates) {
			end = dates[i+1].start
		}
		s.consider(d, start, end)
	}
	if s.best == nil {
		s.relative()
	}
	return s.best
}

// day is midnight UTC of the calendar day of t.
func day(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// foldReturnText lowers a text and gives it Western digits and single blanks.
func foldReturnText(text string) string {
	text = strings.ToLower(dropInvisible(clip(text, maxReturnBytes)))
	return strings.Join(strings.Fields(strings.Map(westernDigit, text)), " ")
}

// westernDigit maps the digits of Arabic, Persian and full-width writing, and drops what Arabic writing may add.
func westernDigit(r rune) rune {
	switch {
	case r >= '\u0660' && r <= '\u0669':
		return r - '\u0660' + '0'
	case r >= '\u06f0' && r <= '\u06f9':
		return r - '\u06f0' + '0'
	case r >= '\uff10' && r <= '\uff19':
		return r - '\uff10' + '0'
	case r == '\u0640' || r >= '\u064b' && r <= '\u0652':
		return -1 // tatweel and vowel marks
	case r == '\u0623' || r == '\u0625' || r == '\u0622':
		return '\u0627' // alef with hamza or madda: written or not, as people please
	case r == '\u2013' || r == '\u2014' || r == '\u2212' || r == '\u301c' || r == '\uff5e':
		return '-'
	case r == '\u2019':
		return '\''
	}
	return r
}

// returnScan chooses among the dates of a text.
type returnScan struct {
	text       string
	received   time.Time
	absence    bool // the text speaks of absence, so that a date without any word beside it may count
	dayFirst   bool
	orderKnown bool
	best       *time.Time
	bestRole   dateRole
}

// consider weighs a date whose neighbours end at start and begin at end.
func (s *returnScan) consider(d foundDate, start, end int) {
	role := s.role(d, start, end)
	if role == startRole || role == bareRole && (!s.absence || d.weak) {
		return
	}
	at, ok := s.resolve(d)
	if !ok || s.best != nil && !s.better(at, role) {
		return
	}
	s.best, s.bestRole = &at, role
}

// better says that a date goes before the best one so far.
func (s *returnScan) better(at time.Time, role dateRole) bool {
	if role != s.bestRole {
		return role > s.bestRole
	}
	near, bestNear := s.days(at) <= nearReturnDays, s.days(*s.best) <= nearReturnDays
	if near != bestNear {
		return near
	}
	return at.After(*s.best)
}

// days counts the days from the receipt to t.
func (s *returnScan) days(t time.Time) int { return int(t.Sub(s.received).Hours() / 24) }

// inBounds says that t can be a return date.
func (s *returnScan) inBounds(t time.Time, days int) bool {
	n := s.days(t)
	return n >= -1 && n <= days
}

// resolve turns what stands in the text into a day.
func (s *returnScan) resolve(d foundDate) (time.Time, bool) {
	first, ok := s.resolveYear(d)
	if !d.ambiguous || d.day > 12 || d.day == d.month {
		return first, ok
	}
	swapped := d
	swapped.day, swapped.month = d.month, d.day
	second, okSwapped := s.resolveYear(swapped)
	switch {
	case s.orderKnown && s.dayFirst:
		return first, ok
	case s.orderKnown:
		return second, okSwapped
	case ok && okSwapped && second.Before(first):
		return second, true
	case ok:
		return first, true
	}
	return second, okSwapped
}

// resolveYear completes a date without a year by the next such day.
func (s *returnScan) resolveYear(d foundDate) (time.Time, bool) {
	if d.month == 0 {
		return s.resolveDay(d)
	}
	if d.year != 0 {
		t := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
		return t, t.Day() == d.day && s.inBounds(t, maxReturnDays)
	}
	for year := s.received.Year(); year <= s.received.Year()+1; year++ {
		t := time.Date(year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC)
		if t.Day() == d.day && s.inBounds(t, maxYearlessDays) {
			return t, true
		}
	}
	return time.Time{}, false
}

// resolveDay finds the next day of a month with a number, after whatever the text has named before it; where a day of the week stands beside,
// both have to agree.
func (s *returnScan) resolveDay(d foundDate) (time.Time, bool) {
	from, within := s.received, 31
	if s.best != nil && s.best.After(from) {
		from = *s.best
	}
	if d.onWeekday {
		from, within = s.received, 3*31
	}
	for n := 0; n <= within; n++ {
		t := from.AddDate(0, 0, n)
		if t.Day() == d.day && (!d.onWeekday || t.Weekday() == d.weekday) {
			return t, s.inBounds(t, maxYearlessDays)
		}
	}
	return time.Time{}, false
}

// role reads the words around a date: those before it, back to the date or the sentence before, and those right after it.
func (s *returnScan) role(d foundDate, start, end int) dateRole {
	before := lastClause(s.text[max(start, d.start-90, 0):d.start])
	after := firstClause(s.text[d.end:min(end, d.end+60)])
	_, isReturn := lastWord(before, returnWords)
	until, isUntil := lastWord(before, untilWords)
	from, isFrom := lastWord(before, fromWords)
	switch {
	case isReturn:
		return returnRole
	case isUntil && (!isFrom || until >= from):
		return untilRole
	case hasWord(after, returnAfter):
		return returnRole
	case d.ranged || hasWord(after, untilAfter) || endsRange(before):
		return untilRole
	case isFrom || hasWord(after, fromAfter) || strings.HasPrefix(strings.TrimLeft(after, " "), "-"):
		return startRole
	}
	return bareRole
}

// endsRange says that the words before a date end in "to" or a dash: the date is the second of a range.
func endsRange(before string) bool {
	tokens := dateTokens(before)
	for i := len(tokens) - 1; i >= 0 && i >= len(tokens)-4; i-- {
		word := tokens[i].text
		if rangeWords[word] {
			return true
		}
		if _, weekday := weekdays[word]; !weekday && !rangeFillers[word] {
			return false
		}
	}
	return false
}

// lastClause cuts off what belongs to an earlier sentence.
func lastClause(s string) string {
	for _, stop := range []string{". ", "! ", "? ", "。", "; "} {
		if i := strings.LastIndex(s, stop); i >= 0 && !endsAbbreviated(s[:i]) {
			s = s[i+len(stop):]
		}
	}
	return s
}

// firstClause cuts off what belongs to a later sentence.
func firstClause(s string) string {
	for _, stop := range []string{". ", "! ", "? ", "。", "; "} {
		if i := strings.Index(s, stop); i > 0 {
			s = s[:i]
		}
	}
	return s
}

// endsAbbreviated says that the full stop after s ends no sentence: after a number ("vom 3. bis") or a short word ("einschl.", "mo.").
func endsAbbreviated(s string) bool {
	i := strings.LastIndexAny(s, " (-/")
	word := s[i+1:]
	return word != "" && (isDigits(word) || utf8.RuneCountInString(word) <= 3 || word == "einschl" || word == "lunes" || word == "inkl")
}

// lastWord returns where the last of the words stands in s.
func lastWord(s string, words []string) (int, bool) {
	last := -1
	for _, w := range words {
		if at := strings.LastIndex(s, w); at > last && wordAt(s, at, len(w)) {
			last = at
		}
	}
	return last, last >= 0
}

// hasWord says whether any of the words stands in s.
func hasWord(s string, words []string) bool {
	for _, w := range words {
		for from := 0; ; {
			at := strings.Index(s[from:], w)
			if at < 0 {
				break
			}
			if wordAt(s, from+at, len(w)) {
				return true
			}
			from += at + len(w)
		}
	}
	return false
}

// relative finds a return that is told by the receipt: "back tomorrow", "until Monday", "back next week".
func (s *returnScan) relative() {
	words := relativeWords(s.text)
	for i, word := range words {
		days, known := s.relativeDay(words[i:])
		if !known {
			continue
		}
		before := lastClause(s.text[max(0, word.start-60):word.start])
		after := firstClause(s.text[word.end:min(len(s.text), word.end+40)])
		if hasWord(before, returnWords) || hasWord(before, untilWords) || hasWord(after, returnAfter) || hasWord(after, untilAfter) {
			at := s.received.AddDate(0, 0, days)
			s.best = &at
			return
		}
	}
}

// relativeDay counts the days to the day that words name.
func (s *returnScan) relativeDay(words []dateToken) (int, bool) {
	word := words[0].text
	next := func(n int) dateToken {
		if n < len(words) {
			return words[n]
		}
		return dateToken{}
	}
	number := cmp.Or(next(1).value, smallNumbers[next(1).text])
	switch {
	case tomorrowWords[word]:
		return 1, true
	case weekNames[word] && next(1).kind == numberToken:
		return s.calendarWeek(number)
	case inWords[word] && number > 0 && number < 10 && manyWeeks[next(2).text]:
		return 7 * number, true
	}
	weekday, ok := weekdays[word]
	today := s.received.Weekday()
	if slices.Contains(nextWeekWords, word) {
		weekday, ok = time.Monday, true
	}
	if !ok {
		return 0, false
	}
	return (int(weekday)-int(today)+6)%7 + 1, true
}

// calendarWeek counts the days to the Monday of the next week with that number (ISO 8601).
func (s *returnScan) calendarWeek(number int) (int, bool) {
	for days := 1; days <= maxYearlessDays; days++ {
		at := s.received.AddDate(0, 0, days)
		if _, week := at.ISOWeek(); at.Weekday() == time.Monday && week == number {
			return days, true
		}
	}
	return 0, false
}

// relativeWords lists the words and numbers of a text that may name a day, those of scripts without blanks by search.
func relativeWords(text string) []dateToken {
	var words []dateToken
	for _, t := range dateTokens(text) {
		if t.kind != signToken {
			words = append(words, t)
		}
	}
	for _, word := range slices.Concat(hanDays, nextWeekWords) {
		if at := strings.Index(text, word); at >= 0 {
			words = append(words, dateToken{kind: wordToken, text: word, start: at, end: at + len(word)})
		}
	}
	return words
}
