package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/job"
	"mailrun/internal/mailbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// jobFlags are the flags that both jobs have.
type jobFlags struct {
	maxRuntime  time.Duration
	triggeredBy string
	strict      bool
	json        bool
}

func (f *jobFlags) register(cmd *cobra.Command, maxRuntime time.Duration) {
	cmd.Flags().DurationVar(&f.maxRuntime, "max-runtime", maxRuntime, "end the run after this `time`")
	cmd.Flags().StringVar(&f.triggeredBy, "triggered-by", "", "cron or manual (default: manual at a terminal, else cron)")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "exit 3 if a part of the work failed")
	addJSON(cmd, &f.json)
}

func (f *jobFlags) check() error {
	if f.maxRuntime <= 0 {
		return badInput("--max-runtime: %s is not valid: expected a time above 0, such as 90s or 4m", f.maxRuntime)
	}
	switch f.triggeredBy {
	case "", outreach.TriggeredByCron, outreach.TriggeredByManual:
		return nil
	}
	return badInput("--triggered-by: %q is not valid: expected cron or manual", f.triggeredBy)
}

// trigger is who started the run: a person at a terminal is manual, everything else cron.
func (f *jobFlags) trigger(a *app) string {
	switch {
	case f.triggeredBy != "":
		return f.triggeredBy
	case a.outTTY:
		return outreach.TriggeredByManual
	}
	return outreach.TriggeredByCron
}

const runSequencesLong = `Sends the outreach e-mails that are due, from every mailbox that may send now, until nothing is allowed any more or --max-runtime ends.

Pacing: each mailbox keeps its gap with jitter, its daily and hourly limits and its ramp-up; each sequence its daily limits, window and
holidays in the recipient's zone. Follow-ups go before new recipients. The smallest cap wins; ` + "`mailrun status`" + ` says which one holds what.

Never twice: a step's intent is stored before SMTP begins. If a run dies in the middle, the next one looks for the message in the mailbox's
Sent folder. What it cannot prove is held as delivery_unknown; decide with ` + "`mailrun recipients resume --resend|--mark-sent`" + `.

Guard rails: a follow-up waits while its mailbox was not synced for FOLLOWUP_MAX_SYNC_AGE; what is overdue by more than SEND_STALE_AFTER is
held; a sequence pauses itself past its bounce rate.`

func newRunSequences(a *app) *cobra.Command {
	var flags jobFlags
	var o sequence.Options
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "run-sequences",
		Short: "Send the outreach e-mails that are due",
		Long:  runSequencesLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			if o.Limit < 0 {
				return badInput("--limit: %d is not valid: expected 0 (no limit) or more", o.Limit)
			}
			if dryRun {
				return runDry(cmd.Context(), a, o.Sequences, o.Limit, flags)
			}
			return runSequences(cmd.Context(), a, o, flags)
		},
	}
	flags.register(cmd, 4*time.Minute)
	cmd.Flags().StringArrayVar(&o.Sequences, "sequence", nil, "send only this sequence (`name`, may be repeated)")
	cmd.Flags().IntVar(&o.Limit, "limit", 0, "send at most this many messages (0: no limit)")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print who would get what from whom and when; write nothing")
	return cmd
}

func runSequences(ctx context.Context, a *app, o sequence.Options, flags jobFlags) error {
	w, err := a.worker(ctx)
	if err != nil {
		return err
	}
	if err := checkSequences(ctx, w.Store, o.Sequences); err != nil {
		return err
	}
	bar := a.progress("sending")
	run, err := a.runJob(ctx, a.sendJob(w, o, flags.maxRuntime, bar.sent), flags)
	bar.done()
	return a.reportRun(run, err, flags)
}

// sendJob is one run of run-sequences; show is told of its counts as they grow.
func (a *app) sendJob(w *sequence.Worker, o sequence.Options, maxRuntime time.Duration, show func(stats any)) job.Job {
	return job.Job{
		Name: outreach.JobRunSequences, Enabled: a.settings.SequenceWorkerEnabled, Switch: "SEQUENCE_WORKER_ENABLED", MaxRuntime: maxRuntime,
		Do: func(ctx context.Context, progress job.Progress) (any, error) {
			o.Deadline = w.Store.Now().Add(maxRuntime)
			o.Progress = func(stats any) { progress(stats); show(stats) }
			return w.Run(ctx, o)
		},
	}
}

const syncMailboxesLong = `Reads every active mailbox that is due over IMAP and turns what came back into replies, threads, bounces and opt-outs; answered recipients
stop. Reading changes no flag in any mailbox. With AUTO_CLASSIFY_INBOX_REPLIES=true new replies are classified afterwards.

A mailbox is due about two minutes after a send or a reply, up to fifteen when nothing happens; a failing one backs off up to an hour.
--mailbox reads the named ones whatever their due time.`

func newSyncMailboxes(a *app) *cobra.Command {
	var flags jobFlags
	var o inbox.Options
	var concurrency int
	cmd := &cobra.Command{
		Use:   "sync-mailboxes",
		Short: "Read every mailbox: replies, bounces, opt-outs",
		Long:  syncMailboxesLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			if o.BackfillDays < 0 || o.BackfillDays > 3650 {
				return badInput("--backfill-days: %d is not valid: expected 0 to 3650", o.BackfillDays)
			}
			return syncMailboxes(cmd.Context(), a, o, concurrency, flags)
		},
	}
	flags.register(cmd, 90*time.Second)
	cmd.Flags().StringArrayVar(&o.Mailboxes, "mailbox", nil, "read only this mailbox, due or not (`address`, may be repeated)")
	cmd.Flags().IntVar(&o.BackfillDays, "backfill-days", 0, "read this many days of the past again (0: 30 days at first sight only)")
	cmd.Flags().BoolVar(&o.RetryQuarantine, "retry-quarantine", false, "try again to read messages that could not be read")
	cmd.Flags().IntVar(&concurrency, "concurrency", 0, "mailboxes read at once (default MAX_CONNECTIONS)")
	return cmd
}

func syncMailboxes(ctx context.Context, a *app, o inbox.Options, concurrency int, flags jobFlags) error {
	s, err := a.syncer(ctx)
	if err != nil {
		return err
	}
	if err := checkMailboxes(ctx, s.Store, o.Mailboxes); err != nil {
		return err
	}
	if concurrency > 0 {
		s.Concurrency = concurrency
	}
	bar := a.progress("reading")
	run, err := a.runJob(ctx, a.syncJob(s, o, flags.maxRuntime, bar.synced), flags)
	bar.done()
	return a.reportRun(run, err, flags)
}

// syncJob is one run of sync-mailboxes; show is told of its counts as they grow.
func (a *app) syncJob(s *inbox.Syncer, o inbox.Options, maxRuntime time.Duration, show func(stats any)) job.Job {
	return job.Job{
		Name: outreach.JobSyncMailboxes, Enabled: a.settings.MailboxSyncEnabled, Switch: "MAILBOX_SYNC_ENABLED", MaxRuntime: maxRuntime,
		Do: func(ctx context.Context, progress job.Progress) (any, error) {
			o.Deadline = s.Store.Now().Add(maxRuntime)
			o.Progress = func(stats any) { progress(stats); show(stats) }
			return a.syncAndClassify(ctx, s, o)
		},
	}
}

// syncAndClassify reads the mailboxes and then has new replies classified, if that is switched on. What is not classified now is by the next
// run; it fails nothing.
func (a *app) syncAndClassify(ctx context.Context, s *inbox.Syncer, o inbox.Options) (any, error) {
	stats, err := s.Run(ctx, o)
	if !a.settings.AutoClassify || ctx.Err() != nil || errors.Is(err, store.ErrUnreachable) {
		return stats, err
	}
	ctx, cancel := context.WithTimeout(ctx, max(o.Deadline.Sub(s.Store.Now()), time.Second))
	defer cancel()
	counts, classifyErr := a.classify(ctx)
	stats.Classified, stats.ClassifyFailed = counts.Classified, counts.Failed
	if classifyErr != nil {
		a.log.Warn("replies are not classified", "error", classifyErr)
	}
	return stats, err
}

// checkSequences refuses names of which no sequence is active, before a run begins.
func checkSequences(ctx context.Context, st *store.Store, names []string) error {
	for _, name := range names {
		switch seq, err := st.SequenceByName(ctx, name); {
		case errors.Is(err, store.ErrNotFound):
			return unknownName(name, "")
		case err != nil:
			return err
		case seq.Status != outreach.SequenceActive:
			return badInput("--sequence: %q is %s and sends nothing; `mailrun sequences activate` or `resume` starts it", name, seq.Status)
		}
	}
	return nil
}

// checkMailboxes refuses addresses that are no mailbox, before a run begins.
func checkMailboxes(ctx context.Context, st *store.Store, addresses []string) error {
	for i, address := range addresses {
		addresses[i] = strings.ToLower(address)
		_, err := st.MailboxByEmail(ctx, addresses[i])
		if errors.Is(err, store.ErrNotFound) {
			return badInput("--mailbox: no mailbox has the address %q; `mailrun mailboxes list` shows them", address)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// runJob runs a job under this process's name.
func (a *app) runJob(ctx context.Context, j job.Job, flags jobFlags) (*outreach.CronRunLog, error) {
	r, err := a.runner(ctx)
	if err != nil {
		return nil, err
	}
	if _, set := a.lookupEnv("GOGC"); !set {
		defer spareCollector(garbageOf(j.Name))()
	}
	return r.Run(ctx, j, flags.trigger(a))
}

// reportRun prints a run for whoever asked and turns its end into an exit code. Off a terminal a run says nothing: what went wrong with a
// mailbox was logged when it began to.
func (a *app) reportRun(run *outreach.CronRunLog, err error, flags jobFlags) error {
	if run == nil {
		return err
	}
	switch {
	case flags.json:
		if err := a.printJSON(run); err != nil {
			return err
		}
	case a.outTTY:
		a.say("%s %s in %s  %s", run.JobName, a.colored(string(run.Status)), time.Duration(run.DurationMs)*time.Millisecond, statsInWords(run))
	}
	switch repeated := errors.Is(err, sequence.ErrEveryMailbox) || errors.Is(err, inbox.ErrEveryMailbox); {
	case err != nil && repeated && !a.errTTY:
		return errShown
	case err != nil:
		return err
	case flags.strict && partly(run):
		return errPartly
	}
	return nil
}

// partly tells whether a part of a run that completed failed.
func partly(run *outreach.CronRunLog) bool {
	for _, name := range []string{"failed", "unknown", "classifyFailed"} {
		if outreach.CountOf(run.Stats[name]) > 0 {
			return true
		}
	}
	return false
}

// worker builds what sends.
func (a *app) worker(ctx context.Context) (*sequence.Worker, error) {
	st, err := a.Store(ctx)
	if err != nil {
		return nil, err
	}
	s := a.settings
	return &sequence.Worker{
		Store: st, Dialer: a.dialer(st), Keyring: a.keys, Self: store.Self(), Log: a.log, Draw: rand.Float64,
		MaxMailboxes: 4 * s.MaxConnections, Together: sendTogether, OptOutURL: a.optOutURL(), Policy: a.policy(),
	}, nil
}

// sendTogether is how many messages of a mailbox without a gap are begun at one time at most. So many are in doubt if the process dies.
const sendTogether = 40

func (a *app) policy() outreach.Policy {
	s := a.settings
	return outreach.Policy{FollowUpMaxSyncAge: s.FollowupMaxSyncAge, StaleAfter: s.SendStaleAfter, DomainLimit: s.SendDomainLimit, SyncEnabled: s.MailboxSyncEnabled}
}

// optOutURL makes opt-out links, or is nil where recipients cannot reach `serve`.
func (a *app) optOutURL() func(bson.ObjectID) string {
	if a.settings.PublicBaseURL == "" || a.keys.Empty() {
		return nil
	}
	return func(id bson.ObjectID) string { return a.settings.PublicBaseURL + "/u/" + a.keys.OptOutToken(id) }
}

// syncer builds what reads.
func (a *app) syncer(ctx context.Context) (*inbox.Syncer, error) {
	st, err := a.Store(ctx)
	if err != nil {
		return nil, err
	}
	s := a.settings
	return &inbox.Syncer{
		Store: st, Dialer: a.dialer(st), Keyring: a.keys, Self: store.Self(), Log: a.log, Draw: rand.Float64,
		Concurrency: s.MaxConnections, StoreUnmatched: s.SyncStoreUnmatched, Classify: s.AutoClassify, BackfillDays: 30,
		Fallback: s.Fallback(),
	}, nil
}

// dialer opens connections; one app has one, so that its limits count all of them.
func (a *app) dialer(st *store.Store) *mailbox.Dialer {
	if a.dial == nil {
		a.dial = &mailbox.Dialer{
			Keyring: a.keys, Limits: mailbox.NewLimits(a.settings.MaxConnections, a.settings.MaxConnectionsPerHost), Tokens: st, Now: st.Now, Log: a.log,
		}
	}
	return a.dial
}

// runner runs jobs in this process's name.
func (a *app) runner(ctx context.Context) (*job.Runner, error) {
	st, err := a.Store(ctx)
	if err != nil {
		return nil, err
	}
	return &job.Runner{
		Store: st, Self: store.Self(), Version: buildVersion(), Log: a.log, Retention: time.Duration(a.settings.LogRetentionDays) * 24 * time.Hour,
	}, nil
}
