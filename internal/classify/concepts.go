package classify

import (
	"slices"
	"strconv"
)

// concepts are the names that a language's own lexicon file may use. What the model learns about a concept in one language holds in all.
var concepts = []string{
	"neg", "but", "if", "please", "thanks", "yes", "interest", "positive", "want", "tellmore", "send", "material", "price", "question",
	"feature", "meeting", "schedule", "available", "weekday", "clock", "month", "period", "later", "busy", "objection", "have", "provider",
	"noneed", "notinterested", "wrongperson", "referral", "role", "she", "leftcompany", "ooo", "autoreply", "bounce", "unsub", "optout",
	"optoutguard", "spam", "who", "sarcasm", "insult", "ack", "misc", "stopword",
}

// The concepts that rules ask for.
var (
	conceptNeg         = slices.Index(concepts, "neg")
	conceptUnsub       = slices.Index(concepts, "unsub")
	conceptOptOut      = slices.Index(concepts, "optout")
	conceptOptOutGuard = slices.Index(concepts, "optoutguard")
	conceptStopword    = slices.Index(concepts, "stopword")
	conceptReferral    = slices.Index(concepts, "referral")
)

// meaningName is the name of a shared meaning, "" for other concepts.
func meaningName(concept int) string {
	all, err := meanings()
	if i := concept - len(concepts); err == nil && i >= 0 && i < len(all) {
		return all[i].name
	}
	return ""
}

// notes collects names, each once.
type notes struct {
	seen  map[string]bool
	names []string
}

func (n *notes) add(name string) {
	if n.seen == nil {
		n.seen = map[string]bool{}
	}
	if !n.seen[name] {
		n.seen[name] = true
		n.names = append(n.names, name)
	}
}

// conceptFeatures tells which concepts occur, which of them under a negation, in the first or last sentence, and lists the distinct ones.
func (r reading) conceptFeatures() (names []string, present []int) {
	negations := covers(r.hits, conceptNeg)
	var found notes
	for _, h := range r.hits {
		if h.concept == conceptStopword || h.concept >= len(concepts) {
			continue
		}
		id := strconv.Itoa(h.concept)
		if !slices.Contains(present, h.concept) {
			present = append(present, h.concept)
		}
		found.add("c" + id)
		if negated(h, negations, r.sentence) {
			found.add("n" + id)
		}
		r.place(h, "f"+id, "l"+id, &found)
		if h.to-h.from > 1 {
			found.add("m" + id) // a phrase says more than a word
		}
	}
	slices.Sort(present)
	return found.names, present
}

// place notes whether a hit stands in a text's first or last sentence.
func (r reading) place(h hit, first, last string, found *notes) {
	if r.sentence[h.from] == 0 {
		found.add(first)
	}
	if r.sentence[h.from] == r.sentence[len(r.sentence)-1] {
		found.add(last)
	}
}

// sentenceOf numbers the sentence of each token.
func sentenceOf(words []string) []int {
	numbers, n := make([]int, len(words)), 0
	for i, w := range words {
		numbers[i] = n
		if isEnd(w) && i < len(words)-1 {
			n++
		}
	}
	return numbers
}

// negationReach is how many words after a negation still stand under it.
const negationReach = 4

func negated(h hit, negations []hit, sentence []int) bool {
	for _, n := range negations {
		if n.from < h.from && h.from-n.from <= negationReach && sentence[n.from] == sentence[h.from] {
			return true
		}
	}
	return false
}

// pairs names which concepts occur together.
func pairs(present []int) []string {
	var names []string
	for i, a := range present {
		for _, b := range present[i+1:] {
			names = append(names, "p"+strconv.Itoa(a)+"+"+strconv.Itoa(b))
		}
	}
	return names
}

// How far apart, in words, meanings stand that are taken together, and those of which the order counts too.
const (
	togetherReach = 6
	orderReach    = 2
)

// meaningFeatures tells which shared meanings occur, which of them in the first or last sentence, and which stand together in one sentence:
// languages order their words differently, so the order counts only for those side by side.
func (r reading) meaningFeatures() (names, together []string) {
	var hits []hit
	for _, h := range r.hits {
		if h.concept >= len(concepts) {
			hits = append(hits, h)
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return a.from - b.from }) // several languages' were put one after the other
	var single, pair notes
	for i, h := range hits {
		id := strconv.Itoa(h.concept)
		single.add("V" + id)
		r.place(h, "F"+id, "L"+id, &single)
		for _, g := range hits[i+1:] {
			if g.from-h.from > togetherReach || r.sentence[g.from] != r.sentence[h.from] {
				break
			}
			if g.concept == h.concept {
				continue
			}
			other := strconv.Itoa(g.concept)
			pair.add("P" + strconv.Itoa(min(g.concept, h.concept)) + "+" + strconv.Itoa(max(g.concept, h.concept)))
			if g.from > h.from && g.from-h.from <= orderReach {
				pair.add("Q" + id + ">" + other)
			}
		}
	}
	return single.names, pair.names
}

// has tells whether a concept occurs.
func (r reading) has(concept int) bool {
	return slices.ContainsFunc(r.hits, func(h hit) bool { return h.concept == concept })
}
