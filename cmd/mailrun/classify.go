package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"mailrun/internal/classify"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newClassify(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "classify",
		Short: "Measure how well replies are classified",
	}, newClassifyEval(a))
}

func newClassifyEval(a *app) *cobra.Command {
	var asJSON bool
	var model string
	misses := 20
	cmd := &cobra.Command{
		Use:   "eval FILE.tsv",
		Short: "Measure the classifier on labelled replies of your own",
		Long: `Label every reply of a file and compare. The file is UTF-8 with tab-separated columns and a first line that names them: text, language, label
(others are allowed); \n in a text is a line break. Labels: ` + enumerate(outreach.Intents) + `.

Measured is what the settings name: the model of AI_BASE_URL and AI_MODEL, else the built-in classifier, each behind the rules for plain opt-outs
that go before it in a sync too. A model is called once per row, up to AI_MAX_CALLS_PER_RUN; rows without an answer count as wrong.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := a.evaluate(cmd.Context(), args[0], model)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(report)
			}
			a.printReport(report, misses)
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().StringVar(&model, "model", "", "`builtin` measures the built-in classifier whatever the settings say")
	cmd.Flags().IntVar(&misses, "misses", misses, "how many wrong answers to print, the surest first")
	return cmd
}

func (a *app) evaluate(ctx context.Context, path, model string) (classify.Report, error) {
	c, err := a.classifierNamed(model)
	if err != nil {
		return classify.Report{}, err
	}
	f, err := os.Open(path)
	if err != nil {
		return classify.Report{}, inputError{err}
	}
	defer f.Close()
	rows, err := classify.ReadRows(f)
	if err != nil {
		return classify.Report{}, badInput("%s: %w", path, err)
	}
	return classify.Eval(ctx, rows, c)
}

// classifierNamed is the classifier of the settings, or the built-in one where that is asked for.
func (a *app) classifierNamed(model string) (classify.Classifier, error) {
	if model != "" && model != "builtin" {
		return nil, badInput("unknown model %q; --model takes builtin, any other model is named by AI_MODEL", model)
	}
	if _, err := a.Settings(); err != nil {
		return nil, err
	}
	if model == "builtin" {
		return classify.NewBuiltin()
	}
	return a.classifier()
}

func (a *app) printReport(r classify.Report, misses int) {
	figures := a.grid("language", "rows", "accuracy", "macro-F1", "unsubscribe precision", "recall")
	row := func(name string, r classify.Report) {
		figures.row(name, fmt.Sprint(r.Rows), share(r.Accuracy), share(r.MacroF1), share(r.OptOutPrecision), share(r.OptOutRecall))
	}
	for _, l := range r.Languages {
		row(l.Language, l.Report)
	}
	row("all", r)
	figures.print()
	if r.Errors > 0 {
		a.say("\n%d rows got no answer.", r.Errors)
	}
	a.printConfusion(r)
	if len(r.Misses) == 0 || misses <= 0 {
		return
	}
	a.say("")
	worst := a.grid("label", "answer", "confidence", "text")
	for _, m := range r.Misses[:min(misses, len(r.Misses))] {
		worst.row(string(m.Label), orDash(string(m.Got)), share(m.Confidence), clean(m.Text, 90))
	}
	worst.print()
}

// printConfusion prints how often each label got each answer; labels and answers that do not occur are left out.
func (a *app) printConfusion(r classify.Report) {
	var labels, answers []outreach.Intent
	for _, intent := range outreach.Intents {
		answered := func(row map[outreach.Intent]int) bool { return row[intent] > 0 }
		if r.Confusion[intent] != nil {
			labels = append(labels, intent)
		}
		for _, row := range r.Confusion {
			if answered(row) && !slices.Contains(answers, intent) {
				answers = append(answers, intent)
			}
		}
	}
	a.say("\nLabels down, answers across:")
	head := []string{""}
	for _, intent := range answers {
		head = append(head, string(intent))
	}
	table := a.grid(head...)
	for _, label := range labels {
		row := []string{string(label)}
		for _, intent := range answers {
			row = append(row, orDash(orNothing(r.Confusion[label][intent])))
		}
		table.row(row...)
	}
	table.print()
}

// orNothing prints a number; nothing for none.
func orNothing(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// share prints a part of one as three digits.
func share(x float64) string { return fmt.Sprintf("%.3f", x) }

func newRepliesClassify(a *app) *cobra.Command {
	var all, pending, asJSON bool
	var model string
	cmd := &cobra.Command{
		Use:   "classify [ID]...",
		Short: "Label replies now: those that wait, all of them, or some",
		Long: `Label replies now. --pending, which is what happens without any choice, takes those that wait; --all takes every reply, also labelled ones; IDs
take these. A person's label (replies label) is never overwritten.`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if (all && pending) || (len(ids) > 0 && (all || pending)) {
				return badInput("give one of --pending, --all and IDs")
			}
			counts, err := a.classifyNow(cmd.Context(), ids, all, model)
			switch {
			case err != nil:
				return err
			case asJSON:
				return a.printJSON(counts)
			}
			a.say("%d classified, %d failed, %d waiting", counts.Classified, counts.Failed, counts.Pending)
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().BoolVar(&all, "all", false, "every reply")
	cmd.Flags().BoolVar(&pending, "pending", false, "those that wait for a label")
	cmd.Flags().StringVar(&model, "model", "", "`builtin` takes the built-in classifier whatever the settings say")
	return cmd
}

func (a *app) classifyNow(ctx context.Context, ids []string, all bool, model string) (classify.Counts, error) {
	c, err := a.classifierNamed(model)
	if err != nil {
		return classify.Counts{}, err
	}
	st, err := a.Store(ctx)
	if err != nil {
		return classify.Counts{}, err
	}
	runner := &classify.Runner{Classifier: c, Store: st, MaxCalls: a.settings.AI.MaxCallsPerRun, Now: st.Now, Log: a.log}
	if !all && len(ids) == 0 {
		return runner.Run(ctx)
	}
	replies, err := chosenReplies(ctx, st, ids, all)
	if err != nil {
		return classify.Counts{}, err
	}
	return runner.Label(ctx, replies)
}

// chosenReplies are those with the ids, or all that are stored.
func chosenReplies(ctx context.Context, st *store.Store, ids []string, all bool) ([]outreach.Reply, error) {
	var replies []outreach.Reply
	for _, id := range ids {
		reply, err := findReply(ctx, st, id)
		if err != nil {
			return nil, err
		}
		replies = append(replies, *reply)
	}
	for number := 1; all; number++ {
		page, _, err := st.ListReplies(ctx, store.Filter{}, store.Page{Number: number, Size: store.MaxPageSize})
		if err != nil || len(page) == 0 {
			return replies, err
		}
		replies = append(replies, page...)
	}
	return replies, nil
}
