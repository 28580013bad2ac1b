package message

import (
	"strings"
	"unicode/utf8"
)

// wordIndex finds the phrases of several tables in one pass over a text: messages are searched for thousands of them.
type wordIndex struct {
	starts map[string][]indexedWord // by the first two characters
	pairs  [1 << 16 / 64]uint64     // the first two bytes of every start, one bit each: most words of a text begin no phrase
	stems  bool                     // a phrase may go on: "unsubscri" finds "unsubscribed"
}

type indexedWord struct {
	word string
	tag  uint
}

// newWordIndex indexes tables of words of two characters and more; the tag of a word is the index of its table, below 32.
func newWordIndex(stems bool, tables ...[]string) *wordIndex {
	x := &wordIndex{starts: map[string][]indexedWord{}, stems: stems}
	for tag, words := range tables {
		for _, word := range words {
			start := word[:startLen(word)]
			x.starts[start] = append(x.starts[start], indexedWord{word, uint(tag)})
			x.pairs[pair(word)/64] |= 1 << (pair(word) % 64)
		}
	}
	return x
}

// pair is the number of the first two bytes of s.
func pair(s string) uint16 { return uint16(s[0])<<8 | uint16(s[1]) }

// startLen is the length of the first two characters of s.
func startLen(s string) int {
	_, first := utf8.DecodeRuneInString(s)
	_, second := utf8.DecodeRuneInString(s[first:])
	return first + second
}

// find returns the set of the tags whose words stand in a folded text, one bit each.
func (x *wordIndex) find(text string) uint32 {
	var found uint32
	x.each(text, func(_ int, tag uint) { found |= 1 << tag })
	return found
}

// span returns where the first and the last of the words begin in a folded text, -1 without any.
func (x *wordIndex) span(text string) (first, last int) {
	first, last = -1, -1
	x.each(text, func(at int, _ uint) {
		if first < 0 {
			first = at
		}
		last = at
	})
	return first, last
}

// wordRuneAt says whether the character at s[i:] is a letter as isWordRune means it, and how long it is. Most are ASCII.
func wordRuneAt(s string, i int) (word bool, size int) {
	if c := s[i]; c < utf8.RuneSelf {
		return 'a' <= c|0x20 && c|0x20 <= 'z', 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	return isWordRune(r), size
}

// each calls back for every word that is found, in order.
func (x *wordIndex) each(text string, found func(at int, tag uint)) {
	within := false
	var size int
	for i := 0; i+1 < len(text); i += size {
		var word bool
		word, size = wordRuneAt(text, i)
		goesOn := within && word
		within = word
		if start := pair(text[i:]); goesOn || x.pairs[start/64]&(1<<(start%64)) == 0 {
			continue
		}
		for _, w := range x.starts[text[i:i+startLen(text[i:])]] {
			if strings.HasPrefix(text[i:], w.word) && (x.stems || wordAt(text, i, len(w.word))) {
				found(i, w.tag)
			}
		}
	}
}
