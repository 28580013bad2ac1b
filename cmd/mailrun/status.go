package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/content"
	"mailrun/internal/forecast"
	"mailrun/pkg/outreach"
)

const statusLong = `Why is nothing (or this) being sent? Shows how many recipients stand where, what holds back those that wait, each mailbox's budget, and
the next time at which something may go out. The reasons are the worker's own: the same rule decides here and there.`

func newStatus(a *app) *cobra.Command {
	var sequence, recipient string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Why is nothing (or this) being sent",
		Long:  statusLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := a.forecaster(cmd.Context())
			if err != nil {
				return err
			}
			report, err := f.Status(cmd.Context(), sequence, strings.ToLower(recipient))
			if errors.Is(err, forecast.ErrUnknown) {
				return unknownName(sequence, recipient)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(report)
			}
			a.printStatus(report, sequence != "" || recipient != "")
			return nil
		},
	}
	cmd.Flags().StringVar(&sequence, "sequence", "", "only this sequence (`name`), with the recipients that wait")
	cmd.Flags().StringVar(&recipient, "recipient", "", "only this recipient (`address`)")
	addJSON(cmd, &asJSON)
	return cmd
}

func unknownName(sequence, recipient string) error {
	if recipient != "" {
		return badInput("--recipient: %q is in no sequence; `mailrun recipients list` shows who is", recipient)
	}
	return badInput("--sequence: no sequence is called %q; `mailrun sequences list` shows them", sequence)
}

// forecaster asks the rules about the stored state, with the content checked as the worker would.
func (a *app) forecaster(ctx context.Context) (*forecast.Forecaster, error) {
	st, err := a.Store(ctx)
	if err != nil {
		return nil, err
	}
	return &forecast.Forecaster{Store: st, Policy: a.policy(), Content: contentReasons()}, nil
}

// contentReasons tells why a step cannot be written for a recipient; each sequence's templates are parsed once.
func contentReasons() func(*outreach.Sequence, *outreach.Recipient) string {
	parsed := map[bson.ObjectID]*content.Templates{}
	return func(seq *outreach.Sequence, r *outreach.Recipient) string {
		templates, known := parsed[seq.ID]
		if !known {
			templates, _ = content.Compile(seq) // a sequence that does not parse is nil here and said so below
			parsed[seq.ID] = templates
		}
		if templates == nil {
			return outreach.ReasonTemplateError
		}
		_, err := templates.Render(content.Input{Step: r.Step, Recipient: r, Mailbox: &outreach.Mailbox{Email: "sender@example.com", FromName: "Sender"}, HistoryID: outreach.HistoryID(r.ID, r.Step)})
		if missing, ok := errors.AsType[*content.MissingError](err); ok {
			return outreach.ReasonMissingVariable(missing.Name)
		}
		if err != nil {
			return outreach.ReasonTemplateError
		}
		return ""
	}
}

func (a *app) printStatus(r *forecast.Report, detailed bool) {
	if len(r.Sequences) > 0 {
		g := a.grid("sequence", "status", "queued", "active", "held", "replied", "bounced", "opted out", "completed", "failed", "due now")
		for _, s := range r.Sequences {
			n := func(state outreach.State) string { return fmt.Sprint(s.States[state]) }
			g.row(clean(s.Name, 30), a.colored(string(s.Status)), n(outreach.StateQueued), n(outreach.StateActive), n(outreach.StateHeld), n(outreach.StateReplied),
				n(outreach.StateBounced), n(outreach.StateUnsubscribed), n(outreach.StateCompleted), n(outreach.StateFailed), fmt.Sprint(s.Due))
		}
		g.print()
		a.printWaiting(r.Sequences)
	} else if len(r.Recipients) == 0 {
		a.say("There is no sequence yet. `mailrun sequences apply -f FILE` adds one.")
	}
	if len(r.Mailboxes) > 0 {
		a.say("")
		g := a.grid("mailbox", "status", "sent today", "left today", "waits for", "until", "last good sync", "last error")
		for _, m := range r.Mailboxes {
			g.row(clean(m.Email, 40), a.colored(string(m.Status)), fmt.Sprintf("%d of %d", m.SentToday, m.DailyCap), fmt.Sprint(m.LeftToday), orDash(m.Reason),
				localPtr(m.NextEligibleAt), localPtr(m.LastSyncOKAt), faultText(m.LastError))
		}
		g.print()
	}
	if detailed && len(r.Recipients) > 0 {
		a.say("")
		g := a.grid("recipient", "sequence", "state", "next step", "waits for", "until", "from")
		for _, p := range r.Recipients {
			g.row(clean(p.Email, 40), clean(p.Sequence, 30), a.colored(string(p.State)), fmt.Sprint(p.Step+1), readyOr(p.Reason), localPtr(p.NextEligibleAt), orDash(p.Mailbox))
		}
		g.print()
	}
	if r.Unlabelled != (forecast.Unlabelled{}) {
		a.say("\n%d replies wait for their classification; for %d it failed: `mailrun replies list --classification failed`, `replies label` or `replies classify ID`",
			r.Unlabelled.Waiting, r.Unlabelled.Failed)
	}
	for _, run := range r.Running {
		a.say("\n%s is running since %s (process %d on %s)", run.JobName, local(run.StartedAt), run.PID, run.Host)
	}
}

// printWaiting lists what holds recipients back, and when it lets go.
func (a *app) printWaiting(sequences []forecast.SequenceLine) {
	shown := false
	g := a.grid("sequence", "waiting", "reason", "until")
	for _, s := range sequences {
		if s.StatusReason != "" && s.Reason != "" {
			g.row(clean(s.Name, 30), "all", s.Reason+": "+clean(s.StatusReason, 80), "-")
			shown = true
		}
		for _, w := range s.Waiting {
			g.row(clean(s.Name, 30), fmt.Sprint(w.Count), clean(w.Reason, 60), localPtr(w.NextEligibleAt))
			shown = true
		}
	}
	if shown {
		a.say("")
		g.print()
	}
}

func readyOr(reason string) string {
	if reason == "" {
		return "the next run"
	}
	return clean(reason, 60)
}

func faultText(f *outreach.Fault) string {
	if f == nil {
		return "-"
	}
	return f.Class + ": " + clean(f.Message, 60)
}

// dryLine is one message of a dry run.
type dryLine struct {
	At        time.Time `json:"at"`
	Mailbox   string    `json:"mailbox"`
	Sequence  string    `json:"sequence"`
	Recipient string    `json:"recipient"`
	Step      int       `json:"step"`
}

// runDry prints who would get what from whom and when, and why others would not.
func runDry(ctx context.Context, a *app, sequences []string, limit int, flags jobFlags) error {
	f, err := a.forecaster(ctx)
	if err != nil {
		return err
	}
	sends, err := f.DryRun(ctx, sequences, limit, f.Store.Now().Add(flags.maxRuntime))
	if err != nil {
		return err
	}
	report, err := f.Status(ctx, "", "")
	if err != nil {
		return err
	}
	lines := make([]dryLine, len(sends))
	for i, s := range sends {
		lines[i] = dryLine{At: s.At.UTC(), Mailbox: s.Mailbox.Email, Sequence: s.Sequence.Name, Recipient: s.Recipient.Email, Step: s.Step}
	}
	if flags.json {
		return a.printJSON(map[string]any{"items": lines, "total": len(lines), "waiting": report.Recipients, "mailboxes": report.Mailboxes})
	}
	if len(lines) == 0 {
		a.say("Nothing would be sent.")
	} else {
		g := a.grid("at", "to", "step", "sequence", "from")
		for _, l := range lines {
			g.row(l.At.Local().Format("15:04:05"), clean(l.Recipient, 40), fmt.Sprint(l.Step+1), clean(l.Sequence, 30), l.Mailbox)
		}
		g.print()
		a.say("\n%d messages would be sent. This was a dry run: nothing was sent or written.", len(lines))
	}
	a.printWaiting(report.Sequences)
	return nil
}
