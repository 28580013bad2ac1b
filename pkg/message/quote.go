package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the text that is searched for quotes; nobody types more.
const (
	maxVisibleBytes = 256 << 10
	maxVisibleLines = 4000
)

// textLine is a line of the readable text.
type textLine struct {
	text   string // as it is shown, without blanks at its end
	bare   string // trimmed
	quoted bool   // begins with ">"
}

// dropInvisible drops the characters that mail programs strew into dates and names and that no reader sees, makes every blank that must not
// be broken an ordinary one, and ends lines in LF. Most texts hold nothing of all that and are returned as they are.
func dropInvisible(s string) string {
	if !holdsInvisible(s) {
		return s
	}
	return strings.Map(visibleRune, strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

// holdsInvisible says that dropInvisible has something to do. Of the characters outside ASCII only those are decoded that begin with a byte with
// which an invisible one begins.
func holdsInvisible(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case 0, '\r':
			return true
		case 0xc2, 0xe2, 0xef:
			if r, size := utf8.DecodeRuneInString(s[i:]); size > 1 && visibleRune(r) != r {
				return true
			}
		}
	}
	return false
}

// visibleRune is what a reader sees of a character, -1 for nothing.
func visibleRune(r rune) rune {
	switch {
	case r == 0:
		return -1
	case r < '\u00a0':
		return r
	case r == '\u00a0', r == '\u202f', r == '\u2007':
		return ' '
	case r == '\ufeff', r == '\u200b', r == '\u200e', r == '\u200f', r == '\u00ad', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return -1
	}
	return r
}

// textLines splits a text into lines, within the bounds above.
func textLines(text string) []textLine {
	text = dropInvisible(clip(text, maxVisibleBytes))
	lines := make([]textLine, 0, min(strings.Count(text, "\n")+1, maxVisibleLines))
	for row := range strings.SplitSeq(text, "\n") {
		if len(lines) == maxVisibleLines {
			break
		}
		bare := strings.TrimSpace(row)
		lines = append(lines, textLine{text: strings.TrimRightFunc(row, unicode.IsSpace), bare: bare, quoted: isQuoteLine(bare)})
	}
	return lines
}

// clip cuts s to at most n bytes without splitting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// isQuoteLine tells "> quoted" from the ornament ">>> look here <<<".
func isQuoteLine(bare string) bool {
	return strings.HasPrefix(bare, ">") && (!strings.HasPrefix(bare, ">>") || !strings.HasSuffix(bare, "<<"))
}

func (l textLine) blank() bool { return l.bare == "" }

// passage is a run of lines by the writer of the message.
type passage struct {
	lines  []textLine
	spaced bool // a blank line followed it before the quote
}

func (p passage) empty() bool {
	for _, l := range p.lines {
		if !l.blank() {
			return false
		}
	}
	return true
}

// ownPassages is a text without its quotes. It is certain if ">" marked every quote that was introduced, and doubtful if the history stood above all
// words, where nothing tells it from an answer.
type ownPassages struct {
	passages          []passage
	certain, doubtful bool
}

// quoteScan walks over the lines once and keeps what is not quoted.
type quoteScan struct {
	lines    []textLine
	passages []passage
	current  []textLine
	first    int   // line of the first introduction, -1 without any
	opening  intro // that introduction
	doubtful bool  // the history stands above without marks: nothing tells it from an answer
	headless bool  // an introduction without marks stood above all words
	cutOff   bool  // an introduction without marks ended the message
}

// scanText splits a text and looks for the first introduction in it.
func scanText(text string) quoteScan {
	s := quoteScan{lines: textLines(text)}
	s.first, s.opening = s.firstIntro()
	return s
}

// unquote splits a text and separates its passages (see quoteScan.unquote).
func unquote(text string, marked bool) ownPassages {
	return scanText(text).unquote(marked)
}

// unquote separates a writer's own passages from the history. The rules, in order:
//   - an introduction ("On … wrote:", "-----Original Message-----", a From/Sent/To block) followed by ">" lines goes with those lines, and
//     what stands below or between them stays: that is a bottom- or inline-posted answer;
//   - an introduction without marks after it ends the message: all below is history;
//   - where nothing stands above such an introduction, only the introduction goes, for what follows is a forwarded text or an answer;
//   - ">" lines without any introduction go at the end of a message and, if no others stand between answers, at its beginning.
//
// In text whose quotes were marked (made from HTML), every ">" line is known to stand for a quote.
func (s quoteScan) unquote(marked bool) ownPassages {
	if !marked && s.first < 0 {
		return ownPassages{passages: s.withoutIntro()}
	}
	for i := 0; i >= 0 && i < len(s.lines); {
		i = s.step(i)
	}
	s.close()
	return ownPassages{s.passages, !s.headless && !s.cutOff, s.headless}
}

// step handles the line at i and returns the index to go on with, -1 at the end.
func (s *quoteScan) step(i int) int {
	if s.lines[i].quoted {
		if s.doubtful {
			s.current = append(s.current, s.lines[i])
			return i + 1
		}
		s.close()
		return s.skipQuote(i)
	}
	in, ok := s.opening, i == s.first
	if s.first >= 0 && i > s.first {
		in, ok = introAt(s.lines, i)
	}
	if !ok {
		s.current = append(s.current, s.lines[i])
		return i + 1
	}
	return s.stepOver(in)
}

// stepOver goes past an introduction and what it introduces.
func (s *quoteScan) stepOver(in intro) int {
	if in.head != "" {
		s.current = append(s.current, textLine{text: in.head, bare: in.head})
	}
	next := s.skipBlank(in.end)
	marked := next < len(s.lines) && s.lines[next].quoted
	if s.doubtful {
		return in.end
	}
	s.close()
	switch {
	case marked:
		return s.skipQuote(next)
	case s.hasWords():
		s.cutOff = true
		return -1
	}
	s.headless = true
	s.doubtful = in.kind == wroteIntro
	return in.end
}

// firstIntro returns the first introduction outside of ">" lines and its line, -1 without any.
func (s *quoteScan) firstIntro() (int, intro) {
	for i := range s.lines {
		if in, ok := introAt(s.lines, i); ok {
			return i, in
		}
	}
	return -1, intro{}
}

// withoutIntro treats a text in which nothing introduces a quote.
func (s *quoteScan) withoutIntro() []passage {
	if body := cutDelimited(s.lines); moreWordLines(body, 0) {
		s.lines = body
	}
	end := len(s.lines)
	for end > 0 && (s.lines[end-1].blank() || s.lines[end-1].quoted) {
		end--
	}
	if end == 0 {
		return nil
	}
	start := 0
	for start < end && (s.lines[start].blank() || s.lines[start].quoted) {
		start++
	}
	for _, l := range s.lines[start:end] {
		if l.quoted {
			start = 0 // answers between quotes: without the quotes they would make no sense
			break
		}
	}
	s.current = s.lines[start:end]
	s.close()
	return s.passages
}

// close ends the passage being collected.
func (s *quoteScan) close() {
	p := passage{lines: s.current}
	if n := len(p.lines); n > 0 {
		p.spaced = p.lines[n-1].blank()
	}
	if !p.empty() {
		s.passages = append(s.passages, p)
	}
	s.current = nil
}

func (s *quoteScan) hasWords() bool { return len(s.passages) > 0 }

func (s *quoteScan) skipBlank(i int) int {
	for i < len(s.lines) && s.lines[i].blank() {
		i++
	}
	return i
}

// skipQuote returns the index after the ">" lines that begin at i, with the lines between them that wrapping broke off.
func (s *quoteScan) skipQuote(i int) int {
	for i < len(s.lines) && s.lines[i].quoted {
		i++
		if next := s.skipBlank(i); next < len(s.lines) && s.lines[next].quoted {
			i = next
		} else if s.brokenOff(i) {
			i++
		}
	}
	return i
}

// brokenOff says that the unmarked line at i belongs to the quoted line above it: a wrapped sentence, or the rest of a link.
func (s *quoteScan) brokenOff(i int) bool {
	if i+1 >= len(s.lines) || s.lines[i].blank() || !s.lines[i+1].quoted {
		return false
	}
	above := s.lines[i-1].bare
	first, _ := utf8.DecodeRuneInString(s.lines[i].bare)
	open := strings.LastIndexAny(above, "(<") > strings.LastIndexAny(above, ")>")
	return open && strings.LastIndexAny(above, "(<") > 0 || len(above) >= 60 && unicode.IsLower(first)
}
