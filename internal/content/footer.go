package content

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"

	"mailrun/pkg/message"
)

// footer is what a sequence puts under every message.
type footer struct{ unsubscribe *template }

// foot is the lines under one message: below its text, and below its HTML.
type foot struct{ text, html lines }

// lines stand under a body, each apart from the one before it.
type lines struct {
	items  []string
	markup bool
}

// looksLikeHTML finds an end tag or a line break: a signature or an opt-out line may be written in either form.
var looksLikeHTML = regexp.MustCompile(`(?i)</[a-z]|<br\s*/?>`)

// footerKind tells in which form an opt-out line is written.
func footerKind(s string) kind {
	if looksLikeHTML.MatchString(s) {
		return markup
	}
	return plain
}

// write makes the lines under a message: the signature, unless the template places it itself, then the opt-out line.
func (f footer) write(w *writer, a arm) foot {
	out := foot{html: lines{markup: true}}
	if signature, ok := w.scope.value(varSignature); ok {
		if !a.text.names(varSignature) {
			out.text.add(signatureText(signature))
		}
		if !a.html.names(varSignature) {
			out.html.add(signatureHTML(signature))
		}
	}
	line := string(w.write("footer", f.unsubscribe))
	switch {
	case line == "":
	case f.unsubscribe.language.kind == markup:
		out.text.add(message.TextFromHTML(line))
		out.html.add(line)
	default:
		out.text.add(line)
		out.html.add(linked(line, w.scope.given[varUnsubscribe]))
	}
	return out
}

// names tells whether a template names a variable.
func (t *template) names(folded string) bool {
	if t == nil {
		return false
	}
	for _, name := range t.variables {
		if name == folded {
			return true
		}
	}
	return false
}

func signatureText(s string) string {
	if footerKind(s) == markup {
		return message.TextFromHTML(s)
	}
	return s
}

func signatureHTML(s string) string {
	if footerKind(s) == markup {
		return s
	}
	return escapeLines(s)
}

// escapeLines is text as HTML.
func escapeLines(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n")
}

// linked is a line of text as HTML, its link made one.
func linked(line, url string) string {
	escaped := html.EscapeString(url)
	return strings.ReplaceAll(escapeLines(line), escaped, `<a href="`+escaped+`">`+escaped+`</a>`)
}

func (l *lines) add(s string) {
	if s = strings.TrimSpace(s); s != "" {
		l.items = append(l.items, s)
	}
}

// appendTo puts the lines under a body, in HTML before the end of its body element.
func (l lines) appendTo(body []byte) []byte {
	if !l.markup {
		body = bytes.TrimRight(body, " \t\n")
		for _, item := range l.items {
			body = append(append(body, "\n\n"...), item...)
		}
		return body
	}
	var under []byte
	for _, item := range l.items {
		under = append(append(append(under, "\n<p>"...), item...), "</p>"...)
	}
	return slices.Insert(body, bodyEnd(body), under...)
}

// bodyEnd is where the last body element of a document ends, else the end.
func bodyEnd(document []byte) int {
	const tag = "</body"
	end := len(document)
	for at := 0; ; at++ {
		next := bytes.IndexByte(document[at:], '<')
		if next < 0 {
			return end
		}
		at += next
		if len(document)-at >= len(tag) && strings.EqualFold(string(document[at:at+len(tag)]), tag) {
			end = at
		}
	}
}
