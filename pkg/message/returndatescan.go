package message

import (
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// foundDate is a date as it stands in a text.
type foundDate struct {
	start, end       int
	year, month, day int  // year 0: none is given
	ambiguous        bool // day and month may be the other way round
	weak             bool // "14.8" or "3/8": counts only beside a word of return or end
	ranged           bool // the end of a range written as one: "August 3-14"
	// Of a date without a month: month is 0, and the day is the next of that number, on that day of the week where one is named.
	onWeekday bool
	weekday   time.Weekday
}

type tokenKind uint8

const (
	wordToken tokenKind = iota
	numberToken
	signToken
)

// dateToken is a word, a number or a sign of a text; blanks are no tokens.
type dateToken struct {
	kind       tokenKind
	text       string
	value      int // of a number
	start, end int
}

// dateTokens splits a text. The Chinese, Japanese and Korean signs of year, month and day stand alone.
func dateTokens(text string) []dateToken {
	tokens := make([]dateToken, 0, len(text)/5+1)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		end := i + size
		switch {
		case unicode.IsSpace(r):
		case r >= '0' && r <= '9':
			for end < len(text) && text[end] >= '0' && text[end] <= '9' {
				end++
			}
			value, err := strconv.Atoi(text[i:end])
			if err != nil {
				value = -1
			}
			tokens = append(tokens, dateToken{numberToken, text[i:end], value, i, end})
		case isDateSign(r) || !unicode.IsLetter(r):
			tokens = append(tokens, dateToken{signToken, text[i:end], 0, i, end})
		default:
			end = letterEnd(text, i)
			tokens = append(tokens, dateToken{wordToken, text[i:end], 0, i, end})
		}
		i = end
	}
	return tokens
}

// letterEnd returns where the word that begins at i ends.
func letterEnd(text string, i int) int {
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) || isDateSign(r) {
			break
		}
		i += size
	}
	return i
}

func isDateSign(r rune) bool {
	switch r {
	case '年', '月', '日', '号', '號', '년', '월', '일':
		return true
	}
	return false
}

// scanDates finds the dates of a folded text, in order.
func scanDates(text string) []foundDate {
	s := dateScan{tokens: dateTokens(text)}
	for s.at < len(s.tokens) {
		d, used := s.date()
		if used == 0 {
			s.at++
			continue
		}
		d.start, d.end = s.tokens[s.at].start, s.tokens[s.at+used-1].end
		s.dates = append(s.dates, d)
		s.at += used
	}
	return s.dates
}

// dateScan reads dates from tokens. Each reader returns how many tokens it used, 0 if no date of its form begins here.
type dateScan struct {
	tokens []dateToken
	at     int
	dates  []foundDate
}

// date reads a date in any form.
func (s *dateScan) date() (foundDate, int) {
	for _, read := range []func() (foundDate, int){s.signed, s.yearFirst, s.dayMonthName, s.monthNameDay, s.numeric, s.monthAlone, s.weekdayDay, s.dayAlone} {
		if d, used := read(); used > 0 {
			return d, used
		}
	}
	return foundDate{}, 0
}

// peek returns the token n places on; past the end it is a sign without text.
func (s *dateScan) peek(n int) dateToken {
	if s.at+n < 0 || s.at+n >= len(s.tokens) {
		return dateToken{kind: signToken}
	}
	return s.tokens[s.at+n]
}

// number returns the value of the token n places on if it is a number of at most digits digits, else -1.
func (s *dateScan) number(n, digits int) int {
	t := s.peek(n)
	if t.kind != numberToken || len(t.text) > digits {
		return -1
	}
	return t.value
}

// touching says that the token n places on follows the one before without a blank.
func (s *dateScan) touching(n int) bool { return s.peek(n-1).end == s.peek(n).start }

// year reads a year of four digits, or of two after a sign.
func (s *dateScan) year(n int) (int, bool) {
	y := s.number(n, 4)
	if len(s.peek(n).text) == 4 && y >= 2000 && y < 2100 {
		return y, true
	}
	if len(s.peek(n).text) == 2 && y >= 20 {
		return 2000 + y, true
	}
	return 0, false
}

func validDay(day, month int) bool { return day >= 1 && day <= 31 && month >= 1 && month <= 12 }

// signed reads "2026年8月14日", "8月14日", "8월 14일".
func (s *dateScan) signed() (foundDate, int) {
	year, n := 0, 0
	if y := s.number(0, 4); y >= 2000 && isOneOf(s.peek(1).text, "年", "년") {
		year, n = y, 2
	}
	month, day := s.number(n, 2), s.number(n+2, 2)
	if !isOneOf(s.peek(n+1).text, "月", "월") || !isOneOf(s.peek(n+3).text, "日", "号", "號", "일") || !validDay(day, month) {
		return foundDate{}, 0
	}
	return foundDate{year: year, month: month, day: day}, n + 4
}

// yearFirst reads "2026-08-14", "2026/8/14", "2026.08.14".
func (s *dateScan) yearFirst() (foundDate, int) {
	year, month, day := s.number(0, 4), s.number(2, 2), s.number(4, 2)
	if len(s.peek(0).text) != 4 || year < 2000 || year > 2100 || !isOneOf(s.peek(1).text, "-", "/", ".") || s.peek(3).text != s.peek(1).text || !validDay(day, month) {
		return foundDate{}, 0
	}
	return foundDate{year: year, month: month, day: day}, 5
}

// dayMonthName reads "14 August 2026", "14. August", "14th of August", "14 de agosto de 2026".
func (s *dateScan) dayMonthName() (foundDate, int) {
	day, n := s.number(0, 2), 1
	if day < 1 || day > 31 {
		return foundDate{}, 0
	}
	for n <= 3 && (dayJoiners[s.peek(n).text] || s.peek(n).text == "." || s.peek(n).text == "º" || s.peek(n).text == "ª" || s.peek(n).text == "'") {
		n++
	}
	month, ok := months[s.peek(n).text]
	if !ok || s.peek(n).kind != wordToken {
		return foundDate{}, 0
	}
	month, n = s.joinedMonth(month, n)
	d := foundDate{day: day, month: month}
	d.year, n = s.yearAfter(n + 1)
	return d, n
}

// joinedMonth reads the second word of a month's name ("تشرين الأول", "تشرين الثاني").
func (s *dateScan) joinedMonth(month, n int) (int, int) {
	if joined, ok := months[s.peek(n).text+" "+s.peek(n+1).text]; ok {
		return joined, n + 1
	}
	return month, n
}

// yearAfter reads an optional year from the token n places on, past the signs and words between a month and its year.
func (s *dateScan) yearAfter(n int) (year, used int) {
	next := n
	for next < n+2 && (isOneOf(s.peek(next).text, ".", ",", "'") || yearJoiners[s.peek(next).text]) {
		next++
	}
	if y, ok := s.year(next); ok && len(s.peek(next).text) == 4 {
		return y, next + 1
	}
	return 0, n
}

// monthNameDay reads "August 14", "Aug. 14th, 2026", "August 3-14" (the 14th).
func (s *dateScan) monthNameDay() (foundDate, int) {
	month, ok := months[s.peek(0).text]
	if !ok || s.peek(0).kind != wordToken {
		return foundDate{}, 0
	}
	month, n := s.joinedMonth(month, 0)
	n++
	if s.peek(n).text == "." || monthJoiners[s.peek(n).text] {
		n++
	}
	day := s.number(n, 2)
	if day < 1 || day > 31 || isClock(s.peek(n+1).text) && s.touching(n+1) {
		return foundDate{}, 0
	}
	n++
	if ordinalWords[s.peek(n).text] && s.touching(n) {
		n++
	}
	ranged := false
	if last := s.number(n+1, 2); rangeSigns[s.peek(n).text] && last > day && last <= 31 {
		if _, named := months[s.peek(n+2).text]; !named && !isClock(s.peek(n+2).text) {
			day, n, ranged = last, n+2, true
			if ordinalWords[s.peek(n).text] && s.touching(n) {
				n++
			}
		}
	}
	d := foundDate{day: day, month: month, ranged: ranged}
	d.year, n = s.yearAfter(n)
	return d, n
}

// numeric reads "14.08.2026", "14.8.", "14/8/26", "8/14", "14-08-2026".
func (s *dateScan) numeric() (foundDate, int) {
	first, sign, second := s.number(0, 2), s.peek(1).text, s.number(2, 2)
	if first < 1 || second < 1 || !isOneOf(sign, ".", "/", "-") || s.peek(-1).kind == signToken && isOneOf(s.peek(-1).text, "/", ".", ":", "+") && s.touching(0) {
		return foundDate{}, 0
	}
	d := foundDate{day: first, month: second, ambiguous: sign == "/", weak: true}
	n := 3
	if year, ok := s.year(4); ok && s.peek(3).text == sign {
		d.year, d.weak, n = year, false, 5
	} else if sign == "." && s.peek(3).text == "." && s.touching(3) {
		d.weak, n = false, 4
		if year, ok := s.year(4); ok && len(s.peek(4).text) == 4 {
			d.year, n = year, 5 // "14. 8. 2026"
		}
	}
	if sign == "-" && d.year == 0 || sign == "." && d.weak && isTimeWord(s.peek(3).text) || first == 24 && second == 7 && d.year == 0 && sign == "/" {
		return foundDate{}, 0
	}
	if second > 12 && first <= 12 && sign != "." {
		d.day, d.month, d.ambiguous = second, first, false
	}
	if d.day > 12 {
		d.ambiguous = false
	}
	if !validDay(d.day, d.month) {
		return foundDate{}, 0
	}
	return d, n
}

// monthAlone reads "September", "Ende August": the first, the middle or the last day of the month.
func (s *dateScan) monthAlone() (foundDate, int) {
	t := s.peek(0)
	month, ok := months[t.text]
	if !ok || utf8.RuneCountInString(t.text) < 4 || unreliableMonths[t.text] {
		return foundDate{}, 0
	}
	d := foundDate{month: month, day: 1, weak: true}
	for back := -1; back >= -3; back-- {
		switch word := s.peek(back).text; {
		case monthEnds[word]:
			d.day = lastDays[month]
		case monthMiddles[word]:
			d.day = 15
		}
	}
	year, n := s.yearAfter(1)
	d.year = year
	return d, n
}

// lastDays are the last days of the months; February counts 28.
var lastDays = [...]int{1: 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// dateOrder tells from the dates themselves, then from the language, whether the day stands first in "3/8".
func dateOrder(dates []foundDate, text string) (dayFirst, known bool) {
	for _, d := range dates {
		raw := text[d.start:d.end]
		if d.ambiguous || len(raw) < 3 {
			continue
		}
		tokens := dateTokens(raw)
		if len(tokens) >= 3 && tokens[1].text == "/" && len(tokens[0].text) <= 2 {
			return tokens[0].value > 12, true
		}
	}
	return true, hasWord(text, dayFirstWords)
}

func isOneOf(s string, words ...string) bool {
	for _, w := range words {
		if s == w {
			return true
		}
	}
	return false
}

// isClock says that a sign or word after a number makes it a time of day.
func isClock(s string) bool { return s == ":" || isTimeWord(s) }

func isTimeWord(s string) bool {
	return isOneOf(s, "uhr", "h", "am", "pm", "hrs", "hs", "godz", "ч", "%", "€", "eur")
}
