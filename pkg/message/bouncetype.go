package message

import (
	"regexp"
	"strings"

	"mailrun/pkg/outreach"
)

// The words by which servers say why they refuse. Each table is one alternation over lower-case text, tested in the order of bounceType: a
// refusal often holds the words of several, and the more telling ones come first.
var (
	// A full mailbox empties again.
	fullWords = regexp.MustCompile(`over.?quota|quota.{0,30}(?:exceed|full|violat|reached|limit)|(?:exceed|out of|reached).{0,40}quota|quotaexceeded|disk quota|storequota|` +
		`mail ?box.{0,30}\bfull|full mail ?box|mail(?:folder|file|drop|bag)?(?: is)? full|inbox.{0,10}full|` +
		`(?:insufficient|not (?:have )?enough|no more|out of).{0,20}(?:storage|disk|space)|enough space|storage (?:quota|limit|space)|no space left|disk (?:is )?full|` +
		`mail ?box (?:size )?(?:limit|exceed)|mail ?box exceeds|messages in recipient's mailbox exceeded|too much mail data|exceeded (?:its|the|their) storage|` +
		`user is over|postfach.{0,30}(?:voll|überfüllt)|bo[iî]te.{0,30}pleine|quota d[ée]pass|buz[oó]n.{0,20}lleno|casella.{0,20}piena|caixa.{0,30}cheia|` +
		`переполнен|skrzynk.{0,20}(?:pełna|przepełniona)|postvak.{0,20}vol\b|いっぱい|容量|已满|已滿|空间不足`)

	// The address or its domain does not exist (any more).
	unknownWords = regexp.MustCompile(`user.{0,40}\bunknown|unknown (?:or (?:illegal|invalid) )?(?:local )?(?:user|recipient|address|account|mailbox|alias|e-?mail|local|addressee|part)|` +
		`no (?:such|valid) (?:\w+ )?(?:user|recipient|mailbox|address|account|person|alias|local|email|e-mail)|no mailbox|no account by|nosuchuser|recipnotfound|recipientnotfound|addressee unknown|` +
		`(?:user|recipient|mailbox|address|account|person|alias|addressee|e-?mail)[^.:;]{0,60}(?:does(?:n't| not) exist|do not exist|did not exist|not (?:be )?found|not known|not listed|not recognized|unknown|not exist|is invalid|nonexistent|no longer)|` +
		`(?:couldn't|could not) be found|wasn't found|not (?:a )?(?:valid|registered|known|existing) (?:\w+ ){0,2}(?:user|recipient|mailbox|address|account|customer)|not a (?:valid|known|registered)|` +
		`(?:invalid|bad|non-?existent|undeliverable|unrouteable|unroutable|inactive|illegal) (?:final delivery |e-?mail |destination |local |mail )?(?:userid|user|recipient|mailbox|address|account|alias)|` +
		`does(?:n't| not) have an? .{0,80}account|not listed in|recipient (?:name|address)? ?(?:is )?not (?:recognized|accepted|unique)|not unique|several matches|not (?:our|a) (?:customer|subscriber)|` +
		`mailbox unavailable|mailbox (?:is )?(?:unavailable|not available)|(?:requested )?mail action not taken: mailbox|is not (?:a|an) (?:valid|active)|not our user|` +
		`account (?:that you tried to reach|you tried).{0,20}does not exist|no longer (?:on|at|with|works|valid|in use|available|active|exist|employed|accept)|has moved|address (?:has )?changed|` +
		`account.{0,30}(?:closed|deleted|terminated|discontinued|deactivated|removed|cancell?ed)|(?:discontinued|deactivated|terminated|closed) (?:account|mailbox|user)|` +
		`recipient address rejected: access denied|address rejected: unverified|unverified (?:recipient )?address|user does not reside|no se encontr|did not exactly match|` +
		`destinataire.{0,30}(?:inconnu|invalide|inexistant)|adresse.{0,30}(?:inconnue|invalide|inexistante)|utilisateur inconnu|` +
		`(?:unbekannter|ungültiger) (?:benutzer|empfänger|nutzer)|empfänger.{0,30}(?:unbekannt|existiert nicht|nicht gefunden)|existiert nicht|` +
		`usuario (?:desconocido|inexistente)|destinatario (?:desconocido|inexistente)|no existe|utente sconosciuto|non esiste|inesistente|usu[áa]rio (?:desconhecido|inexistente)|n[ãa]o existe|` +
		`bestaat niet|onbekende (?:gebruiker|ontvanger)|nie istnieje|nieznany (?:u[żz]ytkownik|odbiorca)|не существует|не найден|неизвест|несуществ|` +
		`宛先.{0,10}不明|存在しません|存在しない|見つかりませんでした|ディレクトリのリストにありません|不存在|找不到|查無此`)
	noHostWords = regexp.MustCompile(`(?:host|domain)[^.:;]{0,60}(?:unknown|not found|does(?:n't| not) exist|not (?:be )?resolve|isn't set up|invalid|no longer exist)|domain is not reachable|` +
		`(?:unknown|no such|non-?existent|invalid|illegal|bad destination) (?:mail )?(?:host|domain|system)|nxdomain|illegal host/domain|host/domain|(?:unrouteable|unroutable) (?:mail )?domain|` +
		`find (?:any )?(?:host|a mail exchanger|(?:the )?(?:domain|mx))|no (?:mx|mail exchanger|a record|such domain)|mx record|null mx|does(?:n't| not) (?:receive|accept) (?:any )?e?-?mail|` +
		`no smtp service\b|domain name lookup failed|malformed or unexpected name server reply|домен.{0,20}не (?:существует|найден)`)

	// The sender, its server or the message is refused: by policy, reputation, authentication or content.
	blockWords = regexp.MustCompile(`spam|black ?-?list|block ?-?list|deny ?list|\bblocked|bloqu[ée]|blocking|\bbanned|\b(?:dns|r)bl\b|dnsbl|spamhaus|spamcop|sorbs|uceprotect|surbl|uribl|cloudmark|` +
		`reputation|unsolicited|\bube\b|\buce\b|bulk mail|polic(?:y|ies)|dmarc|\bspf\b|dkim|sender[- ]?id|unauthenticated|does not have authentication|\bptr\b|reverse (?:dns|lookup|mapping|hostname)|\brdns\b|` +
		`name lookup failed|virus|malware|infected|phish|content.{0,20}(?:reject|filter|denied|block)|(?:reject|refus|den)\w*.{0,30}content|access (?:is )?denied|permission denied for|host rejected|` +
		`network not allowed|not allowed to send|(?:sender|client|mail from|from address)[^.]{0,60}(?:reject|denied|refused|not accepted|does not exist)|sending (?:ip|host|server)|not (?:authori[sz]ed|permitted) to|relay|` +
		`complaint|suspicious|mismatches client ip|invalid ip|\bbad (?:sender|reputation)|not accepted for|message (?:was )?(?:rejected|refused|not accepted)|mail rejected|mail rejete|` +
		`you are not (?:a )?member|not a member|not (?:allowed|permitted) to post|restricted|not compliant|violation|misconfigured|groups\.google\.com|rejected by (?:the )?(?:recipient|domain|filter)|(?:\(| )bl\)|weren't sent|протокол|запрещ`)

	// The account is there and cannot be delivered to for now, although the words of unknownWords stand beside it.
	shutWords = regexp.MustCompile(`temporar\w* locked|locked temporar|couldn't create`)

	// What may pass by itself.
	passingWords = regexp.MustCompile(`tempor|try(?:ing)? again|timed? ?-?out|connection (?:refused|reset|dropped|limit|frequency|was|died|lost|closed)|deferred|delay|retr(?:y|ies)|too many|` +
		`(?:could not|couldn't|unable to|failed to|wasn't able to) (?:connect|contact|establish|initiate|load)|did not accept our|unreachable|not (?:reachable|respond)|no answer|gr[ea]y-?list|throttl|rate.?limit|frequency|` +
		`queue too long|expired|service (?:is )?(?:\w+ )?(?:not available|unavailable)|not accepting|resources|(?:system|internal|mailer|local|configuration|server|media) error|loop|\bhops?\b|hop count|` +
		`too (?:big|large|long)|exceeds? .{0,40}(?:size|maximum|limit|length)|size limit|sizelimit|length exceeds|maximum message|command (?:died|failed|output|time)|procmail|suspend|locked|disabled|inactive|not active|pipe to|` +
		`transaction failed|currently|aborted after|for the last \d+|undelivered after|within \d+ days?`)

	// The refusal answers the sender's address or the server's name: the recipient had not even been named.
	beforeRecipientWords = regexp.MustCompile(`(?:after|in reply to|did not like our) (?:the )?(?:mail from|ehlo|helo)|>>> mail from:\S* <<<|(?:unroutable|invalid|unknown|illegal|bad) sender|sender (?:address|domain)|domain of sender`)

	// The recipient was accepted, and the refusal came after the text was seen: whatever it says, it is not about the address.
	afterDataWords = regexp.MustCompile(`in reply to (?:end of )?data command|after (?:end of data|the (?:message|data))|end of data:|failed after i sent|text command|final data\b`)
)

// enhancedStatus is a status code of RFC 3463; its first digit agrees with the reply code before it.
var enhancedStatus = regexp.MustCompile(`(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:$|[^\d.])`)

// replyCode is a refusal of RFC 5321 at the beginning of a server's line or after the words that introduce it.
var replyCode = regexp.MustCompile(`(?:^|[\s:;,'"(\[<])([45][0-5]\d)(?:[- #:,;]|$)`)

// evidence is what is known about one failed delivery.
type evidence struct {
	action     string // delayed, failed or ""
	status     string // RFC 3463, "" if unknown
	diagnostic string // the server's words about this recipient
	notice     string // the words around them; they count only where the diagnostic says nothing
}

// bounceType decides what a failure means for the address. Words count more than codes, because many servers send 5.0.0 or 550 for
// everything; and a delivery that is still being tried is soft whatever the server said.
func (e evidence) bounceType() outreach.BounceType {
	if e.action == "delayed" {
		return outreach.BounceSoft
	}
	diagnostic := maskAddresses(e.diagnostic)
	if t := e.typeByWords(diagnostic); t != "" {
		return t
	}
	if t := typeByStatus(e.status); t != "" {
		return t
	}
	if t := typeByStatus(findStatus(e.diagnostic)); t != "" {
		return t
	}
	if t := e.typeByWords(maskAddresses(e.notice)); t != "" {
		return t
	}
	if t := typeByReply(diagnostic); t != "" {
		return t
	}
	if e.action == "failed" && !strings.HasPrefix(e.status, "4") {
		return outreach.BounceHard
	}
	if e.action == "failed" {
		return outreach.BounceSoft
	}
	return outreach.BounceOther
}

// maskAddresses makes one lower-case line of a text, its addresses one word each: "spam@example.com" says nothing about spam.
func maskAddresses(text string) string {
	return addressPattern.ReplaceAllString(strings.ToLower(strings.Join(strings.Fields(text), " ")), "@")
}

// typeByWords reads lower-case words.
func (e evidence) typeByWords(words string) outreach.BounceType {
	switch {
	case words == "":
		return ""
	case beforeRecipientWords.MatchString(words):
		return outreach.BounceBlock
	case fullWords.MatchString(words):
		return outreach.BounceSoft
	case unknownWords.MatchString(words) && !shutWords.MatchString(words):
		if afterDataWords.MatchString(words) {
			return outreach.BounceSoft
		}
		return outreach.BounceHard
	case noHostWords.MatchString(words) && !strings.Contains(words, "sender"):
		if strings.HasPrefix(e.status, "4") {
			return outreach.BounceSoft // the name server may be at fault
		}
		return outreach.BounceHard
	case blockWords.MatchString(words):
		return outreach.BounceBlock
	case passingWords.MatchString(words):
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
	case subject == "2" && detail != "0", subject == "3" && detail != "0", subject == "4" && detail != "0" && detail != "4":
		return outreach.BounceSoft
	case subject == "4" && detail == "4":
		return outreach.BounceHard
	case subject == "6":
		return outreach.BounceBlock
	}
	return ""
}

// typeByReply reads the reply code of RFC 5321 section 4.2.3 in a server's line.
func typeByReply(diagnostic string) outreach.BounceType {
	m := replyCode.FindStringSubmatch(diagnostic)
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
	for _, m := range enhancedStatus.FindAllStringSubmatch(text, 8) {
		if m[1][0] != '2' && !strings.HasSuffix(m[1], ".0.0") {
			return m[1]
		}
	}
	if m := enhancedStatus.FindStringSubmatch(text); m != nil && m[1][0] != '2' {
		return m[1]
	}
	return ""
}
