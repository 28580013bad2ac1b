package message

import (
	"strings"
	"unicode/utf8"
)

// separatorLine recognizes the lines that mail programs draw above a message they quote or forward.
func separatorLine(lines []textLine, i int) (introKind, bool) {
	bare := lines[i].bare
	if len(bare) > 160 {
		return 0, false
	}
	words := strings.Trim(bare, frame+">:：")
	framed := len(bare)-len(strings.TrimLeft(bare, frame)) >= 2
	if !framed && !endsWithColon(bare) && !blockFollows(lines, i+1) {
		return 0, false
	}
	lower := strings.ToLower(words)
	if startsWithPhrase(lower, forwardedWords, framed) {
		return forwardIntro, true
	}
	if startsWithPhrase(lower, originalWords, framed) {
		return originalIntro, true
	}
	return 0, false
}

// startsWithPhrase compares a line with a table: as a whole, or in a frame also with a name or a date after it.
func startsWithPhrase(lower string, phrases []string, framed bool) bool {
	for _, p := range phrases {
		if lower == p || framed && strings.HasPrefix(lower, p) && len(lower)-len(p) <= 60 {
			return true
		}
	}
	return false
}

// blockFollows says that a block of header lines begins right after, or one blank line below.
func blockFollows(lines []textLine, i int) bool {
	if i < len(lines) && lines[i].blank() {
		i++
	}
	_, ok := headerBlock(lines, i, true)
	return ok
}

// maxBlockLines bounds a quoted header block, wrapped lists of addressees included.
const maxBlockLines = 24

// headerBlock recognizes the header that Outlook and others show above a quoted message ("From: … Sent: … To: … Subject: …"), in any order,
// with bold marks or indentation, with wrapped values. It returns the index after its last line. Announced blocks follow a separator and
// need less proof.
func headerBlock(lines []textLine, i int, announced bool) (int, bool) {
	if i >= len(lines) || lines[i].quoted {
		return 0, false
	}
	if key, _ := headerLine(lines[i].bare); key&(fromKey|sentKey|dateKey|toKey|subjectKey) == 0 {
		return 0, false
	}
	b := blockScan{lines: lines, end: i}
	for j := i; j < len(lines) && j < i+maxBlockLines && b.read(j); j++ {
	}
	return b.end, b.proven(announced)
}

// blockScan collects what a block of header lines shows.
type blockScan struct {
	lines   []textLine
	seen    headerKey
	count   int
	address bool
	vague   bool // the date that it shows is none that a mail program writes
	wrapped int  // lines without a key since the last one with it
	end     int
}

// read takes a line; false means that the block ended before it.
func (b *blockScan) read(j int) bool {
	bare := b.lines[j].bare
	key, value := headerLine(bare)
	if key == 0 {
		b.wrapped++
		b.address = b.address || b.wrapped == 1 && strings.Contains(bare, "@")
		return b.wrapped <= 2 || strings.Contains(bare, "@") && b.wrapped < 12
	}
	if b.seen&key == 0 {
		b.count++
	}
	b.seen |= key
	b.address = b.address || strings.Contains(value, "@")
	b.vague = b.vague || key == dateKey && !hasDate(strings.ToLower(value))
	b.wrapped, b.end = 0, j+1
	return true
}

// proven says whether the lines are a quoted header and not a list that a person wrote ("From: Berlin, To: Munich").
func (b *blockScan) proven(announced bool) bool {
	if announced {
		return b.count >= 2 || b.seen&fromKey != 0
	}
	if b.seen&(fromKey|sentKey|dateKey) == 0 || b.count < 2 || b.vague && !b.address {
		return false
	}
	return b.address || b.count >= 3 && b.seen&(subjectKey|sentKey) != 0
}

// headerLine splits "*From:* value" and says what its key means, 0 if it is no such line.
func headerLine(bare string) (headerKey, string) {
	bare = strings.TrimLeft(bare, "*_ |\t")
	at := indexColon(clip(bare, 44))
	if at < 1 || at > 40 {
		return 0, ""
	}
	_, size := utf8.DecodeRuneInString(bare[at:])
	name := strings.ToLower(strings.Trim(bare[:at], "*_ \t"))
	key := headerKeys[name]
	return key, strings.TrimSpace(bare[at+size:])
}

// indexColon finds the first colon, ASCII or full-width, -1 without one.
func indexColon(s string) int {
	at, wide := strings.IndexByte(s, ':'), strings.Index(s, "：")
	if at < 0 || wide >= 0 && wide < at {
		return wide
	}
	return at
}
