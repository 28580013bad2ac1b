package message

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

type introKind uint8

const (
	wroteIntro    introKind = iota // "On … X wrote:"
	originalIntro                  // "-----Original Message-----", or a block of header lines
	forwardIntro                   // "---------- Forwarded message ----------"
)

// intro is the place where a mail program introduces a quote: lines [start, end).
type intro struct {
	kind introKind
	end  int
	head string // the writer's words before it on its first line
}

// introAt says whether an introduction begins at line i.
func introAt(lines []textLine, i int) (intro, bool) {
	if lines[i].blank() || lines[i].quoted {
		return intro{}, false
	}
	if kind, ok := separatorLine(lines, i); ok {
		end := i + 1
		for end < len(lines) && lines[end].blank() {
			end++
		}
		if after, ok := headerBlock(lines, end, true); ok {
			return intro{kind: kind, end: after}, true
		}
		return intro{kind: kind, end: i + 1}, true
	}
	if end, ok := headerBlock(lines, i, false); ok {
		return intro{kind: originalIntro, end: end}, true
	}
	return wroteAt(lines, i)
}

// Sizes of an introduction: more lines or bytes are prose.
const (
	maxIntroLines = 4
	maxIntroBytes = 500
	maxPlainIntro = 100 // of one without a date or an address
)

// wroteAt says whether "On … X wrote:", in any of its forms and possibly wrapped, begins at line i.
func wroteAt(lines []textLine, i int) (intro, bool) {
	if !mayBeginIntro(lines[i].bare) {
		return intro{}, false
	}
	joined := ""
	for j := i; j < len(lines) && j < i+maxIntroLines; j++ {
		if lines[j].blank() || len(joined)+len(lines[j].bare) > maxIntroBytes || j > i && lines[j].quoted && !closesAddress(joined, lines[j].bare) {
			break
		}
		joined = joinIntro(joined, lines[j].bare)
		if !endsIntro(joined, lines, j+1) {
			continue
		}
		if head, ok := cutSharedLine(joined, len(lines[i].bare)); ok {
			return intro{kind: wroteIntro, end: j + 1, head: head}, true
		}
		if isWroteIntro(joined, lines, j+1) && !laterBegins(lines, i, j) {
			return intro{kind: wroteIntro, end: j + 1}, true
		}
	}
	return intro{}, false
}

// mayBeginIntro is the cheap test that most lines fail: an introduction shows a digit or an address early, or is framed by dashes.
func mayBeginIntro(bare string) bool {
	if len(bare) > maxIntroBytes || strings.HasPrefix(bare, "--") {
		return len(bare) <= maxIntroBytes
	}
	for i := 0; i < len(bare); i++ {
		if c := bare[i]; '0' <= c && c <= '9' || c == '@' || c == '<' {
			return true
		}
	}
	if len(bare) < maxPlainIntro && endsWithColon(bare) {
		return true
	}
	return bare != "" && opensQuoting(bare[0]) && startsWithAny(strings.ToLower(clip(bare, 64)), quotingWords)
}

// opensQuoting says that one of quotingWords begins with a letter, in either case, or may: one outside ASCII.
func opensQuoting(c byte) bool {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c >= utf8.RuneSelf || slices.ContainsFunc(quotingWords, func(word string) bool { return word[0] == c })
}

// closesAddress says that a line like "> wrote:" is no quote but the end of "<address" on the line before.
func closesAddress(above, bare string) bool {
	return strings.LastIndexByte(above, '<') > strings.LastIndexByte(above, '>') && strings.HasPrefix(bare, ">") && len(bare) < 80
}

func joinIntro(joined, bare string) string {
	if joined == "" {
		return bare
	}
	if strings.HasSuffix(joined, "<") || strings.HasPrefix(bare, ">") {
		return joined + bare
	}
	return joined + " " + bare
}

// frame is the decoration around introductions and separators.
const frame = "-_*=+~#| \t\u2013\u2014\u2500"

// endsIntro says that a text can be complete as an introduction.
func endsIntro(joined string, lines []textLine, next int) bool {
	bare := strings.TrimRight(joined, frame)
	if strings.HasSuffix(bare, ":") || strings.HasSuffix(bare, "：") || strings.HasSuffix(bare, ">") {
		return true
	}
	return gmtLine().MatchString(bare) || endsWithWrote(strings.ToLower(bare))
}

var (
	clockTime = lazily(`\b\d{1,2}\s?[:.h時点시]\s?\d{2}\b|\d{1,2}\s?[ap]\.?m\b`)
	fullDate  = lazily(`\b\d{1,4}[-./]\s?(?:\d{1,2}|[\pL.]{3,9})[-./]\s?\d{2,4}\b|\d+\s?[年년]|\b(?:19|20)\d\d\b`)
	yearFirst = lazily(`^(?:19|20)\d\d[-/.年]\s?\d{1,2}`)
	gmtLine   = lazily(`^(?:19|20)\d\d-\d\d-\d\d \d{1,2}:\d\d (?:GMT|UTC)\S{0,7} .{1,60}$`)
	anAddress = lazily(`[\w.+%=~-]+@[\w.-]+`)
)

// isWroteIntro says whether a joined text is an introduction.
func isWroteIntro(joined string, lines []textLine, next int) bool {
	framed := strings.HasPrefix(joined, "--") && strings.HasSuffix(joined, "--")
	bare := strings.Trim(joined, frame)
	lower := strings.ToLower(bare)
	if framed && strings.HasSuffix(lower, "wrote") && len(lower) < 120 {
		return true
	}
	ends := endsWithColon(bare)
	dated := datesEarly(lower)
	if gmtLine().MatchString(bare) {
		return true
	}
	dates := dated && hasDate(lower)
	if dates && wroteAfterDate(lower) && (ends || endsWithWrote(lower)) {
		return true
	}
	address := anAddress().FindStringIndex(lower)
	switch {
	case dates && address != nil && strings.Contains(bare, "<") && ends:
		return true
	case dates && strings.HasPrefix(lower, "on ") && strings.HasSuffix(lower, " "+sentWord+":"):
		return true
	case dated && address != nil && strings.HasSuffix(bare, ">"):
		return yearFirst().MatchString(bare) || hasDate(lower) && marksFollow(lines, next) && len(strings.Fields(bare)) <= 14
	case address != nil && ends && (startsWithAny(lower, quotingWords) || hasDate(lower) && marksFollow(lines, next) && len(strings.Fields(bare)) <= 14):
		return true
	case ends && address == nil && nameWroteDate(bare, lower):
		return true
	case ends && address == nil && len(bare) < maxPlainIntro:
		name, day := plainIntro(bare, lower)
		return isName(name) && (day || marksFollow(lines, next))
	}
	return address != nil && (ends || endsWithWrote(lower)) && nameThenWrote(lower, address)
}

func endsWithColon(s string) bool {
	return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：")
}

// hasDate says that a text holds what mail programs write into an introduction: a time of day, a full date or a year.
func hasDate(lower string) bool {
	return clockTime().MatchString(lower) || fullDate().MatchString(lower)
}

// datesEarly says that a text begins like a date: a number after at most five short words.
func datesEarly(lower string) bool {
	i := strings.IndexAny(lower, "0123456789")
	if i < 0 || i > 60 {
		return false
	}
	words := strings.Fields(lower[:i])
	for _, w := range words {
		if utf8.RuneCountInString(w) > 13 {
			return false
		}
	}
	return len(words) <= 5
}

// wroteAfterDate says that a verb follows the first number, with at most a name and an address or a date after it.
func wroteAfterDate(lower string) bool {
	i := strings.IndexAny(lower, "0123456789")
	at := lastWrote(lower)
	return at > i && len(lower)-at <= 160
}

// nameThenWrote recognizes "X <x@example.com> wrote:" and "X <x@example.com> schrieb am 3. Mai um 12:00 Uhr:".
func nameThenWrote(lower string, address []int) bool {
	if address[0] > 90 || len(strings.Fields(lower[:address[0]])) > 8 || strings.Contains(lower[:address[0]], ": ") {
		return false
	}
	rest := strings.TrimLeft(lower[address[1]:], ">)]\"' ,")
	at := firstWrote(rest)
	if at < 0 {
		return false
	}
	closed := len(rest) < len(lower[address[1]:]) || address[0] == 0 // the address is bracketed, or all the name there is
	tail := strings.TrimRight(rest[at:], ": ")
	return closed && (at == 0 || hasDate(rest) && at <= 80) && (len(strings.Fields(tail)) <= 3 || hasDate(rest))
}

// pronouns stand in no name.
var pronouns = list(`i, you, we, he, she, they, it, as, who, what, ich, sie, er, wir, du, wie, jag, jeg, han, hun, hon`)

// nameWroteDate recognizes "Ann Lee wrote on 03/03/2016 05:21 PM:": a short name, a verb, and nothing but a date.
func nameWroteDate(bare, lower string) bool {
	at := firstWrote(lower)
	if at < 2 || at > 60 || len(lower)-at > 70 || strings.ContainsAny(lower[:at], "0123456789.,;:?!") {
		return false
	}
	first, _ := utf8.DecodeRuneInString(bare)
	return unicode.IsUpper(first) && len(strings.Fields(lower[:at])) <= 4 && !hasWord(lower[:at], pronouns) && clockTime().MatchString(lower[at:]) && fullDate().MatchString(lower[at:])
}

// dayOpenings stand before the day of the week in an introduction.
var dayOpenings = list(`on, le, am, el, il, em, na, no, op, den, på, om, ons, w, v, ve, dne, в, во, у, în, a, في, يوم`)

// plainIntro recognizes an introduction without a date: "Ann Lee wrote:", "On Mon, Ann Lee wrote:", "Am Montag schrieb Ann Lee:". It returns
// the words of the name, and whether a day of the week stands before them.
func plainIntro(bare, lower string) (name []string, day bool) {
	at := firstWrote(lower)
	if at < 0 {
		return nil, false
	}
	words := strings.Fields(bare)
	before := len(strings.Fields(lower[:at]))
	start := 0
	if before >= 2 && slices.Contains(dayOpenings, strings.ToLower(words[0])) {
		if _, day = weekdays[strings.ToLower(strings.Trim(words[1], ",."))]; day {
			start = 2
		}
	}
	if name = words[start:before]; day && len(name) == 0 {
		for _, w := range words[before:] { // the verb, then the name
			if first, _ := utf8.DecodeRuneInString(w); len(name) > 0 || !unicode.IsLower(first) {
				name = append(name, w)
			}
		}
		return name, day
	}
	if !endsWithWrote(lower) {
		return nil, false
	}
	return name, day
}

// isName says that words can be the name of a person: few, none of them a pronoun, the first with a capital or in a script without any.
func isName(words []string) bool {
	if len(words) == 0 || len(words) > 4 {
		return false
	}
	for _, w := range words {
		if slices.Contains(pronouns, strings.ToLower(strings.Trim(w, ":,."))) {
			return false
		}
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	return !unicode.IsLower(first) && unicode.IsLetter(first)
}

// endsWithWrote says that the last word is a verb of the table.
func endsWithWrote(lower string) bool {
	start := max(0, len(lower)-60)
	for start > 0 && !utf8.RuneStart(lower[start]) {
		start++
	}
	tail := lower[start:]
	at := lastWrote(tail)
	return at >= 0 && len(strings.Fields(tail[at:])) <= 3 && len(tail)-at <= 24
}

// wroteIndex finds the verbs of wroteWords.
var wroteIndex = sync.OnceValue(func() *wordIndex { return newWordIndex(false, wroteWords) })

// lastWrote returns where the last verb of the table begins, -1 without one.
func lastWrote(lower string) int {
	_, last := wroteIndex().span(lower)
	return last
}

// firstWrote returns where the first verb of the table begins, -1 without one.
func firstWrote(lower string) int {
	first, _ := wroteIndex().span(lower)
	return first
}

// wordAt says that s[at:at+n] is not a part of a longer word. Scripts without blanks between words have no such limits.
func wordAt(s string, at, n int) bool {
	first, _ := utf8.DecodeRuneInString(s[at:])
	if unicode.In(first, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at+n:])
	return !isWordRune(before) && !isWordRune(after)
}

// isWordRune says that r is a letter of a script that sets blanks between words.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r)) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// laterBegins says that the introduction that ends at line j begins on a line after i: line i is the writer's. Only a line that begins as
// introductions do, by a capital and a date, keeps its place.
func laterBegins(lines []textLine, i, j int) bool {
	if opensStrongly(lines[i].bare) {
		return false
	}
	for k := i + 1; k <= j; k++ {
		if opensStrongly(lines[k].bare) {
			return true
		}
	}
	return false
}

// strongOpening is the beginning of the commonest introductions: "On Mon, 3", "Le 19", "Am 03.", "2014-10-17", "04.05.2026", "Il giorno 3".
var strongOpening = lazily(`(?i)^\W{0,6}(?:(?:on|le|am|el|il|em|op|den|på|dnia|w dniu|dne|vào|pada|στις|în|в|у|於|在|في|בתאריך)\s*)(?:[\pL.,]+\s+){0,3}[\pL.,]*\d|^\W{0,3}(?:19|20)\d\d[-/.年]\s?\d|^\d{1,2}[-/.]\d{1,2}[-/.](?:20)?\d\d\b`)

func opensStrongly(bare string) bool { return strongOpening().MatchString(bare) }

// sharedLine finds an introduction that begins in the middle of a line, as programs that lose line breaks leave it.
var sharedLine = lazily(`[-_ \t.!?]+((?:On|Le|Am|El|Il|Em|Op) (?:\pL{2,10}[.,]{0,2} )?(?:\pL{2,10}[.,]? )?\d{1,4}[-./, ].{0,200})$`)

// sharedOpenings are the words that sharedLine looks for.
var sharedOpenings = []string{"On ", "Le ", "Am ", "El ", "Il ", "Em ", "Op "}

// cutSharedLine returns the words before an introduction that begins within the first line of a joined text.
func cutSharedLine(joined string, firstLine int) (string, bool) {
	if !endsWithColon(joined) || !slices.ContainsFunc(sharedOpenings, func(word string) bool { return strings.LastIndex(joined, word) > 0 }) {
		return "", false
	}
	at := sharedLine().FindStringSubmatchIndex(joined)
	if at == nil || at[2] >= firstLine || strings.Trim(joined[:at[0]], frame) == "" {
		return "", false
	}
	tail := strings.ToLower(joined[at[2]:])
	if !clockTime().MatchString(tail) || !endsWithWrote(strings.TrimRight(tail, ": ")) {
		return "", false
	}
	return strings.TrimRight(joined[:at[0]], frame), true
}

// marksFollow says that the next line with words is quoted by ">" or "|".
func marksFollow(lines []textLine, next int) bool {
	for next < len(lines) && lines[next].blank() {
		next++
	}
	return next < len(lines) && (lines[next].quoted || strings.HasPrefix(lines[next].bare, "|"))
}

func startsWithAny(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) && wordAt(s, 0, len(p)) {
			return true
		}
	}
	return false
}
