package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
)

// addJSON gives a command its --json flag.
func addJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print JSON")
}

// printJSON prints a value on one line, or indented for a person. Field names are the stored ones, times are UTC.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	if a.outTTY {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(v)
}

// say prints a line of a result.
func (a *app) say(format string, args ...any) {
	fmt.Fprintf(a.out, format+"\n", args...)
}

// grid is an aligned table with a head and no rules, as ps and docker print them.
type grid struct {
	a *app
	w table.Writer
}

func (a *app) grid(head ...string) *grid {
	w := table.NewWriter()
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatUpper
	w.SetStyle(style)
	w.SuppressTrailingSpaces()
	g := &grid{a: a, w: w}
	w.AppendHeader(cells(head))
	return g
}

func (g *grid) row(values ...string) { g.w.AppendRow(cells(values)) }

func (g *grid) print() { fmt.Fprintln(g.a.out, g.w.Render()) }

// cells makes values fit for a terminal: what strangers wrote must not move the cursor or change colours.
func cells(values []string) table.Row {
	row := make(table.Row, len(values))
	for i, v := range values {
		row[i] = v
	}
	return row
}

// clean makes a stranger's text fit for one table cell: one line, no control characters, at most width characters.
func clean(s string, width int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)), " ")
	if runes := []rune(s); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return s
}

// colored paints a word by what it means, on a terminal only.
func (a *app) colored(word string) string {
	if !a.colors() {
		return word
	}
	switch word {
	case "active", "success", "sent", "ok", "interested", "replied":
		return text.FgGreen.EscapeSeq() + word + text.Reset.EscapeSeq()
	case "error", "failed", "bounced", "fail", "unknown":
		return text.FgRed.EscapeSeq() + word + text.Reset.EscapeSeq()
	case "paused", "held", "skipped", "deferred", "warn", "draft":
		return text.FgYellow.EscapeSeq() + word + text.Reset.EscapeSeq()
	}
	return word
}

func (a *app) colors() bool {
	noColor, _ := a.lookupEnv("NO_COLOR")
	return a.outTTY && noColor == ""
}

// local prints a time for a person, in the local zone.
func local(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func localPtr(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return local(*t)
}

// orDash shows that a cell is empty on purpose.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
