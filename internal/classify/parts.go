package classify

import "slices"

// parts are the sentences of a reading, and the clauses of those that have several, each as if nothing else had been written: an opt-out is
// often one clause of a long sentence about something else.
func (r reading) parts() []reading {
	var parts []reading
	for from, to := 0, 0; from < len(r.words); from = to {
		for to < len(r.words) && r.sentence[to] == r.sentence[from] {
			to++
		}
		parts = append(parts, r.part(from, to))
		parts = append(parts, r.clauses(from, to)...)
	}
	return parts
}

// clauseWords is the fewest words that a clause has; what is shorter stays with the next one.
const clauseWords = 2

// clauses are the parts of one sentence between its commas and conjunctions, if there are several.
func (r reading) clauses(from, to int) []reading {
	var clauses []reading
	for begin, at := from, from+1; at <= to; at++ {
		if at < to && (at-begin < clauseWords || !slices.Contains(r.pauses, at) && !isJoiner(r.words[at])) {
			continue
		}
		if begin == from && at == to {
			return nil
		}
		clauses = append(clauses, r.part(begin, at))
		begin = at
	}
	return clauses
}

// joiners are the words with which clauses begin in the middle of a sentence.
var joiners = map[string]bool{
	"and": true, "but": true, "so": true, "or": true,
	"und": true, "aber": true, "also": true, "oder": true, "sondern": true, "weshalb": true, "daher": true, "denn": true,
	"et": true, "mais": true, "donc": true, "ou": true, "alors": true, "que": true,
	"y": true, "e": true, "pero": true, "asi": true, "o": true, "sino": true, "porque": true,
	"ed": true, "ma": true, "quindi": true, "che": true, "allora": true,
	"mas": true, "entao": true, "portanto": true,
	"en": true, "maar": true, "dus": true, "of": true,
	"لكن": true, "لذلك": true, "لذا": true,
}

func isJoiner(word string) bool { return joiners[word] || isArabicSo(word) }

// part is what stands from one word to another.
func (r reading) part(from, to int) reading {
	part := reading{language: r.language, words: r.words[from:to], sentence: make([]int, to-from)}
	for _, h := range r.hits {
		if h.from >= from && h.from < to {
			part.hits = append(part.hits, hit{h.concept, h.from - from, min(h.to, to) - from})
		}
	}
	return part
}
