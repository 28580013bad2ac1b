package message

import (
	"bytes"
	"strings"
)

// maxRecipients bounds the recipients that are read from one bounce.
const maxRecipients = 200

// report is a per-recipient block of a delivery status notification (RFC 3464 section 2.3).
type report struct {
	final, original string // addresses
	action          string // as normalAction says
	status          string
	diagnostic      string
	remoteMTA       string
}

// readReports reads the body of message/delivery-status. Blocks are told apart by their recipient fields and not by the empty lines
// alone, which some servers leave out and others put between the fields of one block.
func readReports(body []byte) []report {
	var reports []report
	var current *report
	gap := true
	for _, f := range statusFields(body) {
		if f.name == "" {
			gap = true
			continue
		}
		if current == nil || startsBlock(current, f.name, gap) {
			if len(reports) == maxRecipients {
				break
			}
			reports = append(reports, report{})
			current = &reports[len(reports)-1]
		}
		current.set(f)
		gap = false
	}
	return withRecipient(reports)
}

// startsBlock says whether a field begins the block of another recipient.
func startsBlock(r *report, name string, gap bool) bool {
	hasRecipient := r.final != "" || r.original != ""
	switch name {
	case "final-recipient":
		return r.final != "" || gap && hasRecipient
	case "original-recipient":
		return r.original != "" || gap && hasRecipient
	case "action":
		return r.action != "" && gap
	}
	return gap && hasRecipient && r.action != "" && r.status != ""
}

// withRecipient leaves out the per-message block and whatever else names nobody.
func withRecipient(reports []report) []report {
	kept := reports[:0]
	for _, r := range reports {
		if r.final != "" || r.original != "" {
			kept = append(kept, r)
		}
	}
	return kept
}

// statusFields splits the body into fields; a field without a name stands for an empty line.
func statusFields(body []byte) []field {
	var fields []field
	for len(body) > 0 && len(fields) < maxFields {
		var line []byte
		line, body = cutLine(body)
		trimmed := bytes.TrimSpace(line)
		name, value, ok := cutField(line)
		switch {
		case len(trimmed) == 0:
			fields = append(fields, field{})
		case ok:
			fields = append(fields, field{name, strings.TrimSpace(string(value))})
		case len(fields) > 0 && fields[len(fields)-1].name != "" && len(fields[len(fields)-1].raw) < maxDiagnostic:
			fields[len(fields)-1].raw += " " + string(trimmed)
		}
	}
	return fields
}

// maxDiagnostic bounds a server's answer.
const maxDiagnostic = 2 << 10

// set records one field.
func (r *report) set(f field) {
	value := decodeHeader(f.raw)
	switch f.name {
	case "final-recipient":
		r.final = recipientOf(value)
	case "original-recipient":
		r.original = recipientOf(value)
	case "action":
		r.action = normalAction(value)
	case "status":
		r.status = findStatus(value)
		if r.diagnostic == "" {
			r.diagnostic = statusComment(value)
		}
	case "diagnostic-code":
		if d := afterType(value); d != "" {
			r.diagnostic = d
		}
	case "remote-mta":
		r.remoteMTA = firstWord(afterType(value))
	}
}

// statusComment returns what follows the code in "5.2.2 (mailbox full)", or the whole of a Status that is no code.
func statusComment(value string) string {
	if i := strings.IndexByte(value, '('); i >= 0 {
		return strings.Trim(value[i:], "() ")
	}
	if findStatus(value) == "" {
		return value
	}
	return ""
}

// normalAction folds the actions of RFC 3464 section 2.3.3 and the ones that servers invent into failed, delayed and done.
func normalAction(value string) string {
	switch strings.ToLower(firstWord(value)) {
	case "delayed", "delay", "deferred":
		return "delayed"
	case "delivered", "relayed", "expanded", "deliverable", "success":
		return "done"
	}
	return "failed" // failed, failure, error, expired, ...
}

// afterType drops the type of "rfc822; user@example.com" or "smtp; 550 no".
func afterType(value string) string {
	kind, rest, ok := strings.Cut(value, ";")
	if ok && len(kind) < 40 && !strings.ContainsAny(kind, " @<") {
		return strings.TrimSpace(rest)
	}
	return strings.TrimSpace(value)
}

// recipientOf reads the address of a recipient field, "" for a program, a file or an X.400 name.
func recipientOf(value string) string {
	value = afterType(value)
	if strings.ContainsAny(value, "|/") && !strings.Contains(value, "<") || !strings.Contains(value, "@") {
		return ""
	}
	if route := strings.LastIndexByte(value, ':'); strings.HasPrefix(value, "@") && route > 0 {
		return "" // a route inside the server
	}
	return first(ParseAddresses(value)).Address
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return strings.TrimRight(word, ";,.")
}
