package outreach

import "strings"

// Why a recipient or a mailbox is passed over. Scripts read these words: they do not change.
const (
	// The sequence does not send.
	ReasonSequenceDraft      = "sequence_draft"
	ReasonSequencePaused     = "sequence_paused"
	ReasonSequenceArchived   = "sequence_archived"
	ReasonSequenceDailyLimit = "sequence_daily_limit"
	ReasonNewPerDay          = "new_per_day"

	// The recipient is not to be mailed, or not now.
	ReasonNotDue          = "not_due"
	ReasonRecipientPaused = "recipient_paused"
	ReasonHeld            = "held"
	ReasonSuppressed      = "suppressed"
	ReasonStale           = "stale"
	ReasonDeliveryUnknown = "delivery_unknown"
	ReasonDomainLimit     = "domain_limit"
	ReasonOutsideWindow   = "outside_window"
	ReasonHoliday         = "holiday"
	ReasonCompleted       = "completed"
	ReasonBadDelay        = "bad_delay"
	ReasonTemplateError   = "template_error"

	// The mailbox cannot send, or not now.
	ReasonNoMailbox      = "no_mailbox"
	ReasonOtherMailbox   = "other_mailbox"
	ReasonMailboxPaused  = "mailbox_paused"
	ReasonMailboxError   = "mailbox_error"
	ReasonMailboxBackoff = "mailbox_backoff"
	ReasonDailyLimit     = "daily_limit"
	ReasonHourlyLimit    = "hourly_limit"
	ReasonRampUp         = "ramp_up"
	ReasonGap            = "gap"
	ReasonInboxNotSynced = "inbox_not_synced"
)

// missingVariable begins the reason of a recipient whose template has a variable without value or fallback.
const missingVariable = "missing_variable: "

// ReasonMissingVariable is the reason of a recipient for whom the named variable has neither value nor fallback.
func ReasonMissingVariable(name string) string { return missingVariable + name }

// IsMissingVariable reports whether a reason was made by ReasonMissingVariable.
func IsMissingVariable(reason string) bool { return strings.HasPrefix(reason, missingVariable) }
