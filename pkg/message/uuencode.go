package message

import (
	"bytes"
	"strings"
)

// uuFile is a file written into the text, as was done before MIME.
type uuFile struct {
	name string
	body []byte
}

// cutUUEncoded finds "begin 644 name" … "end" blocks and returns the files and the text without them.
func cutUUEncoded(b []byte) ([]uuFile, []byte) {
	if !bytes.HasPrefix(b, []byte("begin ")) && !bytes.Contains(b, []byte("\nbegin ")) {
		return nil, b
	}
	var files []uuFile
	text := make([]byte, 0, len(b))
	for len(b) > 0 {
		line, rest := cutLine(b)
		if name, ok := uuBegin(line); ok && len(files) < maxParts {
			if body, after, ok := uuBody(rest); ok {
				files = append(files, uuFile{name, body})
				b = after
				continue
			}
		}
		text = append(append(text, line...), '\n')
		b = rest
	}
	return files, text
}

// uuBegin reads "begin MODE NAME", MODE in octal digits.
func uuBegin(line []byte) (string, bool) {
	words := strings.SplitN(string(line), " ", 3)
	if len(words) != 3 || words[0] != "begin" || len(words[1]) < 3 || len(words[1]) > 5 || !isDigits(words[1]) {
		return "", false
	}
	return strings.TrimSpace(words[2]), true
}

// uuBody decodes up to the "end" line. A line that cannot be uuencoded means that "begin" was just a word of the text.
func uuBody(b []byte) (body, rest []byte, ok bool) {
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if string(line) == "end" {
			return body, b, true
		}
		if len(line) == 0 || line[0] == '`' || line[0] == ' ' {
			continue
		}
		n := int(line[0]-' ') & 63
		if line[0] < ' ' || line[0] > '`' || len(line) > 100 {
			return nil, nil, false
		}
		body = appendUULine(body, line[1:], n)
	}
	return body, nil, len(body) > 0
}

// appendUULine decodes n bytes of one line; characters that were lost at its end count as blanks.
func appendUULine(body, line []byte, n int) []byte {
	at := func(i int) byte {
		if i < len(line) {
			return (line[i] - ' ') & 63
		}
		return 0
	}
	for i := 0; n > 0; i += 4 {
		group := []byte{at(i)<<2 | at(i+1)>>4, at(i+1)<<4 | at(i+2)>>2, at(i+2)<<6 | at(i+3)}
		body = append(body, group[:min(n, 3)]...)
		n -= 3
	}
	return body
}
