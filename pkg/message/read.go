package message

import (
	"cmp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mailrun/pkg/outreach"
)

// Reading is what a message is and what it says, as far as the message itself tells. Nothing in it is verified: whether a bounce is about
// a message that was really sent is for the caller to find out by the ids and addresses.
type Reading struct {
	Kind        outreach.Kind
	VisibleText string // the writer's own words; for a bounce what the server says
	Snippet     string // the beginning of VisibleText, one line of at most 160 runes
	// Bounces holds one entry per failed recipient. It is empty for a bounce that names nobody.
	Bounces []BouncedRecipient
	// OriginalIDs are the Message-IDs of the message that was returned or complained about, and the ids that Exchange kept of a message that it
	// gave a new one. OriginalRecipients are the addresses that it was for.
	OriginalIDs        []string
	OriginalRecipients []string
	ReturnDate         *time.Time // of an out-of-office note that names one
	LeftCompany        bool       // an automatic note that the person does not work there any more
	Forward            bool       // passed on to a third person
	Calendar           string     // accepted, declined or tentative for an answer to an invitation, else ""
}

// maxSnippet is the length of a snippet in runes.
const maxSnippet = 160

// Read decides what a message is, in the order of the package comment. received is when it arrived; dates without a year count from there.
func Read(m *Message, received time.Time) Reading {
	if bounce, ok := readBounce(m); ok {
		return readingOfBounce(m, bounce)
	}
	r := Reading{Kind: outreach.KindHuman}
	scanned := scanText(m.Text)
	text, own := visible(m, scanned)
	r.setText(text)
	if isComplaint(m) {
		original := readComplaint(m)
		r.Kind, r.OriginalIDs, r.OriginalRecipients = outreach.KindComplaint, original.ids, original.recipients
		return r
	}
	r.OriginalIDs = exchangeIDs(m)
	r.Forward = isForward(m, scanned, text)
	if m.Calendar != nil {
		r.Calendar = m.Calendar.Response
		return r // a person's answer, although a program wrote it
	}
	kind, returnDate, left, ok := autoReply(m, text, received)
	switch {
	case ok:
		r.Kind, r.ReturnDate, r.LeftCompany = kind, returnDate, left
	case isReceipt(m):
		r.Kind = outreach.KindAutoReply
	case own && OptOutWords(text) || optOutSubject(m):
		r.Kind = outreach.KindUnsubscribe
	}
	return r
}

// readingOfBounce shows the server's notice in place of visible text: quotes in it are its substance.
func readingOfBounce(m *Message, b bounceReading) Reading {
	r := Reading{Kind: outreach.KindBounce, Bounces: b.recipients, OriginalIDs: b.original.ids, OriginalRecipients: b.original.recipients}
	r.setText(cmp.Or(b.notice, strings.TrimSpace(limitNotice(m.Text))))
	return r
}

// setText fills in the visible text and the snippet.
func (r *Reading) setText(text string) {
	r.VisibleText, r.Snippet = text, snippet(text)
}

// snippet is the beginning of a text in one line.
func snippet(text string) string {
	var line strings.Builder
	runes, blank := 0, false
	last := 0 // where the last rune that fits begins
	for _, c := range clip(text, 8*maxSnippet) {
		switch {
		case unicode.IsSpace(c):
			blank = runes > 0
			continue
		case c == utf8.RuneError:
			continue
		case blank:
			blank = false
			line.WriteByte(' ')
			runes++
		}
		if runes++; runes <= maxSnippet {
			last = line.Len()
		}
		if line.WriteRune(c); runes > maxSnippet {
			return strings.TrimRight(line.String()[:last], " ") + "…"
		}
	}
	return line.String()
}

// isReceipt names reports that tell of no failure: delivered (RFC 3464), read (RFC 8098), and the others that a multipart/report may hold.
func isReceipt(m *Message) bool {
	mediaType, _ := parseMediaType(m.Header.firstFilled("Content-Type"))
	if mediaType == "multipart/report" {
		return true
	}
	for i := range m.Parts {
		if t := m.Parts[i].ContentType; t == "message/disposition-notification" || t == "message/feedback-report" || isDeliveryStatus(t) {
			return true
		}
	}
	_, ok := readSES(m.Text)
	return ok
}

// optOutSubject recognises what mail programs send on a click: a message of its own with that subject.
func optOutSubject(m *Message) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(m.Subject), " ")
	return strings.EqualFold(word, "unsubscribe")
}
