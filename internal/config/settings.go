// Package config turns defaults, mailrun.yaml, .env, the environment and flags into one checked Settings value.
//
// Later layers win: defaults, then the file, then .env, then the environment, then flags. A blank value counts as not set in every layer. An unknown key in a
// file is an error, because a misspelled setting that is silently ignored costs more than one that is refused. All problems are reported
// at once, each with the name, the value (never a secret's), what is expected, and where it came from.
//
// A relative path in a file counts from that file's folder: cron starts jobs in another folder than a person does, and both must
// open the same database.
package config

import (
	"crypto/sha256"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Settings are the checked settings in force.
type Settings struct {
	CronSecret            Secret
	SequenceWorkerEnabled bool
	MailboxSyncEnabled    bool
	AutoClassify          bool

	// MongoDBURI decides the engine: set, MongoDB holds everything; empty, the file SQLitePath does.
	MongoDBURI Secret
	// MongoDBDatabase is blank unless it was set: the URI may name one.
	MongoDBDatabase string
	SQLitePath      string
	// Collections maps default collection names to the ones in use.
	Collections map[string]string

	MailboxEncryptionKey Secret
	IMAP                 FallbackMailbox
	SyncStoreUnmatched   bool
	AI                   Model

	// PublicBaseURL has no trailing slash.
	PublicBaseURL string
	ListenAddr    string

	// Zero switches the check off.
	FollowupMaxSyncAge, SendStaleAfter time.Duration

	MaxConnections, MaxConnectionsPerHost int
	// SendDomainLimit is in messages per recipient domain and day; 0 means none.
	SendDomainLimit  int
	LogRetentionDays int

	// Lines describes every setting in force, in the order of Keys.
	Lines []Line
}

// FallbackMailbox is read by sync-mailboxes while the store has no active mailbox. It is unset while Host is empty.
type FallbackMailbox struct {
	Host     string
	Port     int
	User     string
	Password Secret
	Security outreach.Security
}

// Model is an OpenAI-compatible endpoint; with an empty BaseURL the built-in classifier works alone.
type Model struct {
	BaseURL        string
	APIKey         Secret
	Name           string
	Timeout        time.Duration
	MaxCallsPerRun int
}

// Line is one setting as `mailrun doctor` shows it.
type Line struct {
	Name string `json:"name"`
	// Value is what a person may see: a secret is hidden.
	Value string `json:"value"`
	// Origin is "default", "environment", "flag --x" or the file and line.
	Origin string `json:"origin"`
}

// Origin tells where a setting came from, as Line.Origin does.
func (s *Settings) Origin(name string) string {
	for _, line := range s.Lines {
		if line.Name == name {
			return line.Origin
		}
	}
	return ""
}

// MinCronSecret is the length in characters under which a CRON_SECRET is called weak.
const MinCronSecret = 32

// Warnings lists what works but should not stay as it is.
func (s *Settings) Warnings() []string {
	var warnings []string
	if n := len(s.CronSecret); n > 0 && n < MinCronSecret {
		warnings = append(warnings, "CRON_SECRET is shorter than 32 characters: make a longer one, for example with `openssl rand -hex 32`")
	}
	return warnings
}

// Fallback is the mailbox that the IMAP_* settings describe, or nil. Its id is made from host and user, so that its cursor is found again.
func (s *Settings) Fallback() *outreach.Mailbox {
	if s.IMAP.Host == "" {
		return nil
	}
	sum := sha256.Sum256([]byte("IMAP_* fallback\x00" + strings.ToLower(s.IMAP.Host) + "\x00" + s.IMAP.User))
	return &outreach.Mailbox{
		ID: bson.ObjectID(sum[:12]), Email: strings.ToLower(s.IMAP.User), Status: outreach.MailboxActive,
		IMAP: outreach.Server{
			Host: s.IMAP.Host, Port: s.IMAP.Port, Security: s.IMAP.Security, Username: s.IMAP.User, Auth: outreach.AuthPassword,
		},
		ClearIMAPPassword: s.IMAP.Password.Reveal(),
	}
}
