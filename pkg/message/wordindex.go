package message

import (
	"strings"
	"unicode/utf8"
)

// wordIndex finds the phrases of several tables in one pass over a text: messages are searched for thousands of them.
type wordIndex struct {
	starts [][]indexedWord   // of one beginning each; the first is none
	thirds []byteSet         // the bytes that follow each of these beginnings: most words of a text go on otherwise
	plain  [1 << 14]uint16   // place in starts of two ASCII characters: most words of a text begin no phrase
	others map[uint16]uint16 // the same of two bytes of which one is not ASCII
	stems  bool              // a phrase may go on: "unsubscri" finds "unsubscribed"
}

type indexedWord struct {
	word       string
	tag        uint
	head, mask uint32 // the first four bytes of the word, and which of four bytes of a text these are: most words differ there
}

// byteSet holds bytes, one bit each.
type byteSet [4]uint64

func (b *byteSet) add(c byte)      { b[c>>6] |= 1 << (c & 63) }
func (b *byteSet) has(c byte) bool { return b[c>>6]&(1<<(c&63)) != 0 }

// wordsAt returns the words that may begin at text[i:], of which two bytes are there.
func (x *wordIndex) wordsAt(text string, i int) []indexedWord {
	at := x.start(text[i], text[i+1])
	if at == 0 || i+2 < len(text) && !x.thirds[at].has(text[i+2]) {
		return nil
	}
	return x.starts[at]
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
	x := &wordIndex{starts: make([][]indexedWord, 1), thirds: make([]byteSet, 1), others: map[uint16]uint16{}, stems: stems}
	for tag, words := range tables {
		for _, word := range words {
			at := x.start(word[0], word[1])
			if at == 0 {
				at = uint16(len(x.starts)) //nolint:gosec // there are fewer beginnings than pairs of bytes
				x.starts, x.thirds = append(x.starts, nil), append(x.thirds, byteSet{})
				x.setStart(word[0], word[1], at)
			}
			if len(word) > 2 {
				x.thirds[at].add(word[2])
			} else {
				x.thirds[at] = byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
			}
			mask := ^uint32(0) >> (8 * (4 - min(len(word), 4)))
			x.starts[at] = append(x.starts[at], indexedWord{word, uint(tag), headAt(word, 0), mask})
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
		if within { // most characters are ASCII letters that go on with a word
			for i+1 < len(text) && asciiLetters[text[i]] {
				i++
			}
			if i+1 >= len(text) {
				return
			}
		}
		var word bool
		word, size = wordRuneAt(text, i)
		goesOn := within && word
		within = word
		if goesOn {
			continue
		}
		words := x.wordsAt(text, i)
		if len(words) == 0 {
			continue
		}
		head := headAt(text, i)
		for _, w := range words {
			if head&w.mask == w.head && strings.HasPrefix(text[i:], w.word) && (x.stems || wordAt(text, i, len(w.word))) {
				found(i, w.tag)
			}
		}
	}
}
