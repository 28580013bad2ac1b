package message

import (
	"strings"
	"sync"
)

// OptOutWords says whether a text asks, in words, not to be written to again. Whole phrases count, in the first place those that name
// the writer ("remove me", "nehmen Sie mich aus dem Verteiler") and single words that stand alone ("Unsubscribe", "Abmelden"). A refusal
// ("not interested"), a phrase that is taken back ("please don't unsubscribe me"), a mention ("how do I unsubscribe users in your product?") and
// an instruction ("to unsubscribe, click here") do not. Lines that begin with ">" are somebody else's and are not read.
func OptOutWords(text string) bool {
	lines := optOutLines(text)
	for i, line := range lines {
		if i < maxAloneLines && standsAlone(line) {
			return true
		}
	}
	languages := likelyLanguages(strings.Join(lines, "\n"))
	if len(languages) == 0 {
		return false
	}
	for _, sentence := range sentences(lines) {
		if asksOut(sentence, languages) {
			return true
		}
	}
	return false
}

// likelyLanguages picks the languages whose stems a text holds: most texts hold those of few.
func likelyLanguages(text string) []optOutLanguage {
	var likely []optOutLanguage
	found := stemIndex().find(text)
	for i, language := range optOutLanguages {
		if found&(1<<i) != 0 || language.glued && containsAny(text, language.stems) {
			likely = append(likely, language)
		}
	}
	return likely
}

// stemIndex is built when the first text is read.
var stemIndex = sync.OnceValue(func() *wordIndex {
	var tables [][]string
	for _, language := range optOutLanguages {
		tables = append(tables, language.stems)
	}
	return newWordIndex(true, tables...)
})

// Bounds of what is read: a request is made at once, or in short.
const (
	maxOptOutBytes = 8000
	maxAloneLines  = 6
	maxSentence    = 600
)

// optOutLines prepares the lines of a text that are its writer's.
func optOutLines(text string) []string {
	var lines []string
	for _, line := range strings.Split(dropInvisible(clip(text, maxOptOutBytes)), "\n") {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, ">") {
			lines = append(lines, foldWords(line))
		}
	}
	return lines
}

// standsAlone says that a line is nothing but a request: "Unsubscribe please!"
func standsAlone(line string) bool {
	if len(line) > 80 {
		return false
	}
	var words []string
	for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" .,;:!\"'*_()[]<>«»“”„、。！，،", r) }) {
		if !courtesies[word] {
			words = append(words, word)
		}
	}
	return aloneWords[strings.Join(words, " ")]
}

// sentences joins the lines of each paragraph and cuts them at full stops, so that a wrapped phrase is whole again.
func sentences(lines []string) []string {
	var found []string
	var paragraph []string
	flush := func() {
		for _, s := range strings.FieldsFunc(markSentences(strings.Join(paragraph, " ")), func(r rune) bool { return r == '\n' }) {
			found = append(found, clip(strings.TrimSpace(s), maxSentence))
		}
		paragraph = nil
	}
	for _, line := range lines {
		if line == "" {
			flush()
			continue
		}
		paragraph = append(paragraph, line)
	}
	flush()
	return found
}

// sentenceEnds separates sentences; a full stop inside of an address ends none.
var sentenceEnds = strings.NewReplacer(" art. ", " art. ", " ст. ", " ст. ", " abs. ", " abs. ", " nr. ", " nr. ", " sr. ", " sr. ", ". ", ".\n", "! ", "!\n", "? ", "?\n", "; ", ";\n", "。", "。\n", "！", "！\n", "？", "？\n", "؟", "؟\n", " - ", "\n", " but ", "\n")

func markSentences(s string) string { return sentenceEnds.Replace(s) }

// asksOut says whether one sentence asks for it.
func asksOut(sentence string, languages []optOutLanguage) bool {
	for _, language := range languages {
		if containsAny(sentence, language.stems) && language.asks(sentence) {
			return !notAsking().MatchString(sentence) && !notAskingGlued().MatchString(sentence)
		}
	}
	return false
}

// asks matches a sentence with the phrases of one language.
func (l optOutLanguage) asks(sentence string) bool {
	if l.demands().MatchString(sentence) {
		return true
	}
	if l.phrases == nil {
		return false
	}
	at := l.phrases().FindStringIndex(sentence)
	return at != nil && !takenBack(sentence, at[0], at[1])
}

// takenBack says that a negation stands in the phrase at [start, end), or in the few words before it and in the same clause.
func takenBack(sentence string, start, end int) bool {
	before := sentence[max(0, start-30):start]
	before = before[strings.LastIndexAny(before, ",.:;()")+1:]
	phrase := strings.TrimLeft(sentence[start:end], " ,.:;()")
	if next := strings.IndexAny(phrase, ",:;()"); next >= 0 {
		phrase = phrase[:next] // what follows is another clause
	}
	return negated().MatchString(before + " " + phrase)
}
