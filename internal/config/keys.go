package config

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"

	"mailrun/pkg/outreach"
)

// Key is one setting: its variable, its default as text, and what it means.
type Key struct {
	Name    string
	Default string
	Meaning string
	// Secret keys are hidden everywhere and have a twin Name_FILE that names a file to read the value from.
	Secret bool

	path bool
	// set stores a value that is not blank, or says what was expected instead.
	set func(*Settings, string) error
}

// Keys lists every setting in the order of the manual.
func Keys() []Key {
	return []Key{
		secret("CRON_SECRET", "required by the cron endpoints of `mailrun serve`", func(s *Settings) *Secret { return &s.CronSecret }),
		toggle("SEQUENCE_WORKER_ENABLED", "true", "false: run-sequences writes a skipped run and does nothing", func(s *Settings) *bool { return &s.SequenceWorkerEnabled }),
		toggle("MAILBOX_SYNC_ENABLED", "true", "false: sync-mailboxes writes a skipped run and does nothing", func(s *Settings) *bool { return &s.MailboxSyncEnabled }),
		toggle("AUTO_CLASSIFY_INBOX_REPLIES", "false", "true: new human replies are classified after each sync", func(s *Settings) *bool { return &s.AutoClassify }),
		checked(secret("MONGODB_URI", "set: MongoDB holds everything", func(s *Settings) *Secret { return &s.MongoDBURI }), mongoURI),
		text("MONGODB_DATABASE", "", "the database; else the one the URI names, else mailrun", func(s *Settings) *string { return &s.MongoDBDatabase }),
		filePath("SQLITE_PATH", DefaultSQLitePath(), "the embedded store, used when MONGODB_URI is not set", func(s *Settings) *string { return &s.SQLitePath }),
		secret("MAILBOX_ENCRYPTION_KEY", "seals mailbox passwords: 32 bytes in base64; of several, comma-separated, the first seals and all open",
			func(s *Settings) *Secret { return &s.MailboxEncryptionKey }),
		text("IMAP_HOST", "", "fallback mailbox, synced while the store has no active one", func(s *Settings) *string { return &s.IMAP.Host }),
		count("IMAP_PORT", "", 1, 65535, "993, or 143 with IMAP_SECURITY starttls or none", func(s *Settings) *int { return &s.IMAP.Port }),
		text("IMAP_USER", "", "login of the fallback mailbox", func(s *Settings) *string { return &s.IMAP.User }),
		secret("IMAP_PASSWORD", "password of the fallback mailbox", func(s *Settings) *Secret { return &s.IMAP.Password }),
		{Name: "IMAP_SECURITY", Meaning: "tls, starttls or none", set: setSecurity},
		toggle("SYNC_STORE_UNMATCHED", "false", "true: also store messages of no known recipient or thread", func(s *Settings) *bool { return &s.SyncStoreUnmatched }),
		webURL("AI_BASE_URL", "an OpenAI-compatible endpoint, ending in /v1; unset: the built-in classifier", func(s *Settings) *string { return &s.AI.BaseURL }),
		secret("AI_API_KEY", "its key; OPENAI_API_KEY is read when this is not set", func(s *Settings) *Secret { return &s.AI.APIKey }),
		secret("OPENAI_API_KEY", "see AI_API_KEY", func(s *Settings) *Secret { return new(Secret) }),
		text("AI_MODEL", "", "the model's name", func(s *Settings) *string { return &s.AI.Name }),
		duration("AI_TIMEOUT", "20s", "longest wait for one answer", func(s *Settings) *Duration { return (*Duration)(&s.AI.Timeout) }),
		count("AI_MAX_CALLS_PER_RUN", "200", 0, 1_000_000, "model calls of one run", func(s *Settings) *int { return &s.AI.MaxCallsPerRun }),
		webURL("PUBLIC_BASE_URL", "where recipients reach `mailrun serve`, for one-click unsubscribe", func(s *Settings) *string { return &s.PublicBaseURL }),
		duration("FOLLOWUP_MAX_SYNC_AGE", "30m", "follow-ups wait while their mailbox was not synced for so long; 0: off", func(s *Settings) *Duration { return (*Duration)(&s.FollowupMaxSyncAge) }),
		duration("SEND_STALE_AFTER", "7d", "a send overdue by more is held; 0: off", func(s *Settings) *Duration { return (*Duration)(&s.SendStaleAfter) }),
		count("MAX_CONNECTIONS", "64", 1, 10_000, "SMTP or IMAP connections of one run at once", func(s *Settings) *int { return &s.MaxConnections }),
		count("MAX_CONNECTIONS_PER_HOST", "10", 1, 10_000, "of these to one server, unless its limits are per account", func(s *Settings) *int { return &s.MaxConnectionsPerHost }),
		count("SEND_DOMAIN_LIMIT", "0", 0, 1_000_000, "messages per recipient domain and day, over all mailboxes; 0: none", func(s *Settings) *int { return &s.SendDomainLimit }),
		{Name: "LISTEN_ADDR", Default: "127.0.0.1:8080", Meaning: "address of `mailrun serve`", set: setListenAddr},
		count("LOG_RETENTION_DAYS", "90", 1, 36_500, "run logs older than this are deleted", func(s *Settings) *int { return &s.LogRetentionDays }),
	}
}

// DefaultSQLitePath is mailrun/mailrun.db under the user's data folder, or "" where the system names none.
func DefaultSQLitePath() string {
	home, _ := os.UserHomeDir()
	switch runtime.GOOS {
	case "windows":
		return under(os.Getenv("LOCALAPPDATA"))
	case "darwin":
		return under(join(home, "Library", "Application Support"))
	default:
		return under(cmp.Or(os.Getenv("XDG_DATA_HOME"), join(home, ".local", "share")))
	}
}

func under(folder string) string { return join(folder, "mailrun", "mailrun.db") }

func join(base string, more ...string) string {
	if base == "" {
		return ""
	}
	return filepath.Join(append([]string{base}, more...)...)
}

func setSecurity(s *Settings, value string) error {
	switch security := outreach.Security(value); security {
	case outreach.SecurityTLS, outreach.SecuritySTARTTLS, outreach.SecurityNone:
		s.IMAP.Security = security
		return nil
	}
	return expected("tls, starttls or none")
}
