package message

import (
	"cmp"
	"strings"

	"mailrun/pkg/outreach"
)

// enhancedStatus is a status code of RFC 3463; its first digit agrees with the reply code before it.
var enhancedStatus = lazily(`(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:$|[^\d.])`)

// replyCode is a refusal of RFC 5321 at the beginning of a server's line or after the words that introduce it.
var replyCode = lazily(`(?:^|[\s:;,'"(\[<])([45][0-5]\d)(?:[- #:,;]|$)`)

// evidence is what is known about one failed delivery.
type evidence struct {
	action     string              // delayed, failed or ""
	status     string              // RFC 3463, "" if unknown
	diagnostic string              // the server's words about this recipient
	notice     outreach.BounceType // what the words around them say; it counts only where the diagnostic says nothing
}

// bounceType decides what a failure means for the address. Words count more than codes, because many servers send 5.0.0 or 550 for
// everything; and a delivery that is still being tried is soft whatever the server said.
func (e evidence) bounceType() outreach.BounceType {
	if e.action == "delayed" {
		return outreach.BounceSoft
	}
	return cmp.Or(
		typeByWords(foldText(e.diagnostic), e.status), typeByStatus(e.status), typeByStatus(findStatus(e.diagnostic)),
		e.typeByNotice(), typeByReply(e.diagnostic), e.typeByOutcome(),
	)
}

// typeByOutcome is what is left where nobody gives a reason: a server that has given up without one means the address.
func (e evidence) typeByOutcome() outreach.BounceType {
	switch {
	case e.action != "failed":
		return outreach.BounceOther
	case strings.HasPrefix(e.status, "4"):
		return outreach.BounceSoft
	}
	return outreach.BounceHard
}

// typeByNotice takes what the words around say; they cannot make a temporary status hard.
func (e evidence) typeByNotice() outreach.BounceType {
	if e.notice == outreach.BounceHard && strings.HasPrefix(e.status, "4") {
		return outreach.BounceSoft
	}
	return e.notice
}

// typeByWords reads folded text. It returns "" where the words say nothing.
func typeByWords(words, status string) outreach.BounceType {
	switch {
	case words == "":
		return ""
	case fullWords.in(words):
		return outreach.BounceSoft
	case beforeRecipientWords.in(words):
		return outreach.BounceBlock
	case unknownWords.in(words) && !shutWords.in(words):
		if afterDataWords.in(words) {
			return outreach.BounceSoft
		}
		return outreach.BounceHard
	case noHostWords.in(words):
		if strings.HasPrefix(status, "4") {
			return outreach.BounceSoft // the name server may be at fault
		}
		return outreach.BounceHard
	case blockWords.in(words):
		return outreach.BounceBlock
	case loopWords.in(words):
		return outreach.BounceOther
	case passingWords.in(words):
		return outreach.BounceSoft
	}
	return ""
}

// typeByStatus reads RFC 3463 section 3 and the IANA registry; "" means that the code tells nothing.
func typeByStatus(status string) outreach.BounceType {
	class, rest, _ := strings.Cut(status, ".")
	subject, detail, _ := strings.Cut(rest, ".")
	switch {
	case class == "4":
		return outreach.BounceSoft
	case class != "5":
		return ""
	case subject == "7", subject == "1" && (detail == "7" || detail == "8"):
		return outreach.BounceBlock // policy; and a sender address that was refused
	case subject == "1" && detail != "0":
		return outreach.BounceHard
	case subject == "2" && detail != "0", subject == "3" && detail != "0", subject == "4" && detail != "0" && detail != "4" && detail != "6":
		return outreach.BounceSoft
	case subject == "4" && detail == "4":
		return outreach.BounceHard
	case subject == "4" && detail == "6":
		return outreach.BounceOther // a loop
	case subject == "6":
		return outreach.BounceBlock
	}
	return ""
}

// typeByReply reads the reply code of RFC 5321 section 4.2.3 in a server's line.
func typeByReply(diagnostic string) outreach.BounceType {
	m := replyCode().FindStringSubmatch(diagnostic)
	switch {
	case m == nil:
		return ""
	case m[1][0] == '4', m[1] == "552":
		return outreach.BounceSoft
	case m[1] == "550", m[1] == "551", m[1] == "553":
		return outreach.BounceHard
	}
	return outreach.BounceOther
}

// findStatus returns the first enhanced status code of a refusal in a text, "" if there is none.
func findStatus(text string) string {
	for _, m := range enhancedStatus().FindAllStringSubmatch(text, 8) {
		if m[1][0] != '2' && !strings.HasSuffix(m[1], ".0.0") {
			return m[1]
		}
	}
	if m := enhancedStatus().FindStringSubmatch(text); m != nil && m[1][0] != '2' {
		return m[1]
	}
	return ""
}
