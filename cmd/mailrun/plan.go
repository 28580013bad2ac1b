package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/guptarohit/asciigraph"
	"github.com/spf13/cobra"

	"mailrun/internal/forecast"
)

const planLong = `Simulates the coming days under all caps, gaps and windows, with the rules that the worker uses: how many messages go out on which day
from which mailbox, and when each sequence ends. It assumes that cron runs both jobs, that nobody answers and that nothing bounces.`

func newPlan(a *app) *cobra.Command {
	var days int
	var sequence string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "A calendar of the coming sends, and when each sequence ends",
		Long:  planLong,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if days < 1 || days > 365 {
				return badInput("--days: %d is not valid: expected 1 to 365", days)
			}
			return runPlan(cmd.Context(), a, days, sequence, asJSON)
		},
	}
	cmd.Flags().IntVar(&days, "days", 14, "how many days to show")
	cmd.Flags().StringVar(&sequence, "sequence", "", "only this sequence (`name`)")
	addJSON(cmd, &asJSON)
	return cmd
}

func runPlan(ctx context.Context, a *app, days int, sequence string, asJSON bool) error {
	f, err := a.forecaster(ctx)
	if err != nil {
		return err
	}
	plan, err := f.Plan(ctx, days, sequence)
	if errors.Is(err, forecast.ErrUnknown) {
		return unknownName(sequence, "")
	}
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(plan)
	}
	a.printPlan(plan)
	return nil
}

func (a *app) printPlan(plan *forecast.Plan) {
	totals := make([]float64, len(plan.Days))
	any := 0
	g := a.grid("day", "messages", "new", "follow-ups", "by mailbox")
	for i, d := range plan.Days {
		totals[i] = float64(d.Total)
		any += d.Total
		g.row(d.Date, fmt.Sprint(d.Total), fmt.Sprint(d.New), fmt.Sprint(d.FollowUps), shares(d.ByMailbox))
	}
	if any > 0 && len(totals) > 1 {
		a.say("%s\n", asciigraph.Plot(totals, asciigraph.Height(8), asciigraph.LowerBound(0), asciigraph.Precision(0), asciigraph.Caption("messages per day, "+plan.Timezone)))
	}
	g.print()
	a.say("")
	ends := a.grid("sequence", "messages to come", "last one")
	for _, s := range plan.Sequences {
		end := "nothing to send"
		switch {
		case s.FinishesAt != nil:
			end = local(*s.FinishesAt)
		case s.Unfinished > 0:
			end = fmt.Sprintf("not within 400 days (%d recipients left)", s.Unfinished)
		}
		ends.row(clean(s.Name, 40), fmt.Sprint(s.Planned), end)
	}
	ends.print()
}

func shares(by map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, by[name]))
	}
	return orDash(strings.Join(parts, ", "))
}
