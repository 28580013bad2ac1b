// Command page plays the simulation and writes what it shows as a page in Markdown.
package main

import (
	"context"
	"fmt"
	"os"

	"mailrun/internal/simulation"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one argument is wanted, the file to write, not %d", len(args))
	}
	text, err := simulation.Page(context.Background(), simulation.Default(), simulation.DefaultCapacity())
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], []byte(text), 0o644) //nolint:gosec // a page to be read
}
