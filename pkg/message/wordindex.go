package message

import (
	"strings"
	"unicode/utf8"
)

// wordIndex finds the phrases of several tables in one pass over a text: messages are searched for thousands of them.
type wordIndex struct {
	starts []wordStart       // of one beginning each; the first is none
	plain  [1 << 14]uint16   // place in starts of two ASCII characters: most words of a text begin no phrase
	others map[uint16]uint16 // the same of two bytes of which one is not ASCII
	stems  bool              // a phrase may go on: "unsubscri" finds "unsubscribed"
}

// wordStart holds the words that begin with the same two bytes. Third has a bit for what their third bytes may be, all where one has none: most
// beginnings go on otherwise in a text.
type wordStart struct {
	words []indexedWord
	third uint64
}

// mayGoOn says that one of the words may stand at s[i:].
func (w *wordStart) mayGoOn(s string, i int) bool {
	return i+2 >= len(s) || w.third>>(s[i+2]&63)&1 != 0
}

type indexedWord struct {
	word       string
	tag        uint
	head, mask uint32 // the first four bytes of the word, and which of four bytes of a text these are: most words differ there
}

// headAt is the first four bytes of s[i:], 0 where it is shorter.
func headAt(s string, i int) (head uint32) {
	if i+4 <= len(s) {
		return uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
	}
	for k, c := range []byte(s[i:min(i+4, len(s))]) {
		head |= uint32(c) << (8 * k)
	}
	return head
}

// newWordIndex indexes tables of words of two characters and more; the tag of a word is the index of its table, below 32.
func newWordIndex(stems bool, tables ...[]string) *wordIndex {
	x := &wordIndex{starts: make([]wordStart, 1), others: map[uint16]uint16{}, stems: stems}
	for tag, words := range tables {
		for _, word := range words {
			at := x.start(word[0], word[1])
			if at == 0 {
				at = uint16(len(x.starts)) //nolint:gosec // there are fewer beginnings than pairs of bytes
				x.starts = append(x.starts, wordStart{})
				x.setStart(word[0], word[1], at)
			}
			mask := ^uint32(0) >> (8 * (4 - min(len(word), 4)))
			start := &x.starts[at]
			start.words = append(start.words, indexedWord{word, uint(tag), headAt(word, 0), mask})
			if len(word) == 2 {
				start.third = ^uint64(0)
			} else {
				start.third |= 1 << (word[2] & 63)
			}
		}
	}
	return x
}

// start is the place in starts of the words that begin with two bytes, 0 if there are none.
func (x *wordIndex) start(a, b byte) uint16 {
	if a|b < utf8.RuneSelf {
		return x.plain[uint16(a)<<7|uint16(b)]
	}
	return x.others[uint16(a)<<8|uint16(b)]
}

func (x *wordIndex) setStart(a, b byte, at uint16) {
	if a|b < utf8.RuneSelf {
		x.plain[uint16(a)<<7|uint16(b)] = at
		return
	}
	x.others[uint16(a)<<8|uint16(b)] = at
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

// asciiLetters are those of isWordRune that are one byte.
var asciiLetters = func() (letters [256]bool) {
	for c := range rune(utf8.RuneSelf) {
		letters[c] = isWordRune(c)
	}
	return letters
}()

// each calls back for every word that is found, in order.
func (x *wordIndex) each(text string, found func(at int, tag uint)) {
	within := false // a word: what begins there is no beginning
	var size int
	for i := 0; i+1 < len(text); i += size {
		var word bool
		if c := text[i]; c < utf8.RuneSelf {
			word, size = asciiLetters[c], 1
		} else {
			var r rune
			r, size = utf8.DecodeRuneInString(text[i:])
			word = isWordRune(r)
		}
		goesOn := within && word
		within = word
		if goesOn {
			continue
		}
		start := &x.starts[x.start(text[i], text[i+1])]
		if len(start.words) == 0 || !start.mayGoOn(text, i) {
			continue
		}
		head := headAt(text, i)
		for k := range start.words {
			w := &start.words[k]
			if head&w.mask == w.head && strings.HasPrefix(text[i:], w.word) && (x.stems || wordAt(text, i, len(w.word))) {
				found(i, w.tag)
			}
		}
	}
}
