package intake

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// latinFallback passes valid UTF-8 and reads every other byte as Windows-1252. Text in Windows-1252 is hardly ever valid UTF-8, so no look
// ahead is needed and a file that mixes both still reads well.
type latinFallback struct{ transform.NopResetter }

// Transform implements transform.Transformer.
func (latinFallback) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		size := 1
		out := src[nSrc : nSrc+1]
		if src[nSrc] >= 0x80 {
			var whole bool
			if size, whole = utf8Length(src[nSrc:]); !whole && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if size > 1 {
				out = src[nSrc : nSrc+size]
			} else {
				out = []byte(string(charmap.Windows1252.DecodeByte(src[nSrc])))
			}
		}
		if nDst+len(out) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += copy(dst[nDst:], out)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// utf8Length is the length of the UTF-8 sequence at the start of b, or 1 where there is none; whole is false where b may end inside one.
func utf8Length(b []byte) (size int, whole bool) {
	r, size := utf8.DecodeRune(b)
	if r == utf8.RuneError && size <= 1 {
		return 1, utf8.FullRune(b)
	}
	return size, true
}
