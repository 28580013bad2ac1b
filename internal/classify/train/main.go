// Command train makes the built-in classifier's weights from the labelled rows in testdata. Run it with go generate ./internal/classify;
// it takes some seconds, and the same rows give the same file.
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
	var rows []classify.Row
	for _, language := range classify.Languages {
		part, err := readFile(filepath.Join("testdata", language+".tsv"))
		if err != nil {
			return err
		}
		rows = append(rows, part...)
	}
	learned, _ := classify.Split(rows)
	packed, err := classify.Train(learned)
	if err != nil {
		return err
	}
	return os.WriteFile("weights.bin", packed, 0o644)
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
