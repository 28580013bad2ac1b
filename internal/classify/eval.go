package classify

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"mailrun/pkg/outreach"
)

// Row is one labelled reply.
type Row struct {
	Text     string          `json:"text"`
	Language string          `json:"language"`
	Label    outreach.Intent `json:"label"`
	Author   string          `json:"author,omitempty"`
	Theme    string          `json:"theme,omitempty"`
}

// maxRow is the longest line of a labelled file in bytes.
const maxRow = 1 << 20

// ReadRows reads a labelled file: UTF-8, fields separated by tabs, the first line naming them. It needs the columns text, language and
// label, in any order, and knows author and theme; \n in a text stands for a line break. Errors name the line.
func ReadRows(r io.Reader) ([]Row, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxRow)
	column := map[string]int{}
	var rows []Row
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(strings.TrimRight(strings.TrimPrefix(lines.Text(), "\ufeff"), "\r"), "\t")
		if n == 1 {
			for i, name := range fields {
				column[strings.ToLower(strings.TrimSpace(name))] = i
			}
			for _, name := range []string{"text", "language", "label"} {
				if _, ok := column[name]; !ok {
					return nil, fmt.Errorf("line 1 names no column %q", name)
				}
			}
			continue
		}
		if len(fields) == 1 && fields[0] == "" {
			continue
		}
		row, err := readRow(fields, column)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		rows = append(rows, row)
	}
	return rows, lines.Err()
}

func readRow(fields []string, column map[string]int) (Row, error) {
	get := func(name string) string {
		if i, ok := column[name]; ok && i < len(fields) {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	row := Row{
		Text: strings.ReplaceAll(get("text"), `\n`, "\n"), Language: get("language"), Label: outreach.Intent(get("label")),
		Author: get("author"), Theme: get("theme"),
	}
	if !slices.Contains(outreach.Intents, row.Label) {
		return row, fmt.Errorf("unknown label %q", row.Label)
	}
	return row, nil
}

// Report is how well a classifier did. Macro-F1 is the mean over the labels that occur in the rows.
type Report struct {
	Rows     int     `json:"rows"`
	Correct  int     `json:"correct"`
	Errors   int     `json:"errors"`
	Accuracy float64 `json:"accuracy"`
	MacroF1  float64 `json:"macroF1"`
	// OptOutPrecision and OptOutRecall are those of unsubscribe, the one label with a consequence.
	OptOutPrecision float64 `json:"unsubscribePrecision"`
	OptOutRecall    float64 `json:"unsubscribeRecall"`
	// Confusion counts by label and answer; a row without an answer has the answer "".
	Confusion map[outreach.Intent]map[outreach.Intent]int `json:"confusion"`
	// Languages holds a report for each language, sorted by name, without their misses.
	Languages []LanguageReport `json:"languages,omitempty"`
	// Misses are the wrong answers, the surest first.
	Misses []Miss `json:"misses,omitempty"`
}

// LanguageReport is the part of a report that concerns one language.
type LanguageReport struct {
	Language string `json:"language"`
	Report
}

// Miss is a wrong answer.
type Miss struct {
	Row
	Got        outreach.Intent `json:"answer"`
	Confidence float64         `json:"confidence"`
}

// Eval labels every row as a run would, each as a human reply of its own: by rule, else by the classifier. A row without an answer counts as
// wrong.
func Eval(ctx context.Context, rows []Row, c Classifier) (Report, error) {
	answers := make([]outreach.Classification, len(rows))
	failed := make([]bool, len(rows))
	for i, row := range rows {
		in := Input{Kind: outreach.KindHuman, VisibleText: row.Text, Received: evalDay}
		var err error
		if ruled, ok := ByRule(in); ok {
			answers[i] = ruled
			continue
		}
		if answers[i], err = c.Classify(ctx, in); err != nil {
			if ctx.Err() != nil {
				return Report{}, ctx.Err()
			}
			failed[i] = true
		}
	}
	return reportOf(rows, answers, failed), nil
}

// reportOf compares answers with labels, in all and for each language.
func reportOf(rows []Row, answers []outreach.Classification, failed []bool) Report {
	report := score(rows, answers, failed)
	for _, language := range languagesOf(rows) {
		var part []Row
		var partAnswers []outreach.Classification
		var partFailed []bool
		for i, row := range rows {
			if row.Language == language {
				part, partAnswers, partFailed = append(part, row), append(partAnswers, answers[i]), append(partFailed, failed[i])
			}
		}
		one := score(part, partAnswers, partFailed)
		one.Misses = nil
		report.Languages = append(report.Languages, LanguageReport{language, one})
	}
	return report
}

// evalDay is when the rows of an evaluation arrive; labels do not depend on it.
var evalDay = time.Date(2026, 5, 13, 9, 0, 0, 0, time.UTC)

func languagesOf(rows []Row) []string {
	var names []string
	for _, row := range rows {
		if !slices.Contains(names, row.Language) {
			names = append(names, row.Language)
		}
	}
	slices.Sort(names)
	return names
}

// score compares answers with labels.
func score(rows []Row, answers []outreach.Classification, failed []bool) Report {
	r := Report{Rows: len(rows), Confusion: map[outreach.Intent]map[outreach.Intent]int{}}
	for i, row := range rows {
		if r.Confusion[row.Label] == nil {
			r.Confusion[row.Label] = map[outreach.Intent]int{}
		}
		got := answers[i].Intent
		if failed[i] {
			r.Errors++
			got = ""
		}
		r.Confusion[row.Label][got]++
		if got == row.Label {
			r.Correct++
		} else {
			r.Misses = append(r.Misses, Miss{row, got, answers[i].Confidence})
		}
	}
	slices.SortStableFunc(r.Misses, func(a, b Miss) int { return int(1e6 * (b.Confidence - a.Confidence)) })
	r.Accuracy = ratio(r.Correct, r.Rows)
	r.measure()
	return r
}

// measure computes the figures that the confusion table holds.
func (r *Report) measure() {
	answered := map[outreach.Intent]int{}
	for _, row := range r.Confusion {
		for got, n := range row {
			answered[got] += n
		}
	}
	sum := 0.0
	for label, row := range r.Confusion {
		total := 0
		for _, n := range row {
			total += n
		}
		precision, recall := ratio(row[label], answered[label]), ratio(row[label], total)
		if precision+recall > 0 {
			sum += 2 * precision * recall / (precision + recall)
		}
		if label == outreach.IntentUnsubscribe {
			r.OptOutRecall = recall
		}
	}
	if len(r.Confusion) > 0 {
		r.MacroF1 = sum / float64(len(r.Confusion))
	}
	right := r.Confusion[outreach.IntentUnsubscribe][outreach.IntentUnsubscribe]
	r.OptOutPrecision = ratio(right, answered[outreach.IntentUnsubscribe])
}

// ratio is a/b; of nothing, all is right.
func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}
