package bench

import (
	"errors"
	"fmt"
	"io/fs"
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
	rows, ok := heldOut(b)
	if !ok {
		b.Log("classify/testdata/held is missing: the built-in classifier is not measured")
		return
	}
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

// heldOut are the labelled replies that the classifier did not learn from, if there are any just now.
func heldOut(b *testing.B) (rows []classify.Row, ok bool) {
	b.Helper()
	folder := filepath.Join("..", "classify", "testdata", "held")
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	for _, language := range classify.Languages {
		f, err := os.Open(filepath.Join(folder, language+".tsv"))
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
	return rows, true
}
