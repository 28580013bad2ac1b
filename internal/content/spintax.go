package content

import (
	"bytes"
	"math/rand/v2"
	"strings"
)

// maxSpinDepth bounds how deeply groups may be nested; braces inside deeper ones are text.
const maxSpinDepth = 20

// spin replaces each group of alternatives, {a|b|{c|d}}, by one of them. Braces without a bar between them are text: CSS, JSON, a name in
// braces. What lies in opaque is copied as it is, and in HTML also styles and scripts. It takes time linear in the text, and draws once
// for each group on the chosen path, from left to right. What is left lies at the start of source.
func (s *spinner) spin(source []byte, opaque []stretch, k kind, draw *rand.Rand) []byte {
	if bytes.IndexByte(source, '{') < 0 {
		return source
	}
	*s = spinner{source: source, opaque: opaque, markup: k == markup && mayHoldOpaque(source), marks: s.marks[:0], open: s.open[:0]}
	s.parse()
	return s.choose(source[:0], stretch{0, len(source)}, 0, draw)
}

// mayHoldOpaque tells whether styles or scripts could begin in HTML. Where none can, its tags need not be looked at.
func mayHoldOpaque(html []byte) bool {
	for {
		at := bytes.IndexByte(html, '<')
		if at < 0 || len(html) < at+3 {
			return false
		}
		if html = html[at+1:]; html[0]|0x20 == 's' && (html[1]|0x20 == 'c' || html[1]|0x20 == 't') {
			return true
		}
	}
}

// spinner reads the groups of a text. It may be used for one text after the other.
type spinner struct {
	source  []byte
	opaque  []stretch
	markup  bool
	marks   []mark
	open    []group // those not closed yet, the innermost last
	skipped int     // how many braces are open beyond the depth
}

// mark is a brace or bar that may mean something.
type mark struct {
	at           int // its place in the source
	next         int // the mark that ends the alternative that begins here
	end          int // of a group, at its opening brace: the mark of its closing brace
	alternatives int // of a group, at its opening brace; 0 where the mark is text
}

// group is what stands between braces, by its marks: the opening brace, and the last bar so far or else the brace.
type group struct{ first, last, bars int }

func (s *spinner) parse() {
	for i := s.next(0); i < len(s.source); i = s.next(i + 1) {
		switch c := s.source[i]; {
		case c == '{' && len(s.open) >= maxSpinDepth:
			s.skipped++
		case c == '{':
			s.open = append(s.open, group{first: len(s.marks), last: len(s.marks)})
			s.marks = append(s.marks, mark{at: i})
		case c == '}' && s.skipped > 0:
			s.skipped--
		case c == '}' && len(s.open) > 0:
			s.close(i)
		case c == '|' && s.skipped == 0 && len(s.open) > 0:
			s.endAlternative(i)
			s.open[len(s.open)-1].bars++
		}
	}
}

// endAlternative notes what ends an alternative of the innermost group and may begin the next.
func (s *spinner) endAlternative(at int) {
	g, n := &s.open[len(s.open)-1], len(s.marks)
	s.marks[g.last].next, g.last = n, n
	s.marks = append(s.marks, mark{at: at})
}

// close ends the innermost group at its brace. Without a bar it is text, and so are those that are never closed; groups inside stay groups.
func (s *spinner) close(at int) {
	if g := s.open[len(s.open)-1]; g.bars > 0 {
		s.endAlternative(at)
		s.marks[g.first].end, s.marks[g.first].alternatives = len(s.marks)-1, g.bars+1
	}
	s.open = s.open[:len(s.open)-1]
}

// next is where the next brace or bar is, at or after i, that does not lie in what must be copied as it is; the end if there is none.
func (s *spinner) next(i int) int {
	for i < len(s.source) {
		for len(s.opaque) > 0 && s.opaque[0].end <= i {
			s.opaque = s.opaque[1:]
		}
		n := s.find(s.source[i:])
		switch {
		case n < 0:
			return len(s.source)
		case len(s.opaque) > 0 && s.opaque[0].start <= i+n:
			i = s.opaque[0].end
		case s.source[i+n] != '<':
			return i + n
		default:
			i += n + 1
			if s.markup {
				i += opaqueElement(s.source[i:])
			}
		}
	}
	return i
}

// find is where the next byte stands that may mean something: outside of all groups only a brace that opens one, and in HTML a tag.
func (s *spinner) find(source []byte) int {
	if len(s.open) > 0 || s.markup {
		return bytes.IndexAny(source, "{|}<")
	}
	return bytes.IndexByte(source, '{')
}

// opaqueElement is the length of a style or script, up to its end tag, whose name begins here; 0 if none does.
func opaqueElement(html []byte) int {
	for _, name := range [...]string{"style", "script"} {
		if len(html) < len(name) || !strings.EqualFold(string(html[:len(name)]), name) {
			continue
		}
		if end := indexFold(html, "</"+name); end >= 0 {
			return end
		}
		return len(html)
	}
	return 0
}

// indexFold is where ASCII text stands in html in any case, or -1.
func indexFold(html []byte, text string) int {
	for i := 0; i+len(text) <= len(html); i++ {
		if html[i] == text[0] && strings.EqualFold(string(html[i:i+len(text)]), text) {
			return i
		}
	}
	return -1
}

// choose appends one way through a part of the source, in which the marks from i on lie. Out may be the start of the source: it never gets
// ahead of what is still to be read.
func (s *spinner) choose(out []byte, part stretch, i int, draw *rand.Rand) []byte {
	from := part.start
	for i < len(s.marks) && s.marks[i].at < part.end {
		m := s.marks[i]
		if m.alternatives == 0 {
			i++
			continue
		}
		out = append(out, s.source[from:m.at]...)
		for range draw.IntN(m.alternatives) {
			i = s.marks[i].next
		}
		out = s.choose(out, stretch{s.marks[i].at + 1, s.marks[s.marks[i].next].at}, i+1, draw)
		from, i = s.marks[m.end].at+1, m.end+1
	}
	return append(out, s.source[from:part.end]...)
}
