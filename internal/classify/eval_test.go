package classify_test

import (
	"os"
	"path/filepath"
	"testing"

	"mailrun/internal/classify"
)

// heldOut are the labelled rows that nothing was learned from.
func heldOut(t testing.TB) []classify.Row {
	t.Helper()
	var rows []classify.Row
	for _, language := range classify.Languages {
		f, err := os.Open(filepath.Join("testdata", "held", language+".tsv"))
		if err != nil {
			t.Fatal(err)
		}
		part, err := classify.ReadRows(f)
		if err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, part...)
	}
	return rows
}

func builtin(t testing.TB) *classify.Builtin {
	t.Helper()
	b, err := classify.NewBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHeldOut measures the built-in classifier on authors and trades that its weights did not learn from. The concepts were widened after a
// first look at these rows (see testdata/README.md), so this guards against going back and is no estimate for strangers' mail.
func TestHeldOut(t *testing.T) {
	report, err := classify.Eval(t.Context(), heldOut(t), builtin(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range report.Languages {
		t.Logf("%s: %3d rows, accuracy %.3f, macro-F1 %.3f, unsubscribe precision %.3f recall %.3f", l.Language, l.Rows, l.Accuracy, l.MacroF1, l.OptOutPrecision, l.OptOutRecall)
		if l.Accuracy < 0.88 || l.MacroF1 < 0.85 || l.OptOutPrecision < 0.98 || l.OptOutRecall < 0.96 {
			t.Errorf("%s is under the floor: accuracy 0.88, macro-F1 0.85, unsubscribe precision 0.98, recall 0.96", l.Language)
		}
	}
	t.Logf("all: %d rows, accuracy %.3f, macro-F1 %.3f", report.Rows, report.Accuracy, report.MacroF1)
	if testing.Verbose() {
		for _, m := range report.Misses {
			t.Logf("%s: want %s, got %s %.2f: %s", m.Language, m.Label, m.Got, m.Confidence, m.Text)
		}
	}
}
