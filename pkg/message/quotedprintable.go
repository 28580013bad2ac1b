package message

// appendQuotedPrintable appends text, its lines ended by LF, in quoted-printable with CRLF line ends (RFC 2045 section 6.7). It copies
// runs, where mime/quotedprintable goes byte by byte through three writers, which was half of what composing took.
func appendQuotedPrintable(dst []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	const room = maxLine - len("=")
	column := 0
	need := func(width int) {
		if column+width > room {
			dst, column = append(dst, '=', '\r', '\n'), 0
		}
	}
	for text != "" {
		run := plainRun(text)
		text = text[len(run):]
		for run != "" {
			need(1)
			n := min(len(run), room-column)
			dst, run, column = append(dst, run[:n]...), run[n:], column+n
		}
		if text == "" {
			break
		}
		c := text[0]
		if text = text[1:]; c == '\n' {
			dst, column = append(dst, '\r', '\n'), 0
			continue
		}
		need(3)
		dst, column = append(dst, '=', digits[c>>4], digits[c&15]), column+3
	}
	return dst
}

// plainRun is what at the start of text stands for itself. A blank at the end of a line does not: it would be lost on the way.
func plainRun(text string) string {
	n := 0
	for n < len(text) && (' ' <= text[n] && text[n] <= '~' && text[n] != '=' || text[n] == '\t') {
		n++
	}
	if n > 0 && (n == len(text) || text[n] == '\n') && (text[n-1] == ' ' || text[n-1] == '\t') {
		n--
	}
	return text[:n]
}
