package outreach

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// JobName names one of the two jobs.
type JobName string

// The jobs.
const (
	JobRunSequences  JobName = "run-sequences"
	JobSyncMailboxes JobName = "sync-mailboxes"
)

// RunStatus is how a run ended, or running.
type RunStatus string

// Success: the job completed, some mailboxes may have failed. Failed: an unhandled error, or every mailbox that was tried failed.
// Skipped: switched off by settings.
const (
	RunRunning RunStatus = "running"
	RunSuccess RunStatus = "success"
	RunFailed  RunStatus = "failed"
	RunSkipped RunStatus = "skipped"
)

// The values of CronRunLog.TriggeredBy: a person at a terminal is manual, everything else cron.
const (
	TriggeredByCron   = "cron"
	TriggeredByManual = "manual"
)

// CronRunLog is one run of one job. It is written as running when the run starts, so that a killed run is visible. Stats holds a
// SendStats or a SyncStats. DeadlineAt is when the run must have ended; later runs close what is still running after it.
type CronRunLog struct {
	ID           bson.ObjectID `bson:"_id" json:"_id"`
	JobName      JobName       `bson:"jobName" json:"jobName"`
	Status       RunStatus     `bson:"status" json:"status"`
	StartedAt    time.Time     `bson:"startedAt" json:"startedAt"`
	FinishedAt   *time.Time    `bson:"finishedAt,omitempty" json:"finishedAt,omitempty"`
	DurationMs   int64         `bson:"durationMs" json:"durationMs"`
	TriggeredBy  string        `bson:"triggeredBy" json:"triggeredBy"`
	Stats        Stats         `bson:"stats" json:"stats"`
	ErrorMessage string        `bson:"errorMessage,omitempty" json:"errorMessage,omitempty"`
	Host         string        `bson:"host" json:"host"`
	PID          int           `bson:"pid" json:"pid"`
	Version      string        `bson:"version" json:"version"`
	Owner        string        `bson:"owner,omitempty" json:"-"`
	DeadlineAt   *time.Time    `bson:"deadlineAt,omitempty" json:"deadlineAt,omitempty"`
	CreatedAt    time.Time     `bson:"createdAt" json:"createdAt"`
	UpdatedAt    time.Time     `bson:"updatedAt" json:"updatedAt"`
}

// Stats are a run's counts by name; the names are those of SendStats and SyncStats.
type Stats map[string]any

// CountOf reads a count of Stats whichever way an engine or JSON decoded it; 0 of anything that is no number.
func CountOf(v any) int64 {
	switch n := v.(type) {
	case int:
		return int64(n)
	case int32:
		return int64(n)
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return 0
}

// Percentiles of a duration in milliseconds.
type Percentiles struct {
	P50 int64 `bson:"p50" json:"p50"`
	P95 int64 `bson:"p95" json:"p95"`
}

// SendStats counts one run of run-sequences. Due are the recipients whose time had come when it began: up to 10,000 follow-ups, and as many
// first steps. Skipped counts what was passed over, by reason.
type SendStats struct {
	Due       int            `bson:"due" json:"due"`
	Sent      int            `bson:"sent" json:"sent"`
	Deferred  int            `bson:"deferred" json:"deferred"`
	Held      int            `bson:"held" json:"held"`
	Failed    int            `bson:"failed" json:"failed"`
	Unknown   int            `bson:"unknown" json:"unknown"`
	Completed int            `bson:"completed" json:"completed"`
	Mailboxes int            `bson:"mailboxes" json:"mailboxes"`
	Skipped   map[string]int `bson:"skipped" json:"skipped"`
	SendMs    Percentiles    `bson:"sendMs" json:"sendMs"`
}

// SyncError is one mailbox's failure in a sync. Class is auth, throttle, network or protocol.
type SyncError struct {
	Mailbox string `bson:"mailbox" json:"mailbox"`
	Class   string `bson:"class" json:"class"`
	Message string `bson:"message" json:"message"`
}

// MaxRunErrors is how many mailbox errors a run log lists; MoreErrors counts the rest.
const MaxRunErrors = 20

// SyncStats counts one run of sync-mailboxes. A message counts once, when it is first stored.
type SyncStats struct {
	Mailboxes      int         `bson:"mailboxes" json:"mailboxes"`
	Synced         int         `bson:"synced" json:"synced"`
	Unchanged      int         `bson:"unchanged" json:"unchanged"`
	Failed         int         `bson:"failed" json:"failed"`
	Messages       int         `bson:"messages" json:"messages"`
	Replies        int         `bson:"replies" json:"replies"`
	ThreadsCreated int         `bson:"threadsCreated" json:"threadsCreated"`
	ThreadsUpdated int         `bson:"threadsUpdated" json:"threadsUpdated"`
	Bounces        int         `bson:"bounces" json:"bounces"`
	AutoReplies    int         `bson:"autoReplies" json:"autoReplies"`
	Unsubscribes   int         `bson:"unsubscribes" json:"unsubscribes"`
	Unmatched      int         `bson:"unmatched" json:"unmatched"`
	Classified     int         `bson:"classified" json:"classified"`
	ClassifyFailed int         `bson:"classifyFailed" json:"classifyFailed"`
	Errors         []SyncError `bson:"errors" json:"errors"`
	MoreErrors     int         `bson:"moreErrors,omitempty" json:"moreErrors,omitempty"`
}

// SuppressionReason is why an address or a domain is never mailed.
type SuppressionReason string

// The reasons of a suppression.
const (
	SuppressUnsubscribe SuppressionReason = "unsubscribe"
	SuppressBounce      SuppressionReason = "bounce"
	SuppressComplaint   SuppressionReason = "complaint"
	SuppressManual      SuppressionReason = "manual"
)

// Suppression is an address or a domain that is never mailed. Value is lower case, a domain without "@". Source says who found it: a
// reply's id, "list-unsubscribe", "import", "cli".
type Suppression struct {
	ID        bson.ObjectID     `bson:"_id" json:"_id"`
	Value     string            `bson:"value" json:"value"`
	Reason    SuppressionReason `bson:"reason" json:"reason"`
	Source    string            `bson:"source,omitempty" json:"source,omitempty"`
	At        time.Time         `bson:"at" json:"at"`
	CreatedAt time.Time         `bson:"createdAt" json:"createdAt"`
	UpdatedAt time.Time         `bson:"updatedAt" json:"updatedAt"`
}

// ReplySource is the Source of a suppression that an inbound message caused.
func ReplySource(id bson.ObjectID) string { return "reply:" + id.Hex() }

// User is an admin of `mailrun serve`. PasswordHash is an argon2id string.
type User struct {
	ID           bson.ObjectID `bson:"_id" json:"_id"`
	Email        string        `bson:"email" json:"email"`
	PasswordHash string        `bson:"passwordHash" json:"-"`
	Role         string        `bson:"role" json:"role"`
	CreatedAt    time.Time     `bson:"createdAt" json:"createdAt"`
	UpdatedAt    time.Time     `bson:"updatedAt" json:"updatedAt"`
}

// Session is a signed-in browser. ID is the hash of the cookie's token: who reads the store cannot use it.
type Session struct {
	ID        string    `bson:"_id" json:"-"`
	Data      []byte    `bson:"data" json:"-"`
	ExpiresAt time.Time `bson:"expiresAt" json:"expiresAt"`
	CreatedAt time.Time `bson:"createdAt" json:"createdAt"`
	UpdatedAt time.Time `bson:"updatedAt" json:"updatedAt"`
}
