package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// cutSignature drops what stands below a writer's words: the delimited signature (RFC 3676 section 4.3), the lines of mail programs, the contact
// block under a closing formula, notices of companies. The formula and a name alone under it are the writer's words. It may leave nothing.
func cutSignature(lines []textLine) []textLine {
	kept := trimLines(cutDelimited(lines))
	for range maxSignatureLines {
		n := len(kept)
		kept = trimLines(cutDisclaimer(kept))
		kept = trimLines(cutSentFrom(kept))
		kept = trimLines(cutContactBlock(kept))
		if len(kept) == n {
			break
		}
	}
	return trimLines(kept)
}

// trimLines drops blank lines on both ends and drawn lines below.
func trimLines(lines []textLine) []textLine {
	for len(lines) > 0 && lines[0].blank() {
		lines = lines[1:]
	}
	for len(lines) > 0 && (lines[len(lines)-1].blank() || isRule(lines[len(lines)-1].bare)) {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// isRule says that a line is drawn, not written.
func isRule(bare string) bool {
	return len(bare) >= 2 && strings.Trim(bare, "-_=*~#+\u2013\u2014\u2500\u2501") == ""
}

// maxSignatureLines bounds what is taken for a signature; "-- " itself ends a message whatever follows.
const maxSignatureLines = 25

// cutDelimited cuts at "-- " and at the lines that are drawn above signatures and list footers.
func cutDelimited(lines []textLine) []textLine {
	for i, l := range lines {
		switch l.bare {
		case "--", "\u2014", "\u2013", "__":
			if !moreWordLines(lines[i+1:], maxSignatureLines) {
				return lines[:i]
			}
		}
		if len(l.bare) >= 3 && isRule(l.bare) && isContactBlock(lines[i+1:]) {
			return lines[:i]
		}
	}
	return lines
}

// moreWordLines says that more than n lines hold words.
func moreWordLines(lines []textLine, n int) bool {
	for _, l := range lines {
		if !l.blank() {
			n--
		}
		if n < 0 {
			return true
		}
	}
	return false
}

// isContactBlock says that lines hold a signature and no message: few, short, none a sentence, with a telephone number or an address.
func isContactBlock(lines []textLine) bool {
	n, contact := 0, false
	for _, l := range lines {
		if l.blank() {
			continue
		}
		if n++; n > 16 || !isRule(l.bare) && !isSignatureLine(l.bare) {
			return false
		}
		contact = contact || contactLine().MatchString(l.bare)
	}
	return contact
}

// isSignatureLine says that a line can stand in a signature: short, and not a sentence.
func isSignatureLine(bare string) bool {
	if len(bare) > 120 {
		return false
	}
	if contactLine().MatchString(bare) {
		return true
	}
	last, _ := utf8.DecodeLastRuneInString(bare)
	return utf8.RuneCountInString(bare) <= 60 && last != '?' && (last != '.' || len(strings.Fields(bare)) <= 5) && len(strings.Fields(bare)) <= 9
}

// cutSentFrom drops a last line that a mail program or a list added, or a name after a dash.
func cutSentFrom(lines []textLine) []textLine {
	n := len(lines)
	if n == 0 {
		return lines
	}
	last := lines[n-1].bare
	if isSentFrom(last) || n > 1 && lines[n-2].blank() && dashedName().MatchString(last) {
		return lines[:n-1]
	}
	return lines
}

// dashedName is a name as the last line: "-John Doe", "/Anna".
var dashedName = lazily(`^[-/\x{2013}\x{2014}]\p{Lu}[\pL.'’-]*(?: [\pL.'’-]+){0,3}$`)

// link is an address that text made from HTML shows after the words it was behind.
var link = lazily(`\s?[<(\[]*(?:https?://|mailto:)[^\s>)\]]+[>)\]]*`)

// isSentFrom recognizes the lines of mail programs.
func isSentFrom(bare string) bool {
	if len(bare) > 300 {
		return false
	}
	linked := strings.Contains(bare, "://") || strings.Contains(bare, "mailto:")
	praises := linked || strings.HasPrefix(bare, "This ") // "…, the best mail program there is"
	if linked {
		bare = link().ReplaceAllString(bare, "")
	}
	bare = strings.Trim(bare, " *_[]|\u2022")
	if len(bare) > 140 || len(strings.Fields(bare)) > 12 || strings.ContainsAny(bare, "?;") || !sentFromLine().MatchString(bare) {
		return false
	}
	if device().MatchString(bare) {
		return praises || !strings.Contains(bare, ", ") || len(strings.Fields(bare)) <= 8 && !sentenceAfterComma(bare)
	}
	return strings.HasPrefix(bare, "Sent from ") && len(strings.Fields(bare)) <= 8 && !strings.ContainsAny(bare, ",.!:") // people make up their own
}

// sentenceAfterComma says that the writer goes on after the device: "Sent from my desk, is much easier …".
func sentenceAfterComma(bare string) bool {
	_, rest, _ := strings.Cut(bare, ", ")
	first, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsLower(first) && len(strings.Fields(rest)) > 3
}

// cutContactBlock drops the paragraphs at the end that hold only contact details, below a closing formula or the name that was written under it.
func cutContactBlock(lines []textLine) []textLine {
	for i := len(lines) - 1; i >= 0 && i >= len(lines)-16; i-- {
		if !isClosing(lines[i].bare, true) {
			continue
		}
		block := lines[i+1:]
		if len(trimLines(block)) > 0 && isTitledBlock(block) || isClosing(lines[i].bare, false) && isNameWithMore(block) {
			return lines[:i+1+nameAlone(block)]
		}
		return lines
	}
	return lines
}

// nameAlone counts the lines up to the end of the first paragraph, if that is one line: a name that was typed above a signature.
func nameAlone(lines []textLine) int {
	at := 0
	for at < len(lines) && lines[at].blank() {
		at++
	}
	if at+1 < len(lines) && lines[at+1].blank() {
		return at + 1
	}
	return 0
}

// isTitledBlock says that the lines under a closing formula are a signature with more than a name.
func isTitledBlock(lines []textLine) bool {
	if !beginsWithName(lines) {
		return false
	}
	contact := isContactBlock(lines)
	for _, l := range lines {
		if !l.blank() && !isSignatureLine(l.bare) {
			return false
		}
		contact = contact || titleLine().MatchString(l.bare)
	}
	return contact
}

// isNameWithMore says that a closing formula is followed by one paragraph: a name, and under it what people are or where they work.
func isNameWithMore(lines []textLine) bool {
	lines = trimLines(lines)
	if len(lines) < 2 || !beginsWithName(lines) {
		return false
	}
	for _, l := range lines {
		if l.blank() || !isSignatureLine(l.bare) {
			return false
		}
	}
	return true
}

// thanks close a letter as well, but are worth reading, and often stand before more words.
var thanks = wordSet(`thanks, thank you, many thanks, thanks a lot, thx, thanks again, thanks in advance, danke, vielen dank, besten dank, merci, merci d'avance,
	merci beaucoup, gracias, muchas gracias, grazie, grazie mille, obrigado, obrigada, bedankt, dank je, dank u, alvast bedankt, dziękuję, спасибо, tack,
	tak, mange tak, takk, شكرا, شكراً`)

// isClosing recognizes a line that is nothing but a closing formula.
func isClosing(bare string, withThanks bool) bool {
	if len(bare) > 60 {
		return false
	}
	word := strings.TrimRight(strings.ToLower(bare), " ,.!;:\u060c\u3001\u3002\uff0c")
	return regards[word] || withThanks && thanks[word]
}

// nameParticles are the small words of names.
var nameParticles = wordSet(`de, del, della, der, den, da, das, dos, di, du, van, von, vom, zu, la, le, al, el, bin, ibn, ben, y, e, i, und, and, og, och, of, the, &`)

// beginsWithName says that the first line with words is a name, so that the lines are a signature and not one more remark: few words, none of
// them in lower case.
func beginsWithName(lines []textLine) bool {
	for _, l := range lines {
		if l.blank() {
			continue
		}
		words := strings.Fields(l.bare)
		for _, word := range words {
			first, _ := utf8.DecodeRuneInString(strings.TrimLeft(word, "*_(\"'"))
			if unicode.IsLower(first) && !nameParticles[word] || unicode.IsDigit(first) {
				return false
			}
		}
		return len(words) <= 6
	}
	return true
}

// cutDisclaimer cuts at the first paragraph that begins as a company's notice and reads like one, if words stand above it.
func cutDisclaimer(lines []textLine) []textLine {
	for i := 1; i < len(lines); i++ {
		if lines[i].blank() || !lines[i-1].blank() && !isRule(lines[i-1].bare) {
			continue
		}
		start := strings.ToLower(strings.TrimLeft(clip(lines[i].bare, 200), "*_ [(\""))
		if hasAnyPrefix(start, disclaimerStarts) && isDisclaimer(paragraph(lines[i:])) {
			return lines[:i]
		}
	}
	return lines
}

// isDisclaimer says that a paragraph speaks of what notices speak of: of two such things, or of one at length and asking nothing.
func isDisclaimer(paragraph string) bool {
	n := 0
	for _, word := range disclaimerWords {
		if strings.Contains(paragraph, word) {
			n++
		}
	}
	return n >= 2 || n == 1 && len(paragraph) > 120 && !strings.Contains(paragraph, "?")
}

// paragraph joins the lines up to the next blank one, and those of the one after it, in lower case.
func paragraph(lines []textLine) string {
	var out strings.Builder
	blanks := 0
	for _, l := range lines {
		if l.blank() {
			blanks++
		}
		if blanks > 1 || out.Len() > 1500 {
			break
		}
		out.WriteString(l.bare)
		out.WriteByte(' ')
	}
	return strings.ToLower(out.String())
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
