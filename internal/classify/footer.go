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

// footerWords is how long a line on leaving a list may be, and bareWords one that holds nothing but a link to do so.
const (
	footerWords = 50
	bareWords   = 8
)

// isFooter tells whether a line is a disclaimer, or says how to leave a list of the writer's own or what may be asked of him: neither speaks
// of "your" list or of "me".
func isFooter(text string) bool {
	folded := mask(fold(text))
	l := line{words: tokens(folded)}
	l.hits = lexicons()[guessLanguage(folded, l.words).best()].find(l.words)
	ours, theirs := l.owners()
	switch {
	case slices.ContainsFunc(l.words, isConfidential):
		return l.has("remove", "wrong", "delete data")
	case theirs || l.has("me") || len(l.words) > footerWords:
		return false
	case l.has("misdelivered"):
		return l.has("remove", "delete data", "trash")
	}
	return l.isLeaving() && (ours || l.has("whyyou") && (l.pointsAway() || !slices.Contains(l.words, question)) || l.tells(places) && l.has("list", "footer") || l.isBareLink()) ||
		l.has("rights", "delete data") && l.has("youmay") && l.pointsAway() ||
		ours && l.has("whyyou", "noneanymore", "donot", "stop") && l.pointsAway()
}

// line is a line that may be a footer.
type line struct {
	words []string
	hits  []hit
}

// has tells whether one of the named meanings occurs.
func (l line) has(names ...string) bool {
	return slices.ContainsFunc(l.hits, func(h hit) bool { return slices.Contains(names, meaningName(h.concept)) })
}

// tells tells whether one of some words occurs.
func (l line) tells(words []string) bool {
	return slices.ContainsFunc(l.words, func(w string) bool { return slices.Contains(words, w) })
}

// pointsAway tells whether a line says where to go or whom to write to.
func (l line) pointsAway() bool { return l.tells(places) || l.tells(addresses) }

// isBareLink tells whether a line is little more than a link.
func (l line) isBareLink() bool {
	return len(l.words) <= bareWords && slices.Contains(l.words, "weblink")
}

// isLeaving tells whether a line speaks of leaving a list.
func (l line) isLeaving() bool {
	return l.has("unsubscribe", "remove", "footer") || len(covers(l.hits, conceptOptOut)) > 0 || len(covers(l.hits, conceptUnsub)) > 0
}

// ownerReach is how many words before a list its owner stands.
const ownerReach = 2

// owners tells whether a line speaks of "our" list or mailings and whether of "your" ones.
func (l line) owners() (ours, theirs bool) {
	for _, list := range l.hits {
		if name := meaningName(list.concept); name != "list" && name != "footer" && name != "mailings" {
			continue
		}
		ours = ours || slices.ContainsFunc(l.words[list.from:list.to], func(w string) bool { return strings.HasSuffix(w, "نا") })
		theirs = theirs || slices.ContainsFunc(l.words[list.from:list.to], func(w string) bool { return strings.HasSuffix(w, "كم") })
		switch l.owner(list) {
		case "us":
			ours = true
		case "youall":
			theirs = true
		}
	}
	return ours, theirs
}

// owner is "us" or "youall", whichever stands nearest before a list: in "do you want our list" it is ours.
func (l line) owner(list hit) string {
	nearest, name := list.from-ownerReach, ""
	for _, h := range l.hits {
		if n := meaningName(h.concept); (n == "us" || n == "youall") && h.to <= list.from && h.to > nearest {
			nearest, name = h.to, n
		}
	}
	return name
}

// confidential are the beginnings of the words by which disclaimers in all languages are known.
var confidential = []string{"confidential", "vertraulich", "confidentie", "confidenci", "riservat", "vertrouwelijk", "سريه", "privileged", "disclaimer", "anwaltsgeheimnis", "irrlaufer"}

func isConfidential(word string) bool {
	return slices.ContainsFunc(confidential, func(c string) bool { return strings.HasPrefix(word, c) })
}

// places are words that tell a reader where to go, or what to do there; addresses tell whom to write to.
var (
	places = []string{
		"weblink", "click", "reply", "visit", "here", "klick", "klicken", "hier", "cliquez", "repondez", "ici", "clic", "responda", "responde",
		"aqui", "clicca", "clicchi", "rispondi", "risponda", "scriva", "scrivi", "qui", "clique", "klik", "antwoord", "antworte", "اضغط", "انقر",
		"فاضغطوا", "فاجبنا",
		"ارسل",
	}
	addresses = []string{
		"weblink", "emailaddress", "text", "write", "tell", "schreiben", "nachricht", "genugt", "ecrivez", "dites", "mot", "escriba", "escribe", "escribanos",
		"avise", "avisenos", "solicitarlo", "scriverci", "scrivici", "escreva", "stuur", "weten", "راسلنا", "فراسلنا",
	}
)
