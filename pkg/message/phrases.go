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
	heads := make([]string, len(p))
	x := &phraseIndex{tails: map[string][]string{}}
	for i, phrase := range p {
		var tail string
		heads[i], tail, _ = strings.Cut(phrase, "~")
		x.tails[heads[i]] = append(x.tails[heads[i]], tail)
	}
	x.heads = newWordIndex(true, heads)
	return x
}

// phraseIndex finds phrases anywhere, also within words.
type phraseIndex struct {
	heads *wordIndex
	tails map[string][]string // by what stands before the "~"; "" where nothing more is needed
}

// in says whether the text holds one of the phrases.
func (x *phraseIndex) in(text string) bool {
	for i := 0; i+1 < len(text); i++ {
		start := &x.heads.starts[x.heads.start(text[i], text[i+1])]
		if !start.mayGoOn(text, i) {
			continue
		}
		for _, head := range start.words {
			if strings.HasPrefix(text[i:], head.word) && x.goesOn(text[i+len(head.word):], head.word) {
				return true
			}
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

// sentence cuts a text at the end of its first sentence.
func sentence(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == ':' || s[i] == ';' || s[i] == '.' && i+1 < len(s) && s[i+1] == ' ' {
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
