// Package inbox is sync-mailboxes: it reads every active mailbox over IMAP and turns what came back into replies, threads, bounces and
// opt-outs, each exactly once.
//
// The cursor. Per folder the pair (UIDVALIDITY, last UID) says what is done (RFC 9051 section 2.3.1.1). STATUS is asked first; a folder
// whose UIDNEXT has not moved is not opened. Reading is by EXAMINE and BODY.PEEK: no flag ever changes. SEARCH, flags and CONDSTORE are not
// relied on, so mail that was read on a phone, or that waited out a weekend without cron, is found all the same. The first sight of a
// folder sets the cursor to its end and reads the recent past separately, newest first, resumably. A changed UIDVALIDITY re-anchors the
// cursor and reads the last days again; what is known already is recognised by its content.
//
// The commit order. Messages are stored in ascending UID order with their effects marked undone; the effects are applied, each so that
// applying it twice changes nothing; they are marked done; then the cursor moves, under the token of the lease. A process killed anywhere
// leaves something that the next pass completes. Where all of a batch is written or nothing, messages are stored with their effects marked done.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// Syncer reads mailboxes. Its fields do not change during a run.
type Syncer struct {
	Store   *store.Store
	Dialer  *mailbox.Dialer
	Keyring *mailbox.Keyring
	Self    store.Owner
	// Concurrency is how many mailboxes are read at once; connections per host are bounded by the dialer.
	Concurrency int
	// StoreUnmatched also stores messages that belong to no known recipient or thread.
	StoreUnmatched bool
	// Classify marks new human replies as pending for the classifier.
	Classify bool
	// BackfillDays is how much of a folder's past is read at first sight.
	BackfillDays int
	// Fallback is the IMAP_* mailbox of the settings, nil for none.
	Fallback *outreach.Mailbox
	// Draw returns a random number from 0 up to 1, for jitter.
	Draw func() float64
	Log  *slog.Logger
	// At, if set, is called between every two steps of a commit. Tests kill the process there.
	At func(Point)
}

// Options narrow a run. Mailboxes names the only mailboxes to read, due or not; BackfillDays above 0 reads that much of the past again.
type Options struct {
	Deadline        time.Time
	Mailboxes       []string
	BackfillDays    int
	RetryQuarantine bool
	Progress        func(stats any)
}

// mailboxTime bounds one mailbox's pass; what is left is read by the next one.
const mailboxTime = 75 * time.Second

// ErrEveryMailbox says that no mailbox that was tried could be read. Each one's trouble was logged when it began.
var ErrEveryMailbox = errors.New("every mailbox that was tried failed")

// ErrUnknownMailbox says that --mailbox names no mailbox.
var ErrUnknownMailbox = errors.New("no mailbox has this address")

// run is the state of one run.
type run struct {
	*Syncer
	opts   Options
	me     store.Lessee
	length time.Duration          // from start to deadline
	own    map[string]bool        // addresses of our mailboxes
	undone map[bson.ObjectID]bool // mailboxes in which a killed run left effects unapplied, as of the start
	leaves *store.Gatherer[*leaving]
	mu     sync.Mutex
	stats  outreach.SyncStats
}

// Run reads the mailboxes that are due and returns the counts. The error says that the run as a whole failed: the store did, or every
// mailbox that was tried.
func (s *Syncer) Run(ctx context.Context, o Options) (*outreach.SyncStats, error) {
	r := &run{Syncer: s, opts: o, stats: outreach.SyncStats{Errors: []outreach.SyncError{}}}
	r.leaves = store.NewGatherer(leaveMost, r.leaveTogether)
	err := r.run(ctx)
	return r.snapshot(), err
}

func (r *run) run(ctx context.Context) (err error) {
	if r.me, err = r.Store.NewLessee(ctx, r.Self, store.SyncLease); err != nil {
		return err
	}
	r.length = r.opts.Deadline.Sub(r.Store.Now())
	ctx, cancel := context.WithTimeout(ctx, r.length)
	defer cancel()
	ctx, stop := r.Store.HoldLeases(ctx, r.me, store.SyncLease)
	defer stop()
	if r.own, err = r.ownAddresses(ctx); err != nil {
		return err
	}
	undone, err := r.Store.MailboxesUnfinished(ctx)
	if err != nil {
		return err
	}
	r.undone = setOf(undone)
	if err := r.syncAll(ctx); err != nil {
		return err
	}
	s := r.snapshot()
	if s.Mailboxes > 0 && s.Failed == s.Mailboxes {
		return fmt.Errorf("%w (%d); the first: %s: %s", ErrEveryMailbox, s.Failed, s.Errors[0].Mailbox, s.Errors[0].Message)
	}
	return nil
}

func setOf(ids []bson.ObjectID) map[bson.ObjectID]bool {
	set := make(map[bson.ObjectID]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// ownAddresses are the addresses of all our mailboxes: what comes from them is no reply.
func (r *run) ownAddresses(ctx context.Context) (map[string]bool, error) {
	own := map[string]bool{}
	for _, status := range []outreach.MailboxStatus{outreach.MailboxActive, outreach.MailboxPaused, outreach.MailboxFailing} {
		addresses, err := r.Store.MailboxAddresses(ctx, status)
		if err != nil {
			return nil, err
		}
		for _, a := range addresses {
			own[a] = true
		}
	}
	return own, nil
}

// syncAll reads the named mailboxes, or those that are due, or without any active mailbox the fallback.
func (r *run) syncAll(ctx context.Context) error {
	if len(r.opts.Mailboxes) > 0 {
		return r.syncNamed(ctx)
	}
	if err := r.Store.AdoptMailboxes(ctx, "nextSyncAt"); err != nil {
		return err
	}
	if r.Fallback != nil {
		active, err := r.Store.CountMailboxes(ctx, outreach.MailboxActive)
		if err != nil {
			return err
		}
		if active == 0 {
			return r.syncFallback(ctx)
		}
	}
	return r.syncDue(ctx)
}

// syncDue reads due mailboxes, many at once. Readers that are free at the same time give back what they have read and lease the next ones
// together, which costs the store less than one by one; what has no reader is not leased, for other runs may have one.
func (r *run) syncDue(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	readers := max(r.Concurrency, 1)
	turns := store.NewGatherer(readers, func(free []*reading) { r.turnOver(ctx, free) })
	for range readers {
		group.Go(func() error {
			var read *leaving
			for {
				next := &reading{read: read}
				if err := turns.Do(context.WithoutCancel(ctx), next); err != nil || next.over || next.err != nil {
					return errors.Join(err, next.err)
				}
				read = nil
				if next.mb == nil {
					continue // others were faster
				}
				if read = r.visit(ctx, next.mb); read.healthy {
					continue
				}
				if err := r.leave(ctx, read); err != nil { // it may be due at once, to be seen by whoever looks next
					return err
				}
				read = nil
			}
		})
	}
	return group.Wait()
}

// reading is what a free reader brings and gets: a mailbox that was found healthy, if any, and the next one, or word that it is over.
type reading struct {
	read *leaving
	mb   *outreach.Mailbox
	over bool
	err  error
}

// turnOver gives back what the readers bring and leases a mailbox for each of them, as far as there are any due. Whatever keeps it from leasing,
// what they bring is given back.
func (r *run) turnOver(ctx context.Context, free []*reading) {
	var read []*leaving
	for _, f := range free {
		if f.read != nil {
			read = append(read, f.read)
		}
	}
	releases := r.releases(read)
	var leased []outreach.Mailbox
	err := ctx.Err()
	if err == nil {
		leased, err = r.Store.LeaseForSync(ctx, r.me, len(free), releases...)
	}
	var lost error
	if err != nil {
		lost = r.giveBack(releases)
	}
	if ctx.Err() != nil {
		err = nil // cut by the deadline or a signal
	}
	for i, f := range free {
		if i < len(leased) {
			f.mb = &leased[i]
		}
		f.over, f.err = len(leased) == 0, errors.Join(err, lost)
	}
}

// syncNamed reads mailboxes whatever their due time or back-off.
func (r *run) syncNamed(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(r.Concurrency, 1))
	for _, email := range r.opts.Mailboxes {
		mb, err := r.Store.MailboxByEmail(ctx, email)
		if errors.Is(err, store.ErrNotFound) {
			return errors.Join(fmt.Errorf("%w: %q", ErrUnknownMailbox, email), group.Wait())
		}
		if err != nil {
			return err
		}
		group.Go(func() error {
			leased, err := r.Store.LeaseMailbox(ctx, store.SyncLease, mb.ID, r.me)
			if errors.Is(err, store.ErrNotFound) {
				r.Log.Warn("mailbox is being read by another run", "mailbox", mb.Email)
				return nil
			}
			if err != nil {
				return err
			}
			return r.sync(ctx, leased)
		})
	}
	return group.Wait()
}

// sync reads one leased mailbox and gives it back. One mailbox's trouble stays its own; an error is the store's.
func (r *run) sync(ctx context.Context, mb *outreach.Mailbox) error {
	return r.leave(ctx, r.visit(ctx, mb))
}

// visit reads one leased mailbox.
func (r *run) visit(ctx context.Context, mb *outreach.Mailbox) *leaving {
	r.count(func(s *outreach.SyncStats) { s.Mailboxes++ })
	bounded, cancel := context.WithTimeout(ctx, mailboxTime)
	defer cancel()
	p := &pass{run: r, mb: mb, began: time.Now()}
	err := p.read(bounded)
	late := bounded.Err() != nil
	p.hangUp()
	return r.judge(ctx, p, err, late)
}

func (r *run) count(change func(*outreach.SyncStats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.stats)
	if r.opts.Progress != nil {
		s := r.stats
		s.Errors = append([]outreach.SyncError{}, s.Errors...)
		r.opts.Progress(&s)
	}
}

func (r *run) snapshot() *outreach.SyncStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	return &s
}
