package message

import (
	"slices"
	"strings"
)

// maxNotice bounds the text of a bounce that is looked at. Notices are about 2 kB.
const maxNotice = 50 << 10

// failure is one failed recipient as found in the text of a bounce, with the server's words about it.
type failure struct {
	address    string
	diagnostic string
}

// findFailures reads the failed recipients from the notice of a bounce, by the surest of three rules that finds any. own lists addresses that are
// not the failed one unless nothing else is there: the mailbox that got the bounce.
func findFailures(notice string, own []string) []failure {
	lines := strings.Split(notice, "\n")
	for _, rule := range []lineRule{ownAddress, labelledAddress, anyAddress} {
		if found := scanLines(lines, rule, own); len(found) > 0 {
			return found
		}
	}
	return nil
}

// lineRule reads the failed address of a line, if it names one, and what the line says about it.
type lineRule func(line string, above announced) (address, rest string)

// announced is what the words above a line say of the address that it begins with.
type announced struct {
	failed bool // it is on a list of failed addresses
	other  bool // it is somebody else's, as after "write to"
}

// scanLines gives each line to a rule; the lines between two recipients are the words about the first.
func scanLines(lines []string, rule lineRule, own []string) []failure {
	var found []failure
	var above announced
	current := -1
	for _, line := range lines {
		address := ""
		if strings.Contains(line, "@") {
			var rest string
			if address, rest = rule(line, above); address != "" {
				found, current = addFailure(found, address)
				line = rest
			}
		}
		if address == "" && strings.TrimSpace(line) != "" {
			above = announced{announcesList(line), hasLabel(labelOf(line), otherLabels)}
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

// announcesList says that a line introduces the failed addresses below it.
func announcesList(line string) bool {
	folded := foldText(line[:min(len(line), 400)])
	if listTitles.in(folded) {
		return true
	}
	end := strings.TrimRight(folded, " ")
	return (strings.HasSuffix(end, ":") || strings.HasSuffix(end, ".") || strings.HasSuffix(end, "。")) && listWords.in(folded)
}

var (
	listTitles = phrases{"permanent fatal errors", "delivery problems", "送信に失敗", "あて先", "次の"}
	listWords  = phrases{"following", "recipient", "address", "destinat", "empfänger", "adresse", "получател", " to:", " to :", " an:", "宛先"}
)

// ownAddress reads a line that begins with an address, as most servers write the failed ones: bare, quoted, in angle brackets, bulleted.
// Where an address stands in the place of a name ("a@example.com <b@example.com>"), the one in the angle brackets is meant (RFC 5322 section 3.4).
func ownAddress(line string, above announced) (address, rest string) {
	start, end := nextAddress(line)
	if start == end || strings.Trim(line[:start], " \t*>-\"'([<") != "" || above.other {
		return "", ""
	}
	if name, angle, ok := strings.Cut(line[end:], "<"); ok && strings.Trim(name, " \t\"'") == "" {
		if first, last := nextAddress(angle); first == 0 && strings.HasPrefix(angle[last:], ">") && last > 0 {
			line, start, end = angle, first, last
		}
	}
	after := strings.TrimLeft(line[end:], ">\"')]")
	blank := strings.TrimLeft(after, " \t")
	switch {
	case blank == "", strings.IndexByte(":;(,=-[<", blank[0]) >= 0, strings.HasPrefix(blank, "..."), strings.TrimRight(blank, " \t") == ".":
	case afterOwn.in(strings.ToLower(blank[:min(len(blank), 12)])):
	default:
		return "", ""
	}
	return line[start:end], strings.TrimLeft(after, ":\"' ")
}

// afterOwn are the words that may follow an address at the beginning of a line: "user@example.com on Thu, 1 Jan", "user@example.com Invalid Address".
var afterOwn = phrases{"on mon,", "on tue,", "on wed,", "on thu,", "on fri,", "on sat,", "on sun,", "invalid", "error", "host "}

// labelledAddress reads an address behind a label, or in a list that the line before has announced.
func labelledAddress(line string, above announced) (address, rest string) {
	for at := 0; at < len(line); {
		start, end := nextAddress(line[at:])
		if start == end {
			break
		}
		found, label := afterLabel(line[at+start:at+end]), labelOf(line[:at+start])
		switch {
		case strings.HasSuffix(label, "generated from"), strings.HasSuffix(label, "generated by"), strings.HasSuffix(label, "expanded from"):
			return found, line
		case above.failed, hasLabel(label, failedLabels) && !hasLabel(label, otherLabels) && !isService(found):
			return found, line
		}
		at += end
	}
	return "", ""
}

// anyAddress reads any address that is not plainly somebody else's.
func anyAddress(line string, _ announced) (address, rest string) {
	if toldID().MatchString(line) {
		return "", ""
	}
	for at := 0; at < len(line); {
		start, end := nextAddress(line[at:])
		if start == end {
			break
		}
		if found := line[at+start : at+end]; !hasLabel(labelOf(line[:at+start]), otherLabels) && !isService(found) {
			return found, line
		}
		at += end
	}
	return "", ""
}

// failedLabels are the words before the failed address; otherLabels those before the sender, a person to ask or the server itself.
var (
	failedLabels = []string{
		" to", " for", "recipient", "recipients", "address", " user", "userid", "error-for", "smtp=", "mailing list", "is full", "allowed size", "attempts", "was addressed,",
	}
	otherLabels = []string{
		"contact", " from", "sender", " helo", " by", " f=", "reply to", "replying to", "postmaster", "write to", "mailto", "mail us", "question", "questions", "help", "support", "to the address",
	}
)

// labelOf returns the last words before an address, in lower case, without the signs between.
func labelOf(before string) string {
	before = before[max(0, len(before)-40):]
	return " " + strings.TrimSpace(strings.ToLower(strings.TrimRight(before, " \t:\"'<([")))
}

func hasLabel(label string, labels []string) bool {
	return slices.ContainsFunc(labels, func(l string) bool { return strings.HasSuffix(label, l) })
}

// afterLabel drops "dda:SMTP=" and the like before an address (X.400 names of Exchange 5.5).
func afterLabel(address string) string {
	if i := strings.LastIndexByte(address, '='); i >= 0 && strings.EqualFold(address[max(0, i-4):i], "smtp") {
		return address[i+1:]
	}
	return address
}

// isService names addresses of the mail system itself.
func isService(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	return local == "postmaster" || local == "mailer-daemon" || local == "no-reply" || local == "abuse" || local == "support" || strings.HasPrefix(local, "noreply")
}

// foldDiagnostic makes one line of a server's words, within maxDiagnostic.
func foldDiagnostic(s string) string {
	folded := strings.Trim(strings.Join(strings.Fields(s), " "), "-=*_ ")
	if len(folded) > maxDiagnostic {
		folded = strings.ToValidUTF8(folded[:maxDiagnostic], "")
	}
	return folded
}
