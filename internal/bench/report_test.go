package bench

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// row is one figure beside its reference. Goal says what it should be; peak is the memory of our process in bytes, 0 where the figure is no
// process of its own.
type row struct {
	figure, ours, reference string
	ratio                   float64
	goal                    string
	peak                    int64
}

// report collects the rows of a run. Quick asks for small sizes; binary is the program, built for this run.
type report struct {
	quick  bool
	binary string
	rows   []row
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

// String is the table in Markdown.
func (r *report) String() string {
	var s strings.Builder
	s.WriteString("| figure | ours | reference | ratio | goal | peak memory |\n|---|---|---|---|---|---|\n")
	for _, line := range r.rows {
		peak := ""
		if line.peak > 0 {
			peak = fmt.Sprintf("%.0f MB", megabytes(line.peak))
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %.2f | %s | %s |\n", line.figure, line.ours, line.reference, line.ratio, line.goal, peak)
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

// BenchmarkFigures measures every figure and prints the table. MAILRUN_BENCH=quick makes it short.
func BenchmarkFigures(b *testing.B) {
	r := &report{quick: os.Getenv("MAILRUN_BENCH") == "quick", binary: build(b)}
	for _, figure := range []struct {
		name    string
		measure func(*testing.B, *report)
	}{
		{"startup", startup},
		{"due", dueQuery},
		{"store", storePath},
		{"send", sendAll},
		{"slow", slowServer},
		{"tick", cronTick},
		{"stalled", stalled},
		{"many-runs", manyRuns},
		{"cron-call", cronCall},
		{"idle-serve", idleServe},
		{"pull-others", pullOthers},
		{"pull-ours", pullOurs},
		{"look-around", lookAround},
		{"round-trips", roundTrips},
	} {
		b.Run(figure.name, func(b *testing.B) { figure.measure(b, r) })
	}
	fmt.Printf("\n%s\n", r)
}
