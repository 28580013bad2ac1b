package mailbox

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	maxReplyBytes = 4 << 20 // of one reply, read and mostly thrown away
	maxReplyText  = 2 << 10 // of one reply, kept
	replyBuffer   = 4 << 10 // longest line whose beginning is looked at as a whole
)

// Reply is an SMTP server's answer (RFC 5321 section 4.2), bounded: Lines hold at most 2 KiB of it.
type Reply struct {
	Code int
	// Enhanced is the status of RFC 3463, empty if the server gave none.
	Enhanced string
	// Lines are the texts after the code, printable.
	Lines []string
}

// Text is the whole answer on one line: code, then the lines with repeated statuses left out.
func (r Reply) Text() string {
	if r.Code == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(strconv.Itoa(r.Code))
	for i, line := range r.Lines {
		if i > 0 && r.Enhanced != "" {
			line = strings.TrimPrefix(line, r.Enhanced+" ")
		}
		if line != "" {
			b.WriteString(" " + line)
		}
	}
	return b.String()
}

// positive tells whether the command was carried out. The first digit decides (RFC 5321 section 4.2.1): Postfix's smtp-sink answers AUTH
// with 250.
func (r Reply) positive() bool { return r.Code/100 == 2 }

// wire renders the reply for another reader: well-formed, CRLF, one line at least.
func (r Reply) wire() []byte {
	lines := r.Lines
	if len(lines) == 0 {
		lines = []string{""}
	}
	var b []byte
	for i, line := range lines {
		sep := byte('-')
		if i == len(lines)-1 {
			sep = ' '
		}
		b = strconv.AppendInt(b, int64(r.Code), 10)
		b = append(b, sep)
		b = append(b, line...)
		b = append(b, '\r', '\n')
	}
	return b
}

// readReply reads one reply. What is too long is read and dropped up to 4 MiB, then refused; memory stays at a few KiB. Lines may end in a
// bare LF. A line without a code, or codes that differ, are ErrProtocol. The reader's buffer must hold at least replyBuffer bytes.
func readReply(br *bufio.Reader) (Reply, error) {
	var reply Reply
	total, kept := 0, 0
	for {
		line, n, err := readLine(br, maxReplyBytes-total)
		if err != nil {
			return Reply{}, err
		}
		total += n
		code, text, last, err := parseReplyLine(line)
		if err != nil {
			return Reply{}, err
		}
		if reply.Code != 0 && code != reply.Code {
			return Reply{}, fmt.Errorf("reply changes its code from %d to %d: %w", reply.Code, code, ErrProtocol)
		}
		reply.Code = code
		if kept < maxReplyText {
			text = printable(text[:min(len(text), maxReplyText-kept)])
			reply.Lines = append(reply.Lines, text)
			kept += len(text) + 1
		}
		if last {
			reply.Enhanced = enhancedStatus(reply)
			return reply, nil
		}
	}
}

// readLine returns a line without its end and how many bytes it took. Beyond the reader's buffer only the beginning is returned. The
// result is valid until the next read.
func readLine(br *bufio.Reader, limit int) (line string, n int, err error) {
	chunk, err := br.ReadSlice('\n')
	n = len(chunk)
	line = strings.TrimRight(string(chunk), "\r\n")
	for errors.Is(err, bufio.ErrBufferFull) && n < limit {
		chunk, err = br.ReadSlice('\n')
		n += len(chunk)
	}
	if n >= limit {
		return "", n, fmt.Errorf("reply is longer than %d bytes: %w", maxReplyBytes, ErrProtocol)
	}
	return line, n, err
}

func parseReplyLine(line string) (code int, text string, last bool, err error) {
	bad := func() (int, string, bool, error) {
		return 0, "", false, fmt.Errorf("reply line %q: %w", printable(line[:min(len(line), 80)]), ErrProtocol)
	}
	if len(line) < 3 {
		return bad()
	}
	for _, c := range []byte(line[:3]) {
		if c < '0' || c > '9' {
			return bad()
		}
		code = code*10 + int(c-'0')
	}
	if code < 200 || code > 599 {
		return bad()
	}
	if len(line) == 3 {
		return code, "", true, nil
	}
	switch line[3] {
	case ' ':
		return code, line[4:], true, nil
	case '-':
		return code, line[4:], false, nil
	}
	return bad()
}

// enhancedStatus returns the status at the beginning of a reply's first lines, where its class fits the code (RFC 2034 section 4).
func enhancedStatus(r Reply) string {
	for _, line := range r.Lines {
		word, _, _ := strings.Cut(line, " ")
		if isEnhanced(word) && int(word[0]-'0') == r.Code/100 {
			return word
		}
	}
	return ""
}

// isEnhanced tells whether a word is class.subject.detail with one, one to three, and one to three digits.
func isEnhanced(word string) bool {
	if len(word) < 5 || len(word) > len("5.999.999") || word[1] != '.' || word[0] != '2' && word[0] != '4' && word[0] != '5' {
		return false
	}
	subject, detail, ok := strings.Cut(word[2:], ".")
	for _, part := range []string{subject, detail} {
		ok = ok && 1 <= len(part) && len(part) <= 3 && strings.Trim(part, "0123456789") == ""
	}
	return ok
}

// printable replaces control characters and broken UTF-8, so that a server's words can stand in a log line and in a terminal.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
		return strings.TrimSpace(s) // as nearly everything is
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 || r == '\ufffd' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " ")))
}
