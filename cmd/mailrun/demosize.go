package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"mailrun/internal/population"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
)

// demoSizeMost bounds `demo --size`: some 20 GB on disk.
const demoSizeMost = 5_000_000

// filledStore is what `demo --size --json` prints.
type filledStore struct {
	population.Sum
	Path   string `json:"path"`
	TookMs int64  `json:"tookMs"`
}

// fillDemo makes a database of a given size and leaves it for others to look at.
func fillDemo(ctx context.Context, a *app, size int, path string, asJSON bool) error {
	if size < 1 || size > demoSizeMost {
		return badInput("--size: %d is not valid: expected 1 to %d recipients", size, demoSizeMost)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return badInput("--file: %w", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return badInput("--file: %s exists already; remove it or name another file", path)
	}
	made, err := a.populate(ctx, path, size)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(made)
	}
	took := time.Duration(made.TookMs) * time.Millisecond
	a.say("Made %s in %s (%.0f recipients a second), with %d months of:", path, took.Round(10*time.Millisecond), float64(size)/took.Seconds(), demoMonths)
	g := a.grid("recipients", "mailboxes", "sequences", "deliveries", "replies", "threads", "suppressions", "run logs")
	g.row(fmt.Sprint(made.Recipients), fmt.Sprint(made.Mailboxes), fmt.Sprint(made.Sequences), fmt.Sprint(made.Deliveries), fmt.Sprint(made.Replies),
		fmt.Sprint(made.Threads), fmt.Sprint(made.Suppressions), fmt.Sprint(made.Runs))
	g.print()
	a.say(demoSizeNext, path)
	return nil
}

const demoMonths = 4

const demoSizeNext = `
All of it is invented, and its servers do not exist: nothing can be mailed from it. Look around:
  export SQLITE_PATH=%[1]q
  mailrun status
  mailrun recipients list --limit 5
  mailrun logs
When done: rm %[1]q*`

// populate fills a new file.
func (a *app) populate(ctx context.Context, path string, size int) (made filledStore, err error) {
	engine, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, engine.Close(context.WithoutCancel(ctx))) }()
	bar := a.copyBar()
	defer bar.done()
	began := time.Now()
	sum, err := population.Fill(ctx, store.New(engine, a.now), population.Plan{
		Recipients: size, Days: demoMonths * 30, Now: a.now(), Progress: func(done int) { bar.at("recipients", int64(done), int64(size)) },
	})
	return filledStore{Sum: sum, Path: path, TookMs: time.Since(began).Milliseconds()}, err
}
