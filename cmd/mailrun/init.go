package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"mailrun/internal/config"
	"mailrun/internal/mailbox"
)

const envFile = `# mailrun's settings. Keep this file private (mode 0600) and keep a copy: without MAILBOX_ENCRYPTION_KEY the stored mailbox passwords
# cannot be read. Put a value that holds $ or # in 'single quotes'. All settings: mailrun doctor, or configs/example.env in the sources.

# Seals mailbox passwords and signs Message-IDs.
MAILBOX_ENCRYPTION_KEY=%s

# Lets cron call mailrun serve over HTTP (header x-cron-secret).
CRON_SECRET=%s

# Where everything is kept. Without either: mailrun.db under your data folder.
#SQLITE_PATH=mailrun.db
#MONGODB_URI='mongodb://user:password@localhost:27017/mailrun'

# Where recipients reach mailrun serve, for one-click unsubscribe.
#PUBLIC_BASE_URL=https://mail.example.com

# true: label each human reply (interested, not_now, …), offline unless AI_BASE_URL is set.
#AUTO_CLASSIFY_INBOX_REPLIES=true
#AI_BASE_URL=https://api.openai.com/v1
#AI_API_KEY=
#AI_MODEL=
`

const initNext = `Wrote %s (mode 0600) with a fresh MAILBOX_ENCRYPTION_KEY and CRON_SECRET. Keep a copy in a safe place.

Next:
  mailrun mailboxes add             a mailbox to send from and to read
  mailrun mailboxes test EMAIL      does it log in?
  mailrun sequences apply -f FILE   what to send, when (an example: configs/sequence.yaml)
  mailrun recipients import FILE --sequence NAME
  mailrun sequences activate NAME
  mailrun doctor                    is everything as it should be?
  mailrun crontab                   the lines for crontab -e
`

func newInit(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a .env with fresh secrets",
		Long: `Write a .env (or the file that --env-file names) with a fresh MAILBOX_ENCRYPTION_KEY and CRON_SECRET, readable by you alone.
An existing file is never touched.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			path := a.global.envFile
			if path == "" {
				path = config.DefaultEnvFile
			}
			return runInit(a, path)
		},
	}
}

func runInit(a *app, path string) error {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails (Go 1.24)
	content := fmt.Sprintf(envFile, mailbox.NewKey(), hex.EncodeToString(secret))
	if err := writeNew(path, content); err != nil {
		return err
	}
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	a.say(initNext, path)
	return nil
}

// writeNew creates a private file, never over another.
func writeNew(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return badInput("%s exists and is left as it is; remove it first, or name another file with --env-file", path)
	case err != nil:
		return badInput("cannot write %s: %w", path, err)
	}
	if _, err := f.WriteString(content); err != nil {
		return fmt.Errorf("write %s: %w", path, errors.Join(err, f.Close()))
	}
	return f.Close()
}
