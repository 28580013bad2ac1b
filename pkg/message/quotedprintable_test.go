package message

import (
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The standard library reads back what was written, and no line is too long or ends in a blank.
func TestQuotedPrintableReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([ -~é]{0,90}[ \t]?\n)*`)).Draw(t, "text")
		text = strings.ReplaceAll(text, "\r", "")
		encoded := string(appendQuotedPrintable(nil, text))
		decoded, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(encoded)))
		if err != nil || strings.ReplaceAll(string(decoded), "\r\n", "\n") != text {
			t.Fatalf("%q became %q, which reads %q, %v", text, encoded, decoded, err)
		}
		for line := range strings.SplitSeq(encoded, "\r\n") {
			if len(line) > 76 || strings.TrimRight(line, " \t") != line || strings.Contains(line, "\n") {
				t.Fatalf("%q has the line %q", text, line)
			}
		}
	})
}
