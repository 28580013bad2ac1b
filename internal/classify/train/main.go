// Command train makes the built-in classifier's weights from the labelled rows in testdata; with the argument judge it prints instead how well
// models do that are tried on authors they do not know. Run it with go generate ./internal/classify;
// it takes about a minute, and the same rows give the same file.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"mailrun/internal/classify"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The folders of testdata that are learned from. Authors of judges are also tried by models that do not know them.
var (
	known  = []string{"first", "second", "phrases", "asks"}
	judges = []string{"third", "former", "fourth"}
)

func run() error {
	rows, err := readRows(known...)
	if err != nil {
		return err
	}
	if len(os.Args) > 1 && os.Args[1] == "judge" {
		return judge(rows)
	}
	judged, err := readRows(judges...)
	if err != nil {
		return err
	}
	packed, err := classify.Train(rows, judged)
	if err != nil {
		return err
	}
	return os.WriteFile("weights.bin", packed, 0o644)
}

// judge prints how well models did on authors that they did not know.
func judge(rows []classify.Row) error {
	parts := make([][]classify.Row, len(judges))
	for i, folder := range judges {
		var err error
		if parts[i], err = readRows(folder); err != nil {
			return err
		}
	}
	for i, r := range classify.CrossValidate(rows, parts...) {
		for _, l := range append(r.Languages, classify.LanguageReport{Language: "all", Report: r}) {
			fmt.Printf("%s %s: %d rows, accuracy %.3f, macro-F1 %.3f, unsubscribe precision %.3f, recall %.3f\n",
				judges[i], l.Language, l.Rows, l.Accuracy, l.MacroF1, l.OptOutPrecision, l.OptOutRecall)
		}
	}
	return nil
}

// readRows reads every language's rows in the named folders of testdata.
func readRows(folders ...string) ([]classify.Row, error) {
	var rows []classify.Row
	for _, folder := range folders {
		for _, language := range classify.Languages {
			part, err := readFile(filepath.Join("testdata", folder, language+".tsv"))
			if err != nil {
				return nil, err
			}
			rows = append(rows, part...)
		}
	}
	return rows, nil
}

func readFile(path string) ([]classify.Row, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := classify.ReadRows(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}
