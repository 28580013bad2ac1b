package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/pflag"

	"mailrun/internal/config"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
)

// app is what commands work with. Parts are built when first asked for, so that `version`, `init` and every help text open nothing.
type app struct {
	in       io.Reader
	out, err io.Writer
	// inTTY, outTTY and errTTY tell whether a person is at that end.
	inTTY, outTTY, errTTY bool
	lookupEnv             func(string) (string, bool)
	now                   func() time.Time

	global   globalFlags
	log      *slog.Logger
	profiles profiles
	started  bool
	flags    *pflag.FlagSet

	settings *config.Settings
	keys     *mailbox.Keyring
	store    *store.Store
	dial     *mailbox.Dialer
}

func newApp() *app {
	isTTY := func(f *os.File) bool { return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()) }
	return &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		inTTY: isTTY(os.Stdin), outTTY: isTTY(os.Stdout), errTTY: isTTY(os.Stderr),
		lookupEnv: os.LookupEnv, now: time.Now, log: slog.New(slog.DiscardHandler),
	}
}

// Settings loads and checks the settings once.
func (a *app) Settings() (*config.Settings, error) {
	if a.settings != nil {
		return a.settings, nil
	}
	names := make([]string, len(store.Collections))
	for i, c := range store.Collections {
		names[i] = c.Name
	}
	settings, err := config.Load(config.Sources{
		File: a.global.config, EnvFile: a.global.envFile, Lookup: a.lookupEnv, Flags: a.flags, Collections: names,
	})
	if err != nil {
		return nil, inputError{err}
	}
	if a.keys, err = mailbox.ParseKeys(settings.MailboxEncryptionKey.Reveal()); err != nil {
		return nil, badInput("MAILBOX_ENCRYPTION_KEY: %w; expected 32 bytes in base64 as `mailrun init` writes them (%s)", err, settings.Origin("MAILBOX_ENCRYPTION_KEY"))
	}
	a.settings = settings
	return settings, nil
}

// Keyring is made of MAILBOX_ENCRYPTION_KEY; it may be empty.
func (a *app) Keyring() (*mailbox.Keyring, error) {
	_, err := a.Settings()
	return a.keys, err
}

// close releases what was opened and writes the profiles.
func (a *app) close(ctx context.Context) {
	if err := a.profiles.stop(); err != nil {
		a.log.Error("a profile is not complete", "error", err)
	}
	if a.store == nil {
		return
	}
	if err := a.store.Engine().Close(ctx); err != nil {
		a.log.Error("could not close the store", "error", err)
	}
}
