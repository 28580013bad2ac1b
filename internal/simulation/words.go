package simulation

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// digits writes a number with two digits, three where the first is a one: more would be pretence.
func digits(v float64) string {
	if v == 0 {
		return "0"
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-1)
	if v/unit < 20 {
		unit /= 10
	}
	decimals := max(int(-math.Floor(math.Log10(unit)+0.5)), 0)
	text := strconv.FormatFloat(math.Round(v/unit)*unit, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// scaled writes a number with the largest of some units that leaves at least one.
func scaled(v float64, units ...string) string {
	i := 0
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	return digits(v) + units[i]
}

// amount is a number as in 950, 12 k, 1.4 M, 2.1 G.
func amount(v float64) string { return scaled(v, "", " k", " M", " G", " T") }

// bytes is a number of bytes as in 700 B, 1.2 GB.
func bytes(v float64) string { return scaled(v, " B", " kB", " MB", " GB", " TB", " PB") }

func seconds(v float64) string {
	switch {
	case v >= 7200:
		return digits(v/3600) + " h"
	case v >= 120:
		return digits(v/60) + " min"
	}
	return digits(v) + " s"
}

func percent(v float64) string { return fmt.Sprintf("%.2g %%", 100*v) }

// span is a duration without zeros at its end: 4m, not 4m0s.
func span(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"0s", "0m"} {
		if cut, ok := strings.CutSuffix(text, zero); ok && strings.ContainsAny(cut, "mh") && strings.TrimRight(cut, "0123456789") == cut {
			text = cut
		}
	}
	return text
}
