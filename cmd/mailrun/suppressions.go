package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/intake"
	"mailrun/pkg/outreach"
)

func newSuppressions(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "suppressions",
		Short: "Addresses and domains that are never mailed",
	}, newSuppressionsAdd(a), newSuppressionsRemove(a), newSuppressionsList(a), newSuppressionsImport(a))
}

var suppressionReasons = []outreach.SuppressionReason{outreach.SuppressManual, outreach.SuppressUnsubscribe, outreach.SuppressBounce, outreach.SuppressComplaint}

func newSuppressionsAdd(a *app) *cobra.Command {
	reason := string(outreach.SuppressManual)
	cmd := &cobra.Command{
		Use:   "add ADDRESS|DOMAIN…",
		Short: "Never mail addresses or whole domains again, in any sequence",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			why, err := oneOf("reason", reason, suppressionReasons...)
			if err != nil {
				return err
			}
			return a.suppress(cmd.Context(), args, why)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", reason, "`reason`: "+enumerate(suppressionReasons))
	return cmd
}

func (a *app) suppress(ctx context.Context, args []string, reason outreach.SuppressionReason) error {
	values, err := suppressionValues(args)
	if err != nil {
		return err
	}
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	for _, value := range values {
		isNew, err := s.Suppress(ctx, value, reason, "cli")
		if err != nil {
			return err
		}
		if isNew {
			a.say("%s: suppressed", value)
		} else {
			a.say("%s: was suppressed already", value)
		}
	}
	return nil
}

// suppressionValues checks addresses and domains; all mistakes are reported together.
func suppressionValues(args []string) ([]string, error) {
	var values []string
	var problems []error
	for _, arg := range args {
		value, err := intake.SuppressionValue(arg)
		if err != nil {
			problems = append(problems, err)
		}
		values = append(values, value)
	}
	if len(problems) > 0 {
		return nil, inputError{errors.Join(problems...)}
	}
	return values, nil
}

func newSuppressionsRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ADDRESS|DOMAIN…",
		Short: "Allow mailing addresses or domains again",
		Long:  "Allow mailing addresses or domains again. Recipients who were stopped stay stopped: `mailrun recipients` has the commands for that.",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			values, err := suppressionValues(args)
			if err != nil {
				return err
			}
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			for _, value := range values {
				was, err := s.Unsuppress(cmd.Context(), value)
				if err != nil {
					return err
				}
				if !was {
					return badInput("%s is not suppressed; see `mailrun suppressions list`", value)
				}
				a.say("%s: removed", value)
			}
			return nil
		},
	}
}

func newSuppressionsList(a *app) *cobra.Command {
	var list listFlags
	var reason string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List who is never mailed, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := oneOf("reason", reason, suppressionReasons...); err != nil {
				return err
			}
			s, f, p, err := list.open(cmd.Context(), a)
			if err != nil {
				return err
			}
			f.Status = reason
			items, total, err := s.ListSuppressions(cmd.Context(), f, p)
			if err != nil {
				return err
			}
			return printList(a, &list, items, total, []string{"value", "reason", "source", "since"}, func(e *outreach.Suppression) []string {
				return []string{clean(e.Value, 60), string(e.Reason), orDash(clean(e.Source, 40)), local(e.At)}
			})
		},
	}
	list.register(cmd, bySince)
	cmd.Flags().StringVar(&reason, "reason", "", "only for this `reason`: "+enumerate(suppressionReasons))
	return cmd
}

func newSuppressionsImport(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Suppress the addresses and domains of a file",
		Long: `Suppress the addresses and domains of a file (- is standard input): one per line, or a CSV whose first column, or whose column named email,
domain or value, holds them; a column named reason may say unsubscribe, bounce, complaint or manual. Bad lines are refused and listed.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.importSuppressions(cmd.Context(), args[0], asJSON)
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

// suppressionReport is what became of the lines of a list.
type suppressionReport struct {
	Added   int              `json:"added"`
	Known   int              `json:"known"`
	Invalid int              `json:"invalid"`
	Refused []intake.Refused `json:"refused"`
}

func (a *app) importSuppressions(ctx context.Context, path string, asJSON bool) error {
	name, r, err := a.input(path)
	if err != nil {
		return err
	}
	defer r.Close()
	list, err := intake.NewSuppressionList(name, r)
	if err != nil {
		return inputError{err}
	}
	report := suppressionReport{Refused: []intake.Refused{}}
	if err := a.suppressList(ctx, list, &report); err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(report)
	}
	a.say("%d suppressed; %d were so already, %d invalid", report.Added, report.Known, report.Invalid)
	for _, bad := range report.Refused {
		a.say("  row %d: %s", bad.Row, clean(bad.Reason, 200))
	}
	return nil
}

func (a *app) suppressList(ctx context.Context, list *intake.SuppressionList, report *suppressionReport) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	var batch []outreach.Suppression
	flush := func() error {
		isNew, err := s.InsertSuppressions(ctx, batch)
		if err != nil {
			return fmt.Errorf("%w (%d of the lines before are stored; importing the file again goes on)", err, report.Added)
		}
		for _, added := range isNew {
			if added {
				report.Added++
			} else {
				report.Known++
			}
		}
		batch = batch[:0]
		return ctx.Err()
	}
	for {
		value, reason, err := list.Next()
		if errors.Is(err, io.EOF) {
			return flush()
		}
		if bad, ok := errors.AsType[*intake.Refused](err); ok {
			report.Invalid++
			report.Refused = append(report.Refused, *bad)
			continue
		}
		if err != nil {
			return err
		}
		batch = append(batch, outreach.Suppression{ID: bson.NewObjectID(), Value: value, Reason: reason, Source: "import", At: s.Now()})
		if len(batch) == importBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}
