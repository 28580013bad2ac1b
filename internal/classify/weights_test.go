package classify

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// rowsIn are the labelled rows of some folders of testdata.
func rowsIn(t *testing.T, folders ...string) []Row {
	t.Helper()
	var rows []Row
	for _, folder := range folders {
		for _, language := range Languages {
			text, err := os.ReadFile(filepath.Join("testdata", folder, language+".tsv"))
			if err != nil {
				t.Fatal(err)
			}
			part, err := ReadRows(bytes.NewReader(text))
			if err != nil {
				t.Fatalf("%s/%s: %v", folder, language, err)
			}
			rows = append(rows, part...)
		}
	}
	return rows
}

// TestWeightsAreOfTheseRows compares what the weights were learned from with what is there now. `make generate-check` learns again.
func TestWeightsAreOfTheseRows(t *testing.T) {
	w, err := unpack(packedWeights)
	if err != nil {
		t.Fatal(err)
	}
	if w.Source != digest(rowsIn(t, "first", "second", "phrases", "asks"), rowsIn(t, "third", "former", "fourth")) {
		t.Error("weights.bin was learned from other rows or lexicons; run go generate ./internal/classify")
	}
	if len(packedWeights) > 8<<20 {
		t.Errorf("weights.bin has %d bytes, more than 8 MB", len(packedWeights))
	}
}

func TestTrainingIsDeterministic(t *testing.T) {
	if testing.Short() {
		t.Skip("training twice takes some seconds")
	}
	rows := rowsIn(t, "phrases")
	known, judges := rows[:150], rows[400:550]
	one, err := Train(known, judges)
	if err != nil {
		t.Fatal(err)
	}
	two, err := Train(slices.Clone(known), slices.Clone(judges))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("the same rows gave different weights")
	}
}

// TestNothingIsMeasuredWithWhatWasLearned: no author and no text of the held-out part is among the rows that weights are learned from.
func TestNothingIsMeasuredWithWhatWasLearned(t *testing.T) {
	authors, texts := map[string]bool{}, map[string]bool{}
	for _, row := range rowsIn(t, "first", "second", "phrases", "asks", "third", "former", "fourth") {
		authors[row.Author], texts[row.Language+row.Text] = true, true
	}
	if _, err := os.Stat(filepath.Join("testdata", "held")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("testdata/held is missing: replies of authors that nothing was learned from")
	}
	for _, row := range rowsIn(t, "held") {
		if authors[row.Author] || texts[row.Language+row.Text] {
			t.Errorf("%s is learned from: %q", row.Author, row.Text)
		}
	}
}

func TestLexiconsAreRead(t *testing.T) {
	for i, language := range Languages {
		if _, err := loadLexicon(i); err != nil {
			t.Errorf("%s: %v", language, err)
		}
	}
}
