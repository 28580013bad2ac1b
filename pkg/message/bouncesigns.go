package message

import (
	"strings"
	"sync"
)

var (
	// nullPath is the return path that automatic mail has (RFC 5321 section 4.5.5), as it is or as an mbox writes it.
	nullPath = lazily(`(?i)^\s*<?\s*>?\s*$|mailer-daemon|double-bounce`)
	// replySubject marks what a person answers or forwards.
	replySubject = lazily(`(?i)^\s*(?:re|aw|sv|vs|antw|rif|odp|res|ynt|fw|fwd|wg|tr|rv|i|enc|vl)(?:\[\d+\])?\s*:`)
	// smtpLine is the answer of a server that refuses.
	smtpLine = lazily(`(?:^|[\s:"'(\[])[45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3}\b|\S)`)
)

// signs is what the header of a message tells about whether it is a bounce.
type signs struct {
	subject   bool // it has the subject of one
	sender    bool // the mail system sent it
	automatic bool // it has no return path, as mail about mail
	failed    bool // it names failed recipients
	reply     bool // it is an answer or a forward
	person    bool // somebody who has a program to write with, or a list to write to, speaks
}

// readSigns looks for the signs. Without any, the text need not be looked at: that is what spares people's mail the work.
func readSigns(m *Message) (s signs, found bool) {
	s.subject, s.sender, s.failed = isBounceSubject(m.Subject), fromDaemon(m), m.Header.Has("X-Failed-Recipients")
	s.automatic = s.failed || m.Header.Has("Return-Path") && nullPath().MatchString(m.Header.Raw("Return-Path"))
	s.reply = replySubject().MatchString(m.Subject)
	s.person = !s.automatic && (m.Header.Has("List-Unsubscribe") || isPersonsProgram(m.Header))
	if s.subject && !s.reply {
		s.reply, _ = autoSubject(m.Subject) // of a bounce, by somebody who is absent
	}
	return s, s.subject || s.sender || s.automatic
}

// looksLikeBounce decides for a message that holds no delivery status, from its signs and its text. One sign is never enough: an absence note
// has no return path, people write about undelivered mail, and postmasters write letters. Who speaks must be the mail system, and what it
// says a failure.
func (s signs) looksLikeBounce(notice string, returns bool) bool {
	words, code := bounceWords.in(foldText(notice)), hasRefusal(notice)
	switch {
	case s.person && (!s.sender || !returns):
		return false
	case s.reply:
		return s.sender && words && (code || s.automatic)
	case s.failed:
		return s.subject || words || code
	case s.sender:
		return s.subject && (words || code || returns || s.automatic) || words && (code || returns || s.automatic) || code && (returns || s.automatic)
	case s.automatic:
		return s.subject && (words || code || returns) || words && (code || returns)
	}
	return s.subject && words && (code || returns || namesFailed(notice)) && (returns || !asks(foldWords(clip(notice, maxPhraseField))))
}

// hasRefusal says that a notice cites a server that refuses: a reply code with an enhanced status code, or with words that tell why.
func hasRefusal(notice string) bool {
	for line := range strings.Lines(notice) {
		if at := smtpLine().FindStringIndex(line); at != nil && (findStatus(line) != "" || typeByWords(foldText(line[at[0]:]), "") != "") {
			return true
		}
	}
	return false
}

// namesFailed says that an address stands on a line of its own, or that the notice says whose mail it refuses.
func namesFailed(notice string) bool {
	for line := range strings.Lines(notice) {
		if address, _ := ownAddress(strings.TrimRight(line, "\r\n"), announced{}); address != "" {
			return true
		}
	}
	return strings.Contains(notice, "not a member of this mailing list")
}

// fromDaemon says that the mail system speaks.
func fromDaemon(m *Message) bool {
	local, _, _ := strings.Cut(m.From.Address, "@")
	return isDaemon(local) || isDaemon(m.From.Name)
}

// isDaemon says whether a name or local part is one that the mail system calls itself.
func isDaemon(name string) bool {
	name = foldText(name[:min(len(name), maxPhraseField)])
	apart := strings.Map(blankSeparator, name)
	return daemonIndex().in(apart) || apart != name && daemonIndex().in(name)
}

// blankSeparator makes a blank of what stands between words where blanks may not.
func blankSeparator(r rune) rune {
	if r == '-' || r == '_' || r == '.' {
		return ' '
	}
	return r
}

// The names and subjects are looked for in every message.
var (
	daemonIndex        = sync.OnceValue(daemonNames.index)
	bounceSubjectIndex = sync.OnceValue(bounceSubjects.index)
)

// isBounceSubject says whether a subject is one that bounces have.
func isBounceSubject(subject string) bool {
	return bounceSubjectIndex().in(foldText(subject[:min(len(subject), maxPhraseField)]))
}

// maxPhraseField is how much of a name or subject is looked at.
const maxPhraseField = 500

func hasReturnedPart(m *Message) bool {
	for i := range m.Parts {
		if isReturned(&m.Parts[i]) {
			return true
		}
	}
	return false
}
