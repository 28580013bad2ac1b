package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mailrun/internal/classify"
	"mailrun/pkg/outreach"
)

// builtinNote says what the rows of the built-in classifier hold.
const builtinNote = "Accuracy, macro-F1, precision and recall of unsubscribe on labelled replies of authors whom the classifier did not learn from; the " +
	"ratio is the accuracy. Goals: ≥ 0.88, ≥ 0.85, ≥ 0.98, ≥ 0.96"

// classification measures the built-in classifier on strangers' replies, by language, and how long one reply takes.
func classification(b *testing.B, r *report) {
	rows := heldOut(b)
	c, err := classify.NewBuiltin()
	if err != nil {
		b.Fatal(err)
	}
	measured, err := classify.Eval(b.Context(), rows, c)
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range append(measured.Languages, classify.LanguageReport{Language: "all languages", Report: measured}) {
		r.add(b, row{
			figure: "built-in classifier, " + l.Language, ours: fmt.Sprintf("%.3f, %.3f, %.3f, %.3f", l.Accuracy, l.MacroF1, l.OptOutPrecision, l.OptOutRecall),
			reference: fmt.Sprintf("%d labelled replies", l.Rows), ratio: l.Accuracy, goal: "≥ 0.88", note: builtinNote,
		})
	}
	next := 0
	took := quickest(b, 5*len(rows), func() error {
		next++
		_, err := c.Classify(b.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: rows[next%len(rows)].Text})
		return err
	})
	r.add(b, row{figure: "built-in classifier, one reply (median)", ours: span(took), reference: span(time.Millisecond), ratio: times(took, time.Millisecond), goal: "≤ 1"})
}

// heldOut are the labelled replies that the classifier did not learn from.
func heldOut(b *testing.B) []classify.Row {
	b.Helper()
	var rows []classify.Row
	for _, language := range classify.Languages {
		f, err := os.Open(filepath.Join("..", "classify", "testdata", "held", language+".tsv"))
		if err != nil {
			b.Fatal(err)
		}
		part, err := classify.ReadRows(f)
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			b.Fatalf("%s: %v", f.Name(), err)
		}
		rows = append(rows, part...)
	}
	return rows
}
