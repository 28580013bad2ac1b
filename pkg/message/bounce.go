package message

import (
	"cmp"
	"slices"
	"strings"

	"mailrun/pkg/outreach"
)

// BouncedRecipient is one failed recipient of a bounce. Each has its own status and words: one bounce may report several, and what
// failed for one says nothing about the other.
type BouncedRecipient struct {
	outreach.Bounce
	Action string `json:"action,omitempty"` // failed, or delayed while the server still tries
	// Original is the address as it was mailed to, where an alias or a forward led elsewhere; "" if it is the Recipient.
	Original string `json:"original,omitempty"`
}

// bounceReading is what readBounce found.
type bounceReading struct {
	recipients []BouncedRecipient
	original   returned
	notice     string // what the server says
}

// readBounce reads a delivery status notification (RFC 3464) or one of the texts that servers send instead. ok says that the message is a
// bounce; it may be one without a recipient. A notification that reports success only is none.
func readBounce(m *Message) (bounceReading, bool) {
	if isComplaint(m) {
		return bounceReading{}, false
	}
	if ses, ok := readSES(m.Text); ok {
		if ses.kind() != "Bounce" {
			return bounceReading{}, false
		}
		return newBounceReading(ses.reports(), ses.returned(), ""), true
	}
	reports := deliveryReports(m)
	signs, found := readSigns(m)
	declared := len(reports) > 0 || hasReportType(m, "delivery-status")
	if !declared && !found {
		return bounceReading{}, false
	}
	notice, below := cutReturned(limitNotice(m.Text))
	if !declared && !signs.looksLikeBounce(notice, below != "" || hasReturnedPart(m)) {
		return readForwarded(m, signs)
	}
	original := readReturned(m, below)
	if len(reports) == 0 {
		reports = readReports([]byte(notice)) // the blocks of RFC 3464 in plain text
	}
	if len(reports) > 0 && allDone(reports) {
		return bounceReading{}, false
	}
	explain(reports, notice)
	if len(reports) == 0 {
		if inner, ok := readInner(below); ok {
			return inner, true
		}
		reports = textReports(m, notice, original)
	}
	return newBounceReading(reports, original, notice), true
}

// explain gives reports without a server's words those that the text has for their address.
func explain(reports []report, notice string) {
	silent := func(r report) bool { return r.diagnostic == "" }
	if !slices.ContainsFunc(reports, silent) {
		return
	}
	for _, f := range findFailures(notice, nil) {
		for i := range reports {
			r := &reports[i]
			if silent(*r) && (strings.EqualFold(r.final, f.address) || strings.EqualFold(r.original, f.address)) {
				r.diagnostic, r.remoteMTA = f.diagnostic, cmp.Or(r.remoteMTA, findHost(f.diagnostic))
			}
		}
	}
}

// forwardedBounce introduces a bounce that a person or a program passes on in the text.
var forwardedBounce = lazily(`(?im)^>?[ \t]*from:[^\n]{0,100}mailer-?daemon`)

// readForwarded reads a bounce that somebody forwards: it tells the same as the bounce itself.
func readForwarded(m *Message, s signs) (bounceReading, bool) {
	if !s.reply || !s.subject {
		return bounceReading{}, false
	}
	text := limitNotice(m.Text)
	at := forwardedBounce().FindStringIndex(text)
	if at == nil {
		return bounceReading{}, false
	}
	return readInner(text[at[0]:])
}

// readInner reads a bounce within a bounce, as list servers and gateways return them. Text that is no such message is none.
func readInner(text string) (bounceReading, bool) {
	if !forwardedBounce().MatchString(text[:min(len(text), 4<<10)]) {
		return bounceReading{}, false
	}
	inner := Parse(unquoted(text))
	signs, _ := readSigns(inner)
	notice, below := cutReturned(limitNotice(inner.Text))
	reports := deliveryReports(inner)
	if len(reports) == 0 {
		reports = readReports([]byte(notice))
	}
	original := readReturned(inner, below)
	if len(reports) == 0 {
		reports = textReports(inner, notice, original)
	}
	return newBounceReading(reports, original, notice), !allDone(reports) && signs.looksLikeBounce(notice, below != "" || hasReturnedPart(inner))
}

// limitNotice bounds what the patterns read.
func limitNotice(text string) string {
	if len(text) > maxNotice {
		text = strings.ToValidUTF8(text[:maxNotice], "")
	}
	return text
}

// deliveryReports collects the per-recipient blocks of every delivery status among the parts.
func deliveryReports(m *Message) []report {
	var reports []report
	for i := range m.Parts {
		if isDeliveryStatus(m.Parts[i].ContentType) {
			reports = append(reports, readReports(m.Parts[i].Body)...)
		}
	}
	return reports
}

func isDeliveryStatus(mediaType string) bool {
	return mediaType == "message/delivery-status" || mediaType == "message/global-delivery-status"
}

// allDone says that the notification reports success (RFC 3464 section 2.3.3) and nothing else.
func allDone(reports []report) bool {
	for _, r := range reports {
		if r.action != "done" && (r.action != "" || !strings.HasPrefix(r.status, "2")) {
			return false
		}
	}
	return true
}

// hasReportType says that the message declares itself a multipart/report of that type.
func hasReportType(m *Message, reportType string) bool {
	declared := m.Header.firstFilled("Content-Type")
	if !strings.Contains(strings.ToLower(declared), "report") {
		return false // the commonest case, for less
	}
	mediaType, params := parseMediaType(declared)
	return mediaType == "multipart/report" && strings.Contains(strings.ToLower(params["report-type"]), reportType)
}

// textReports reads the failed recipients from the text and header of a bounce that holds no delivery status.
func textReports(m *Message, notice string, original returned) []report {
	own := ownAddresses(m, original)
	failures := findFailures(notice, own)
	if failed := ParseAddresses(m.Header.Raw("X-Failed-Recipients")); len(failed) > 0 {
		failures = mergeFailed(failures, failed)
	}
	if len(failures) == 0 {
		failures = fromOriginal(original, own)
	}
	action := ""
	switch {
	case delayWords.in(foldText(m.Subject + "; " + notice)):
		action = "delayed"
	case finalWords.in(foldText(notice)):
		action = "failed"
	}
	var reports []report
	for _, f := range failures {
		reports = append(reports, report{
			final: f.address, action: action, status: findStatus(f.diagnostic), diagnostic: f.diagnostic, remoteMTA: findHost(f.diagnostic),
		})
	}
	if len(reports) == 0 {
		reports = append(reports, report{action: action, status: findStatus(notice)})
	}
	return reports
}

// hostSaid is how a notice names the server that refused.
var hostSaid = lazily(`(?i)\bhost:? ([a-z0-9][a-z0-9.-]*\.[a-z0-9-]+)|(?:server|by) ([a-z0-9][a-z0-9.-]*\.[a-z]{2,}[a-z0-9-]*)\.? ?\[`)

// findHost returns the name of the server that refused, where the words name it.
func findHost(diagnostic string) string {
	if m := hostSaid().FindStringSubmatch(diagnostic); m != nil {
		return cmp.Or(m[1], m[2])
	}
	return ""
}

// ownAddresses are the addresses that sent the original: the failed one is somebody else, unless nobody else is there.
func ownAddresses(m *Message, original returned) []string {
	own := []string{m.From.Address, original.from}
	for _, a := range m.To {
		own = append(own, a.Address)
	}
	return slices.DeleteFunc(own, func(a string) bool { return a == "" })
}

// mergeFailed puts the addresses of X-Failed-Recipients first; the words found in the text stay with their address.
func mergeFailed(found []failure, failed []outreach.Address) []failure {
	var merged []failure
	for _, a := range failed {
		f := failure{address: a.Address}
		same := func(x failure) bool { return strings.EqualFold(x.address, a.Address) }
		if i := slices.IndexFunc(found, same); i >= 0 {
			f.diagnostic = found[i].diagnostic
		}
		merged = append(merged, f)
	}
	return merged
}

// fromOriginal falls back on whom the returned message was for.
func fromOriginal(original returned, own []string) []failure {
	for _, a := range original.recipients {
		if len(original.recipients) == 1 || !slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, a) }) {
			return []failure{{address: a}}
		}
	}
	return nil
}

// newBounceReading judges every report. The notice is judged once for all.
func newBounceReading(reports []report, original returned, notice string) bounceReading {
	b := bounceReading{original: original, notice: strings.TrimSpace(notice)}
	about := typeByWords(foldText(notice), "")
	for _, r := range reports {
		if r.action != "done" {
			b.add(r, about)
		}
	}
	return b
}

// add appends one recipient, unless it is there already with the same outcome.
func (b *bounceReading) add(r report, about outreach.BounceType) {
	address := cmp.Or(r.final, r.original)
	if r.original != "" && !isRoutable(r.final) {
		address = r.original
	}
	e := evidence{action: r.action, status: r.status, diagnostic: r.diagnostic, notice: about}
	recipient := BouncedRecipient{
		Bounce: outreach.Bounce{
			Type: e.bounceType(), Recipient: address, Status: r.status, Diagnostic: cleanDiagnostic(r.diagnostic), RemoteMTA: cleanControls(r.remoteMTA),
		},
		Action: cmp.Or(r.action, "failed"),
	}
	if !strings.EqualFold(r.original, address) {
		recipient.Original = r.original
	}
	same := func(x BouncedRecipient) bool { return strings.EqualFold(x.Recipient, address) }
	if !slices.ContainsFunc(b.recipients, same) && len(b.recipients) < maxRecipients {
		b.recipients = append(b.recipients, recipient)
	}
}

// isRoutable says that an address is one of the internet and not a name inside a server.
func isRoutable(address string) bool {
	_, domain, ok := strings.Cut(address, "@")
	return ok && strings.Contains(domain, ".")
}
