package main

import (
	"context"
	"errors"
	"time"

	"mailrun/internal/config"
	"mailrun/internal/store"
	"mailrun/internal/store/mongo"
	"mailrun/internal/store/sqlite"
)

// openTimeout bounds the wait for a server that does not answer. A file has no such bound: it is waited for as long as another process has it
// locked, which its engine bounds, and a large one may take its time to be brought up to date after an upgrade.
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
	engine, err := a.openEngine(ctx, settings)
	if err != nil {
		return nil, err
	}
	s := store.New(engine, a.now)
	if err := a.tellTime(ctx, s); err != nil {
		return nil, errors.Join(err, engine.Close(context.WithoutCancel(ctx)))
	}
	a.store = s
	return s, nil
}

// openEngine opens the engine that the settings name and makes its indexes.
func (a *app) openEngine(ctx context.Context, settings *config.Settings) (store.Engine, error) {
	if settings.MongoDBURI != "" {
		return a.openMongo(ctx, settings.MongoDBURI.Reveal(), settings.MongoDBDatabase)
	}
	return a.openSQLite(ctx, settings.SQLitePath)
}

func (a *app) openMongo(ctx context.Context, uri, database string) (store.Engine, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	engine, err := mongo.Open(ctx, uri, database, mongo.Options{Collections: a.settings.Collections, Log: a.log})
	if err != nil {
		return nil, err
	}
	if err := engine.EnsureIndexes(ctx); err != nil {
		return nil, errors.Join(err, engine.Close(context.WithoutCancel(ctx)))
	}
	return engine, nil
}

func (a *app) openSQLite(ctx context.Context, path string) (store.Engine, error) {
	if path == "" {
		return nil, badInput("SQLITE_PATH is not set and the system names no data folder (HOME is not set)")
	}
	engine, err := sqlite.Open(ctx, path, sqlite.Options{Collections: a.settings.Collections})
	if err != nil {
		return nil, err
	}
	return engine, nil
}
