// Package intake reads what people write for mailrun into its documents: mailbox files and sequence files in YAML, recipient lists in CSV.
//
// It is strict, and it finishes: every wrong key, address, zone, duration and number of a file is reported at once, each with file,
// line and field, because a mistake found at 3 a.m. by cron costs more than one found at the desk. Nothing here touches the store.
package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a file. Line counts from 1; it is 0 for what came from flags or prompts.
type Problem struct {
	File    string
	Line    int
	Field   string
	Message string
}

func (p Problem) Error() string {
	var place string
	switch {
	case p.Line > 0:
		place = fmt.Sprintf("%s line %d: ", p.File, p.Line)
	case p.File != "":
		place = p.File + ": "
	}
	if p.Field != "" {
		place += p.Field + ": "
	}
	return place + p.Message
}

// Problems are all mistakes of an input, in the order of its lines. As an error it has one line for each.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// err is nil without problems, else all of them in the order of their lines.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return ps
}
