package message

import (
	"regexp"
	"slices"
	"strings"
)

// failure is one failed recipient as found in the text of a bounce, with the server's words about it.
type failure struct {
	address    string
	diagnostic string
}

// addressPattern finds addresses in running text.
var addressPattern = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~\x60\x{80}-\x{10FFFF}-]+@(?:[A-Za-z0-9\x{80}-\x{10FFFF}](?:[A-Za-z0-9\x{80}-\x{10FFFF}-]*[A-Za-z0-9\x{80}-\x{10FFFF}])?\.)+[A-Za-z0-9\x{80}-\x{10FFFF}-]*[A-Za-z\x{80}-\x{10FFFF}]`)

// ownLine is a line that begins with an address, as most servers write the failed ones: bare, quoted, in angle brackets, bulleted.
var ownLine = regexp.MustCompile(`^[\s*>-]*["'(\[]*<?(` + addressPattern.String() + `)>?["')\]]*\s*(?:$|:|;|\(|\.\.\.|,|-|=| on \w{3},| invalid| error| host | \[|<|\.\s*$)`)

// labelled is a line that names the failed address behind a label or a verb.
var labelled = regexp.MustCompile(`(?i)(?:^|[\s*>(-])(?:(?:intended |failed |final |original |the )?recipients?(?: address)?|rcpt to|error-for|unknown user|undeliverable to|userid|mailbox(?: exceeds allowed size)?|mailbox is full|` +
	`attempts|unable to deliver (?:your )?(?:message|mail|e-?mail)?\s*to|deliver(?:ed|y|ing)?(?: of)?(?: (?:your|the|this|e-?mail|mail|message|it))*(?: message| mail| e-?mail)? to(?: this address)?|could not be delivered to|` +
	`(?:your )?(?:message|mail|e-?mail)(?: addressed)? to(?: e-?mail address)?|addressed to(?: e-?mail address)?|was addressed,|for|smtp=|not a member of this mailing list|user|address|gateway for|to)\s*:?\s*["'<(\[]*(` +
	addressPattern.String() + `)`)

// notFailed is a context in which an address is not the failed one: the sender, a person to ask, a server's own name.
var notFailed = regexp.MustCompile(`(?i)(?:contact|mail from|from|sender|envelope-from|helo|by|f=|reply(?:ing)? to|postmaster|write to|mailto|e-?mail us|questions?|help|support|to the address)\s*:?\s*[<\["'(]*$`)

// generatedFrom is how Exim names the address behind a forward that it does not disclose.
var generatedFrom = regexp.MustCompile(`(?i)^\s*\(?(?:generated|expanded) (?:from|by):?\s*<?(` + addressPattern.String() + `)`)

// listIntro is a line after which the failed addresses are listed.
var listIntro = regexp.MustCompile(`(?i)(?:following|recipients?|address(?:es)?|destinat\w*|empfänger|adresse|получател\w*|to)\b.{0,60}[:.]\s*$|permanent fatal errors|delivery problems|送信に失敗|あて先|次の`)

// maxNotice bounds the text that the patterns read.
const maxNotice = 50 << 10

// findFailures reads the failed recipients from the notice of a bounce. own lists addresses that are never the failed one unless nothing
// else is there: the mailbox that got the bounce.
func findFailures(notice string, own []string) []failure {
	lines := strings.Split(notice, "\n")
	for _, rule := range []lineRule{ownAddress, labelledAddress, anyAddress} {
		if found := scanLines(lines, rule, own); len(found) > 0 {
			return found
		}
	}
	return nil
}

// lineRule reads the failed address of a line, if it names one, and what the line says about it. listed says that the line before has announced
// a list of addresses.
type lineRule func(line string, listed bool) (address, rest string)

// scanLines gives each line to a rule; the lines between two recipients are the words about the first.
func scanLines(lines []string, rule lineRule, own []string) []failure {
	var found []failure
	listed := false
	current := -1
	for _, line := range lines {
		address, rest := rule(line, listed)
		if address != "" {
			found, current = addFailure(found, address)
			line = rest
		} else if strings.TrimSpace(line) != "" {
			listed = listIntro.MatchString(line)
		}
		if current >= 0 && len(found[current].diagnostic) < maxDiagnostic {
			found[current].diagnostic += line + "\n"
		}
	}
	for i := range found {
		found[i].diagnostic = foldDiagnostic(found[i].diagnostic)
	}
	return withoutOwn(found, own)
}

// addFailure returns the place of an address; one that is named again keeps its first place.
func addFailure(found []failure, address string) ([]failure, int) {
	same := func(x failure) bool { return strings.EqualFold(x.address, address) }
	if i := slices.IndexFunc(found, same); i >= 0 || len(found) == maxRecipients {
		return found, max(i, 0)
	}
	return append(found, failure{address: address}), len(found)
}

// withoutOwn leaves out the addresses of the sender where others are there.
func withoutOwn(found []failure, own []string) []failure {
	isOwn := func(f failure) bool {
		return slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, f.address) })
	}
	if others := slices.DeleteFunc(slices.Clone(found), isOwn); len(others) > 0 {
		return others
	}
	return found
}

// ownAddress reads a line that begins with an address.
func ownAddress(line string, _ bool) (address, rest string) {
	m := ownLine.FindStringSubmatchIndex(line)
	if m == nil {
		return "", ""
	}
	return line[m[2]:m[3]], strings.TrimLeft(line[m[3]:], ">\"': ")
}

// labelledAddress reads an address behind a label, or in a list that the line before has announced.
func labelledAddress(line string, listed bool) (address, rest string) {
	if m := generatedFrom.FindStringSubmatch(line); m != nil {
		return m[1], line
	}
	if listed {
		if at := addressPattern.FindString(afterLabel(line)); at != "" {
			return at, line
		}
	}
	for _, m := range labelled.FindAllStringSubmatchIndex(line, 8) {
		if !notFailed.MatchString(line[:m[2]]) && !isService(line[m[2]:m[3]]) {
			return line[m[2]:m[3]], line
		}
	}
	return "", ""
}

// anyAddress reads any address that is not plainly somebody else's.
func anyAddress(line string, _ bool) (address, rest string) {
	for _, at := range addressPattern.FindAllStringIndex(line, 8) {
		if a := line[at[0]:at[1]]; !notFailed.MatchString(line[:at[0]]) && !isService(a) {
			return a, line
		}
	}
	return "", ""
}

// afterLabel drops "dda:SMTP=" and the like before an address (X.400 names of Exchange 5.5).
func afterLabel(line string) string {
	if i := strings.LastIndex(line, "SMTP="); i >= 0 {
		return line[i+len("SMTP="):]
	}
	return line
}

// isService names addresses of the mail system itself.
func isService(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	return local == "postmaster" || local == "mailer-daemon" || strings.HasPrefix(local, "noreply") || local == "no-reply" || local == "abuse" || local == "support"
}

// foldDiagnostic makes one line of a server's words and cuts it at what is no longer about this recipient.
func foldDiagnostic(s string) string {
	words := strings.Fields(s)
	folded := strings.Trim(strings.Join(words, " "), "-=*_ ")
	if len(folded) > maxDiagnostic {
		folded = strings.ToValidUTF8(folded[:maxDiagnostic], "")
	}
	return folded
}
