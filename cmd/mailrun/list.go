package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/config"
	"mailrun/internal/store"
)

// listFlags are the flags of a listing.
type listFlags struct {
	page, limit       int
	asJSON            bool
	since             since
	sequence, mailbox string
}

// Filters that a listing may have besides paging.
const (
	bySequence = "sequence"
	byMailbox  = "mailbox"
	bySince    = "since"
)

func (l *listFlags) register(cmd *cobra.Command, filters ...string) {
	flags := cmd.Flags()
	flags.IntVar(&l.page, "page", 1, "which page")
	flags.IntVar(&l.limit, "limit", 20, "lines per page, 1 to 200")
	addJSON(cmd, &l.asJSON)
	if slices.Contains(filters, bySequence) {
		flags.StringVar(&l.sequence, bySequence, "", "only of the sequence with this `name`")
	}
	if slices.Contains(filters, byMailbox) {
		flags.StringVar(&l.mailbox, byMailbox, "", "only of the mailbox with this `address`")
	}
	if slices.Contains(filters, bySince) {
		flags.Var(&l.since, bySince, "only newer than this: 12h, 7d, or a `date` like 2026-11-22")
	}
}

// open checks the flags, opens the store and resolves the names in them.
func (l *listFlags) open(ctx context.Context, a *app) (*store.Store, store.Filter, store.Page, error) {
	var f store.Filter
	if err := l.check(); err != nil {
		return nil, f, store.Page{}, err
	}
	s, err := a.Store(ctx)
	if err != nil {
		return nil, f, store.Page{}, err
	}
	if l.sequence != "" {
		seq, err := findSequence(ctx, s, l.sequence)
		if err != nil {
			return nil, f, store.Page{}, err
		}
		f.Sequence = seq.ID
	}
	if l.mailbox != "" {
		mb, err := findMailbox(ctx, s, l.mailbox)
		if err != nil {
			return nil, f, store.Page{}, err
		}
		f.Mailbox = mb.ID
	}
	f.Since = l.since.before(a.now())
	return s, f, store.Page{Number: l.page, Size: l.limit}, nil
}

func (l *listFlags) check() error {
	switch {
	case l.page < 1 || l.page > 1_000_000:
		return badInput("--page: %d is not valid: expected a whole number from 1", l.page)
	case l.limit < 1 || l.limit > store.MaxPageSize:
		return badInput("--limit: %d is not valid: expected a whole number from 1 to %d", l.limit, store.MaxPageSize)
	}
	return nil
}

// listing is the JSON form of every list.
type listing[T any] struct {
	Items []T   `json:"items"`
	Page  int   `json:"page"`
	Limit int   `json:"limit"`
	Total int64 `json:"total"`
}

// printList prints a page as JSON, or as a table that rows fills.
func printList[T any](a *app, l *listFlags, items []T, total int64, head []string, row func(*T) []string) error {
	if l.asJSON {
		if items == nil {
			items = []T{}
		}
		return a.printJSON(listing[T]{Items: items, Page: l.page, Limit: l.limit, Total: total})
	}
	if len(items) > 0 {
		g := a.grid(head...)
		for i := range items {
			g.row(row(&items[i])...)
		}
		g.print()
	}
	if pages := (total + int64(l.limit) - 1) / int64(l.limit); pages > 1 || len(items) == 0 {
		a.say("%s", pageLine(l.page, pages, total))
	}
	return nil
}

func pageLine(page int, pages, total int64) string {
	if total == 0 {
		return "nothing here"
	}
	return fmt.Sprintf("page %d of %d, %d in all", page, pages, total)
}

// since is a flag: a duration back from now, or a date.
type since struct {
	age config.Duration
	at  time.Time
}

// Set reads a duration, a date (local) or an RFC 3339 time.
func (s *since) Set(text string) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			s.at = t
			return nil
		}
	}
	if s.age.Set(text) != nil {
		return fmt.Errorf("expected a duration like 12h or 7d, or a date like 2026-11-22")
	}
	return nil
}

func (s *since) String() string {
	switch {
	case !s.at.IsZero():
		return s.at.Format(time.RFC3339)
	case s.age > 0:
		return s.age.String()
	}
	return ""
}

// Type names the kind of value in help texts.
func (s *since) Type() string { return "age" }

// before is the time that the flag means, zero if it was not given.
func (s *since) before(now time.Time) time.Time {
	if s.age > 0 {
		return now.Add(-time.Duration(s.age))
	}
	return s.at
}

// oneOf checks a flag that takes one of a few words; empty means not given.
func oneOf[T ~string](flag, value string, words ...T) (T, error) {
	if value == "" || slices.Contains(words, T(value)) {
		return T(value), nil
	}
	return "", badInput("--%s: %q is not valid: expected %s", flag, value, enumerate(words))
}

// enumerate lists words for a person.
func enumerate[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	if last := len(texts) - 1; last > 0 {
		return strings.Join(texts[:last], ", ") + " or " + texts[last]
	}
	return strings.Join(texts, "")
}
