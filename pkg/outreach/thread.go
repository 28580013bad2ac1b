package outreach

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Address is a mailbox in a header (RFC 5322 section 3.4).
type Address struct {
	Name    string `bson:"name,omitempty" json:"name,omitempty"`
	Address string `bson:"address" json:"address"`
}

// ThreadStatus is a thread's place in an operator's work. A new inbound message reopens any thread.
type ThreadStatus string

// The states of a thread.
const (
	ThreadOpen     ThreadStatus = "open"
	ThreadArchived ThreadStatus = "archived"
	ThreadSnoozed  ThreadStatus = "snoozed"
	ThreadClosed   ThreadStatus = "closed"
)

// Thread is one conversation in one mailbox. ReplyCount counts human replies, MessageCount both directions, InboundCount all that came in:
// what it grows by is unread.
type Thread struct {
	ID                  bson.ObjectID `bson:"_id" json:"_id"`
	Subject             string        `bson:"subject" json:"subject"`
	NormalizedSubject   string        `bson:"normalizedSubject" json:"normalizedSubject"`
	Participants        []string      `bson:"participants" json:"participants"`
	MailboxID           bson.ObjectID `bson:"mailboxId,omitempty" json:"mailboxId,omitzero"`
	MailboxEmail        string        `bson:"mailboxEmail,omitempty" json:"mailboxEmail,omitempty"`
	MailboxName         string        `bson:"mailboxName,omitempty" json:"mailboxName,omitempty"`
	SequenceID          bson.ObjectID `bson:"sequenceId,omitempty" json:"sequenceId,omitzero"`
	SequenceRecipientID bson.ObjectID `bson:"sequenceRecipientId,omitempty" json:"sequenceRecipientId,omitzero"`
	RootMessageID       string        `bson:"rootMessageId" json:"rootMessageId"`
	MessageCount        int           `bson:"messageCount" json:"messageCount"`
	ReplyCount          int           `bson:"replyCount" json:"replyCount"`
	InboundCount        int           `bson:"inboundCount" json:"inboundCount"`
	LastMessageAt       *time.Time    `bson:"lastMessageAt,omitempty" json:"lastMessageAt,omitempty"`
	LastInboundAt       *time.Time    `bson:"lastInboundAt,omitempty" json:"lastInboundAt,omitempty"`
	LastOutboundAt      *time.Time    `bson:"lastOutboundAt,omitempty" json:"lastOutboundAt,omitempty"`
	Status              ThreadStatus  `bson:"status" json:"status"`
	UnreadCount         int           `bson:"unreadCount" json:"unreadCount"`
	HasAIClassification bool          `bson:"hasAiClassification" json:"hasAiClassification"`
	LastIntent          string        `bson:"lastIntent,omitempty" json:"lastIntent,omitempty"`
	LastSentiment       string        `bson:"lastSentiment,omitempty" json:"lastSentiment,omitempty"`
	LastSnippet         string        `bson:"lastSnippet,omitempty" json:"lastSnippet,omitempty"`
	CreatedAt           time.Time     `bson:"createdAt" json:"createdAt"`
	UpdatedAt           time.Time     `bson:"updatedAt" json:"updatedAt"`
}

// Kind is what an inbound message is.
type Kind string

// The kinds, in the order in which they are tested.
const (
	KindBounce      Kind = "bounce"
	KindComplaint   Kind = "complaint"
	KindOutOfOffice Kind = "out_of_office"
	KindAutoReply   Kind = "auto_reply"
	KindUnsubscribe Kind = "unsubscribe"
	KindHuman       Kind = "human"
)

// BounceType is what a bounce means for the address: hard will never work, soft may later, block is the sender's reputation or policy.
type BounceType string

// The bounce types.
const (
	BounceHard  BounceType = "hard"
	BounceSoft  BounceType = "soft"
	BounceBlock BounceType = "block"
	BounceOther BounceType = "other"
)

// Bounce is one recipient's part of a delivery status notification (RFC 3464).
type Bounce struct {
	Type       BounceType `bson:"type" json:"type"`
	Recipient  string     `bson:"recipient,omitempty" json:"recipient,omitempty"`
	Status     string     `bson:"status,omitempty" json:"status,omitempty"`
	Diagnostic string     `bson:"diagnostic,omitempty" json:"diagnostic,omitempty"`
	RemoteMTA  string     `bson:"remoteMta,omitempty" json:"remoteMta,omitempty"`
}

// Attachment is listed, never stored. Size is in bytes after decoding.
type Attachment struct {
	Filename    string `bson:"filename" json:"filename"`
	ContentType string `bson:"contentType" json:"contentType"`
	Size        int    `bson:"size" json:"size"`
}

// Referral is a person whom a reply names as the one to ask.
type Referral struct {
	Name  string `bson:"name,omitempty" json:"name,omitempty"`
	Email string `bson:"email,omitempty" json:"email,omitempty"`
}

// Intent is what a reply wants.
type Intent string

// The intents of a reply.
const (
	IntentInterested         Intent = "interested"
	IntentMeetingRequest     Intent = "meeting_request"
	IntentInformationRequest Intent = "information_request"
	IntentReferral           Intent = "referral"
	IntentWrongPerson        Intent = "wrong_person"
	IntentNotNow             Intent = "not_now"
	IntentObjection          Intent = "objection"
	IntentNotInterested      Intent = "not_interested"
	IntentUnsubscribe        Intent = "unsubscribe"
	IntentOutOfOffice        Intent = "out_of_office"
	IntentLeftCompany        Intent = "left_company"
	IntentAutoReply          Intent = "auto_reply"
	IntentBounce             Intent = "bounce"
	IntentOther              Intent = "other"
)

// Intents lists every intent in the order of the contract.
var Intents = []Intent{
	IntentInterested, IntentMeetingRequest, IntentInformationRequest, IntentReferral, IntentWrongPerson, IntentNotNow, IntentObjection,
	IntentNotInterested, IntentUnsubscribe, IntentOutOfOffice, IntentLeftCompany, IntentAutoReply, IntentBounce, IntentOther,
}

// ClassificationStatus is how far the classification of a reply got.
type ClassificationStatus string

// Pending is retried by the next run, five times at most; skipped means that nothing was to be classified.
const (
	ClassificationPending ClassificationStatus = "pending"
	ClassificationDone    ClassificationStatus = "done"
	ClassificationFailed  ClassificationStatus = "failed"
	ClassificationSkipped ClassificationStatus = "skipped"
)

// Classification labels a reply. Source is header, rule, builtin, model or manual; manual is a person's verdict and never overwritten.
// Confidence runs from 0 to 1, Sentiment is positive, neutral or negative.
type Classification struct {
	Status     ClassificationStatus `bson:"status" json:"status"`
	Intent     Intent               `bson:"intent,omitempty" json:"intent,omitempty"`
	Sentiment  string               `bson:"sentiment,omitempty" json:"sentiment,omitempty"`
	Confidence float64              `bson:"confidence,omitempty" json:"confidence,omitempty"`
	Summary    string               `bson:"summary,omitempty" json:"summary,omitempty"`
	ReturnDate *time.Time           `bson:"returnDate,omitempty" json:"returnDate,omitempty"`
	FollowUpAt *time.Time           `bson:"followUpAt,omitempty" json:"followUpAt,omitempty"`
	Referral   *Referral            `bson:"referral,omitempty" json:"referral,omitempty"`
	Source     string               `bson:"source,omitempty" json:"source,omitempty"`
	Model      string               `bson:"model,omitempty" json:"model,omitempty"`
	Tokens     int                  `bson:"tokens,omitempty" json:"tokens,omitempty"`
	At         *time.Time           `bson:"at,omitempty" json:"at,omitempty"`
	Attempts   int                  `bson:"attempts,omitempty" json:"attempts,omitempty"`
	Error      string               `bson:"error,omitempty" json:"error,omitempty"`
	// CacheKey is the hash of visible text, prompt version and model: a text that was classified once is not sent again.
	CacheKey string `bson:"cacheKey,omitempty" json:"-"`
}

// Reply is one inbound message that concerns a recipient or a thread. Effects holds one done-marker per effect (stop, suppress, thread,
// history), so that each happens exactly once however often a run is killed.
type Reply struct {
	ID                  bson.ObjectID   `bson:"_id" json:"_id"`
	ThreadID            bson.ObjectID   `bson:"threadId,omitempty" json:"threadId,omitzero"`
	MailboxID           bson.ObjectID   `bson:"mailboxId,omitempty" json:"mailboxId,omitzero"`
	Direction           string          `bson:"direction" json:"direction"`
	SequenceID          bson.ObjectID   `bson:"sequenceId,omitempty" json:"sequenceId,omitzero"`
	SequenceRecipientID bson.ObjectID   `bson:"sequenceRecipientId,omitempty" json:"sequenceRecipientId,omitzero"`
	HistoryID           bson.ObjectID   `bson:"historyId,omitempty" json:"historyId,omitzero"`
	Step                int             `bson:"step" json:"step"`
	MessageID           string          `bson:"messageId,omitempty" json:"messageId,omitempty"`
	InReplyTo           string          `bson:"inReplyTo,omitempty" json:"inReplyTo,omitempty"`
	References          []string        `bson:"references,omitempty" json:"references,omitempty"`
	From                Address         `bson:"from" json:"from"`
	To                  []Address       `bson:"to,omitempty" json:"to,omitempty"`
	CC                  []Address       `bson:"cc,omitempty" json:"cc,omitempty"`
	Subject             string          `bson:"subject" json:"subject"`
	Date                *time.Time      `bson:"date,omitempty" json:"date,omitempty"`
	ReceivedAt          time.Time       `bson:"receivedAt" json:"receivedAt"`
	Folder              string          `bson:"folder" json:"folder"`
	UIDValidity         uint32          `bson:"uidValidity" json:"uidValidity"`
	UID                 uint32          `bson:"uid" json:"uid"`
	Text                string          `bson:"text,omitempty" json:"text,omitempty"`
	VisibleText         string          `bson:"visibleText,omitempty" json:"visibleText,omitempty"`
	Snippet             string          `bson:"snippet,omitempty" json:"snippet,omitempty"`
	HTML                string          `bson:"html,omitempty" json:"html,omitempty"`
	IsRead              bool            `bson:"isRead" json:"isRead"`
	Attachments         []Attachment    `bson:"attachments,omitempty" json:"attachments,omitempty"`
	Kind                Kind            `bson:"kind" json:"kind"`
	MatchMethod         string          `bson:"matchMethod,omitempty" json:"matchMethod,omitempty"`
	MatchConfidence     float64         `bson:"matchConfidence,omitempty" json:"matchConfidence,omitempty"`
	Bounce              *Bounce         `bson:"bounce,omitempty" json:"bounce,omitempty"`
	Bounces             []Bounce        `bson:"bounces,omitempty" json:"bounces,omitempty"` // all of them, where there are several
	LeftCompany         bool            `bson:"leftCompany,omitempty" json:"leftCompany,omitempty"`
	ReturnDate          *time.Time      `bson:"returnDate,omitempty" json:"returnDate,omitempty"`
	Classification      *Classification `bson:"classification,omitempty" json:"classification,omitempty"`
	DedupeKey           string          `bson:"dedupeKey" json:"dedupeKey"`
	Effects             map[string]bool `bson:"effects,omitempty" json:"effects,omitempty"`
	CreatedAt           time.Time       `bson:"createdAt" json:"createdAt"`
	UpdatedAt           time.Time       `bson:"updatedAt" json:"updatedAt"`
}
