package mailbox

import (
	"strings"
)

// imapStatus is a status response (RFC 9051 section 7.1): tag or *, OK, NO, BAD, PREAUTH or BYE, a code in brackets, a text.
type imapStatus struct {
	tag, kind string
	code      string // upper case, without arguments
	args      string
	text      string // printable, with the code
}

// parseStatus reads a line if it is a status response.
func parseStatus(line string) (imapStatus, bool) {
	tag, rest, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	if !ok || tag == "" || tag == "+" {
		return imapStatus{}, false
	}
	kind, text, _ := strings.Cut(rest, " ")
	status := imapStatus{tag: tag, kind: strings.ToUpper(kind)}
	switch status.kind {
	case "OK", "NO", "BAD", "PREAUTH", "BYE":
	default:
		return imapStatus{}, false
	}
	status.text = printable(text)
	if inner, _, ok := strings.Cut(text, "]"); ok && strings.HasPrefix(inner, "[") {
		code, args, _ := strings.Cut(inner[1:], " ")
		status.code, status.args = strings.ToUpper(code), args
	}
	return status, true
}

// imapRule is one row of the table for IMAP: what in a NO, BAD or BYE decides about its class. Login says that the row is only about
// logging in. Empty conditions fit anything.
type imapRule struct {
	login bool
	kind  string
	codes string // space-separated response codes (RFC 5530)
	words vocabulary
	class Class
	why   string
}

var (
	imapThrottleWords = vocabulary{"imap throttle", append([]string{
		"backoff", "back-off", "try again", "too many", "session expired", "bandwidth", "not connected", "connection limit", "maximum number",
		"exceeded command", "over limit", "temporarily",
	}, throttleWords.phrases...)}
	imapQuotaWords = vocabulary{"imap quota", []string{"quota", "over quota", "mailbox is full"}}
	imapLoginWords = vocabulary{"imap login", []string{
		"app password", "application-specific", "web browser", "log in via", "login via", "password", "credentials", "authenticat", "disabled", "not enabled",
	}}
)

// imapRules is read from the top; the first row that fits decides. faults.md prints it.
var imapRules = []imapRule{
	{codes: "LIMIT INUSE", class: ClassThrottle, why: "too many connections or operations (RFC 5530)"},
	{words: imapThrottleWords, class: ClassThrottle, why: "slow down; also where a limit is told as a failed login (Dovecot, shared hosts) or as BYE (Gmail's bandwidth limit)"},
	{codes: "UNAVAILABLE SERVERBUG CONTACTADMIN", class: ClassNetwork, why: "a part of the server is down (RFC 5530)"},
	{codes: "AUTHENTICATIONFAILED AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED WEBALERT", class: ClassAuth, why: "credentials refused (RFC 5530)"},
	{codes: "OVERQUOTA", class: ClassQuota, why: "the mailbox is full (RFC 5530)"},
	{login: true, kind: "NO", class: ClassAuth, why: "login refused"},
	{login: true, kind: "BAD", class: ClassAuth, why: "login refused, or not known in this form"},
	{kind: "BYE", words: imapLoginWords, class: ClassAuth, why: "the account may not use IMAP"},
	{kind: "BYE", class: ClassNetwork, why: "the server closes the connection"},
	{words: imapQuotaWords, class: ClassQuota, why: "the mailbox is full, in words"},
	{class: ClassProtocol, why: "the server refuses the command"},
}

// classifyIMAP returns the class of a refusal.
func classifyIMAP(login bool, kind, code, text string) Class {
	text = strings.ToLower(text)
	for _, rule := range imapRules {
		if rule.login && !login || rule.kind != "" && rule.kind != kind || !rule.words.in(text) {
			continue
		}
		if rule.codes == "" || code != "" && strings.Contains(" "+rule.codes+" ", " "+strings.ToUpper(code)+" ") {
			return rule.class
		}
	}
	return ClassProtocol
}
