package message

import "strings"

// VisibleText returns what the writer of m typed: without the quoted history, the signature and the notices of companies. Answers below or
// between quotes stay. Where a rule is in doubt the text stays, and a message without words of its own (a bare forward) is shown whole. Lines
// end in LF; runs of blank lines stay as they are.
func VisibleText(m *Message) string {
	text, _ := visible(m, scanText(m.Text))
	return text
}

// visible returns the visible text and whether it is the writer's own beyond doubt. It is not where the history could not be told from an answer,
// or was all there is: then nothing may be decided by the words in it.
//
// What HTML marks as quoted is known better than what text shows, except where ">" marks every quote of a text part: that is as sure, and
// spares the parsing of most answers. Scanned is m.Text.
func visible(m *Message, scanned quoteScan) (text string, own bool) {
	plain := scanned.unquote(false)
	if !plain.certain || !hasTextPart(m) {
		if pruned, ok := cutHTMLQuotes(m.HTML); ok {
			plain = unquote(pruned, true)
		}
	}
	if text = plain.words(); text == "" {
		return strings.TrimSpace(dropInvisible(m.Text)), false
	}
	return text, !plain.doubtful
}

// hasTextPart says that the text of a message was sent as such and not made from HTML.
func hasTextPart(m *Message) bool {
	for i := range m.Parts {
		if m.Parts[i].ContentType == "text/plain" && m.Parts[i].Disposition != "attachment" {
			return true
		}
	}
	return false
}

// words joins the passages, each without its signature. A writer who leaves only a signature keeps it.
func (o ownPassages) words() string {
	if words := joinPassages(o.passages, cutSignature); words != "" {
		return words
	}
	return joinPassages(o.passages, trimLines)
}

// joinPassages writes passages, each cut, with the blank line between them that stood there.
func joinPassages(passages []passage, cut func([]textLine) []textLine) string {
	var out strings.Builder
	spaced := false
	for _, p := range passages {
		lines := cut(p.lines)
		if len(lines) == 0 {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		if out.Len() > 0 && spaced {
			out.WriteByte('\n')
		}
		writeLines(&out, lines)
		spaced = p.spaced
	}
	return strings.TrimSpace(out.String())
}

func writeLines(out *strings.Builder, lines []textLine) {
	size := len(lines)
	for _, l := range lines {
		size += len(l.text)
	}
	out.Grow(size)
	for i, l := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(l.text)
	}
}
