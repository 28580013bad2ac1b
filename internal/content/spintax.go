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
// for each group on the chosen path, from left to right.
func spin(source []byte, opaque []stretch, k kind, draw *rand.Rand) string {
	if bytes.IndexByte(source, '{') < 0 {
		return string(source)
	}
	s := &spinner{source: source, opaque: opaque, markup: k == markup && mayHoldOpaque(source), open: []*group{{alternatives: make([]pieces, 1)}}}
	s.parse()
	for len(s.open) > 1 {
		s.closeAsText()
	}
	var out strings.Builder
	out.Grow(len(source))
	s.choose(&out, s.open[0].alternatives[0], draw)
	return out.String()
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

// pieces are stretches of text and groups, in order.
type pieces []piece

// piece is a group, or text if it has none.
type piece struct {
	text  stretch
	group *group
}

// group is what stands between braces. Bars are where its alternatives end, needed where it turns out to be text.
type group struct {
	start        int
	alternatives []pieces
	bars         []int
}

func (g *group) add(p piece) {
	last := len(g.alternatives) - 1
	g.alternatives[last] = append(g.alternatives[last], p)
}

// spinner reads groups. Open are those not closed yet, the whole text at the bottom; skipped counts the braces open beyond the depth.
type spinner struct {
	source  []byte
	opaque  []stretch
	markup  bool
	open    []*group
	skipped int
}

func (s *spinner) top() *group { return s.open[len(s.open)-1] }

func (s *spinner) parse() {
	from := 0 // of the text being read
	flush := func(to int) {
		if to > from {
			s.top().add(piece{text: stretch{from, to}})
		}
		from = to + 1
	}
	for i := s.next(0); i < len(s.source); i = s.next(i + 1) {
		switch c := s.source[i]; {
		case c == '{' && len(s.open) > maxSpinDepth:
			s.skipped++
		case c == '{':
			flush(i)
			s.open = append(s.open, &group{start: i, alternatives: make([]pieces, 1)})
		case c == '}' && s.skipped > 0:
			s.skipped--
		case c == '}' && len(s.open) > 1:
			flush(i)
			s.close(i)
		case c == '|' && s.skipped == 0 && len(s.open) > 1:
			flush(i)
			g := s.top()
			g.alternatives, g.bars = append(g.alternatives, nil), append(g.bars, i)
		}
	}
	flush(len(s.source))
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
	if len(s.open) > 1 || s.markup {
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

// close ends the innermost group at its brace: alternatives if it has a bar, else text.
func (s *spinner) close(end int) {
	g := s.top()
	if len(g.bars) == 0 {
		s.closeAsText()
		s.top().add(piece{text: stretch{end, end + 1}})
		return
	}
	s.open = s.open[:len(s.open)-1]
	s.top().add(piece{group: g})
}

// closeAsText takes the innermost group for text after all, with its opening brace and its bars. Groups inside it stay groups.
func (s *spinner) closeAsText() {
	g := s.top()
	s.open = s.open[:len(s.open)-1]
	outer := s.top()
	outer.add(piece{text: stretch{g.start, g.start + 1}})
	for i, alternative := range g.alternatives {
		for _, p := range alternative {
			outer.add(p)
		}
		if i < len(g.bars) {
			outer.add(piece{text: stretch{g.bars[i], g.bars[i] + 1}})
		}
	}
}

// choose appends one way through the pieces.
func (s *spinner) choose(out *strings.Builder, ps pieces, draw *rand.Rand) {
	for _, p := range ps {
		if p.group == nil {
			out.Write(s.source[p.text.start:p.text.end])
			continue
		}
		s.choose(out, p.group.alternatives[draw.IntN(len(p.group.alternatives))], draw)
	}
}
