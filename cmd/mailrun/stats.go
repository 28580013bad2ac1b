package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/forecast"
)

const statsLong = `What was sent and what came of it: replied, interested, bounced, unsubscribed, as counts and as rates of the messages sent. The sample stands
beside each rate: 1 of 4 is not 25 %.`

var statGroups = []forecast.By{forecast.ByStep, forecast.ByVariant, forecast.ByMailbox, forecast.ByDay}

func newStats(a *app) *cobra.Command {
	var sequence, by string
	var age since
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Sent, replied, interested, bounced, unsubscribed",
		Long:  statsLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			group, err := oneOf("by", by, statGroups...)
			if err != nil {
				return err
			}
			return runStats(cmd.Context(), a, sequence, group, age.before(a.now()), asJSON)
		},
	}
	cmd.Flags().StringVar(&sequence, "sequence", "", "only this sequence (`name`)")
	cmd.Flags().StringVar(&by, "by", "", "one line per "+enumerate(statGroups))
	cmd.Flags().Var(&age, "since", "only messages newer than this: 12h, 7d, or a `date` like 2026-11-22")
	addJSON(cmd, &asJSON)
	return cmd
}

func runStats(ctx context.Context, a *app, sequence string, by forecast.By, from time.Time, asJSON bool) error {
	f, err := a.forecaster(ctx)
	if err != nil {
		return err
	}
	lines, err := f.Stats(ctx, sequence, by, from)
	if errors.Is(err, forecast.ErrUnknown) {
		return unknownName(sequence, "")
	}
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(map[string]any{"items": lines, "total": len(lines)})
	}
	head := []string{"sequence", "sent", "replied", "interested", "bounced", "unsubscribed", "refused"}
	if by != "" {
		head = append([]string{"sequence", string(by)}, head[1:]...)
	}
	g := a.grid(head...)
	for _, l := range lines {
		of := func(n int, rate float64) string { return fmt.Sprintf("%d (%.1f %% of %d)", n, 100*rate, l.Sent) }
		row := []string{clean(l.Sequence, 30)}
		if by != "" {
			row = append(row, clean(l.Group, 40))
		}
		g.row(append(row, fmt.Sprint(l.Sent), of(l.Replied, l.ReplyRate), of(l.Interested, l.InterestedRate), of(l.Bounced, l.BounceRate),
			of(l.Unsubscribed, l.UnsubscribedRate), fmt.Sprint(l.Refused))...)
	}
	g.print()
	return nil
}
