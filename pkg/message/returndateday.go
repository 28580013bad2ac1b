package message

import "strings"

// weekdayDay reads "Monday 24th", "Montag, den 24.", "lunedì 24".
func (s *dateScan) weekdayDay() (foundDate, int) {
	weekday, ok := weekdays[s.peek(0).text]
	if !ok {
		return foundDate{}, 0
	}
	n := 1
	for n <= 3 && (s.peek(n).text == "," || s.peek(n).text == "." || dayArticles[s.peek(n).text]) {
		n++
	}
	day, n := s.lonelyDay(n)
	if day < 1 {
		return foundDate{}, 0
	}
	return foundDate{day: day, weak: true, onWeekday: true, weekday: weekday}, n
}

// dayAlone reads "the 15th", "den 15.", "el 15", "15日": a day of the month that is marked as one.
func (s *dateScan) dayAlone() (foundDate, int) {
	day, n := s.lonelyDay(0)
	article := s.peek(-1).text
	marked := n > 1 && (s.peek(1).text != "." || germanArticles[article]) || romanceArticles[article]
	if day < 1 || !marked {
		return foundDate{}, 0
	}
	return foundDate{day: day, weak: true}, n
}

// lonelyDay reads the number of a day at the token n places on, with what marks it as an ordinal, unless a month, another number or a unit
// follows. It returns the number of tokens up to its end.
func (s *dateScan) lonelyDay(n int) (day, used int) {
	day = s.number(n, 2)
	before := s.peek(n - 1).text
	if day < 1 || day > 31 || isOneOf(before, "/", "-", "+", ":", "#", "№", "$", "€", "£", "*") || before == "." && s.peek(n-2).kind == numberToken {
		return 0, 0
	}
	n++
	switch mark := s.peek(n); {
	case dayMarks[mark.text] && s.touching(n):
		n++
	case mark.text == "-" && dayMarks[s.peek(n+1).text]:
		n += 2
	case isOneOf(mark.text, "日", "号", "號", "일"):
		n++
		if isDaySpan(s.peek(n).text) {
			return 0, 0
		}
	case mark.text == "." && s.touching(n):
		n++
	}
	next := s.peek(n)
	_, month := months[next.text]
	if month || next.kind == numberToken || isClock(next.text) || isOneOf(next.text, "/", "-", "+") || isUnit(next.text) || dayJoiners[next.text] {
		return 0, 0
	}
	return day, n
}

// isDaySpan says that what follows a sign of the day makes it a number of days.
func isDaySpan(s string) bool {
	for _, span := range []string{"間", "间", "以内", "以內", "以上", "内", "後", "后", "前", "目", "동안", "이내", "간"} {
		if strings.HasPrefix(s, span) {
			return true
		}
	}
	return false
}

// isUnit says that a number before it counts something.
func isUnit(s string) bool {
	return isOneOf(s, "days", "day", "weeks", "week", "months", "hours", "minutes", "people", "tage", "tagen", "wochen", "monate", "stunden", "stück", "prozent", "jours", "semaines", "mois", "heures", "días", "semanas", "meses", "horas", "giorni", "settimane", "mesi", "ore", "dias",
		"dagen", "weken", "uur", "dni", "tygodnie", "godzin", "дней", "дня", "часов", "недели", "dagar", "dage", "dager", "veckor", "uger", "uker", "stock", "floor", "etage", "o'clock", "$", "£", "kg", "km", "mb", "gb", "quarter", "quartal")
}
