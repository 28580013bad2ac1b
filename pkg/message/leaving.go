package message

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"mailrun/pkg/outreach"
)

// leaving is what a text says of somebody who has left for good.
type leaving struct {
	found bool
	own   bool // it is the sender that has left: by name, or "this address is closed"
	first bool // the sender tells it in the first person
	away  bool // the same sentence has words of absence: "my last day before the holidays"
}

// readLeaving looks for it in a folded body. A person may tell it of a colleague, and an absence note of the one who goes: whether it counts
// is for the other evidence to say. Says is what bodyIndex found.
func readLeaving(body string, says uint32, from outreach.Address) leaving {
	text := " " + body + " "
	at := leavingIndex().at(text)
	if at < 0 && says&saysLeft != 0 {
		at = leavesOrganisation(text, from.Address)
	}
	if at < 0 {
		return readCareer(text, from)
	}
	start, end := sentenceAround(text, at)
	sentence := text[start:end]
	return leaving{
		found: true, own: namesSender(sentence, from), first: firstPersonIndex().find(sentence) != 0, away: bodyIndex().find(sentence)&saysAbsence != 0,
	}
}

// readCareer looks for a sentence that speaks of a pension, a notice or a new job, and of a person: "Herr Kern", "I", or the sender by name. It
// tells less than the words of leaving, so that it proves nothing by itself.
func readCareer(text string, from outreach.Address) leaving {
	at := careerIndex().at(text)
	if at < 0 {
		return leaving{}
	}
	start, end := sentenceAround(text, at)
	sentence := text[start:end]
	person := firstPersonIndex().find(sentence) != 0 || hasWord(sentence, personTitles) || namesSender(sentence, from) || hasWord(sentence, strings.Fields(foldWords(from.Name)))
	return leaving{found: person && bodyIndex().find(sentence)&saysAbsence == 0}
}

// personTitles stand before the name of somebody spoken of.
var personTitles = list(`his, her, their, ihr, sein, mr, mr., mrs, mrs., ms, ms., herr, herrn, frau, m., mme, mlle, monsieur, madame, sr, sr., sra, sra., señor, señora, don, doña, sig., sig.ra, signor, signora, dott., dott.ssa, dr, dr., senhor, senhora, dhr., mevr., mevrouw, meneer, pan, pani, пан, господин, госпожа, г-н, г-жа, коллега, colleague, kollege, kollegin, collègue, colega, collega, koleżanka, kolega,
	bey, hanım, السيد, السيدة, الاستاذ, الاستاذة, 先生, 女士, 님, 様`)

var (
	leavingIndex     = sync.OnceValue(leavingWords.index)
	careerIndex      = sync.OnceValue(careerWords.index)
	firstPersonIndex = sync.OnceValue(func() *wordIndex { return newWordIndex(false, firstPersonWords) })
)

// firstPersonWords show that a sentence speaks of its writer.
var firstPersonWords = list(`i'm, i've, i have, i left, i no longer, i retired, i was, i will, i do not, i don't, am, my, ich, mein, meine, meinen, meiner, meinem, je, j'ai, mon, ma, mes, he, mi, formo, trabajo, estoy, dejé, soy, ho, sono, mio, mia,
	lavoro, faccio, deixei, saí, eu, meu, minha, cessei, faço, trabalho, ik, mijn, jestem, pracuję, moja, mój, mojej, odszedłem, odeszłam, zakończyłem, zakończyłam, я, мой, моя, моё,
	мое, моей, моего, jag, min, mitt, jeg, mit, olen, minun, työskentele, nejsem, nepracuji, ukončil, můj, artık, انا, اعد, عملي, 私, 私事, 弊職, 本人, 我, 저는, 제가`)

// sentenceAround returns the bounds of the sentence in which a text holds something; the full stop of "M. Weber" ends none.
func sentenceAround(text string, at int) (start, end int) {
	start = max(0, at-150)
	for _, stop := range []string{". ", "! ", "。"} {
		if i := strings.LastIndex(text[start:at], stop); i >= 0 && !endsAbbreviated(text[start:start+i]) {
			start += i + len(stop) - 1
		}
	}
	return start, at + len(sentence(text[at:min(len(text), at+150)]))
}

// namesSender says that a sentence speaks of the sender: "Ann Lee", from Ann Lee or from ann.lee@example.com.
func namesSender(sentence string, from outreach.Address) bool {
	local, _, _ := strings.Cut(from.Address, "@")
	return namesBoth(sentence, strings.Fields(foldWords(from.Name))) || namesBoth(sentence, strings.FieldsFunc(foldWords(local), isNameSeparator))
}

func isNameSeparator(r rune) bool { return r == '.' || r == '_' || r == '-' }

// namesBoth says that a text holds the first and the last of the parts of a name. A name in Han characters is one part.
func namesBoth(text string, parts []string) bool {
	switch {
	case len(parts) == 1:
		first, _ := utf8.DecodeRuneInString(parts[0])
		return unicode.Is(unicode.Han, first) && utf8.RuneCountInString(parts[0]) > 1 && strings.Contains(text, parts[0])
	case len(parts) == 0:
		return false
	}
	first, last := strings.Trim(parts[0], ","), strings.Trim(parts[len(parts)-1], ",")
	return len(first) > 1 && len(last) > 1 && hasWord(text, []string{first}) && hasWord(text, []string{last})
}

// leavingVerbs are too common to count by themselves: whoever "has left" may be back after lunch.
var leavingVerbs = phrases{" has left ", " have left ", " i left ", " verlassen"}

// leavingStems are parts of leavingVerbs.
var leavingStems = list(`left, verlassen`)

// leavesOrganisation is where a text says that somebody has left what the sender's domain is called after, -1 if it does not.
func leavesOrganisation(text, address string) int {
	name := organisation(address)
	if len(name) < 4 {
		return -1
	}
	for _, verb := range leavingVerbs {
		at := strings.Index(text, verb)
		if at >= 0 && strings.Contains(lettersOf(text[max(0, at-50):min(len(text), at+70)]), name) {
			return at
		}
	}
	return -1
}

// organisation is the name that somebody registered, letters only: "harbour-finch" for mail.harbour-finch.co.uk.
func organisation(address string) string {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	labels := strings.Split(domain, ".")
	for n := len(labels) - 2; n >= 0; n-- {
		if name := lettersOf(labels[n]); len(name) > 3 {
			return name
		}
	}
	return ""
}

// lettersOf drops everything but ASCII letters and digits.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}
