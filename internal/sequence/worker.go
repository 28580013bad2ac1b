// Package sequence is run-sequences: it decides who gets which step from which mailbox now, sends it, and records what became of it.
//
// The unit of work is a mailbox. A run leases mailboxes that have due work, many at once with one connection each, and sends from each
// until nothing is allowed any more before the run's deadline. Any number of runs on any number of hosts share the work.
//
// Never twice, never lost. One delivery is
//
//	claim the recipient → connect → insert the history as sending, its Message-ID derived from it and signed → MAIL, RCPT →
//	last look at suppression, recipient and sequence → DATA → record sent → advance the recipient
//
// The history's id is derived from (recipient, step), so whoever attempts a step a second time collides with the first. A process that
// dies before the history leaves a claim that is taken over; one that dies after it leaves a history in sending whose outcome only
// evidence can tell. The next run looks for the Message-ID in the mailbox's Sent folder; what it does not find there is held as
// delivery_unknown for a person, or until a reply or a bounce proves it. Nothing is sent again on a guess.
package sequence

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/content"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// Worker sends what is due. Its fields do not change during a run.
type Worker struct {
	Store   *store.Store
	Dialer  *mailbox.Dialer
	Keyring *mailbox.Keyring
	Self    store.Owner
	Policy  outreach.Policy
	// OptOutURL makes the link by which a recipient opts out, "" where no server is reachable from outside.
	OptOutURL func(recipient bson.ObjectID) string
	// MaxMailboxes bounds how many mailboxes are worked on at once; connections are bounded by the dialer.
	MaxMailboxes int
	// Together is how many messages of a mailbox without a gap may be begun with one write; 0 is 1.
	Together int
	// Draw returns a random number from 0 up to 1, for jitter.
	Draw func() float64
	Log  *slog.Logger
	// At, if set, is called between every two steps of a delivery. Tests kill the process there.
	At func(Point)
}

// Options narrow a run. Deadline ends the sending of new messages; Limit is the number of messages at most, 0 for no limit. Sequences
// names the only sequences to send, empty means all active ones. Progress is told of the counts so far.
type Options struct {
	Deadline  time.Time
	Sequences []string
	Limit     int
	Progress  func(stats any)
}

// finishGrace is how long after the deadline a message in hand may take; then its connection is cut.
const finishGrace = 9 * time.Second

// run is the state of one run.
type run struct {
	*Worker
	opts      Options
	me        store.Lessee
	active    map[bson.ObjectID]*outreach.Sequence // sequences that the run looks at
	sequences map[bson.ObjectID]*campaign          // of these, the ones with somebody due
	own       map[bson.ObjectID]bool               // mailboxes with due recipients of their own
	stats     *tally
	left      atomic.Int64 // messages that Limit still allows, without those that a mailbox has in hand
	tried     atomic.Int64 // mailboxes that were leased
	broken    atomic.Int64 // of these, mailboxes that failed
	fault     atomic.Pointer[error]
	chosen    time.Time // when the mailboxes were listed
	uncounted sync.Map  // mailboxes, by id, of which a message was settled as sent that no counter has seen
}

// campaign is an active sequence with its templates parsed. Blocked is why it cannot send for the rest of this run, NewBlocked why it
// cannot take new recipients.
type campaign struct {
	*outreach.Sequence
	templates           *content.Templates
	blocked, newBlocked atomic.Pointer[string]
	line                *line
	share               int // new recipients that each of its mailboxes takes at once, so that they are shared out evenly
}

// Run sends what is due until nothing is allowed any more or the deadline has come, and returns the counts. The error says that the run
// as a whole failed: the store did, or every mailbox that was tried.
func (w *Worker) Run(ctx context.Context, o Options) (*outreach.SendStats, error) {
	r := &run{
		Worker: w, opts: o, stats: newTally(o.Progress),
		active: map[bson.ObjectID]*outreach.Sequence{}, sequences: map[bson.ObjectID]*campaign{}, own: map[bson.ObjectID]bool{},
	}
	r.left.Store(int64(o.Limit))
	if o.Limit <= 0 {
		r.left.Store(1 << 40)
	}
	err := r.run(ctx)
	return r.stats.sum(), err
}

func (r *run) run(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	ctx, stop := r.Store.HoldLeases(ctx, r.me, store.SendLease, store.Claim)
	defer stop()
	if err := r.settleUnknowns(ctx); err != nil {
		return err
	}
	boxes, err := r.choose(ctx)
	if err == nil {
		err = r.sendFrom(ctx, boxes)
	}
	return errors.Join(err, r.finish(ctx))
}

// prepare reads what a run rests on: who is dead, which sequences are active, whose pause has ended.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.me, err = r.Store.NewLessee(ctx, r.Self, store.SendLease, store.Claim); err != nil {
		return err
	}
	if err := r.Store.AdoptMailboxes(ctx, "nextSendAt"); err != nil {
		return err
	}
	if err := r.Store.EndPauses(ctx); err != nil {
		return err
	}
	active, err := r.Store.SequencesByStatus(ctx, outreach.SequenceActive)
	if err != nil {
		return err
	}
	if err := checkNames(r.opts.Sequences, active); err != nil {
		return err
	}
	for i := range active {
		if r.asked(&active[i]) {
			r.active[active[i].ID] = &active[i]
		}
	}
	return nil
}

// campaign readies a sequence of the run for sending when the first of its recipients is due. It is nil if the run does not send the
// sequence: it is not active or not asked for, its guard trips, or its templates do not parse.
func (r *run) campaign(ctx context.Context, id bson.ObjectID) (*campaign, error) {
	seq := r.active[id]
	if c := r.sequences[id]; c != nil || seq == nil {
		return c, nil
	}
	tripped, err := r.guard(ctx, seq)
	if err != nil {
		return nil, err
	}
	templates, err := content.Compile(seq)
	if err != nil {
		r.Log.Error("sequence cannot send: its templates do not parse", "sequence", seq.Name, "error", err)
		r.stats.skip(outreach.ReasonTemplateError)
	}
	if tripped || err != nil {
		delete(r.active, id)
		return nil, nil
	}
	line := &line{store: r.Store, id: seq.ID, dead: r.me.Dead, out: map[bson.ObjectID]bool{}}
	c := &campaign{Sequence: seq, templates: templates, line: line, share: batchSize}
	r.sequences[id] = c
	return c, nil
}

// ErrEveryMailbox says that no mailbox that was tried could send. Each one's trouble was logged when it began.
var ErrEveryMailbox = errors.New("every mailbox that was tried failed")

// ErrUnknownSequence says that --sequence names none of the active sequences.
var ErrUnknownSequence = errors.New("no active sequence has this name")

func checkNames(names []string, active []outreach.Sequence) error {
	known := map[string]bool{}
	for i := range active {
		known[active[i].Name] = true
	}
	for _, n := range names {
		if !known[n] {
			return fmt.Errorf("%w: %q", ErrUnknownSequence, n)
		}
	}
	return nil
}

// asked tells whether the run is asked to send a sequence.
func (r *run) asked(seq *outreach.Sequence) bool {
	for _, n := range r.opts.Sequences {
		if n == seq.Name {
			return true
		}
	}
	return len(r.opts.Sequences) == 0
}

// sendFrom works on the mailboxes side by side. One mailbox's trouble stays its own; an error is the store's.
func (r *run) sendFrom(ctx context.Context, boxes []outreach.Mailbox) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(r.MaxMailboxes, 1))
	for i := range boxes {
		if !r.going(ctx) || r.left.Load() <= 0 {
			break
		}
		group.Go(func() error { return r.work(ctx, &boxes[i]) })
	}
	return group.Wait()
}

// going tells whether new messages may still be started.
func (r *run) going(ctx context.Context) bool {
	return ctx.Err() == nil && r.Store.Now().Before(r.opts.Deadline)
}

// finish notes that the run looked at its sequences, and fails it if every mailbox failed.
func (r *run) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := r.Store.MarkSequencesRun(ctx, slices.Collect(maps.Keys(r.active))); err != nil {
		return err
	}
	if n := r.tried.Load(); n > 0 && r.broken.Load() >= n {
		return fmt.Errorf("%w (%d); the last error: %w", ErrEveryMailbox, n, *r.fault.Load())
	}
	return nil
}
