package message

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlToText renders HTML as plain text, in one pass: blocks become lines, list items get a dash, a link is followed by its address where the
// text does not show it, scripts and styles vanish. Runs of blank lines shrink to one.
func htmlToText(document string) string {
	z := html.NewTokenizer(strings.NewReader(document))
	z.SetMaxBuf(maxTextBytes)
	var p textPrinter
	for {
		switch z.Next() {
		case html.ErrorToken:
			p.closeLink()
			return strings.TrimSpace(p.out.String())
		case html.TextToken:
			p.text(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			name, hasAttr := z.TagName()
			tag := atom.Lookup(name)
			p.open(tag, z, hasAttr)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.close(atom.Lookup(name))
		}
	}
}

// textPrinter writes text with blanks and line ends folded.
type textPrinter struct {
	out     bytes.Buffer
	hidden  int    // depth of elements whose content is not shown
	pre     int    // depth of preformatted elements
	breaks  int    // line ends due before the next word
	space   bool   // a blank is due before the next word
	href    string // of the link being read
	linkPos int    // where its text begins
}

// open handles a start tag.
func (p *textPrinter) open(tag atom.Atom, z *html.Tokenizer, hasAttr bool) {
	switch {
	case isHidden(tag):
		p.hidden++
	case tag == atom.Body:
		p.hidden = 0 // whatever the head left open
	case tag == atom.Br:
		p.breaks++
	case tag == atom.A:
		p.closeLink()
		p.href, p.linkPos = attribute(z, hasAttr, "href"), p.out.Len()
	case tag == atom.Img:
		if alt := attribute(z, hasAttr, "alt"); alt != "" {
			p.text([]byte(alt))
		}
	case tag == atom.Li:
		p.line()
		p.text([]byte("- "))
	case tag == atom.Td || tag == atom.Th:
		p.space = true
	case tag == atom.Pre:
		p.pre++
		p.line()
	default:
		p.block(tag)
	}
}

// close handles an end tag.
func (p *textPrinter) close(tag atom.Atom) {
	switch {
	case isHidden(tag):
		p.hidden = max(p.hidden-1, 0)
	case tag == atom.A:
		p.closeLink()
	case tag == atom.Pre:
		p.pre = max(p.pre-1, 0)
		p.line()
	default:
		p.block(tag)
	}
}

// block ends the line at the edge of a block, with a blank line around paragraphs.
func (p *textPrinter) block(tag atom.Atom) {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Blockquote, atom.Table:
		p.breaks = max(p.breaks, 2)
	case atom.Div, atom.Tr, atom.Li, atom.Hr, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Address,
		atom.Center, atom.Form, atom.Body, atom.Html, atom.Fieldset, atom.Figure, atom.Caption, atom.Tbody, atom.Thead:
		p.line()
	}
}

func (p *textPrinter) line() { p.breaks = max(p.breaks, 1) }

// isHidden names the elements whose text no reader sees.
func isHidden(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Noscript:
		return true
	}
	return false
}

// text writes the words of a text token.
func (p *textPrinter) text(b []byte) {
	switch {
	case p.hidden > 0:
		return
	case p.pre > 0:
		p.preformatted(string(b))
		return
	}
	for len(b) > 0 {
		n, space := 0, 0
		for n < len(b) && space == 0 {
			if space = spaceAt(b[n:]); space == 0 {
				n++
			}
		}
		if n > 0 {
			p.word(b[:n])
		}
		p.space = p.space || space > 0
		b = b[n+space:]
	}
}

// spaceAt returns how many bytes the blank at the start of b takes, 0 if there is none; a no-break space is one too.
func spaceAt(b []byte) int {
	switch b[0] {
	case ' ', '\t', '\r', '\n', '\f':
		return 1
	case 0xc2:
		if len(b) > 1 && b[1] == 0xa0 {
			return 2
		}
	}
	return 0
}

// word writes one word, and before it the line ends or the blank that are due.
func (p *textPrinter) word(w []byte) {
	switch {
	case p.out.Len() == 0:
	case p.breaks > 0:
		p.out.WriteString("\n\n"[:min(p.breaks, 2)])
	case p.space:
		p.out.WriteByte(' ')
	}
	p.breaks, p.space = 0, false
	p.out.Write(w)
}

// preformatted writes text with its own lines and blanks.
func (p *textPrinter) preformatted(s string) {
	for i, line := range strings.Split(strings.ReplaceAll(s, "\r", ""), "\n") {
		if i > 0 {
			p.breaks++
		}
		if line = strings.TrimRight(line, " \t"); line != "" {
			p.word([]byte(line))
		}
	}
}

// closeLink writes the address of the link that ends, unless its text says it.
func (p *textPrinter) closeLink() {
	href := p.href
	p.href = ""
	_, target, ok := strings.Cut(href, ":")
	if !ok || len(href) > maxLinkBytes || p.linkPos >= p.out.Len() || !isWebLink(href) {
		return
	}
	shown := p.out.Bytes()[p.linkPos:]
	if bytes.Contains(shown, []byte(strings.Trim(target, "/"))) {
		return
	}
	p.out.WriteString(" <" + href + ">")
}

// maxLinkBytes is the longest address worth showing.
const maxLinkBytes = 2000

func isWebLink(href string) bool {
	return strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "mailto:")
}

// attribute returns the value of an attribute of the current tag.
func attribute(z *html.Tokenizer, more bool, name string) string {
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if string(key) == name {
			return strings.TrimSpace(cleanControls(string(value)))
		}
	}
	return ""
}
