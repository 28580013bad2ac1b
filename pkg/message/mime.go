package message

import (
	"bytes"
	"strings"
)

// walker collects the leaves of a MIME tree, and the text among them as blocks.
type walker struct {
	leaves    []leaf
	blocks    []block
	truncated bool
}

// leaf is a part as found: raw shares the input's memory and still has its transfer encoding.
type leaf struct {
	Part
	raw      []byte
	encoding string
	typed    bool // its media type was given and makes sense
	shown    bool // it is text of the message, and no attachment
}

// walk reads one entity. fallback is the media type of a part that names none; into, where not nil, is the block of a multipart/alternative
// around it, whose parts say one thing in several forms.
func (w *walker) walk(header Header, body []byte, depth int, fallback string, into *block) {
	mediaType, params, typed := readContentType(header, fallback)
	if !strings.HasPrefix(mediaType, "multipart/") {
		w.add(leaf{Part: Part{ContentType: mediaType, Params: params, Header: header}, raw: body, typed: typed}, into)
		return
	}
	if depth >= maxDepth {
		w.truncated = true
		return
	}
	parts := splitMultipart(body, params["boundary"])
	if len(parts) == 0 { // no such boundary anywhere: what is there is text
		w.add(leaf{Part: Part{ContentType: "text/plain", Params: params, Header: header}, raw: body}, into)
		return
	}
	w.walkParts(parts, mediaType, depth, into)
}

func (w *walker) walkParts(parts [][]byte, mediaType string, depth int, into *block) {
	fallback := "text/plain"
	if mediaType == "multipart/digest" {
		fallback = "message/rfc822"
	}
	w.truncated = w.truncated || len(parts) == maxParts
	var own block
	if mediaType == "multipart/alternative" && into == nil {
		into = &own
	}
	for _, raw := range parts {
		if len(w.leaves) >= maxParts {
			w.truncated = true
			break
		}
		header, body, truncated := cutHeader(raw)
		w.truncated = w.truncated || truncated
		w.walk(header, body, depth+1, fallback, into)
	}
	if into == &own && !own.empty() {
		w.blocks = append(w.blocks, own)
	}
}

// readContentType returns the media type of an entity; typed says that it was given and makes sense.
func readContentType(header Header, fallback string) (mediaType string, params map[string]string, typed bool) {
	raw := header.firstFilled("Content-Type")
	if raw == "" {
		return fallback, nil, false
	}
	mediaType, params = parseMediaType(raw)
	major, minor, ok := strings.Cut(mediaType, "/")
	switch {
	case ok && isToken(major) && isToken(minor):
		return mediaType, params, true
	case major == "html" || major == "text" && strings.Contains(minor, "html"):
		return "text/html", params, false
	case major == "multipart":
		return "multipart/mixed", params, true
	case params["boundary"] != "":
		return "multipart/mixed", params, false
	}
	return fallback, params, false
}

// isToken says whether s is a token of RFC 2045 section 5.1.
func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?=`, s[i]) >= 0 {
			return false
		}
	}
	return s != ""
}

// splitMultipart cuts a body at its boundary lines. Without a boundary, or with one that does not occur, the line that serves as one is
// looked for. A missing last boundary, parts after it, and blanks behind it are forgiven.
func splitMultipart(body []byte, boundary string) [][]byte {
	if boundary != "" {
		if parts := splitAt(body, boundary); len(parts) > 0 {
			return parts
		}
	}
	if found := findBoundary(body); found != "" && found != boundary {
		return splitAt(body, found)
	}
	return nil
}

// splitAt cuts a body at the lines "--boundary" and "--boundary--".
func splitAt(body []byte, boundary string) [][]byte {
	delimiter := []byte("--" + strings.TrimRight(boundary, " \t"))
	var parts [][]byte
	start := -1 // of the part being read
	for at := 0; at < len(body); {
		line, _ := cutLine(body[at:])
		next := lineEnd(body, at)
		if len(line) >= len(delimiter) && line[0] == '-' && bytes.HasPrefix(line, delimiter) {
			tail := bytes.TrimRight(line[len(delimiter):], " \t")
			closes := string(tail) == "--"
			if len(tail) == 0 || closes && !ownsBoundary(body, start, at, boundary+"--") {
				parts = appendPart(parts, body, start, at)
				start = next
				if closes {
					start = -1
				}
			}
		}
		at = next
	}
	return appendPart(parts, body, start, len(body))
}

// ownsBoundary says that the part being read, from start to at, is a multipart of its own whose boundary is what looks like the end of the one
// around it: "b--" within "b". Only the beginning of the part is looked at, where its header is.
func ownsBoundary(body []byte, start, at int, boundary string) bool {
	const headerBytes = 2048
	if start < 0 {
		return false
	}
	header, _, _ := bytes.Cut(body[start:min(at, start+headerBytes)], []byte("\n\r\n"))
	header, _, _ = bytes.Cut(header, []byte("\n\n"))
	_, value, ok := bytes.Cut(header, []byte("boundary="))
	value = bytes.TrimPrefix(value, []byte(`"`))
	return ok && bytes.HasPrefix(value, []byte(boundary)) && !bytes.Contains(body[start:min(at, start+headerBytes)], []byte("\n--"+boundary+"--"))
}

// appendPart adds the part between two boundary lines; the line end before a boundary belongs to it (RFC 2046 section 5.1.1).
func appendPart(parts [][]byte, body []byte, start, end int) [][]byte {
	if start < 0 || start > end || len(parts) >= maxParts || start == end && end == len(body) {
		return parts
	}
	part := body[start:end]
	if end < len(body) {
		part = bytes.TrimSuffix(bytes.TrimSuffix(part, []byte("\n")), []byte("\r"))
	}
	return append(parts, part)
}

// lineEnd returns where the line after the one at i begins.
func lineEnd(b []byte, i int) int {
	n := bytes.IndexByte(b[i:], '\n')
	if n < 0 {
		return len(b)
	}
	return i + n + 1
}

// findBoundary looks for a line "--X" that is followed by a Content- field: the boundary that the header does not name.
func findBoundary(body []byte) string {
	for at := 0; at < len(body); {
		line, _ := cutLine(body[at:])
		at = lineEnd(body, at)
		if len(line) < 3 || len(line) > 200 || line[0] != '-' || line[1] != '-' {
			continue
		}
		next, _ := cutLine(body[at:])
		if len(next) > 8 && bytes.EqualFold(next[:8], []byte("content-")) {
			return strings.TrimRight(string(line[2:]), " \t")
		}
	}
	return ""
}
