package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/store"
)

func newDB(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "db",
		Short: "The database",
	}, newDBPing(a), newDBMigrate(a), newDBCopy(a))
}

func newDBPing(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "ping",
		Short: "Does the database answer?",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			began := time.Now()
			if err := s.Engine().Ping(cmd.Context()); err != nil {
				return err
			}
			took := time.Since(began)
			if asJSON {
				return a.printJSON(map[string]any{"engine": s.Engine().Name(), "location": s.Engine().Location(), "milliseconds": float64(took.Microseconds()) / 1000})
			}
			a.say("%s at %s answers in %s", s.Engine().Name(), s.Engine().Location(), took.Round(10*time.Microsecond))
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func newDBMigrate(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring collections and indexes up to date",
		Long:  "Bring collections and indexes up to date. Every command does this when it opens the store; this one does only this.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			if err := s.Engine().EnsureIndexes(cmd.Context()); err != nil {
				return err
			}
			a.say("%s at %s is up to date: %d collections", s.Engine().Name(), s.Engine().Location(), len(store.Collections))
			return nil
		},
	}
}

func newDBCopy(a *app) *cobra.Command {
	var to, database string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "copy --to URI",
		Short: "Copy everything to another database, of either engine",
		Long: `Copy every document to another database: mongodb://… , or the path of an SQLite file. A document that is there already is replaced, so
the copy can be run again after an interruption. At the end the counts of both sides are compared; run it while no job runs.

Sign-ins to serve and the day's shared counters are copied too. To continue on the copy, set MONGODB_URI or SQLITE_PATH to it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return badInput("where to? mailrun db copy --to mongodb://host/database, or --to FILE.db")
			}
			return a.copyStore(cmd.Context(), to, database, asJSON)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "`URI` of a MongoDB database, or path of an SQLite file")
	cmd.Flags().StringVar(&database, "database", "", "MongoDB database, if the URI names none")
	addJSON(cmd, &asJSON)
	return cmd
}

func (a *app) copyStore(ctx context.Context, to, database string, asJSON bool) (err error) {
	from, err := a.Store(ctx)
	if err != nil {
		return err
	}
	target, err := a.openTarget(ctx, to, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close(context.WithoutCancel(ctx))) }()
	if target.Location() == from.Engine().Location() {
		return badInput("--to is the database in use: %s", target.Location())
	}
	bar := a.copyBar()
	report, err := store.Copy(ctx, from.Engine(), target, bar.at)
	bar.done()
	if err != nil {
		return err
	}
	return a.printCopy(report, target.Location(), asJSON)
}

func (a *app) openTarget(ctx context.Context, to, database string) (store.Engine, error) {
	switch {
	case strings.HasPrefix(to, "mongodb://"), strings.HasPrefix(to, "mongodb+srv://"):
		return a.openMongo(ctx, to, database)
	case strings.HasPrefix(to, "sqlite://"), strings.HasPrefix(to, "sqlite:"):
		path := strings.TrimPrefix(strings.TrimPrefix(to, "sqlite:"), "//")
		return a.openFile(ctx, path)
	}
	if u, err := url.Parse(to); err == nil && len(u.Scheme) > 1 {
		return nil, badInput("--to: %s:// is not known: expected mongodb://… or the path of an SQLite file", u.Scheme)
	}
	return a.openFile(ctx, to)
}

// openFile opens an SQLite file by its absolute name, so that the database in use is known under any name.
func (a *app) openFile(ctx context.Context, path string) (store.Engine, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, badInput("--to: %w", err)
	}
	if real, err := filepath.EvalSymlinks(full); err == nil {
		full = real
	}
	return a.openSQLite(ctx, full)
}

// copied is one collection's part of a copy: how many documents went over, and how many are there now.
type copied struct {
	Collection string `json:"collection"`
	Copied     int64  `json:"copied"`
	There      int64  `json:"there"`
}

func (a *app) printCopy(counts []store.CopyCount, location string, asJSON bool) error {
	report := make([]copied, len(counts))
	for i, c := range counts {
		report[i] = copied{Collection: c.Collection, Copied: c.Copied, There: c.Target}
	}
	if asJSON {
		return a.printJSON(map[string]any{"to": location, "items": report})
	}
	g := a.grid("collection", "copied", "there now")
	for _, c := range report {
		g.row(c.Collection, fmt.Sprint(c.Copied), fmt.Sprint(c.There))
	}
	g.print()
	return nil
}
