package message

import (
	"bytes"
	"cmp"
	"html"
	"path"
	"strings"
	"unicode/utf8"

	"mailrun/pkg/outreach"
)

// block is one piece of the text that a reader sees, in one or two forms. A message may hold several: text before and after an image, the
// footer of a mailing list.
type block struct {
	text, html       string
	hasText, hasHTML bool
}

func (b block) empty() bool { return !b.hasText && !b.hasHTML }

// add records a leaf, and its text where it is text of the message.
func (w *walker) add(l leaf, into *block) {
	l.encoding = l.Header.firstFilled("Content-Transfer-Encoding")
	disposition, params := parseMediaType(l.Header.Raw("Content-Disposition"))
	l.Disposition = disposition
	if disposition != "" && disposition != "inline" {
		l.Disposition = "attachment" // RFC 2183 section 2.8: unknown ones are attachments
	}
	l.Filename = fileName(params, l.Params)
	if isReadable(l.ContentType) {
		w.decode(&l)
	}
	l.shown = l.Disposition != "attachment" && l.Filename == "" && (l.ContentType == "text/plain" || l.ContentType == "text/html")
	if l.shown {
		w.addBlock(&l, into)
	}
	w.leaves = append(w.leaves, l)
}

// isReadable says which types are decoded: text, embedded messages and their reports. Other content is only measured.
func isReadable(mediaType string) bool {
	return strings.HasPrefix(mediaType, "text/") || strings.HasPrefix(mediaType, "message/") || mediaType == "application/ics"
}

// decode fills in the Body: transfer encoding removed, text in UTF-8, within the limits.
func (w *walker) decode(l *leaf) {
	b := l.raw
	if len(b) > 2*maxPartBytes {
		b, w.truncated = b[:2*maxPartBytes], true
	}
	b = decodeTransfer(l.encoding, b)
	if len(b) > maxPartBytes {
		b, w.truncated = b[:maxPartBytes], true
	}
	l.Body = b
	if strings.HasPrefix(l.ContentType, "text/") {
		l.Body = textBody(l, b)
	}
}

// textBody decodes the charset; an HTML document may name its own.
func textBody(l *leaf, b []byte) []byte {
	label := l.Params["charset"]
	if l.ContentType == "text/html" && label == "" {
		label = metaCharset(b)
	}
	if (label == "" || canonicalCharset(label) == "utf-8") && utf8.Valid(b) && bytes.IndexByte(b, 0x1b) < 0 {
		return bytes.TrimPrefix(b, []byte("\uFEFF"))
	}
	return []byte(decodeCharset(label, b))
}

var metaCharsetPattern = lazily(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([\w:.-]{1,40})`)

// metaCharset reads the charset that an HTML document claims in its first kilobyte.
func metaCharset(b []byte) string {
	if m := metaCharsetPattern().FindSubmatch(b[:min(len(b), 1024)]); m != nil {
		return string(m[1])
	}
	return ""
}

// addBlock puts the text of a leaf in its block: that of the multipart/alternative around it, else one of its own. A form that comes in pieces
// (Apple Mail puts images between them) is put together.
func (w *walker) addBlock(l *leaf, into *block) {
	own := block{}
	if into == nil {
		into = &own
	}
	if l.ContentType == "text/html" {
		into.html, into.hasHTML = joinPieces(into.html, cleanText(l.Body)), true
	} else {
		into.text, into.hasText = joinPieces(into.text, w.plainText(l)), true
	}
	if into == &own {
		w.blocks = append(w.blocks, own)
	}
}

func joinPieces(a, b string) string {
	if a == "" || b == "" || a == b || len(a) > maxTextBytes {
		return cmp.Or(a, b)
	}
	return a + "\n" + b
}

// plainText returns the text of a leaf; files that were uuencoded into it become attachments.
func (w *walker) plainText(l *leaf) string {
	files, rest := cutUUEncoded(l.Body)
	for _, f := range files {
		w.leaves = append(w.leaves, leaf{
			Part: Part{ContentType: "application/octet-stream", Disposition: "attachment", Filename: cleanControls(guessCharset([]byte(f.name)))},
			raw:  f.body,
		})
	}
	return cleanText(rest)
}

// cleanText bounds a text, makes its line ends LF and drops what no text holds: NULs and other control characters.
func cleanText(b []byte) string {
	if len(b) > maxTextBytes {
		b = b[:maxTextBytes]
	}
	clean := 0
	for clean < len(b) && (b[clean] >= ' ' && b[clean] != 0x7f || b[clean] == '\n' || b[clean] == '\t') {
		clean++
	}
	out := b
	if clean < len(b) {
		out = append(make([]byte, 0, len(b)), b[:clean]...)
	}
	for i := clean; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\r':
			if !bytes.HasPrefix(bytes.TrimLeft(b[i:min(len(b), i+3)], "\r"), []byte("\n")) {
				out = append(out, '\n')
			}
		case c >= ' ' && c != 0x7f, c == '\n', c == '\t':
			out = append(out, c)
		}
	}
	if utf8.Valid(out) {
		return string(out)
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

// text joins the blocks as a reader sees them one below the other.
func (w *walker) text() string {
	var texts []string
	for _, b := range w.blocks {
		t := b.text
		if strings.TrimSpace(t) == "" && b.hasHTML {
			t = htmlToText(b.html)
		}
		if strings.TrimSpace(t) != "" {
			texts = append(texts, t)
		}
	}
	return bounded(strings.Join(texts, "\n"))
}

// html joins the HTML forms, "" if there is none. Blocks without one are put in as they are, so that the document is as complete as the text.
func (w *walker) html() string {
	var documents []string
	found := false
	for _, b := range w.blocks {
		switch {
		case b.hasHTML && strings.TrimSpace(b.html) != "":
			documents, found = append(documents, b.html), true
		case strings.TrimSpace(b.text) != "":
			documents = append(documents, "<pre>"+html.EscapeString(b.text)+"</pre>")
		}
	}
	if !found {
		return ""
	}
	return bounded(strings.Join(documents, "\n"))
}

// bounded cuts a text to maxTextBytes at a rune.
func bounded(s string) string {
	if len(s) <= maxTextBytes {
		return s
	}
	return strings.ToValidUTF8(s[:maxTextBytes], "")
}

// lastResort finds text in a message that seems to have none: a text file sent as an attachment, text of an odd type, a message within the
// message, an untyped part.
func (w *walker) lastResort(depth int) (text, document string) {
	for i := range w.leaves {
		l := &w.leaves[i]
		switch {
		case l.ContentType == "text/html":
			document = cleanText(l.Body)
			text = htmlToText(document)
		case l.ContentType == "text/enriched" || l.ContentType == "text/richtext":
			text = htmlToText(strings.ReplaceAll(cleanText(l.Body), "<<", "&lt;"))
		case isNoProse(l.ContentType):
		case strings.HasPrefix(l.ContentType, "text/"):
			text = cleanText(l.Body)
		case isEmbedded(l.ContentType) && depth < maxDepth:
			inner := parse(l.Body, depth+1)
			text, document = inner.Text, inner.HTML
		case !l.typed, isTextFile(l):
			text = l.proseOf()
		}
		if strings.TrimSpace(text) != "" {
			return bounded(text), bounded(document)
		}
	}
	return "", ""
}

// isNoProse names text types that are data and not something to read.
func isNoProse(mediaType string) bool {
	switch mediaType {
	case "text/calendar", "text/rfc822-headers", "text/vcard", "text/x-vcard", "text/directory", "text/css", "text/javascript":
		return true
	}
	return false
}

// isEmbedded says that a leaf is a whole message, or the header of one.
func isEmbedded(mediaType string) bool {
	switch mediaType {
	case "message/rfc822", "message/global", "message/rfc822-headers", "message/partial", "message/news":
		return true
	}
	return false
}

// isTextFile names leaves that may hold text although their type does not say so.
func isTextFile(l *leaf) bool {
	return strings.HasPrefix(l.ContentType, "application/") && (l.Filename == "" || strings.HasSuffix(strings.ToLower(l.Filename), ".txt"))
}

// proseOf decodes a leaf of a type that is no text and returns it if it is text all the same, else "".
func (l *leaf) proseOf() string {
	b := decodeTransfer(l.encoding, l.raw[:min(len(l.raw), maxTextBytes)])
	for _, c := range b[:min(len(b), 1024)] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return ""
		}
	}
	return cleanText([]byte(decodeCharset(l.Params["charset"], b)))
}

// attachments lists every leaf that is not shown as text.
func (w *walker) attachments() []outreach.Attachment {
	var list []outreach.Attachment
	for i := range w.leaves {
		l := &w.leaves[i]
		if l.shown {
			continue
		}
		size := len(l.Body)
		if l.Body == nil {
			size = decodedSize(l.encoding, l.raw)
		}
		list = append(list, outreach.Attachment{Filename: l.Filename, ContentType: l.ContentType, Size: size})
	}
	return list
}

// parts returns the leaves for those outside.
func (w *walker) parts() []Part {
	parts := make([]Part, len(w.leaves))
	for i := range w.leaves {
		parts[i] = w.leaves[i].Part
	}
	return parts
}

// fileName reads a name from the Content-Disposition, else from the Content-Type, without any folder: it is shown and never used as a path.
func fileName(disposition, contentType map[string]string) string {
	name := disposition["filename"]
	if name == "" {
		name = contentType["name"]
	}
	name = strings.TrimSpace(strings.ReplaceAll(name, "\\", "/"))
	if name == "" {
		return ""
	}
	name = path.Base(name)
	if len(name) > 255 {
		name = strings.ToValidUTF8(name[:255], "")
	}
	return name
}
