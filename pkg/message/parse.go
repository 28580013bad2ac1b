package message

import (
	"bytes"
	"net/mail"
	"strings"
	"time"

	"mailrun/pkg/outreach"
)

// Limits of what Parse reads. They are far above what mail programs produce and keep a hostile message from costing memory or time.
const (
	maxHeaderBytes = 256 << 10 // of one header block
	maxFields      = 2000      // of one header block
	maxDepth       = 20        // of multiparts and messages within each other
	maxParts       = 500
	maxPartBytes   = 4 << 20 // of one part, decoded
	maxTextBytes   = 1 << 20 // of Text and of HTML
)

// Message is a received message, read as far as it is readable.
type Message struct {
	Header     Header
	MessageID  string   // with its angle brackets, "" if none
	InReplyTo  []string // ids with their angle brackets
	References []string
	From       outreach.Address
	Sender     outreach.Address
	ReplyTo    []outreach.Address
	To         []outreach.Address
	CC         []outreach.Address
	Subject    string
	Date       time.Time // UTC; zero if missing or unreadable
	// Text is the readable text; it is made from HTML where there is no text part. HTML is the document as sent, in UTF-8. Line ends are LF.
	Text string
	HTML string
	// Attachments lists the parts that are not the text of the message, embedded messages and inline images among them.
	Attachments []outreach.Attachment
	// Parts are the leaf parts in order. An embedded message (message/rfc822) is a leaf: Parse its Body to look inside.
	Parts    []Part
	Calendar *Calendar // an answer to an invitation, else nil
	// Truncated says that a limit was reached and that the rest was left out.
	Truncated bool
}

// Part is a leaf of the MIME tree.
type Part struct {
	ContentType string            // media type in lower case, never ""
	Params      map[string]string // of the Content-Type, by lower-case name
	Disposition string            // inline, attachment or ""
	Filename    string
	Header      Header
	// Body is the content of text and message parts without its transfer encoding, text in UTF-8. It is nil for everything else, which is
	// listed and never stored.
	Body []byte
}

// Parse reads a message. It never fails: see the package comment for what it does with what is broken. Body bytes of the result may share
// memory with raw.
func Parse(raw []byte) *Message {
	return parse(raw, 0)
}

func parse(raw []byte, depth int) *Message {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') >= 0 {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n")) // line ends of the old Macintosh
	}
	header, body, truncated := cutHeader(raw)
	m := &Message{Header: header, Truncated: truncated}
	m.readHeader()
	w := walker{}
	w.walk(header, body, depth, "text/plain", nil)
	m.Text, m.HTML = w.text(), w.html()
	if m.Text == "" {
		if text, document := w.lastResort(depth); text != "" {
			m.Text, m.HTML = text, document
		}
	}
	m.Attachments, m.Parts = w.attachments(), w.parts()
	m.Calendar = readCalendar(m.Parts)
	m.Truncated = m.Truncated || w.truncated
	return m
}

// readHeader fills in the fields of a message that come from its header.
func (m *Message) readHeader() {
	h := m.Header
	if ids := idsOrToken(h.Raw("Message-ID")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	m.InReplyTo = idsOrToken(h.Raw("In-Reply-To"))
	for _, v := range h.rawValues("References") {
		m.References = append(m.References, MessageIDs(v)...)
	}
	m.From = first(ParseAddresses(h.firstFilled("From")))
	if m.From.Address == "" {
		m.From.Name = decodeName(h.firstFilled("From")) // "MAILER-DAEMON (Mail Delivery System)"
	}
	m.Sender = first(ParseAddresses(h.firstFilled("Sender")))
	m.ReplyTo = ParseAddresses(h.firstFilled("Reply-To"))
	m.To = ParseAddresses(strings.Join(h.rawValues("To"), ", "))
	m.CC = ParseAddresses(strings.Join(h.rawValues("Cc"), ", "))
	m.Subject = strings.TrimSpace(h.Get("Subject"))
	m.Date = parseDate(h.firstFilled("Date"))
}

func first(list []outreach.Address) outreach.Address {
	if len(list) == 0 {
		return outreach.Address{}
	}
	return list[0]
}

// commonDate is how nearly all programs write a date.
const commonDate = "Mon, 2 Jan 2006 15:04:05 -0700"

// dateLayouts are dates that net/mail refuses and programs write.
var dateLayouts = []string{
	"Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", "Mon Jan _2 15:04:05 -0700 2006", "Mon, _2 Jan 2006 15:04:05",
	"Monday, _2 January 2006 15:04:05 -0700", "Mon, _2 January 2006 15:04:05 -0700", "_2 January 2006 15:04:05 -0700",
	"Mon, _2-Jan-2006 15:04:05 -0700", "Mon, _2-Jan-06 15:04:05 -0700", "_2 Jan 2006 15:04:05", "Mon, _2 Jan 2006 15:04:05 -07:00",
	"Mon, _2 Jan 2006 3:04:05 PM -0700", "Mon, Jan _2, 2006 15:04:05 -0700",
	time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05",
}

// parseDate reads a date of RFC 5322 section 3.3 or of one of the common wrong forms, and returns it in UTC; a date without a zone is taken
// as UTC. It returns zero for what is no date, and for years that no mail is from.
func parseDate(raw string) time.Time {
	raw = strings.Join(strings.Fields(stripComment(strings.TrimSpace(raw))), " ")
	if raw == "" || len(raw) > 200 {
		return time.Time{}
	}
	if t, err := time.Parse(commonDate, raw); err == nil { // net/mail tries it after a dozen others
		return plausible(t)
	}
	if t, err := mail.ParseDate(raw); err == nil {
		return plausible(t)
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, raw); err == nil {
			return plausible(t)
		}
	}
	return time.Time{}
}

func plausible(t time.Time) time.Time {
	if t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}
