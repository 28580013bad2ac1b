package outreach

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// State is where a recipient stands in its sequence.
type State string

// The states of a recipient. Queued (nothing sent yet) and Active (at least one step sent, more to come) are sendable; Held waits for a
// person; the others are ends. A reply, bounce or opt-out after Completed still changes the state.
const (
	StateQueued       State = "queued"
	StateActive       State = "active"
	StateHeld         State = "held"
	StatePaused       State = "paused"
	StateReplied      State = "replied"
	StateBounced      State = "bounced"
	StateUnsubscribed State = "unsubscribed"
	StateCompleted    State = "completed"
	StateFailed       State = "failed"
)

// Recipient is one person in one sequence. Step is the index of the next step. MailboxID is sticky from the first send.
type Recipient struct {
	ID          bson.ObjectID     `bson:"_id" json:"_id"`
	SequenceID  bson.ObjectID     `bson:"sequenceId" json:"sequenceId"`
	Email       string            `bson:"email" json:"email"`
	Domain      string            `bson:"domain,omitempty" json:"domain,omitempty"`
	FirstName   string            `bson:"firstName,omitempty" json:"firstName,omitempty"`
	LastName    string            `bson:"lastName,omitempty" json:"lastName,omitempty"`
	Company     string            `bson:"company,omitempty" json:"company,omitempty"`
	Timezone    string            `bson:"timezone,omitempty" json:"timezone,omitempty"`
	Variables   map[string]string `bson:"variables,omitempty" json:"variables,omitempty"`
	State       State             `bson:"state" json:"state"`
	Reason      string            `bson:"reason,omitempty" json:"reason,omitempty"`
	Step        int               `bson:"step" json:"step"`
	NextSendAt  *time.Time        `bson:"nextSendAt,omitempty" json:"nextSendAt,omitempty"`
	PausedUntil *time.Time        `bson:"pausedUntil,omitempty" json:"pausedUntil,omitempty"`
	// ShiftedFor is the pause of the sequence (its PausedAt) by which the due time has been moved already.
	ShiftedFor  *time.Time    `bson:"shiftedFor,omitempty" json:"-"`
	LastSentAt  *time.Time    `bson:"lastSentAt,omitempty" json:"lastSentAt,omitempty"`
	MailboxID   bson.ObjectID `bson:"mailboxId,omitempty" json:"mailboxId,omitzero"`
	ThreadID    bson.ObjectID `bson:"threadId,omitempty" json:"threadId,omitzero"`
	Attempts    int           `bson:"attempts" json:"attempts"`
	SoftBounces int           `bson:"softBounces,omitempty" json:"softBounces,omitempty"`
	// Refusals counts how often this recipient's message was refused for a reason that put the blame on the mailbox.
	Refusals int `bson:"refusals,omitempty" json:"refusals,omitempty"`
	// StateBefore remembers what an effect (a reply, an opt-out) ended, so that a person's verdict can restore it.
	StateBefore State     `bson:"stateBefore,omitempty" json:"stateBefore,omitempty"`
	Claim       *Lease    `bson:"claim,omitempty" json:"claim,omitempty"`
	CreatedAt   time.Time `bson:"createdAt" json:"createdAt"`
	UpdatedAt   time.Time `bson:"updatedAt" json:"updatedAt"`
}

// HistoryStatus is how far one attempt to deliver one step got.
type HistoryStatus string

// Sending is written before SMTP begins; Unknown means that the process died or the line broke after the final dot could have been
// sent, and that no evidence has settled it.
const (
	HistorySending  HistoryStatus = "sending"
	HistorySent     HistoryStatus = "sent"
	HistoryDeferred HistoryStatus = "deferred"
	HistoryFailed   HistoryStatus = "failed"
	HistoryUnknown  HistoryStatus = "unknown"
	HistoryBounced  HistoryStatus = "bounced"
)

// History is one attempt to deliver one step to one recipient. Its id is derived from (recipient, step), see HistoryID.
type History struct {
	ID                  bson.ObjectID `bson:"_id" json:"_id"`
	SequenceRecipientID bson.ObjectID `bson:"sequenceRecipientId" json:"sequenceRecipientId"`
	SequenceID          bson.ObjectID `bson:"sequenceId" json:"sequenceId"`
	Step                int           `bson:"step" json:"step"`
	VariantID           string        `bson:"variantId,omitempty" json:"variantId,omitempty"`
	MailboxID           bson.ObjectID `bson:"mailboxId" json:"mailboxId"`
	To                  string        `bson:"to" json:"to"`
	From                string        `bson:"from" json:"from"`
	Subject             string        `bson:"subject" json:"subject"`
	Text                string        `bson:"text,omitempty" json:"text,omitempty"`
	HTML                string        `bson:"html,omitempty" json:"html,omitempty"`
	MessageID           string        `bson:"messageId" json:"messageId"`
	InReplyTo           string        `bson:"inReplyTo,omitempty" json:"inReplyTo,omitempty"`
	References          []string      `bson:"references,omitempty" json:"references,omitempty"`
	Status              HistoryStatus `bson:"status" json:"status"`
	Attempts            int           `bson:"attempts" json:"attempts"`
	SMTPCode            int           `bson:"smtpCode,omitempty" json:"smtpCode,omitempty"`
	SMTPEnhanced        string        `bson:"smtpEnhanced,omitempty" json:"smtpEnhanced,omitempty"`
	SMTPResponse        string        `bson:"smtpResponse,omitempty" json:"smtpResponse,omitempty"`
	Error               string        `bson:"error,omitempty" json:"error,omitempty"`
	// Manual marks an answer a person sent with `threads reply`; it is no step of the sequence.
	Manual bool `bson:"manual,omitempty" json:"manual,omitempty"`
	// SettledBy is the evidence that settled an unknown delivery: sent_folder, reply, bounce or manual.
	SettledBy string     `bson:"settledBy,omitempty" json:"settledBy,omitempty"`
	CreatedAt time.Time  `bson:"createdAt" json:"createdAt"`
	UpdatedAt time.Time  `bson:"updatedAt" json:"updatedAt"`
	SentAt    *time.Time `bson:"sentAt,omitempty" json:"sentAt,omitempty"`
	BouncedAt *time.Time `bson:"bouncedAt,omitempty" json:"bouncedAt,omitempty"`
	RepliedAt *time.Time `bson:"repliedAt,omitempty" json:"repliedAt,omitempty"`
}
