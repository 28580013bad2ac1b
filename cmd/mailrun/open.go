package main

import (
	"context"
	"time"

	"mailrun/internal/config"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
)

// openTimeout bounds the wait for a database that does not answer.
const openTimeout = 20 * time.Second

// Store opens the store that the settings name, once.
func (a *app) Store(ctx context.Context) (*store.Store, error) {
	if a.store != nil {
		return a.store, nil
	}
	settings, err := a.Settings()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	engine, err := openEngine(ctx, settings)
	if err != nil {
		return nil, err
	}
	a.store = store.New(engine, a.now)
	return a.store, nil
}

func openEngine(ctx context.Context, settings *config.Settings) (store.Engine, error) {
	if settings.SQLitePath == "" {
		return nil, badInput("SQLITE_PATH is not set and the system names no data folder (HOME is not set)")
	}
	return sqlite.Open(ctx, settings.SQLitePath, sqlite.Options{Collections: settings.Collections})
}

// Dialer opens mailboxes' sessions as the settings say.
func (a *app) Dialer(ctx context.Context) (*mailbox.Dialer, error) {
	settings, err := a.Settings()
	if err != nil {
		return nil, err
	}
	return &mailbox.Dialer{
		Keyring: a.keys,
		Limits:  mailbox.NewLimits(settings.MaxConnections, settings.MaxConnectionsPerHost),
		Now:     a.now,
		Log:     a.log,
	}, nil
}
