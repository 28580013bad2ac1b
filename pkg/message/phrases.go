package message

import (
	"strings"
	"unicode/utf8"
)

// phrases is a table of what to look for in folded text (see foldText). A phrase is found as it stands; "~" in it stands for up to maxGap
// bytes of the same sentence. Tables of phrases stand where regular expressions would: they are searched many times faster, which matters
// because one bounce is looked at for hundreds of them.
type phrases []string

// maxGap is how far apart the two sides of a "~" may stand.
const maxGap = 50

// in says whether the text holds one of the phrases.
func (p phrases) in(text string) bool {
	for _, phrase := range p {
		if hasPhrase(text, phrase) {
			return true
		}
	}
	return false
}

// index prepares a table for short texts, which are mostly searched in vain: all phrases are looked for in one pass.
func (p phrases) index() *phraseIndex {
	var within, words []string
	x := &phraseIndex{tails: map[string][]string{}}
	for _, phrase := range p {
		head, tail, _ := strings.Cut(phrase, "~")
		if x.tails[head] == nil {
			if word := head[1:]; head[0] == ' ' && len(word) > 1 {
				words = append(words, word)
			} else {
				within = append(within, head)
			}
		}
		x.tails[head] = append(x.tails[head], tail)
	}
	x.within, x.words = newWordIndex(true, within), newWordIndex(true, words)
	return x
}

// phraseIndex finds phrases anywhere, also within words. Those that begin with a blank are indexed by what follows it, because blanks are many.
type phraseIndex struct {
	within, words *wordIndex
	tails         map[string][]string // by what stands before the "~"; "" where nothing more is needed
}

// in says whether the text holds one of the phrases.
func (x *phraseIndex) in(text string) bool { return x.at(text) >= 0 }

// at returns where the first of the phrases begins in a text, -1 without any.
func (x *phraseIndex) at(text string) int {
	for i := 0; i+1 < len(text); i++ {
		if x.begins(x.within, text, i, i) || text[i] == ' ' && i+2 < len(text) && x.begins(x.words, text, i, i+1) {
			return i
		}
	}
	return -1
}

// begins says that a phrase stands at text[start:] whose indexed part begins at i.
func (x *phraseIndex) begins(index *wordIndex, text string, start, i int) bool {
	heads := index.wordsAt(text, i)
	if len(heads) == 0 {
		return false
	}
	here := headAt(text, i)
	for _, head := range heads {
		if end := i + len(head.word); here&head.mask == head.head && strings.HasPrefix(text[i:], head.word) && x.goesOn(text[end:], text[start:end]) {
			return true
		}
	}
	return false
}

// goesOn says that one of the tails of a phrase follows its head.
func (x *phraseIndex) goesOn(rest, head string) bool {
	for _, tail := range x.tails[head] {
		if tail == "" || hasPhrase(sentence(rest[:min(len(rest), maxGap+len(tail))]), tail) {
			return true
		}
	}
	return false
}

func hasPhrase(text, phrase string) bool {
	head, tail, gap := strings.Cut(phrase, "~")
	if !gap {
		return strings.Contains(text, phrase)
	}
	for {
		i := strings.Index(text, head)
		if i < 0 {
			return false
		}
		text = text[i+len(head):]
		if hasPhrase(sentence(text[:min(len(text), maxGap+len(tail))]), tail) {
			return true
		}
	}
}

// sentence cuts a text at the end of its first sentence. A full stop after a number ends none: it is that of a date.
func sentence(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == ':' || s[i] == ';' || s[i] == '.' && i+1 < len(s) && s[i+1] == ' ' && (i == 0 || s[i-1] < '0' || s[i-1] > '9') {
			return s[:i]
		}
	}
	return s
}

// foldText prepares a text for phrases: lower case, one line, brackets and quotes as blanks, a blank at both ends so that " spf " finds a word,
// and every address as "@", because "spam@example.com" says nothing about spam.
func foldText(s string) string {
	var out strings.Builder
	out.Grow(len(s) + 2)
	out.WriteByte(' ')
	rest := strings.ToLower(s)
	for rest != "" {
		start, end := nextAddress(rest)
		writeFolded(&out, rest[:start])
		if start < end {
			out.WriteByte('@')
		}
		rest = rest[end:]
	}
	if out.Len() > 1 {
		out.WriteByte(' ')
	}
	return out.String()
}

// writeFolded writes a text with runs of blanks and brackets as one blank.
func writeFolded(out *strings.Builder, s string) {
	blank := strings.HasSuffix(out.String(), " ")
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c <= ' ' || strings.IndexByte(`"<>()[]{},!?*|`, c) >= 0 {
			if !blank {
				out.WriteByte(' ')
			}
			blank = true
			continue
		}
		out.WriteByte(c)
		blank = false
	}
}

// nextAddress returns where the first address of a text stands; both ends are len(s) where there is none. The address may hold any letter, its
// domain needs a dot.
func nextAddress(s string) (start, end int) {
	for from := 0; ; {
		at := strings.IndexByte(s[from:], '@')
		if at < 0 {
			return len(s), len(s)
		}
		at += from
		start, end = at, at+1
		wide := at > 0 && s[at-1] >= utf8.RuneSelf // else letters outside ASCII are the text around
		for start > from && isLocalByte(s[start-1]) && (wide || s[start-1] < utf8.RuneSelf) {
			start--
		}
		for end < len(s) && isDomainByte(s[end]) {
			end++
		}
		domain := s[at+1 : end]
		if sign := strings.IndexAny(domain, wideSigns); sign >= 0 {
			domain = domain[:sign]
		}
		domain = strings.TrimRight(domain, ".-_")
		end = at + 1 + len(domain)
		start += len(s[start:at]) - len(strings.TrimLeft(s[start:at], ".-=*'"))
		if start < at && strings.IndexByte(domain, '.') > 0 {
			return start, end
		}
		from = at + 1
	}
}

// wideSigns end an address in text that sets no blanks.
const wideSigns = "（）【】《》「」，。：；、！？“”"

// isLocalByte says which bytes a local part holds without quotes (RFC 5322 section 3.2.3, RFC 6531).
func isLocalByte(c byte) bool {
	return isDomainByte(c) || strings.IndexByte("!#$%&'*+/=?^`{|}~", c) >= 0
}

func isDomainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' || c >= 0x80
}
