package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// row is one figure beside its reference. Goal says what it should be; peak is the memory of our process in bytes, 0 where the figure is no
// process of its own. A note stands below the table.
type row struct {
	figure, ours, reference string
	ratio                   float64
	goal                    string
	peak                    int64
	note                    string
}

// report collects the rows of a run. Quick asks for small sizes; binary is the program, built for this run. Profile is a kind of profile that
// each process of the program writes into the folder profiles, "" for none.
type report struct {
	quick             bool
	binary            string
	profile, profiles string
	profiled          int // processes so far
	rows              []row
	missing, failed   []string // figures without a row: what they need is not installed, or they could not be measured
}

// pick chooses between the size of a full run and that of a quick one.
func (r *report) pick(full, quick int) int {
	if r.quick {
		return quick
	}
	return full
}

// add keeps a row for the table and shows it as a benchmark's metric too.
func (r *report) add(b *testing.B, line row) {
	r.rows = append(r.rows, line)
	b.ReportMetric(line.ratio, "ratio")
	b.ReportMetric(0, "ns/op") // the whole benchmark's time, fillings included, means nothing
	if line.peak > 0 {
		b.ReportMetric(megabytes(line.peak), "peak-MB")
	}
}

// String is the table in Markdown, with its notes.
func (r *report) String() string {
	var s strings.Builder
	var notes []string
	s.WriteString("| figure | ours | reference | ratio | goal | peak memory |\n|---|---|---|---|---|---|\n")
	for _, line := range r.rows {
		peak, mark := "", ""
		if line.peak > 0 {
			peak = fmt.Sprintf("%.0f MB", megabytes(line.peak))
		}
		if line.note != "" {
			known := slices.Index(notes, line.note)
			if known < 0 {
				known = len(notes)
				notes = append(notes, line.note)
			}
			mark = fmt.Sprintf(" [%d]", known+1)
		}
		fmt.Fprintf(&s, "| %s%s | %s | %s | %.2f | %s | %s |\n", line.figure, mark, line.ours, line.reference, line.ratio, line.goal, peak)
	}
	for i, note := range notes {
		fmt.Fprintf(&s, "\n[%d] %s.\n", i+1, note)
	}
	if len(r.missing) > 0 {
		fmt.Fprintf(&s, "\nNot measured here, because what they need is not installed: %s.\n", strings.Join(r.missing, ", "))
	}
	if len(r.failed) > 0 {
		fmt.Fprintf(&s, "\nNot measured, because the attempt failed: %s.\n", strings.Join(r.failed, ", "))
	}
	return s.String()
}

func megabytes(n int64) float64 { return float64(n) / (1 << 20) }

// perSecond is a rate in words.
func perSecond(n int, took time.Duration) string {
	return fmt.Sprintf("%.0f/s", float64(n)/took.Seconds())
}

// times is how often the shorter duration fits into the longer.
func times(long, short time.Duration) float64 { return float64(long) / float64(short) }

// span is a duration in words, to three digits.
func span(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}

// figures lists everything that is measured, in the order of the table.
var figures = []struct {
	name    string
	measure func(*testing.B, *report)
}{
	{"startup", startup},
	{"store", storePath},
	{"composing", composing},
	{"rendering", rendering},
	{"send", sendAll},
	{"slow", slowServer},
	{"tick", cronTick},
	{"stalled", stalled},
	{"classification", classification},
	{"many-runs", manyRuns},
	{"cron-call", cronCall},
	{"idle-serve", idleServe},
	{"pull-others", pullOthers},
	{"pull-ours", pullOurs},
	{"look-around", lookAround},
	{"look-many", lookMany},
	{"round-trips", roundTrips},
	{"crowds", crowds},
	{"growth", growth},
}

// BenchmarkFigures measures every figure and prints the table. MAILRUN_BENCH=quick makes it short; MAILRUN_BENCH_REPORT names a file that the
// table is written to, with what machine it is of; MAILRUN_BENCH_PROFILE=cpu (heap, allocs, mutex) has each process of the program write that
// profile into the folder MAILRUN_BENCH_PROFILES.
func BenchmarkFigures(b *testing.B) {
	r := &report{quick: os.Getenv("MAILRUN_BENCH") == "quick", profile: os.Getenv("MAILRUN_BENCH_PROFILE"), profiles: os.Getenv("MAILRUN_BENCH_PROFILES")}
	began, load := time.Now(), loadAverage()
	r.binary = build(b)
	for _, figure := range figures {
		before, ran, began := len(r.rows), false, time.Now()
		ok := b.Run(figure.name, func(b *testing.B) {
			ran = true
			figure.measure(b, r)
		})
		if ran {
			fmt.Printf("%s took %s\n", figure.name, time.Since(began).Round(time.Second)) // all of them should take a quarter of an hour
		}
		switch {
		case !ok:
			r.failed = append(r.failed, figure.name)
		case ran && len(r.rows) == before:
			r.missing = append(r.missing, figure.name)
		}
	}
	fmt.Printf("\n%s\n", r)
	if path := os.Getenv("MAILRUN_BENCH_REPORT"); path != "" {
		if err := os.WriteFile(path, []byte(r.page(b, began, load)), 0o644); err != nil { //nolint:gosec // a page to be read
			b.Fatal(err)
		}
	}
}
