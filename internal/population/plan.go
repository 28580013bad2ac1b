// Package population fills a store with what months of use leave in it: mailboxes, sequences, recipients in every state, their deliveries,
// what came back, suppressions and run logs. `mailrun demo --size` shows it to people, the benchmarks grow their curves on it.
//
// Nothing of it happens over a network. Each recipient's life is drawn by dice and written as the jobs would have left it, many to a batch.
// All of it is invented: addresses end in .example, servers in .invalid (RFC 2606), so that a run over such a store mails nobody.
package population

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// Plan says how much to make. Counts of zero are chosen to fit Recipients: a mailbox for each thousand, which sends some forty messages on
// each working day, a sequence for each two thousand, and the run logs of the last 90 days.
type Plan struct {
	Recipients, Mailboxes, Sequences, Runs int
	// Days is how long ago the first sequence began; 0 means 120. Steps is how many steps each sequence has, 4 at most; 0 means 4.
	Days, Steps int
	// Now is the moment to which everything has come.
	Now time.Time
	// Quiet keeps everybody's next step away from the time right after Now: until it is over, nothing comes due.
	Quiet time.Duration
	// Seed makes other dice.
	Seed uint64
	// Mailbox gives the i-th mailbox its address, servers and secrets; nil invents ones that nobody can reach.
	Mailbox func(i int) outreach.Mailbox
	// Progress is told how many recipients are stored, one call at a time.
	Progress func(recipients int)
}

// The share of documents that stand beside a recipient, and bounds of what is chosen.
const (
	recipientsPerMailbox  = 1000
	recipientsPerSequence = 2000
	runsMost              = 90 * 24 * (60/5 + 60/2) // one every 5 and one every 2 minutes for 90 days
	batchSize             = 2000                    // recipients; with what belongs to them some 9,000 documents
	writers               = 3                       // some encode while another commits
)

func (p *Plan) complete() {
	p.Now = store.Millis(p.Now)
	p.Days, p.Steps = cmp.Or(p.Days, 120), min(cmp.Or(p.Steps, len(delays)), len(delays))
	p.Mailboxes = cmp.Or(p.Mailboxes, max(p.Recipients/recipientsPerMailbox, 3))
	p.Sequences = cmp.Or(p.Sequences, min(max(p.Recipients/recipientsPerSequence, 2), 500))
	p.Runs = cmp.Or(p.Runs, min(max(p.Recipients/5, 100), runsMost))
	if p.Mailbox == nil {
		p.Mailbox = nobodys
	}
}

// Sum counts what was made.
type Sum struct {
	Recipients   int `json:"recipients"`
	Mailboxes    int `json:"mailboxes"`
	Sequences    int `json:"sequences"`
	Deliveries   int `json:"deliveries"`
	Replies      int `json:"replies"`
	Threads      int `json:"threads"`
	Suppressions int `json:"suppressions"`
	Runs         int `json:"runs"`
}

// Fill writes the plan's documents into a store that has none of these names yet.
func Fill(ctx context.Context, st *store.Store, p Plan) (Sum, error) {
	p.complete()
	f := &filler{Plan: p, engine: st.Engine()}
	f.mailboxes = f.makeMailboxes()
	f.byID = mailboxesByID(f.mailboxes)
	f.sequences = f.makeSequences()
	f.sum = Sum{Recipients: p.Recipients, Mailboxes: len(f.mailboxes), Sequences: len(f.sequences), Runs: p.Runs}
	if f.engine.Name() != "sqlite" {
		err := f.write(ctx)
		return f.sum, err
	}
	err := unindexed(ctx, f.engine.Location(), f.engine, func() error { return f.write(ctx) })
	return f.sum, err
}

type filler struct {
	Plan
	engine    store.Engine
	mailboxes []outreach.Mailbox
	sequences []outreach.Sequence
	byID      map[bson.ObjectID]*outreach.Mailbox

	mu     sync.Mutex
	sum    Sum
	stored int
}

func (f *filler) write(ctx context.Context) error {
	for _, write := range []func(context.Context) error{f.writeAccounts, f.writePeople, f.writeRuns} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) writeAccounts(ctx context.Context) error {
	var b batch
	for i := range f.mailboxes {
		b.add(store.Mailboxes, &f.mailboxes[i])
	}
	for i := range f.sequences {
		b.add(store.Sequences, &f.sequences[i])
	}
	return b.write(ctx, f.engine)
}

// writePeople writes the recipients in the order of their enrolment, a batch at a time.
func (f *filler) writePeople(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range writers {
		group.Go(func() error {
			for {
				from := int(next.Add(batchSize)) - batchSize
				if from >= f.Recipients {
					return nil
				}
				if err := f.writeSome(ctx, from, min(from+batchSize, f.Recipients)); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

func (f *filler) writeSome(ctx context.Context, from, to int) error {
	var b batch
	for i := from; i < to; i++ {
		f.live(i).documents(&b)
	}
	if err := b.write(ctx, f.engine); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum.Deliveries += b.made[store.History]
	f.sum.Replies += b.made[store.Replies]
	f.sum.Threads += b.made[store.Threads]
	f.sum.Suppressions += b.made[store.Suppressions]
	f.stored += to - from
	if f.Progress != nil {
		f.Progress(f.stored)
	}
	return nil
}

// batch collects new documents.
type batch struct {
	writes []store.Write
	made   map[string]int
}

func (b *batch) add(collection string, document any) {
	if b.made == nil {
		b.made = map[string]int{}
	}
	b.made[collection]++
	b.writes = append(b.writes, store.Write{Kind: store.Insert, Collection: collection, Document: document})
}

// write stores them, those of one collection together: a server takes them in a few requests, and in any order.
func (b *batch) write(ctx context.Context, engine store.Engine) error {
	slices.SortStableFunc(b.writes, func(x, y store.Write) int { return cmp.Compare(x.Collection, y.Collection) })
	results, err := engine.Write(ctx, b.writes)
	for i := 0; err == nil && i < len(results); i++ {
		err = results[i].Err
	}
	return err
}

// idAt is an id as one made at a time: ids of one collection sort by age, as if they had been stored one after another.
func idAt(t time.Time) bson.ObjectID { return bson.NewObjectIDFromTimestamp(t) }
