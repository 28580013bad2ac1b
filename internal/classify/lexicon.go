package classify

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// Languages are those that the built-in classifier reads, in the order of its weights.
var Languages = []string{"en", "ar", "de", "fr", "es", "it", "pt", "nl"}

// lexiconFiles hold, one file per language, the words for each concept: "concept: phrase, phrase". A word ending in * stands for all that
// begin so, ".." for up to maxGap words of any kind. Phrases are compared after fold, so they are written without accents.
//
//go:embed lexicon/*.txt
var lexiconFiles embed.FS

// maxGap is how many words ".." may stand for.
const maxGap = 4

// lexicon is one language's phrases as a tree over words. It is read-only once made.
type lexicon struct {
	root     *node
	prefixes map[string]bool // the words written with *, for which every token's beginnings are looked up
	shortest int             // bytes of the shortest of them
	words    map[string]bool // every word of any phrase, which tells the language of a short text
}

// node is a place in the tree. ends lists the concepts of the phrases that end here.
type node struct {
	next map[string]*node
	gap  *node
	ends []int
}

// hit is a phrase found: its concept and the tokens from .. to-1 that it covers.
type hit struct{ concept, from, to int }

// loadLexicon reads a language's file; concepts are numbered by the given names.
func loadLexicon(language string, concepts []string) (*lexicon, error) {
	text, err := lexiconFiles.ReadFile("lexicon/" + language + ".txt")
	if err != nil {
		return nil, err
	}
	l := &lexicon{root: &node{}, prefixes: map[string]bool{}, shortest: 1 << 10, words: map[string]bool{}}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, phrases, _ := strings.Cut(line, ":")
		concept := slices.Index(concepts, name)
		if concept < 0 {
			return nil, fmt.Errorf("lexicon %s: unknown concept %q", language, name)
		}
		for phrase := range strings.SplitSeq(phrases, ",") {
			l.add(concept, strings.Fields(phrase))
		}
	}
	return l, nil
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
		star := strings.HasSuffix(word, "*")
		for _, part := range tokens(fold(word)) {
			l.words[part] = true
			if star {
				l.prefixes[part] = true
				l.shortest = min(l.shortest, len(part))
				part += "*"
			}
			at = at.child(part)
		}
	}
	if at != l.root && !slices.Contains(at.ends, concept) {
		at.ends = append(at.ends, concept)
	}
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
	var hits []hit
	for i := range tokens {
		hits = l.walk(l.root, tokens, i, i, hits)
	}
	return hits
}

// walk follows the tree from token at on. Depth is bounded by the longest phrase, width by maxGap.
func (l *lexicon) walk(n *node, tokens []string, from, at int, hits []hit) []hit {
	for _, concept := range n.ends {
		hits = append(hits, hit{concept, from, at})
	}
	if at >= len(tokens) {
		return hits
	}
	word := tokens[at]
	if child := n.next[word]; child != nil {
		hits = l.walk(child, tokens, from, at+1, hits)
	}
	for end := l.shortest; end <= len(word); end++ {
		if l.prefixes[word[:end]] {
			if child := n.next[word[:end]+"*"]; child != nil {
				hits = l.walk(child, tokens, from, at+1, hits)
			}
		}
	}
	if n.gap != nil {
		for skip := 0; skip <= maxGap && at+skip < len(tokens) && !isEnd(tokens[at+skip]); skip++ {
			hits = l.walk(n.gap, tokens, from, at+skip, hits)
		}
	}
	return hits
}
