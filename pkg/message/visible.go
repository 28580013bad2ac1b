package message

import "strings"

// VisibleText returns what the writer of m typed: without the quoted history, the signature and the notices of companies. Answers below or
// between quotes stay. Where a rule is in doubt the text stays, and a message without words of its own (a bare forward) is shown whole. Lines
// end in LF; runs of blank lines stay as they are.
func VisibleText(m *Message) string {
	text, _ := visible(m)
	return text
}

// visible returns the visible text and whether it is the writer's own beyond doubt. It is not where the history could not be told from an answer,
// or was all there is: then nothing may be decided by the words in it.
func visible(m *Message) (text string, own bool) {
	if pruned, ok := cutHTMLQuotes(m.HTML); ok {
		text, own = ownWords(pruned, true)
	} else {
		text, own = ownWords(m.Text, false)
	}
	if text == "" {
		return strings.TrimSpace(invisible.Replace(m.Text)), false
	}
	return text, own
}

// ownWords applies the rules for text: quotes first, then the signature of each passage. A writer who leaves only a signature keeps it.
func ownWords(text string, marked bool) (words string, own bool) {
	passages, doubtful := unquote(text, marked)
	words = joinPassages(passages, cutSignature)
	if words == "" {
		words = joinPassages(passages, trimLines)
	}
	return words, !doubtful
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
	for i, l := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteString(l.text)
	}
}
