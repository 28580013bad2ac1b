package message

import "strings"

// isForward says whether a message passes another one on to a third person, so that it is no answer to the writer of that other one. A
// "Fwd:" in the subject or the line of a forward above the quoted message makes it one; not so where it is addressed to the writer of the quoted
// message: people press "forward" and mean "reply".
func isForward(m *Message, scanned quoteScan, visible string) bool {
	block, marked := forwardedBlock(scanned)
	if !marked && !isForwardSubject(m.Subject) {
		return false
	}
	writer := blockWriter(block)
	if writer == "" {
		return marked || len(visible) == 0
	}
	for _, to := range m.To {
		if strings.EqualFold(to.Address, writer) {
			return false
		}
	}
	return true
}

// forwardedBlock returns the lines from the first introduction on, and whether that introduction announces a forward.
func forwardedBlock(scanned quoteScan) (block []textLine, marked bool) {
	lines := scanned.lines
	unmarked := make([]textLine, 0, 4) // a line without its marks, and those below it
	for i := range lines {
		l := lines[i]
		l.bare = strings.TrimSpace(strings.TrimLeft(l.bare, "> ")) // Apple's forwards are quoted
		if l.blank() {
			continue
		}
		unmarked = append(append(unmarked[:0], textLine{text: l.text, bare: l.bare}), lines[i+1:min(len(lines), i+4)]...)
		if kind, ok := separatorLine(unmarked, 0); ok {
			return lines[i:], kind == forwardIntro
		}
		if i == scanned.first {
			return lines[i:], false
		}
	}
	return nil, false
}

// blockWriter returns the address in the "From:" line near the top of a quoted message, in lower case, "" without one.
func blockWriter(block []textLine) string {
	for i, l := range block[:min(len(block), 12)] {
		key, value := headerLine(strings.TrimSpace(strings.TrimLeft(l.bare, "> ")))
		if key&fromKey == 0 {
			continue
		}
		if address := anAddress().FindString(value); address != "" {
			return strings.ToLower(address)
		}
		if i+1 < len(block) {
			return strings.ToLower(anAddress().FindString(block[i+1].bare))
		}
	}
	return ""
}
