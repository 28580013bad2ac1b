package classify

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// buckets is how many places features are hashed to; a power of two.
const buckets = 1 << 18

// feature is a place and its value.
type feature struct {
	bucket uint32
	value  float32
}

// reading is a text as the classifier sees it.
type reading struct {
	language int
	words    []string
	sentence []int // the number of each word's sentence
	pauses   []int // where clauses begin within sentences
	hits     []hit // of the lexicons that fit
}

func read(text string) reading {
	masked := mask(fold(withoutFooters(cut(text, MaxText))))
	r := reading{}
	r.words, r.pauses = tokensAndPauses(masked)
	r.sentence = sentenceOf(r.words)
	g := guessLanguage(masked, r.words)
	r.language = g.best()
	for i, l := range lexicons() {
		if g[i] >= alsoRead {
			r.hits = append(r.hits, l.find(r.words)...)
		}
	}
	return r
}

// The kinds of features, and how much each kind weighs together, chosen by cross-validation over authors. Concepts are shared by all
// languages; words and their pieces learn what the lexicons do not know.
const (
	conceptWeight     = 1.0
	pairWeight        = 0.6
	meaningWeight     = 1.2
	meaningPairWeight = 1.0
	wordWeight        = 0.6
	stemWeight        = 0.5
	pieceWeight       = 1.5
	wholeWeight       = 0.5
	shapeWeight       = 0.3
	wholeWords        = 6 // the most words of a text whose whole is looked at
)

// features describes a text: each kind on its own unit sphere, so that long texts weigh no more than short ones.
func (r reading) features() []feature {
	var f []feature
	concepts, present := r.conceptFeatures()
	meanings, together := r.meaningFeatures()
	f = spread(f, concepts, conceptWeight)
	f = spread(f, pairs(present), pairWeight)
	f = spread(f, meanings, meaningWeight)
	f = spread(f, together, meaningPairWeight)
	f = spread(f, r.wordFeatures(), wordWeight)
	f = spread(f, r.stems(), stemWeight)
	f = spread(f, r.pieces(), pieceWeight)
	f = spread(f, r.whole(present), wholeWeight)
	return spread(f, r.shape(), shapeWeight)
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

// wordFeatures are words, and pairs of neighbours.
func (r reading) wordFeatures() []string {
	names := make([]string, 0, 2*len(r.words)+1)
	before := "^"
	for _, w := range r.words {
		names = append(names, "w"+w, "b"+before+" "+w)
		before = w
	}
	return append(names, "b"+before+" $")
}

// stemLetters is how many letters of a word are taken for its stem.
const stemLetters = 5

// stems are the beginnings of words, alone and in pairs with the two before.
func (r reading) stems() []string {
	names := make([]string, 0, 3*len(r.words))
	var one, two string
	for _, w := range r.words {
		stem := cut(bare(w), stemLetters)
		names = append(names, "i"+stem)
		if one != "" {
			names = append(names, "k"+one+" "+stem)
		}
		if two != "" {
			names = append(names, "k"+two+" "+stem)
		}
		one, two = stem, one
	}
	return names
}

// What Arabic writes as one with a word, before and behind it, the longest first.
var (
	arabicPrefixes = []string{"وال", "بال", "فال", "كال", "لل", "ال", "و", "ف"}
	arabicSuffixes = []string{"كم", "هم", "نا", "ها", "ون", "ين", "ات", "ني", "وا", "ه", "ي"}
)

// bare is an Arabic word without its article, conjunction, pronoun or ending, if three letters or more are left; other words as they are.
func bare(word string) string {
	const letters = 3 * len(arabicAnd)
	if len(word) <= letters || word[0] < 0xd8 || word[0] > 0xdb { // the first bytes of Arabic letters
		return word
	}
	for _, p := range arabicPrefixes {
		if rest, ok := strings.CutPrefix(word, p); ok && len(rest) >= letters {
			word = rest
			break
		}
	}
	for _, s := range arabicSuffixes {
		if rest, ok := strings.CutSuffix(word, s); ok && len(rest) >= letters {
			return rest
		}
	}
	return word
}

// The letters of a piece of a word.
const (
	shortestPiece = 3
	longestPiece  = 5
)

// pieces are the pieces of words, which survive endings, compounds and typing errors.
func (r reading) pieces() []string {
	var names []string
	for _, w := range r.words {
		letters := []rune("<" + w + ">")
		for n := shortestPiece; n <= longestPiece; n++ {
			for i := 0; i+n <= len(letters); i++ {
				names = append(names, "g"+string(letters[i:i+n]))
			}
		}
	}
	return names
}

// shape is a text's length and how its sentences end.
func (r reading) shape() []string {
	names := []string{"one", "length" + strconv.Itoa(int(math.Log2(float64(len(r.words)+1))))}
	if len(r.words) > 0 && r.words[len(r.words)-1] == question {
		names = append(names, "ends asking")
	}
	for _, sign := range []string{question, exclaim, "emailaddress", "weblink"} {
		if slices.Contains(r.words, sign) {
			names = append(names, "has "+sign)
		}
	}
	return names
}

// spread appends names hashed to features whose squares sum up to weight squared.
func spread(f []feature, names []string, weight float64) []feature {
	if len(names) == 0 {
		return f
	}
	value := float32(weight / math.Sqrt(float64(len(names))))
	for _, name := range names {
		f = append(f, feature{hash(name) & (buckets - 1), value})
	}
	return f
}

// hash is 32-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/).
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
