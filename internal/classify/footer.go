package classify

import (
	"slices"
	"strings"
)

// withoutFooters drops the lines that a writer's own mail program or firm adds below his words: how to leave their newsletter, and that the
// message is confidential and to be deleted by others. They speak of opting out, of lists and of deleting, and mean none of it. A text's first
// line is never one.
func withoutFooters(text string) string {
	lines := strings.Split(text, "\n")
	if len(lines) < 2 {
		return text
	}
	kept, begun := lines[:0:0], false
	for _, line := range lines {
		if begun && isFooter(line) {
			continue
		}
		begun = begun || strings.TrimSpace(line) != ""
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// isFooter tells whether a line is a disclaimer, or says how to leave a list of the writer's own: it speaks of leaving, of "our" list or a
// place to click, and neither of "your" list nor of "me".
func isFooter(line string) bool {
	folded := mask(fold(line))
	words := tokens(folded)
	hits := lexicons()[guessLanguage(folded, words).best()].find(words)
	has := func(names ...string) bool {
		return slices.ContainsFunc(hits, func(h hit) bool { return slices.Contains(names, meaningName(h.concept)) })
	}
	if slices.ContainsFunc(words, isConfidential) {
		return has("remove", "wrong", "delete data")
	}
	if has("misdelivered") && !has("me") {
		return has("remove", "delete data", "trash")
	}
	leaving := has("unsubscribe", "remove", "footer") || len(covers(hits, conceptOptOut)) > 0 || len(covers(hits, conceptUnsub)) > 0
	ours, theirs := owners(words, hits)
	place := slices.ContainsFunc(words, isPlace)
	toWhom := place && has("list", "footer") || ours || has("whyyou")
	return leaving && toWhom && !theirs && !has("me") && len(words) <= footerWords
}

// footerWords is how long a line on leaving a list may be.
const footerWords = 50

// ownerReach is how many words before a list its owner stands.
const ownerReach = 2

// owners tells whether a line speaks of "our" list and whether of "your" list.
func owners(words []string, hits []hit) (ours, theirs bool) {
	for _, list := range hits {
		if name := meaningName(list.concept); name != "list" && name != "footer" {
			continue
		}
		ours = ours || slices.ContainsFunc(words[list.from:list.to], func(w string) bool { return strings.HasSuffix(w, "نا") })
		theirs = theirs || slices.ContainsFunc(words[list.from:list.to], func(w string) bool { return strings.HasSuffix(w, "كم") })
		for _, h := range hits {
			if h.to > list.from || h.to+ownerReach <= list.from {
				continue
			}
			ours = ours || meaningName(h.concept) == "us"
			theirs = theirs || meaningName(h.concept) == "youall"
		}
	}
	return ours, theirs
}

// confidential are the beginnings of the words by which disclaimers in all languages are known.
var confidential = []string{"confidential", "vertraulich", "confidentie", "confidenci", "riservat", "vertrouwelijk", "سريه", "privileged", "disclaimer", "anwaltsgeheimnis", "irrlaufer"}

func isConfidential(word string) bool {
	return slices.ContainsFunc(confidential, func(c string) bool { return strings.HasPrefix(word, c) })
}

// places are words that tell a reader where to go, or what to do there.
var places = []string{
	"weblink", "emailaddress", "click", "reply", "visit", "here", "klick", "klicken", "hier", "cliquez", "repondez", "ici", "clic", "responda",
	"responde", "aqui", "clicca", "rispondi", "scriva", "scrivi", "qui", "clique", "klik", "antwoord", "اضغط", "انقر", "ارسل",
}

func isPlace(word string) bool { return slices.Contains(places, word) }
