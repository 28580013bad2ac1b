package classify_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"mailrun/internal/classify"
)

// heldOut are the labelled rows that nothing was learned from. Between a set's being learned from and the next one there are none.
func heldOut(t testing.TB) []classify.Row {
	t.Helper()
	if _, err := os.Stat(filepath.Join("testdata", "held")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("testdata/held is missing: replies of authors that nothing was learned from")
	}
	return labelled(t, "held")
}

// labelled are the rows of a folder.
func labelled(t testing.TB, folder string) []classify.Row {
	t.Helper()
	var rows []classify.Row
	for _, language := range classify.Languages {
		f, err := os.Open(filepath.Join("testdata", folder, language+".tsv"))
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

// TestHeldOut measures the built-in classifier on authors and trades that nothing was learned from and nothing was changed for. A language
// has some 180 opt-outs there or more. The floors are the goals.
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
	t.Logf("all: %d rows, accuracy %.3f, macro-F1 %.3f, unsubscribe precision %.3f recall %.3f", report.Rows, report.Accuracy, report.MacroF1, report.OptOutPrecision, report.OptOutRecall)
	if report.Accuracy < 0.95 || report.OptOutPrecision < 0.98 || report.OptOutRecall < 0.96 {
		t.Error("all languages together are under the floor: accuracy 0.95, unsubscribe precision 0.98, recall 0.96")
	}
}
