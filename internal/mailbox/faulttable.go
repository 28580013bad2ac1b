package mailbox

// faultRule is one row of the table: what fits it and what it means. Empty conditions fit anything.
type faultRule struct {
	at     []Stage
	code   string // see codeFits
	status string // see statusFits
	words  vocabulary

	fault       Fault
	class       Class
	effect      Effect
	maybeTheirs bool
	why         string
}

// vocabulary is a set of phrases, any of which in the server's text decides. Status codes are preferred: words serve where servers give
// none, or one that says less than the text.
type vocabulary struct {
	name    string
	phrases []string
}

const whyUnknown = "the dot may have left and no answer came (RFC 1047): sending again could double it"

var (
	atDoor     = []Stage{StageGreeting, StageEHLO}
	atAuth     = []Stage{StageAuth}
	atMail     = []Stage{StageMail}
	atRcpt     = []Stage{StageRcpt}
	beforeDot  = []Stage{StageMail, StageRcpt, StageData}
	afterRcpt  = []Stage{StageRcpt, StageData, StageDot}
	inTransact = []Stage{StageMail, StageRcpt, StageData, StageDot}
)

var (
	reconnectWords = vocabulary{"reconnect", []string{
		"on this connection", "per connection", "this session", "per session", "idle", "inactivity", "timeout", "timed out",
	}}
	throttleWords = vocabulary{"throttle", []string{
		"too many connections", "too many concurrent", "too many simultaneous", "concurrent connection", "simultaneous connection",
		"too many login", "too many auth", "too many failed", "connection limit", "connections exceeded", "number of connections",
		"connection count", "rate limit", "ratelimit", "rate-limit", "sending rate", "unusual rate", "throttl", "too fast", "slow down", "too many messages",
	}}
	quotaWords = vocabulary{"quota", []string{
		"sending quota", "sending limit", "send limit", "submission quota", "submissionquota", "daily limit", "hourly limit", "per day", "per hour",
		"emails per", "outgoing mail limit", "message limit",
	}}
	loginWords = vocabulary{"login", []string{
		"authentication required", "must be authenticated", "authenticate first", "not logged in", "authentication is required",
		"basic authentication is disabled", "smtpclientauthentication is disabled",
	}}
	unknownWords = vocabulary{"unknown user", []string{
		"user unknown", "unknown user", "no such user", "no such recipient", "no such mailbox", "no such address", "does not exist", "doesn't exist",
		"unknown recipient", "recipient unknown", "invalid recipient", "recipient not found", "user not found", "mailbox not found",
		"no mailbox here", "mailbox unavailable", "unknown address", "address unknown", "not a known user", "not a valid mailbox", "unrouteable address",
		"undeliverable address",
	}}
	contentWords = vocabulary{"content", []string{"content", "virus", "malware", "attachment", "message header", "line too long", "bare lf"}}
	senderWords  = vocabulary{"sender", []string{
		"relay", "sender", "send as", "sendas", "not owned", "client host", "helo command", "your ip", "ip address", "blocked", "blocklist", "block list",
		"blacklist", "black list", "spamhaus", "spamcop", "reputation", "is listed", "policy", "access denied", "suspended", "account disabled",
		"account is disabled", "outgoing", "outbound", "spf", "dkim", "dmarc", "not authorized", "not permitted", "not allowed", "unsolicited",
	}}
)

// faultRules is read from the top; the first row that fits decides. faults.md prints it.
var faultRules = []faultRule{
	// No answer: the line could not be opened, broke, stalled, or carried something that is no SMTP.
	{at: []Stage{StageConnect}, code: "none", fault: FaultMailbox, class: ClassNetwork, effect: EffectBackOff, why: "the server cannot be reached"},
	{at: []Stage{StageTLS, StageSTARTTLS}, code: "none", fault: FaultMailbox, class: ClassTLS, effect: EffectBackOff, why: "no trustworthy TLS: certificate, version, or STARTTLS not offered"},
	{at: []Stage{StageGreeting, StageEHLO, StageAuth}, code: "none", fault: FaultMailbox, class: ClassNetwork, effect: EffectBackOff, why: "the server was reached and fell silent"},
	{at: beforeDot, code: "none", fault: FaultMailbox, class: ClassNetwork, effect: EffectRetry, why: "the line broke before the final dot: nothing was accepted"},
	{at: []Stage{StageDot}, code: "none", fault: FaultTemporary, class: ClassNetwork, effect: EffectUnknown, why: whyUnknown},

	// The server ends the connection, not the sending.
	{at: inTransact, code: "421", status: "4.4.2", fault: FaultMailbox, class: ClassNetwork, effect: EffectRetry, why: "the connection was idle for too long"},
	{at: inTransact, code: "421", words: reconnectWords, fault: FaultMailbox, class: ClassNetwork, effect: EffectRetry, why: "this connection is used up, another is welcome"},

	// TLS.
	{at: []Stage{StageSTARTTLS}, code: "4xx 5xx", fault: FaultMailbox, class: ClassTLS, effect: EffectBackOff, why: "STARTTLS was refused; in clear is no way to go on"},

	// Too fast or too many.
	{at: afterRcpt, code: "4xx", status: "4.1.x 4.2.x", fault: FaultTemporary, effect: EffectDefer, why: "the recipient's mailbox is full, busy or not resolvable now"},
	{code: "432", fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "too many connections of this mailbox (Exchange Online: 432 4.3.2)"},
	{code: "4xx", status: "4.4.5 4.7.28 4.7.5xx 4.7.6xx 4.7.7xx", fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "server busy, too many connections (Gmail: 421 4.4.5), unusual rate"},
	{code: "421 454", status: "4.3.2 4.7.0", fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "too many logins (Gmail: 454 4.7.0) or connections"},
	{code: "4xx", words: quotaWords, fault: FaultMailbox, class: ClassQuota, effect: EffectBackOff, why: "the account's sending quota, told as temporary"},
	{code: "452", status: "4.5.3", fault: FaultMailbox, class: ClassQuota, effect: EffectBackOff, why: "too many recipients, though there is one per message: the account's quota"},
	{code: "4xx", words: throttleWords, fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "the server asks us to slow down"},
	{at: atAuth, code: "5xx", words: throttleWords, fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "a limit disguised as a wrong password"},
	{at: atAuth, code: "4xx", fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "login is not possible at the moment (RFC 4954: 454)"},

	// Login.
	{code: "530 534 535 538", fault: FaultMailbox, class: ClassAuth, effect: EffectBackOff, why: "wrong credentials, or a login is wanted"},
	{code: "5xx", status: "5.7.8 5.7.9 5.7.14 5.7.30", fault: FaultMailbox, class: ClassAuth, effect: EffectBackOff, why: "credentials refused, app password wanted, or basic authentication switched off (550 5.7.30)"},
	{code: "5xx", words: loginWords, fault: FaultMailbox, class: ClassAuth, effect: EffectBackOff, why: "a login is wanted"},
	{at: atAuth, code: "5xx", fault: FaultMailbox, class: ClassAuth, effect: EffectBackOff, why: "login refused"},

	// Quota.
	{code: "5xx", status: "5.4.5", fault: FaultMailbox, class: ClassQuota, effect: EffectBackOff, why: "daily sending quota (Gmail: 550 5.4.5)"},
	{at: inTransact, code: "554", status: "5.2.0", fault: FaultMailbox, class: ClassQuota, effect: EffectBackOff, why: "daily recipient quota (Exchange Online: 554 5.2.0)"},
	{code: "5xx", words: quotaWords, fault: FaultMailbox, class: ClassQuota, effect: EffectBackOff, why: "the account's sending quota (shared hosts: \"max emails per hour\")"},

	// Refused at the door.
	{at: atDoor, code: "4xx", fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "the server takes no connection now"},
	{at: atDoor, code: "5xx", fault: FaultMailbox, class: ClassPolicy, effect: EffectBackOff, why: "the server takes no connection from here"},

	// The session is out of step.
	{at: inTransact, code: "500 502 503 504", fault: FaultMailbox, class: ClassProtocol, effect: EffectBackOff, why: "the server did not expect or understand the command"},

	// The message itself.
	{at: []Stage{StageMail, StageData, StageDot}, code: "5xx", status: "5.3.4 5.6.x", fault: FaultMessage, effect: EffectFail, why: "too large, or in a form that the server does not take"},
	{at: atMail, code: "552", fault: FaultMessage, effect: EffectFail, why: "too large (RFC 1870)"},

	// The sender, while no recipient has been named.
	{at: atMail, code: "421", fault: FaultMailbox, class: ClassThrottle, effect: EffectBackOff, why: "the server goes away before a recipient was named"},
	{at: atMail, code: "5xx", fault: FaultMailbox, class: ClassPolicy, effect: EffectBackOff, why: "the sender is refused"},

	// The recipient.
	{at: afterRcpt, code: "5xx", status: "5.1.7 5.1.8", fault: FaultMailbox, class: ClassPolicy, effect: EffectBackOff, maybeTheirs: true, why: "the sender's address is refused, or the account is blocked for spam (Exchange Online: 5.1.8)"},
	{at: afterRcpt, code: "5xx", status: "5.1.x", fault: FaultRecipient, effect: EffectBounce, why: "the address does not exist"},
	{at: atRcpt, code: "5xx", status: "none 5.0.x 5.4.x 5.5.x", words: unknownWords, fault: FaultRecipient, effect: EffectBounce, why: "the address does not exist, told in words"},

	// Policy: about the content it fails the message, about the sender it stops the mailbox.
	{at: afterRcpt, code: "5xx", status: "5.7.5xx 5.7.6xx 5.7.7xx", fault: FaultMailbox, class: ClassPolicy, effect: EffectBackOff, maybeTheirs: true, why: "the account or its address is blocked (Exchange Online: 5.7.501 to 5.7.750)"},
	{at: afterRcpt, code: "5xx", status: "none 5.7.x", words: contentWords, fault: FaultMessage, class: ClassPolicy, effect: EffectFail, why: "the text is refused"},
	{at: afterRcpt, code: "5xx", status: "none 5.7.x", words: senderWords, fault: FaultMailbox, class: ClassPolicy, effect: EffectBackOff, maybeTheirs: true, why: "the sender is refused; Postfix says so only at RCPT"},
	{at: []Stage{StageData}, code: "5xx", status: "5.7.x", fault: FaultMailbox, class: ClassPolicy, effect: EffectBackOff, maybeTheirs: true, why: "the sender is refused before the text was seen"},
	{at: afterRcpt, code: "5xx", status: "5.7.x", fault: FaultMessage, class: ClassPolicy, effect: EffectFail, why: "this message to this recipient is refused"},

	// Everything else.
	{at: inTransact, code: "4xx", fault: FaultTemporary, effect: EffectDefer, why: "refused for now (greylisting, a full disk, 421 without a known reason)"},
	{at: inTransact, code: "5xx", fault: FaultMessage, effect: EffectFail, why: "refused for good, for no reason that condemns address or mailbox"},
}
