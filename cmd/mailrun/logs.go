package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/config"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

var (
	jobNames    = []outreach.JobName{outreach.JobRunSequences, outreach.JobSyncMailboxes}
	runStatuses = []outreach.RunStatus{outreach.RunRunning, outreach.RunSuccess, outreach.RunFailed, outreach.RunSkipped}
)

// newLogs lists runs; unlike other groups it does so without a subcommand.
func newLogs(a *app) *cobra.Command {
	var list listFlags
	var jobName, status string
	cmd := group(&cobra.Command{
		Use:   "logs",
		Short: "What each run did",
	}, newLogsShow(a), newLogsSummary(a), newLogsPrune(a))
	help := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return help(cmd, args)
		}
		return a.listRuns(cmd.Context(), &list, jobName, status)
	}
	list.register(cmd, bySince)
	cmd.Flags().StringVar(&jobName, "job", "", "only of this `job`: "+enumerate(jobNames))
	cmd.Flags().StringVar(&status, "status", "", "only with this `status`: "+enumerate(runStatuses))
	return cmd
}

func (a *app) listRuns(ctx context.Context, list *listFlags, jobName, status string) error {
	job, err := oneOf("job", jobName, jobNames...)
	if err != nil {
		return err
	}
	runStatus, err := oneOf("status", status, runStatuses...)
	if err != nil {
		return err
	}
	s, f, p, err := list.open(ctx, a)
	if err != nil {
		return err
	}
	items, total, err := s.RunLogs(ctx, store.RunFilter{Job: job, Status: runStatus, Since: f.Since}, p)
	if err != nil {
		return err
	}
	return printList(a, list, items, total, []string{"id", "started", "job", "status", "took", "by", "what"}, a.runRow)
}

func (a *app) runRow(r *outreach.CronRunLog) []string {
	what := r.ErrorMessage
	if what == "" {
		what = statsInWords(r)
	}
	return []string{r.ID.Hex(), local(r.StartedAt), string(r.JobName), a.colored(string(r.Status)), took(r), r.TriggeredBy, clean(what, 90)}
}

func took(r *outreach.CronRunLog) string {
	if r.FinishedAt == nil {
		return "-"
	}
	return (time.Duration(r.DurationMs) * time.Millisecond).String()
}

func newLogsShow(a *app) *cobra.Command {
	return a.showCommand("show ID", "Show one run with all its counts", func(cmd *cobra.Command, s *store.Store, id string) (any, error) {
		return findRun(cmd.Context(), s, id)
	})
}

// summary is the state of both jobs.
type summary struct {
	LastMailboxSync *outreach.CronRunLog  `json:"lastMailboxSync"`
	LastSequenceRun *outreach.CronRunLog  `json:"lastSequenceRun"`
	Running         []outreach.CronRunLog `json:"running"`
}

func newLogsSummary(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "summary",
		Short: "The last run of each job, and what runs now",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			sum, err := summarize(cmd.Context(), s)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(sum)
			}
			a.printSummary(sum)
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func summarize(ctx context.Context, s *store.Store) (*summary, error) {
	sum := &summary{Running: []outreach.CronRunLog{}}
	for job, field := range map[outreach.JobName]**outreach.CronRunLog{
		outreach.JobSyncMailboxes: &sum.LastMailboxSync, outreach.JobRunSequences: &sum.LastSequenceRun,
	} {
		run, err := s.LastRun(ctx, job, "")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		*field = run
	}
	running, err := s.RunningRuns(ctx)
	sum.Running = append(sum.Running, running...)
	return sum, err
}

func (a *app) printSummary(sum *summary) {
	g := a.grid("job", "last run", "status", "took", "what")
	for _, last := range []struct {
		job outreach.JobName
		run *outreach.CronRunLog
	}{{outreach.JobRunSequences, sum.LastSequenceRun}, {outreach.JobSyncMailboxes, sum.LastMailboxSync}} {
		if last.run == nil {
			g.row(string(last.job), "never", "-", "-", "see `mailrun crontab`")
			continue
		}
		cells := a.runRow(last.run)
		g.row(cells[2], cells[1], cells[3], cells[4], cells[6])
	}
	g.print()
	for i := range sum.Running {
		r := &sum.Running[i]
		a.say("running: %s since %s on %s (process %d)", r.JobName, local(r.StartedAt), r.Host, r.PID)
	}
}

func newLogsPrune(a *app) *cobra.Command {
	var age config.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "prune --older-than 90d",
		Short: "Delete old run logs",
		Long:  "Delete run logs older than a time (LOG_RETENTION_DAYS where none is given). The jobs do this by themselves.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			keep := time.Duration(age)
			if !cmd.Flags().Changed("older-than") {
				keep = time.Duration(a.settings.LogRetentionDays) * 24 * time.Hour
			}
			n, err := s.PruneRuns(cmd.Context(), s.Now().Add(-keep))
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(map[string]int64{"deleted": n})
			}
			a.say("%s deleted", plural(n, "run log"))
			return nil
		},
	}
	cmd.Flags().Var(&age, "older-than", "delete what is older than this `time`, such as 90d")
	addJSON(cmd, &asJSON)
	return cmd
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
