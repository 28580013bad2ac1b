package outreach

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// MailboxStatus says whether a mailbox takes part in runs.
type MailboxStatus string

// The states of a mailbox. Failing is set by mailrun after lasting authentication failures and left by a successful test or resume.
const (
	MailboxActive  MailboxStatus = "active"
	MailboxPaused  MailboxStatus = "paused"
	MailboxFailing MailboxStatus = "error"
	// MailboxFallback marks the document that keeps the cursor of the IMAP_* mailbox of the settings; it takes part in nothing else.
	MailboxFallback MailboxStatus = "fallback"
)

// Security is how a connection to a server is protected.
type Security string

// TLS is implicit TLS (RFC 8314), STARTTLS is an upgrade that must succeed, None is clear text.
const (
	SecurityTLS      Security = "tls"
	SecuritySTARTTLS Security = "starttls"
	SecurityNone     Security = "none"
)

// AuthMethod is how mailrun logs in to a server.
type AuthMethod string

// Password means SASL PLAIN or LOGIN, whichever the server offers; XOAUTH2 exchanges a refresh token for an access token first.
const (
	AuthPassword AuthMethod = "password"
	AuthXOAUTH2  AuthMethod = "xoauth2"
)

// Defaults of a mailbox: the consensus of the field for a warmed account.
const (
	DefaultDailyLimit       = 40
	DefaultMinGapSeconds    = 540
	DefaultGapJitterSeconds = 300
)

// Server is one door of a mailbox: where to connect and how to log in.
type Server struct {
	Host     string     `bson:"host" json:"host"`
	Port     int        `bson:"port" json:"port"`
	Security Security   `bson:"security" json:"security"`
	Username string     `bson:"username" json:"username"`
	Auth     AuthMethod `bson:"auth" json:"auth"`
}

// Sealed holds a mailbox's secrets, each encrypted with AES-256-GCM and bound to the mailbox's id. It never appears in JSON.
type Sealed struct {
	SMTPPassword string       `bson:"smtpPassword,omitempty" json:"-"`
	IMAPPassword string       `bson:"imapPassword,omitempty" json:"-"`
	OAuth        *SealedOAuth `bson:"oauth,omitempty" json:"-"`
}

// SealedOAuth holds what turns a refresh token into access tokens. ClientSecret, RefreshToken and AccessToken are sealed.
type SealedOAuth struct {
	TokenURL     string     `bson:"tokenUrl" json:"-"`
	ClientID     string     `bson:"clientId" json:"-"`
	ClientSecret string     `bson:"clientSecret,omitempty" json:"-"`
	RefreshToken string     `bson:"refreshToken,omitempty" json:"-"`
	AccessToken  string     `bson:"accessToken,omitempty" json:"-"`
	ExpiresAt    *time.Time `bson:"expiresAt,omitempty" json:"-"`
}

// RampUp raises the daily limit of a new mailbox: StartPerDay on the day of Since, AddPerDay more on each day after. It never raises
// the limit above DailyLimit.
type RampUp struct {
	StartPerDay int       `bson:"startPerDay" json:"startPerDay"`
	AddPerDay   int       `bson:"addPerDay" json:"addPerDay"`
	Since       time.Time `bson:"since" json:"since"`
}

// DayCount counts accepted messages on one calendar day (YYYY-MM-DD in the mailbox's zone).
type DayCount struct {
	Date  string `bson:"date" json:"date"`
	Count int    `bson:"count" json:"count"`
}

// Fault is the last thing that went wrong with a mailbox. Class is one of auth, throttle, network, protocol, quota, policy.
type Fault struct {
	Class   string    `bson:"class" json:"class"`
	Message string    `bson:"message" json:"message"`
	At      time.Time `bson:"at" json:"at"`
}

// Lease is time-limited ownership of a document by one process. Owner names host, boot, PID namespace, PID and start time. Token
// fences writes: an update of the leased document carries it in its filter.
type Lease struct {
	Owner string    `bson:"owner" json:"owner"`
	Token string    `bson:"token" json:"-"`
	Until time.Time `bson:"until" json:"until"`
}

// FolderRole is what a watched folder is for.
type FolderRole string

// The folders that a sync reads, and Sent, which settles unknown deliveries.
const (
	RoleInbox FolderRole = "inbox"
	RoleJunk  FolderRole = "junk"
	RoleAll   FolderRole = "all"
	RoleSent  FolderRole = "sent"
)

// Folder is the sync cursor of one folder: everything up to LastUID under UIDValidity is done (RFC 9051 section 2.3.1.1).
type Folder struct {
	Path        string           `bson:"path" json:"path"`
	Role        FolderRole       `bson:"role" json:"role"`
	UIDValidity uint32           `bson:"uidValidity" json:"uidValidity"`
	LastUID     uint32           `bson:"lastUid" json:"lastUid"`
	Backfill    *Backfill        `bson:"backfill,omitempty" json:"backfill,omitempty"`
	Quarantine  []QuarantinedUID `bson:"quarantine,omitempty" json:"quarantine,omitempty"`
	Resets      int              `bson:"resets,omitempty" json:"resets,omitempty"`
	LastMailAt  *time.Time       `bson:"lastMailAt,omitempty" json:"lastMailAt,omitempty"`
}

// Backfill is the resumable reading of what was in a folder before mailrun first saw it, newest first: messages with UIDs at or above
// FloorUID are done.
type Backfill struct {
	FloorUID uint32    `bson:"floorUid" json:"floorUid"`
	Since    time.Time `bson:"since" json:"since"`
	Read     int       `bson:"read" json:"read"`
	Max      int       `bson:"max,omitempty" json:"max,omitempty"` // messages at most, 0 for all since Since
	Done     bool      `bson:"done" json:"done"`
}

// QuarantinedUID is a message that could not be read. After three attempts the cursor steps over it; its headers are kept.
type QuarantinedUID struct {
	UID      uint32    `bson:"uid" json:"uid"`
	Attempts int       `bson:"attempts" json:"attempts"`
	Error    string    `bson:"error" json:"error"`
	Headers  string    `bson:"headers,omitempty" json:"headers,omitempty"`
	At       time.Time `bson:"at" json:"at"`
}

// Mailbox is a sending and receiving account.
type Mailbox struct {
	ID           bson.ObjectID `bson:"_id" json:"_id"`
	Email        string        `bson:"email" json:"email"`
	FromName     string        `bson:"fromName,omitempty" json:"fromName,omitempty"`
	ReplyTo      string        `bson:"replyTo,omitempty" json:"replyTo,omitempty"`
	Status       MailboxStatus `bson:"status" json:"status"`
	StatusReason string        `bson:"statusReason,omitempty" json:"statusReason,omitempty"`
	SMTP         Server        `bson:"smtp" json:"smtp"`
	IMAP         Server        `bson:"imap" json:"imap"`
	Sealed       *Sealed       `bson:"sealed,omitempty" json:"-"`

	// ClearSMTPPassword and ClearIMAPPassword may be written by another application; mailrun reads them as they are and never writes them.
	ClearSMTPPassword string `bson:"smtpPassword,omitempty" json:"-"`
	ClearIMAPPassword string `bson:"imapPassword,omitempty" json:"-"`

	TLSInsecure        bool `bson:"tlsInsecure,omitempty" json:"tlsInsecure,omitempty"`
	AllowPlaintextAuth bool `bson:"allowPlaintextAuth,omitempty" json:"allowPlaintextAuth,omitempty"`

	Timezone         string  `bson:"timezone,omitempty" json:"timezone,omitempty"`
	DailyLimit       *int    `bson:"dailyLimit,omitempty" json:"dailyLimit,omitempty"`
	HourlyLimit      int     `bson:"hourlyLimit,omitempty" json:"hourlyLimit,omitempty"`
	MinGapSeconds    *int    `bson:"minGapSeconds,omitempty" json:"minGapSeconds,omitempty"`
	GapJitterSeconds *int    `bson:"gapJitterSeconds,omitempty" json:"gapJitterSeconds,omitempty"`
	RampUp           *RampUp `bson:"rampUp,omitempty" json:"rampUp,omitempty"`
	Signature        string  `bson:"signature,omitempty" json:"signature,omitempty"`
	SaveSent         string  `bson:"saveSent,omitempty" json:"saveSent,omitempty"`

	SentToday           DayCount   `bson:"sentToday" json:"sentToday"`
	SentHour            DayCount   `bson:"sentHour,omitempty" json:"sentHour,omitzero"`
	LastSentAt          *time.Time `bson:"lastSentAt,omitempty" json:"lastSentAt,omitempty"`
	NextSendAt          *time.Time `bson:"nextSendAt,omitempty" json:"nextSendAt,omitempty"`
	NextSyncAt          *time.Time `bson:"nextSyncAt,omitempty" json:"nextSyncAt,omitempty"`
	LastSyncAt          *time.Time `bson:"lastSyncAt,omitempty" json:"lastSyncAt,omitempty"`
	LastSyncOKAt        *time.Time `bson:"lastSyncOkAt,omitempty" json:"lastSyncOkAt,omitempty"`
	LastActivityAt      *time.Time `bson:"lastActivityAt,omitempty" json:"lastActivityAt,omitempty"`
	ConsecutiveFailures int        `bson:"consecutiveFailures" json:"consecutiveFailures"`
	SendFailures        int        `bson:"sendFailures,omitempty" json:"sendFailures,omitempty"`
	AuthFailingSince    *time.Time `bson:"authFailingSince,omitempty" json:"authFailingSince,omitempty"`
	LastError           *Fault     `bson:"lastError,omitempty" json:"lastError,omitempty"`
	Folders             []Folder   `bson:"folders,omitempty" json:"folders,omitempty"`
	FoldersAt           *time.Time `bson:"foldersAt,omitempty" json:"foldersAt,omitempty"`
	Lease               *Lease     `bson:"lease,omitempty" json:"lease,omitempty"`
	SyncLease           *Lease     `bson:"syncLease,omitempty" json:"syncLease,omitempty"`
	CreatedAt           time.Time  `bson:"createdAt" json:"createdAt"`
	UpdatedAt           time.Time  `bson:"updatedAt" json:"updatedAt"`
}
