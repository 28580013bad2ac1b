package simulation

import (
	"fmt"
	"math"
	"strconv"
)

// round keeps two digits, three from ten thousand on where the first is a one: more would be pretence.
func round(v float64) float64 {
	if v == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-1)
	if v/unit < 20 {
		unit /= 10
	}
	return math.Round(v/unit) * unit
}

// scaled writes a number with the largest of some units that leaves at least one.
func scaled(v, step float64, units ...string) string {
	v = round(v)
	i := 0
	for v >= step && i < len(units)-1 {
		v, i = v/step, i+1
	}
	return strconv.FormatFloat(round(v), 'f', -1, 64) + units[i]
}

// amount is a number as in 950, 12 k, 1.4 M, 2.1 G.
func amount(v float64) string { return scaled(v, 1000, "", " k", " M", " G", " T") }

// bytes is a number of bytes as in 700 B, 1.2 GB.
func bytes(v float64) string { return scaled(v, 1000, " B", " kB", " MB", " GB", " TB", " PB") }

func seconds(v float64) string {
	switch {
	case v >= 7200:
		return scaled(v/3600, math.Inf(1), " h")
	case v >= 120:
		return scaled(v/60, math.Inf(1), " min")
	}
	return scaled(v, math.Inf(1), " s")
}

func percent(v float64) string { return fmt.Sprintf("%.2g %%", 100*v) }
