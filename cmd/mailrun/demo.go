package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/classify"
	"mailrun/internal/inbox"
	"mailrun/internal/job"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// The size of the demo, and how its clock runs: ticks of half a day for a month at most.
const (
	demoRecipients = 40
	demoTick       = 12 * time.Hour
	demoTicksMost  = 60
	demoJobTime    = 30 * time.Second
)

const demoLong = `Shows mailrun at work without any set-up: a local SMTP and IMAP server in this process, three mailboxes, two sequences and forty invented
people who answer as people do. The real jobs run over real sockets, with a clock that runs ahead, until every kind of outcome has happened.

It mails nobody: everything stays on the loopback interface, the data in a temporary folder that is removed at the end.

With --size N nothing runs; a database file is filled with N recipients and the mailboxes, sequences, deliveries, replies and run logs of four
months, to see how mailrun feels at that size. It stays where --file says. ` + "`mailrun db copy --to URI`" + ` takes it to MongoDB.`

func newDemo(a *app) *cobra.Command {
	var asJSON, serve bool
	var size int
	var file string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show it all at work, without any set-up",
		Long:  demoLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch sized := cmd.Flags().Changed("size"); {
			case serve && (asJSON || sized):
				return badInput("--serve excludes --json and --size")
			case sized:
				return fillDemo(cmd.Context(), a, size, file, asJSON)
			case cmd.Flags().Changed("file"):
				return badInput("--file goes with --size")
			}
			return runDemo(cmd.Context(), a, asJSON, serve)
		},
	}
	cmd.Flags().BoolVar(&serve, "serve", false, "stay up with the admin page until Ctrl-C")
	cmd.Flags().IntVar(&size, "size", 0, "fill a database file with this many `recipients` and run nothing")
	cmd.Flags().StringVar(&file, "file", "mailrun-demo.db", "with --size: the new database `file`")
	addJSON(cmd, &asJSON)
	return cmd
}

func runDemo(ctx context.Context, a *app, asJSON, serve bool) error {
	folder, err := os.MkdirTemp("", "mailrun-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer os.RemoveAll(folder)
	d, err := openDemo(ctx, a, folder)
	if err != nil {
		return err
	}
	defer d.close(ctx)
	if !asJSON {
		a.say("This is a demo: its servers are in this process and it mails nobody.\n")
	}
	if err := d.play(ctx); err != nil {
		return err
	}
	if asJSON {
		return d.printJSON(ctx)
	}
	if err := d.show(ctx); err != nil || !serve {
		return err
	}
	return d.serve(ctx)
}

// demo is a world with a store and the jobs that work in it.
type demo struct {
	a      *app
	clock  *demoClock
	world  *sandbox.World
	store  *store.Store
	keys   *mailbox.Keyring
	runner *job.Runner
	worker *sequence.Worker
	syncer *inbox.Syncer
	runs   []outreach.CronRunLog
}

// demoClock is the machine's clock, put forward.
type demoClock struct {
	now   func() time.Time
	ahead atomic.Int64
}

func (c *demoClock) Now() time.Time           { return c.now().Add(time.Duration(c.ahead.Load())) }
func (c *demoClock) forward(by time.Duration) { c.ahead.Add(int64(by)) }

// openDemo starts the world and fills the store.
func openDemo(ctx context.Context, a *app, folder string) (*demo, error) {
	d := &demo{a: a, clock: &demoClock{now: a.now}}
	engine, err := sqlite.Open(ctx, filepath.Join(folder, "mailrun.db"), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	d.store = store.New(engine, d.clock.Now)
	if err := engine.EnsureIndexes(ctx); err != nil {
		return d, err
	}
	if d.world, err = sandbox.Start(ctx, sandbox.Options{Accounts: demoAccounts, Seed: 1, Now: d.clock.Now}); err != nil {
		return d, err
	}
	if d.keys, err = mailbox.ParseKeys(mailbox.NewKey()); err != nil {
		return d, err
	}
	d.wire()
	return d, d.fill(ctx)
}

// wire builds the jobs as the commands do, with the demo's clock and its own dice, so that two demos look alike.
func (d *demo) wire() {
	dice := rand.New(rand.NewPCG(1, 2))
	draw := func() float64 { return dice.Float64() }
	dialer := &mailbox.Dialer{Keyring: d.keys, Limits: mailbox.NewLimits(16, 16), Tokens: d.store, Now: d.clock.Now, Log: d.a.log}
	self := store.Self()
	d.runner = &job.Runner{Store: d.store, Self: self, Version: buildVersion(), Log: d.a.log}
	d.worker = &sequence.Worker{
		Store: d.store, Dialer: dialer, Keyring: d.keys, Self: self, Log: d.a.log, Draw: lockedDraw(draw), MaxMailboxes: 16,
		Policy: outreach.Policy{FollowUpMaxSyncAge: 30 * time.Minute, StaleAfter: 7 * 24 * time.Hour, SyncEnabled: true},
	}
	d.syncer = &inbox.Syncer{
		Store: d.store, Dialer: dialer, Keyring: d.keys, Self: self, Log: d.a.log, Draw: lockedDraw(draw), Concurrency: 16, BackfillDays: 30, Classify: true,
	}
}

// play runs both jobs, tick after tick of the clock, until nobody waits for anything any more.
func (d *demo) play(ctx context.Context) error {
	for range demoTicksMost {
		d.world.Tick(d.clock.Now())
		if err := d.run(ctx, outreach.JobSyncMailboxes, d.sync); err != nil {
			return err
		}
		if err := d.run(ctx, outreach.JobRunSequences, d.send); err != nil {
			return err
		}
		over, err := d.over(ctx)
		if err != nil || over {
			return err
		}
		d.clock.forward(demoTick)
	}
	return nil
}

func (d *demo) run(ctx context.Context, name outreach.JobName, do func(context.Context) (any, error)) error {
	run, err := d.runner.Run(ctx, demoJob(name, do), outreach.TriggeredByManual)
	if run != nil {
		d.runs = append(d.runs, *run)
	}
	return err
}

func demoJob(name outreach.JobName, do func(context.Context) (any, error)) job.Job {
	return job.Job{
		Name: name, Enabled: true, MaxRuntime: demoJobTime,
		Do: func(ctx context.Context, _ job.Progress) (any, error) { return do(ctx) },
	}
}

func (d *demo) send(ctx context.Context) (any, error) {
	return d.worker.Run(ctx, sequence.Options{Deadline: d.clock.Now().Add(demoJobTime)})
}

func (d *demo) sync(ctx context.Context) (any, error) {
	stats, err := d.syncer.Run(ctx, inbox.Options{Deadline: d.clock.Now().Add(demoJobTime)})
	if err != nil {
		return stats, err
	}
	counts, err := d.classify(ctx)
	stats.Classified, stats.ClassifyFailed = counts.Classified, counts.Failed
	return stats, err
}

// classify labels new replies with the built-in classifier.
func (d *demo) classify(ctx context.Context) (classify.Counts, error) {
	builtin, err := classify.NewBuiltin()
	if err != nil {
		return classify.Counts{}, err
	}
	runner := &classify.Runner{Classifier: builtin, Store: d.store, Now: d.store.Now, Log: d.a.log}
	return runner.Run(ctx)
}

// over tells whether nobody is queued or active and no answer is on its way.
func (d *demo) over(ctx context.Context) (bool, error) {
	if _, coming := d.world.NextAnswer(); coming {
		return false, nil
	}
	counts, err := d.store.CountStates(ctx, bson.ObjectID{})
	for _, c := range counts {
		if c.State == outreach.StateQueued || c.State == outreach.StateActive {
			return false, err
		}
	}
	return true, err
}

func (d *demo) close(ctx context.Context) {
	if d.world != nil {
		d.world.Close()
	}
	if err := d.store.Engine().Close(context.WithoutCancel(ctx)); err != nil {
		d.a.log.Error("could not close the demo's store", "error", err)
	}
}
