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

func run() error {
	known, err := readRows("first", "phrases")
	if err != nil {
		return err
	}
	judges, err := readRows("second")
	if err != nil {
		return err
	}
	if len(os.Args) > 1 && os.Args[1] == "judge" {
		return judge(classify.CrossValidate(known, judges))
	}
	packed, err := classify.Train(known, judges)
	if err != nil {
		return err
	}
	return os.WriteFile("weights.bin", packed, 0o644)
}

// judge prints how well models did on authors that they did not know.
func judge(r classify.Report) error {
	for _, l := range append(r.Languages, classify.LanguageReport{Language: "all", Report: r}) {
		fmt.Printf("%s: %d rows, accuracy %.3f, macro-F1 %.3f, unsubscribe precision %.3f, recall %.3f\n", l.Language, l.Rows, l.Accuracy, l.MacroF1, l.OptOutPrecision, l.OptOutRecall)
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
