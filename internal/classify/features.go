package classify

import (
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// buckets is how many places features are hashed to; a power of two.
const buckets = 1 << 16

// feature is a place and its value.
type feature struct {
	bucket uint32
	value  float32
}

// reading is a text as the classifier sees it.
type reading struct {
	language int
	words    []string
	hits     []hit // of the lexicons that fit
}

func read(text string) reading {
	masked := mask(fold(cut(text, MaxText)))
	r := reading{words: tokens(masked)}
	g := guessLanguage(masked, r.words)
	r.language = g.best()
	for i, l := range lexicons() {
		if g[i] >= alsoRead {
			r.hits = append(r.hits, l.find(r.words)...)
		}
	}
	return r
}

// has tells whether a concept occurs.
func (r reading) has(concept int) bool {
	return slices.ContainsFunc(r.hits, func(h hit) bool { return h.concept == concept })
}

// The kinds of features, and how much each kind weighs together. Concepts are shared by all languages; words and their pieces learn what
// the lexicons do not know.
const (
	conceptWeight = 1.0
	pairWeight    = 0.6
	wordWeight    = 0.6
	pieceWeight   = 0.5
	wholeWeight   = 0.5
	shapeWeight   = 0.3
	wholeWords    = 6 // the most words of a text whose whole is looked at
)

// features describes a text: each kind on its own unit sphere, so that long texts weigh no more than short ones.
func (r reading) features() []feature {
	var f []feature
	concepts, present := r.conceptFeatures()
	f = append(f, spread(concepts, conceptWeight)...)
	f = append(f, spread(pairs(present), pairWeight)...)
	f = append(f, spread(r.wordFeatures(), wordWeight)...)
	f = append(f, spread(r.pieces(), pieceWeight)...)
	f = append(f, spread(r.whole(present), wholeWeight)...)
	return append(f, spread(r.shape(), shapeWeight)...)
}

// whole names everything that a short text says at once: which concepts it holds and no others, and its very words.
func (r reading) whole(present []int) []string {
	if len(r.words) > wholeWords {
		return nil
	}
	said := "s"
	for _, c := range present {
		said += "," + strconv.Itoa(c)
	}
	return []string{said, "t" + strings.Join(r.words, " ")}
}

// conceptFeatures tells which concepts occur, which of them under a negation, in the first or last sentence, and lists the distinct ones.
func (r reading) conceptFeatures() (names []string, present []int) {
	sentence := r.sentenceOf()
	last := 0
	if len(sentence) > 0 {
		last = sentence[len(sentence)-1]
	}
	negations := covers(r.hits, conceptNeg)
	seen := map[string]bool{}
	note := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	for _, h := range r.hits {
		if h.concept == conceptStopword {
			continue
		}
		id := strconv.Itoa(h.concept)
		if !slices.Contains(present, h.concept) {
			present = append(present, h.concept)
		}
		note("c" + id)
		if negated(h, negations, sentence) {
			note("n" + id)
		}
		if sentence[h.from] == 0 {
			note("f" + id)
		}
		if sentence[h.from] == last {
			note("l" + id)
		}
		if h.to-h.from > 1 {
			note("m" + id) // a phrase says more than a word
		}
	}
	slices.Sort(present)
	return names, present
}

// sentenceOf numbers the sentence of each token.
func (r reading) sentenceOf() []int {
	numbers, n := make([]int, len(r.words)), 0
	for i, w := range r.words {
		numbers[i] = n
		if isEnd(w) && i < len(r.words)-1 {
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

// wordFeatures are words, and pairs of neighbours.
func (r reading) wordFeatures() []string {
	var names []string
	before := "^"
	for _, w := range r.words {
		names = append(names, "w"+w, "b"+before+" "+w)
		before = w
	}
	return append(names, "b"+before+" $")
}

// pieces are the four-letter pieces of words, which survive endings, compounds and typing errors.
func (r reading) pieces() []string {
	var names []string
	for _, w := range r.words {
		letters := []rune("<" + w + ">")
		for i := 0; i+4 <= len(letters); i++ {
			names = append(names, "g"+string(letters[i:i+4]))
		}
	}
	return names
}

// shape is a text's length and how its sentences end.
func (r reading) shape() []string {
	names := []string{"one", "length" + strconv.Itoa(int(math.Log2(float64(len(r.words)+1))))}
	if slices.Contains(r.words, question) {
		names = append(names, "asks")
	}
	if len(r.words) > 0 && r.words[len(r.words)-1] == question {
		names = append(names, "ends asking")
	}
	if slices.Contains(r.words, exclaim) {
		names = append(names, "shouts")
	}
	if slices.Contains(r.words, "emailaddress") {
		names = append(names, "address")
	}
	if slices.Contains(r.words, "weblink") {
		names = append(names, "link")
	}
	return names
}

// spread hashes names to features whose squares sum up to weight squared.
func spread(names []string, weight float64) []feature {
	if len(names) == 0 {
		return nil
	}
	value := float32(weight / math.Sqrt(float64(len(names))))
	f := make([]feature, len(names))
	for i, name := range names {
		h := fnv.New32a()
		h.Write([]byte(name)) // never fails
		f[i] = feature{h.Sum32() & (buckets - 1), value}
	}
	return f
}
