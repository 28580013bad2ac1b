package outreach

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// SequenceStatus says whether a sequence sends.
type SequenceStatus string

// The stored states of a sequence; completed is derived from its recipients and never stored.
const (
	SequenceDraft     SequenceStatus = "draft"
	SequenceActive    SequenceStatus = "active"
	SequencePaused    SequenceStatus = "paused"
	SequenceArchived  SequenceStatus = "archived"
	SequenceCompleted SequenceStatus = "completed"
)

// Window is when a sequence may send, in the recipient's zone: on Days (mon to sun), from Start ("09:00") until before End ("17:00",
// at most "24:00"). The zero window is always open.
type Window struct {
	Days  []string `bson:"days,omitempty" json:"days,omitempty"`
	Start string   `bson:"start,omitempty" json:"start,omitempty"`
	End   string   `bson:"end,omitempty" json:"end,omitempty"`
}

// Unsubscribe is how a sequence's messages offer an opt-out: Header adds List-Unsubscribe (default true), Text is a line under the body
// in which {{ unsubscribeUrl }} stands for the link.
type Unsubscribe struct {
	Header *bool  `bson:"header,omitempty" json:"header,omitempty"`
	Text   string `bson:"text,omitempty" json:"text,omitempty"`
}

// Guard pauses a sequence whose bounces exceed BounceRateMax (0.05 is 5 %) of what it sent in WindowDays, once MinSample were sent.
type Guard struct {
	BounceRateMax *float64 `bson:"bounceRateMax,omitempty" json:"bounceRateMax,omitempty"`
	MinSample     *int     `bson:"minSample,omitempty" json:"minSample,omitempty"`
	WindowDays    *int     `bson:"windowDays,omitempty" json:"windowDays,omitempty"`
}

// Defaults of a guard.
const (
	DefaultBounceRateMax   = 0.05
	DefaultGuardMinSample  = 50
	DefaultGuardWindowDays = 7
)

// Variant is one arm of a step. Weight is relative to its sisters; a blank field takes the step's.
type Variant struct {
	ID      string `bson:"id" json:"id"`
	Weight  int    `bson:"weight,omitempty" json:"weight,omitempty"`
	Subject string `bson:"subject,omitempty" json:"subject,omitempty"`
	Text    string `bson:"text,omitempty" json:"text,omitempty"`
	HTML    string `bson:"html,omitempty" json:"html,omitempty"`
}

// Step is one message of a sequence. Delay ("3d", "12h", "2w", "3bd") counts from the previous step's sentAt, for the first step from
// enrolment. A step without a subject answers in the same thread.
type Step struct {
	ID        string            `bson:"id" json:"id"`
	Delay     string            `bson:"delay,omitempty" json:"delay,omitempty"`
	Subject   string            `bson:"subject,omitempty" json:"subject,omitempty"`
	Text      string            `bson:"text,omitempty" json:"text,omitempty"`
	HTML      string            `bson:"html,omitempty" json:"html,omitempty"`
	Fallbacks map[string]string `bson:"fallbacks,omitempty" json:"fallbacks,omitempty"`
	Variants  []Variant         `bson:"variants,omitempty" json:"variants,omitempty"`
}

// Sequence is a campaign: who sends what, when, and when it stops.
type Sequence struct {
	ID                bson.ObjectID   `bson:"_id" json:"_id"`
	Name              string          `bson:"name" json:"name"`
	Status            SequenceStatus  `bson:"status" json:"status"`
	StatusReason      string          `bson:"statusReason,omitempty" json:"statusReason,omitempty"`
	MailboxIDs        []bson.ObjectID `bson:"mailboxIds" json:"mailboxIds"`
	Timezone          string          `bson:"timezone,omitempty" json:"timezone,omitempty"`
	Window            *Window         `bson:"window,omitempty" json:"window,omitempty"`
	Holidays          []string        `bson:"holidays,omitempty" json:"holidays,omitempty"`
	DailyLimit        int             `bson:"dailyLimit,omitempty" json:"dailyLimit,omitempty"`
	NewPerDay         int             `bson:"newPerDay,omitempty" json:"newPerDay,omitempty"`
	StopOnReply       *bool           `bson:"stopOnReply,omitempty" json:"stopOnReply,omitempty"`
	StopOnAutoReply   bool            `bson:"stopOnAutoReply" json:"stopOnAutoReply"`
	StopDomainOnReply bool            `bson:"stopDomainOnReply" json:"stopDomainOnReply"`
	Unsubscribe       *Unsubscribe    `bson:"unsubscribe,omitempty" json:"unsubscribe,omitempty"`
	Guard             *Guard          `bson:"guard,omitempty" json:"guard,omitempty"`
	Steps             []Step          `bson:"steps" json:"steps"`
	ActivatedAt       *time.Time      `bson:"activatedAt,omitempty" json:"activatedAt,omitempty"`
	PausedAt          *time.Time      `bson:"pausedAt,omitempty" json:"pausedAt,omitempty"`
	ResumedAt         *time.Time      `bson:"resumedAt,omitempty" json:"resumedAt,omitempty"`
	LastRunAt         *time.Time      `bson:"lastRunAt,omitempty" json:"lastRunAt,omitempty"`
	CreatedAt         time.Time       `bson:"createdAt" json:"createdAt"`
	UpdatedAt         time.Time       `bson:"updatedAt" json:"updatedAt"`
}
