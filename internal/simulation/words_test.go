package simulation

import (
	"testing"
	"time"
)

func TestNumbersInWords(t *testing.T) {
	for want, got := range map[string]string{
		"0":       amount(0),
		"7.5":     amount(7.5),
		"110":     amount(110),
		"1.23 k":  amount(1234),
		"1 M":     amount(999_999),
		"37 M":    amount(36_700_000),
		"4.6 G":   amount(4.6e9),
		"640 GB":  bytes(640.4e9),
		"20 s":    seconds(20.2),
		"5.3 min": seconds(5.3 * 60),
		"4m":      span(4 * time.Minute),
		"1m30s":   span(90 * time.Second),
		"600ms":   span(600 * time.Millisecond),
		"1h":      span(time.Hour),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
