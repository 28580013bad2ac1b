package classify

import (
	"regexp"
	"strings"

	"mailrun/pkg/outreach"
)

// namePattern is one to three capitalised words, with the particles that stand inside names, or Arabic words after a title.
var (
	namePattern   = regexp.MustCompile(`\p{Lu}[\p{L}'’-]+(?:\s+(?:(?:van|von|de|der|den|da|di|del|dos|la|le|ten|bin|al)\s+){0,2}\p{Lu}[\p{L}'’-]+){0,2}`)
	arabicPattern = regexp.MustCompile(`(?:الأستاذ|الأستاذة|الاستاذ|الاستاذة|السيد|السيدة|المهندس|المهندسة|الدكتور|الدكتورة|زميلي|زميلتي|الأخ|الأخت)\s+([\p{Arabic}]+(?:\s+[\p{Arabic}]+)?)`)
)

// findReferral returns the person whom a reply names: the first address that is not the writer's own, and the name beside it or else the
// first one in a sentence that refers somebody. It is nil where nobody is named.
func findReferral(in Input) *outreach.Referral {
	text := cut(in.VisibleText, MaxText)
	var r outreach.Referral
	for _, address := range newAddressBook(text) {
		if address != strings.ToLower(in.From.Address) {
			r.Email = address
			break
		}
	}
	r.Name = referredName(text, r.Email, in.From.Name)
	if r == (outreach.Referral{}) {
		return nil
	}
	return &r
}

// referredName looks in the sentence of the address first, then in those that speak of somebody responsible.
func referredName(text, email, writer string) string {
	var spare string
	for sentence := range sentences(text) {
		name := nameIn(sentence, writer)
		switch {
		case name == "":
		case email != "" && strings.Contains(strings.ToLower(sentence), email):
			return name
		case spare == "" && read(sentence).has(conceptReferral):
			spare = name
		}
	}
	if spare == "" && email != "" {
		spare = nameOf(email)
	}
	return spare
}

// nameIn finds a name in a sentence: capitalised words that no lexicon knows, not at the sentence's beginning unless several stand
// together.
func nameIn(sentence, writer string) string {
	if m := arabicPattern.FindStringSubmatch(sentence); m != nil {
		return m[1]
	}
	sentence = addressPattern.ReplaceAllString(sentence, "")
	for _, at := range namePattern.FindAllStringIndex(sentence, -1) {
		name := unknownWords(sentence[at[0]:at[1]])
		if name == "" || at[0] == 0 && !strings.Contains(name, " ") || strings.EqualFold(name, writer) {
			continue
		}
		return name
	}
	return ""
}

// unknownWords drops what is a word of some language from the beginning of a would-be name.
func unknownWords(name string) string {
	fields := strings.Fields(name)
	for len(fields) > 0 && knownWord(fields[0]) {
		fields = fields[1:]
	}
	return strings.Join(fields, " ")
}

func knownWord(word string) bool {
	for _, part := range tokens(fold(word)) {
		for _, l := range lexicons() {
			if l.knows(part) {
				return true
			}
		}
	}
	return false
}

// nameOf spells a name out of first.last@…; anything else is no name.
func nameOf(email string) string {
	local, _, _ := strings.Cut(email, "@")
	first, last, ok := strings.Cut(local, ".")
	if !ok || len(first) < 2 || len(last) < 2 || strings.ContainsAny(local, "0123456789_+") {
		return ""
	}
	return capital(first) + " " + capital(last)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
