package classify

import (
	"embed"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
)

// Languages are those that the built-in classifier reads, in the order of its weights.
var Languages = []string{"en", "ar", "de", "fr", "es", "it", "pt", "nl"}

// lexiconFiles hold the words for each concept, one file per language, "concept: phrase, phrase", and one file with a column for each
// language. A word ending in * stands for all that begin so, one beginning with * for all that hold it, ".." for up to maxGap words of any
// kind. Phrases are compared after fold.
//
//go:embed lexicon/*.txt
var lexiconFiles embed.FS

// meaning is a line of the shared file: a concept's name and its phrases by language.
type meaning struct {
	name    string
	phrases []string
}

// meanings are the lines of the shared file. Their concepts are numbered from len(concepts) on.
var meanings = sync.OnceValues(func() ([]meaning, error) {
	var all []meaning
	for line, err := range lexiconLines("shared") {
		if err != nil {
			return nil, err
		}
		name, columns, _ := strings.Cut(line, ":")
		m := meaning{name, strings.Split(columns, "|")}
		if len(m.phrases) != len(Languages) {
			return nil, fmt.Errorf("lexicon shared: %q has %d columns", name, len(m.phrases))
		}
		all = append(all, m)
	}
	return all, nil
})

// maxGap is how many words ".." may stand for.
const maxGap = 4

// lexicon is one language's phrases as a tree over words. It is read-only once made.
type lexicon struct {
	root     *node
	prefixes map[string]bool     // the words written with * at the end, for which every token's beginnings are looked up
	shortest int                 // bytes of the shortest of them
	inner    map[string][]string // the words written with * at the beginning, by their first innerKey bytes
	words    map[string]bool     // every word of any phrase, which tells the language of a short text
}

// innerKey is how many bytes of an inner piece are its key; shorter pieces are not looked for inside of words.
const innerKey = 3

// node is a place in the tree. ends lists the concepts of the phrases that end here.
type node struct {
	next map[string]*node
	gap  *node
	ends []int
}

// hit is a phrase found: its concept and the tokens from .. to-1 that it covers.
type hit struct{ concept, from, to int }

// loadLexicon reads a language's words for the concepts: its own file, and its column of the shared one.
func loadLexicon(language int) (*lexicon, error) {
	l := &lexicon{root: &node{}, prefixes: map[string]bool{}, shortest: 1 << 10, inner: map[string][]string{}, words: map[string]bool{}}
	for line, err := range lexiconLines(Languages[language]) {
		if err != nil {
			return nil, err
		}
		name, phrases, _ := strings.Cut(line, ":")
		concept := slices.Index(concepts, name)
		if concept < 0 {
			return nil, fmt.Errorf("lexicon %s: unknown concept %q", Languages[language], name)
		}
		l.addAll(concept, phrases)
	}
	shared, err := meanings()
	for i, m := range shared {
		l.addAll(len(concepts)+i, m.phrases[language])
	}
	return l, err
}

// lexiconLines yields the lines of a file but for comments and empty ones.
func lexiconLines(name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		text, err := lexiconFiles.ReadFile("lexicon/" + name + ".txt")
		if err != nil {
			yield("", err)
			return
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' && !yield(line, nil) {
				return
			}
		}
	}
}

func (l *lexicon) addAll(concept int, phrases string) {
	for phrase := range strings.SplitSeq(phrases, ",") {
		l.add(concept, strings.Fields(phrase))
	}
}

// add puts a phrase into the tree.
func (l *lexicon) add(concept int, phrase []string) {
	at := l.root
	for _, word := range phrase {
		if word == ".." {
			if at.gap == nil {
				at.gap = &node{}
			}
			at = at.gap
			continue
		}
		for _, part := range tokens(fold(strings.Trim(word, "*"))) {
			at = at.child(l.key(word, part))
		}
	}
	if at != l.root && !slices.Contains(at.ends, concept) {
		at.ends = append(at.ends, concept)
	}
}

// key is how the tree names a word, which is known from then on.
func (l *lexicon) key(word, part string) string {
	switch {
	case strings.HasPrefix(word, "*") && len(part) >= innerKey:
		if known := l.inner[part[:innerKey]]; !slices.Contains(known, part) {
			l.inner[part[:innerKey]] = append(known, part)
		}
		return "*" + part
	case strings.HasSuffix(word, "*"):
		l.words[part], l.prefixes[part] = true, true
		l.shortest = min(l.shortest, len(part))
		return part + "*"
	}
	l.words[part] = true
	return part
}

func (n *node) child(word string) *node {
	if n.next == nil {
		n.next = map[string]*node{}
	}
	if n.next[word] == nil {
		n.next[word] = &node{}
	}
	return n.next[word]
}

// find lists the phrases in a text's tokens, by where they begin.
func (l *lexicon) find(tokens []string) []hit {
	keys := make([][]string, len(tokens))
	for i, word := range tokens {
		keys[i] = l.keys(word)
	}
	var hits []hit
	for i := range tokens {
		hits = l.walk(l.root, tokens, keys, i, i, hits)
	}
	return hits
}

// The letters that Arabic writes before a word, as one with it, to say "and" and "so"; shorter words mostly begin so of themselves.
const (
	arabicAnd     = "و"
	arabicSo      = "ف"
	arabicSoBytes = 4 * len(arabicSo)
)

// isArabicSo tells whether a word is one that "so" is written before.
func isArabicSo(word string) bool {
	return len(word) >= arabicSoBytes && strings.HasPrefix(word, arabicSo)
}

// keys are the names that a word may have in the tree.
func (l *lexicon) keys(word string) []string {
	keys := []string{word}
	if rest, ok := strings.CutPrefix(word, arabicAnd); ok && len(rest) > len(arabicAnd) {
		keys = append(keys, l.keys(rest)...)
	} else if isArabicSo(word) {
		keys = append(keys, l.keys(word[len(arabicSo):])...)
	}
	for end := l.shortest; end <= len(word); end++ {
		if l.prefixes[word[:end]] {
			keys = append(keys, word[:end]+"*")
		}
	}
	for i := 0; i+innerKey <= len(word); i++ {
		for _, piece := range l.inner[word[i:i+innerKey]] {
			if key := "*" + piece; strings.HasPrefix(word[i:], piece) && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// walk follows the tree from token at on. Depth is bounded by the longest phrase, width by maxGap.
func (l *lexicon) walk(n *node, tokens []string, keys [][]string, from, at int, hits []hit) []hit {
	for _, concept := range n.ends {
		hits = append(hits, hit{concept, from, at})
	}
	if at >= len(tokens) {
		return hits
	}
	for _, key := range keys[at] {
		if child := n.next[key]; child != nil {
			hits = l.walk(child, tokens, keys, from, at+1, hits)
		}
	}
	if n.gap != nil {
		for skip := 0; skip <= maxGap && at+skip < len(tokens) && !isEnd(tokens[at+skip]); skip++ {
			hits = l.walk(n.gap, tokens, keys, from, at+skip, hits)
		}
	}
	return hits
}
