package message

import (
	"regexp"
	"strings"
)

var (
	// daemonName is how the mail system calls itself in From.
	daemonName = regexp.MustCompile(`(?i)mail(?:er)?[-._ ]?d(?:a)?emon|postmaster|mail[-._ ]?delivery|delivery[-._ ]?(?:system|subsystem|service|agent|status|notification)|system administrator|mail administrator|mail ?system|` +
		`microsoft outlook|microsoft exchange|mail router|message transfer agent|ndr administrator|^ndr@|bounce|internet mail delivery|email delivery|mail gateway|smtp gateway|mailsystem|auto-?notifier|メール`)
	// nullPath is the return path that automatic mail has (RFC 5321 section 4.5.5), as it is or as an mbox writes it.
	nullPath = regexp.MustCompile(`(?i)^\s*<?\s*>?\s*$|mailer-daemon|double-bounce`)
	// bounceSubject is what bounces call themselves.
	bounceSubject = regexp.MustCompile(`(?i)undeliver|non[- ]?deliver|(?:mail|message|e-?mail|delivery|dsn|ndn|ndr).{0,30}\b(?:fail|failure|failed|problem|error|unsuccessful|rejected|returned|not delivered|impossible)|` +
		`(?:fail|failed|failure|problem|error|unable|could not|couldn't|can ?not)\b.{0,30}\b(?:deliver|delivery|mail|message|send)|^failure (?:notice|delivery)|^failed mail|returned (?:mail|e-?mail|message|to sender)|^return(?:ed)? receipt: fail|` +
		`delivery (?:status|report|notification|warning|delayed|delay|has failed|final)|status notification|(?:could not|not been|not yet been) (?:sent|send|delivered)|could not send message|warning: message|mail system error|delayed mail|` +
		`processing error|message (?:status|delayed|undeliverable|not delivered)|mail status report|smtp (?:server|error)|postfix smtp|permanent (?:error|failure)|automatically rejected|rejected mail|mail rejected|user unknown|bounced mail|mail bounce|not member|address (?:not found|unknown)|bad (?:address|recipient)|` +
		`unzustellbar|nicht zugestellt|zustellung.{0,20}fehl|fehlgeschlagen|verzögerte|nicht zustellbar|non remis|échec|non[- ]?distribu|retour.{0,20}exp[ée]diteur|no se (?:puede|pudo|ha podido) entregar|devuelto|error de entrega|no entregad|` +
		`mancato recapito|non recapit|impossibile recapitare|n[ãa]o (?:foi poss[íi]vel|[ée] poss[íi]vel) entregar|falha na entrega|devolvid|onbestelbaar|niet (?:worden )?(?:bezorgd|afgeleverd)|niedostarcz|niedor[ęe]cz|zwrot|` +
		`не (?:удается|удалось|может быть) доставить|не доставлено|недоставлен|olevere|kan(?: ikke|inte)? (?:inte )?lever|oleverer|kunne ikke lever|teslim edilemedi|kézbesíthetetlen|nedoruč|` +
		`送信できません|配信不能|未達|配信できません|配信エラー|メールエラー|不達|送達|无法(?:投递|送达)|退信|投递失败|無法傳遞|傳遞失敗|系统退信|전송 ?실패|반송|لم يتم (?:ال)?تسليم|تعذر (?:ال)?تسليم`)
	// bounceWords are phrases with which servers begin their notices.
	bounceWords = regexp.MustCompile(`(?i)(?:this is|i am) (?:the|an?) .{0,60}(?:program at|mail delivery agent|mailer-daemon|mail agent|automatically generated delivery)|created automatically by mail delivery software|automated message created by mail delivery|automatically generated delivery status|` +
		`(?:unable|not able|wasn't able|failed|could not|couldn't|cannot) (?:to )?deliver|(?:could|can)(?: ?not|n't) be delivered|did not reach the following|(?:delivery|delevery) (?:to|of|has|for|failed).{0,60}(?:failed|delayed|postponed|aborted|unsuccessful)|delivery failed|delivery has failed|` +
		`was not delivered|not been delivered|was undeliverable|undeliverable to|undeliverable due|is undeliverable|following address(?:es)?(?:\(es\))? (?:failed|had)|permanent fatal errors|had (?:permanent|delivery|transient)|transcript of session|message returned|been returned because|returned to (?:you|sender)|` +
		`unknown user:|user mailbox exceeds|invalid final delivery|non-delivery report|recipients? (?:was|were) rejected|was (?:automatically )?rejected|automatically rejected|not a member of this mailing list|mailbox is full|no valid recipients|error (?:was detected|has occurred) while|rejected by (?:a|the) (?:remote|recipient)|` +
		`error delivering your|trouble delivering|rejected recipient|failure reasons|non-delivered information|sorry.{0,40}(?:unable|couldn't|could not|cannot)|did not exactly match|an error occurred while trying to deliver|group you tried to contact|message could not|` +
		`konnte nicht zugestellt|nicht zugestellt werden|n'a pas pu être (?:remis|distribué|délivré)|no se ha podido entregar|no pudo (?:ser )?entrega|impossibile recapitare|non è stato (?:possibile )?(?:recapit|consegn)|não (?:foi|pôde|pode) ser entregue|kon niet worden (?:bezorgd|afgeleverd)|` +
		`не может быть доставлено|не было доставлено|не удалось доставить|送信できませんでした|配信できません|送信に失敗|届けられません|お届けできません|送達できません|无法(?:投递|送达|发送)|退回|無法傳遞`)
	// replySubject marks what a person answers or forwards.
	replySubject = regexp.MustCompile(`(?i)^\s*(?:re|aw|sv|vs|antw|rif|odp|res|ynt|fw|fwd|wg|tr|rv|i|enc|vl)(?:\[\d+\])?\s*:`)
	// smtpLine is the answer of a server that refuses.
	smtpLine = regexp.MustCompile(`(?:^|[\s:"'(\[])[45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3}\b|\S+.{0,200}(?i:reject|unknown|denied|refus|unavailable|not found|full|quota|spam|block|no such|invalid))`)
)

// maxSubjectRead is how much of a subject the patterns read.
const maxSubjectRead = 500

// looksLikeBounce decides for a message that holds no delivery status. One sign is never enough: an absence note has a null return path, people
// write about undelivered mail, and postmasters write letters. Who speaks must be the mail system, and what it says a failure.
func looksLikeBounce(m *Message) bool {
	subject := bounceSubject.MatchString(m.Subject[:min(len(m.Subject), maxSubjectRead)])
	sender := fromDaemon(m)
	automatic := m.Header.Has("X-Failed-Recipients") || m.Header.Has("Return-Path") && nullPath.MatchString(m.Header.Raw("Return-Path"))
	if !sender && !automatic && !subject {
		return false
	}
	notice, below := cutReturned(limitNotice(m.Text))
	words := bounceWords.MatchString(notice)
	code := smtpLine.MatchString(notice)
	if replySubject.MatchString(m.Subject) {
		return sender && words && (code || automatic)
	}
	returns := below != "" || hasReturnedPart(m)
	switch {
	case m.Header.Has("X-Failed-Recipients"):
		return subject || words || code
	case sender:
		return subject && (words || code || returns || automatic) || words && (code || returns || automatic) || code && returns
	case automatic:
		return subject && (words || code || returns) || words && (code || returns)
	}
	return subject && words && (code || returns || namesFailed(notice))
}

// namesFailed says that an address stands on a line of its own, or that the notice says whose mail it refuses.
func namesFailed(notice string) bool {
	for line := range strings.Lines(notice) {
		if address, _ := ownAddress(strings.TrimRight(line, "\n"), false); address != "" {
			return true
		}
	}
	return strings.Contains(notice, "not a member of this mailing list")
}

// fromDaemon says that the mail system speaks. The name alone counts only where the address is no person's.
func fromDaemon(m *Message) bool {
	local, _, _ := strings.Cut(m.From.Address, "@")
	if daemonName.MatchString(local) || strings.EqualFold(local, "ndr") {
		return true
	}
	return daemonName.MatchString(m.From.Name)
}

func hasReturnedPart(m *Message) bool {
	for i := range m.Parts {
		if isReturned(&m.Parts[i]) {
			return true
		}
	}
	return false
}
