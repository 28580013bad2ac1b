package message

import (
	"time"

	"mailrun/pkg/outreach"
)

// Limits of what Parse reads. They are far above what mail programs produce and keep a hostile message from costing memory or time.
const (
	maxHeaderBytes = 256 << 10
	maxFields      = 2000
	maxDepth       = 20
	maxParts       = 500
	maxPartBytes   = 4 << 20
	maxTextBytes   = 1 << 20
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
	Date       time.Time // zero if missing or unreadable
	// Text is the readable text; it is made from HTML where there is no text part. HTML is the document as sent, in UTF-8.
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
	ContentType string // media type in lower case, never ""
	Params      map[string]string
	Disposition string // inline, attachment or "", in lower case
	Filename    string
	Header      Header
	// Body is the content without its transfer encoding; text is in UTF-8.
	Body []byte
}

// Calendar is an answer to an invitation (RFC 5546 section 3.2.3, METHOD:REPLY).
type Calendar struct {
	Response string // accepted, declined or tentative
	Attendee string // address of the one who answers
	UID      string
	Summary  string
}
