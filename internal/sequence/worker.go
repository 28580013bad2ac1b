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
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

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
	// Together is how many messages of a mailbox without a gap may be begun before it is known what became of the first; 0 is 1.
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
	shared    shared
	roster    roster
	dueOf     map[bson.ObjectID]bool // mailboxes with due recipients of their own, as far as those were counted
	stats     *tally
	left      atomic.Int64 // messages that Limit still allows, without those that a mailbox has in hand
	working   atomic.Int64 // mailboxes that are leased now
	tried     atomic.Int64 // mailboxes that were leased
	broken    atomic.Int64 // of these, mailboxes that failed
	fault     atomic.Pointer[error]
	uncounted sync.Map // mailboxes, by id, of which a message was settled as sent that no counter has seen
}

// campaign is an active sequence with its templates parsed. Blocked is why it cannot send for the rest of this run, NewBlocked why it
// cannot take new recipients.
type campaign struct {
	*outreach.Sequence
	ready               sync.Once // makes out the next three
	fit                 bool      // its guard has not tripped and its templates parse
	unknown             error     // what kept the run from finding that out
	templates           *content.Templates
	blocked, newBlocked atomic.Pointer[string]
	line                *line
}

// Run sends what is due until nothing is allowed any more or the deadline has come, and returns the counts. The error says that the run
// as a whole failed: the store did, or every mailbox that was tried.
func (w *Worker) Run(ctx context.Context, o Options) (*outreach.SendStats, error) {
	r := &run{Worker: w, opts: o, stats: newTally(o.Progress), dueOf: map[bson.ObjectID]bool{}}
	r.shared = r.share()
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
	some, err := r.countDue(ctx)
	if some && err == nil {
		err = r.sendAll(ctx)
	}
	return errors.Join(err, r.finish(ctx))
}

// prepare reads what a run rests on: who is dead, whose pause has ended, which sequences are active.
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
	return r.enrol(ctx)
}

// sends tells whether the run sends a sequence. That is made out when the first of its recipients is about to be looked at: its guard has
// not tripped, and its templates parse.
func (r *run) sends(ctx context.Context, c *campaign) (bool, error) {
	c.ready.Do(func() {
		tripped, err := r.guard(ctx, c.Sequence)
		if err != nil || tripped {
			c.unknown = err
			return
		}
		if c.templates, err = content.Compile(c.Sequence); err != nil {
			r.Log.Error("sequence cannot send: its templates do not parse", "sequence", c.Name, "error", err)
			r.stats.skip(outreach.ReasonTemplateError)
			return
		}
		c.fit = true
	})
	return c.fit, c.unknown
}

// ErrEveryMailbox says that no mailbox that was tried could send. Each one's trouble was logged when it began.
var ErrEveryMailbox = errors.New("every mailbox that was tried failed")

// ErrUnknownSequence says that --sequence names none of the active sequences.
var ErrUnknownSequence = errors.New("no active sequence has this name")

// checkNames finds the first of the names that no active sequence has.
func checkNames(names []string, unknown map[string]bool) error {
	for _, n := range names {
		if unknown[n] {
			return fmt.Errorf("%w: %q", ErrUnknownSequence, n)
		}
	}
	return nil
}

// going tells whether new messages may still be started.
func (r *run) going(ctx context.Context) bool {
	return ctx.Err() == nil && r.Store.Now().Before(r.opts.Deadline)
}

// finish notes that the run looked at its sequences, and fails it if every mailbox failed.
func (r *run) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := r.Store.MarkSequencesRun(ctx, r.roster.unmarked); err != nil {
		return err
	}
	if n := r.tried.Load(); n > 0 && r.broken.Load() >= n {
		return fmt.Errorf("%w (%d); the last error: %w", ErrEveryMailbox, n, *r.fault.Load())
	}
	return nil
}
