package web

import (
	"slices"

	"mailrun/internal/words"
)

// The chart shows this many runs, oldest left. Its bars stand chartStep apart in a picture of chartWidth by chartHeight units.
const (
	chartRuns   = 60
	chartStep   = 8
	chartWidth  = chartRuns * chartStep
	chartHeight = 84
	chartTop    = 8 // room for the mark above a failed run
	barWidth    = 6
	barLeast    = 3
)

// chart is the durations and outcomes of the last runs. Outcomes differ by shape and pattern, not by colour alone.
type chart struct {
	Bars          []bar
	Longest       string
	OK, Bad, Idle int
}

// bar is one run in the picture.
type bar struct {
	X, Y, Height int
	Run          runView
}

// newChart draws runs that are given newest first.
func newChart(runs []runView) chart {
	var c chart
	var longest int64 = 1
	for _, r := range runs {
		if r.Status != "running" { // how long that will be nobody knows
			longest = max(longest, r.durationMs)
		}
	}
	room := int64(chartHeight - chartTop)
	for i := len(runs) - 1; i >= 0; i-- {
		r := runs[i]
		height := int(min(max(r.durationMs*room/longest, barLeast), room))
		if r.Status == "skipped" {
			height = barWidth
		}
		c.Bars = append(c.Bars, bar{X: (chartRuns - 1 - i) * chartStep, Y: chartHeight - height, Height: height, Run: r})
		switch r.Status {
		case "success":
			c.OK++
		case "failed":
			c.Bad++
		case "skipped":
			c.Idle++
		}
	}
	c.Longest = words.Duration(longest)
	return c
}

// MarkY is where the mark above a failed run begins.
func (b bar) MarkY() int { return max(b.Y-8, 0) }

// NewestFirst lists the bars for the table.
func (c chart) NewestFirst() []bar {
	bars := slices.Clone(c.Bars)
	slices.Reverse(bars)
	return bars
}
