package message

import (
	"strings"
)

// microsoftComplaint is how Outlook.com's feedback loop writes; it predates RFC 5965.
var microsoftComplaint = lazily(`(?i)^complaint about message from`)

// isComplaint says that a message is an abuse report: RFC 5965, Microsoft's older form, or the notification of Amazon SES.
func isComplaint(m *Message) bool {
	if kind, ok := feedbackType(m); ok {
		return kind != "not-spam" && kind != "auth-failure" && kind != "dmarc"
	}
	if hasReportType(m, "feedback-report") {
		return true
	}
	if ses, ok := readSES(m.Text); ok && ses.kind() == "Complaint" {
		return true
	}
	return microsoftComplaint().MatchString(m.Subject) && hasReturnedPart(m)
}

// feedbackType returns the Feedback-Type of the report among the parts. not-spam says the opposite of a complaint, and auth-failure (RFC
// 6591) is about forgery.
func feedbackType(m *Message) (string, bool) {
	for i := range m.Parts {
		if m.Parts[i].ContentType == "message/feedback-report" {
			return strings.ToLower(firstWord(statusField(m.Parts[i].Body, "feedback-type"))), true
		}
	}
	return "", false
}

// readComplaint returns the ids and recipients of the message that was complained about.
func readComplaint(m *Message) returned {
	if ses, ok := readSES(m.Text); ok {
		return ses.returned()
	}
	var named returned
	for i := range m.Parts {
		if m.Parts[i].ContentType != "message/feedback-report" {
			continue
		}
		for _, f := range statusFields(m.Parts[i].Body) {
			if f.name == "original-rcpt-to" || f.name == "removal-recipient" {
				named.addRecipient(recipientOf(f.raw))
			}
		}
	}
	original := readReturned(m, "")
	for _, a := range original.recipients {
		named.addRecipient(a)
	}
	named.ids, named.from = original.ids, original.from
	return named
}
