package config

import (
	"fmt"
	"math"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// expected is the error of a value that does not parse: it says what would.
type expected string

func (e expected) Error() string { return "expected " + string(e) }

func text(name, preset, meaning string, field func(*Settings) *string) Key {
	return Key{Name: name, Default: preset, Meaning: meaning, set: func(s *Settings, value string) error {
		*field(s) = value
		return nil
	}}
}

func filePath(name, preset, meaning string, field func(*Settings) *string) Key {
	k := text(name, preset, meaning, field)
	k.path = true
	return k
}

func secret(name, meaning string, field func(*Settings) *Secret) Key {
	return Key{Name: name, Meaning: meaning, Secret: true, set: func(s *Settings, value string) error {
		*field(s) = Secret(value)
		return nil
	}}
}

// checked adds a test of the text to a key.
func checked(k Key, check func(string) error) Key {
	set := k.set
	k.set = func(s *Settings, value string) error {
		if err := check(value); err != nil {
			return err
		}
		return set(s, value)
	}
	return k
}

func toggle(name, preset, meaning string, field func(*Settings) *bool) Key {
	return Key{Name: name, Default: preset, Meaning: meaning, set: func(s *Settings, value string) error {
		switch strings.ToLower(value) {
		case "true", "1", "yes", "on":
			*field(s) = true
		case "false", "0", "no", "off":
			*field(s) = false
		default:
			return expected("true or false")
		}
		return nil
	}}
}

func count(name, preset string, least, most int, meaning string, field func(*Settings) *int) Key {
	return Key{Name: name, Default: preset, Meaning: meaning, set: func(s *Settings, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return expected(fmt.Sprintf("a whole number from %d to %d", least, most))
		}
		*field(s) = n
		return nil
	}}
}

func duration(name, preset, meaning string, field func(*Settings) *Duration) Key {
	return Key{Name: name, Default: preset, Meaning: meaning, set: func(s *Settings, value string) error {
		return field(s).Set(value)
	}}
}

// webURL accepts an absolute http or https address and drops its trailing slash.
func webURL(name, meaning string, field func(*Settings) *string) Key {
	return Key{Name: name, Meaning: meaning, set: func(s *Settings, value string) error {
		u, err := url.Parse(value)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			return expected("an address like https://mail.example.com, without a query")
		}
		*field(s) = strings.TrimRight(value, "/")
		return nil
	}}
}

func setListenAddr(s *Settings, value string) error {
	_, port, err := net.SplitHostPort(value)
	n, numeric := strconv.Atoi(port)
	if strings.HasPrefix(value, "unix:") && filepath.IsAbs(value[len("unix:"):]) {
		err, numeric, n = nil, nil, 0
	}
	if err != nil || numeric != nil || n < 0 || n > 65535 {
		return expected("host:port, for example 127.0.0.1:8080, or unix: and an absolute path")
	}
	s.ListenAddr = value
	return nil
}

func mongoURI(value string) error {
	if !strings.HasPrefix(value, "mongodb://") && !strings.HasPrefix(value, "mongodb+srv://") {
		return expected("an address that begins with mongodb:// or mongodb+srv://")
	}
	return nil
}

// Duration is a time.Duration as operators write it: Go's units plus d (24 hours) and w (7 days), whole or decimal ("90s", "4m", "1h30m", "7d"), or a bare
// "0". It is a pflag.Value, so that flags and settings read alike.
type Duration time.Duration

// Set parses text. Negative durations are refused.
func (d *Duration) Set(text string) error {
	parsed, err := parseDuration(text)
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

func (d *Duration) String() string { return FormatDuration(time.Duration(*d)) }

// Type names the kind of value in help texts.
func (d *Duration) Type() string { return "duration" }

// FormatDuration writes a duration as an operator would: the largest unit that leaves no rest, without Go's "0s" tails.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0"
	case d%day == 0:
		return strconv.FormatInt(int64(d/day), 10) + "d"
	case d%time.Hour == 0:
		return strconv.FormatInt(int64(d/time.Hour), 10) + "h"
	case d%time.Minute == 0:
		return strconv.FormatInt(int64(d/time.Minute), 10) + "m"
	}
	return d.String()
}

// maxDays is a hundred years, well inside what a time.Duration holds.
const maxDays = 36_500

func parseDuration(text string) (time.Duration, error) {
	const want = expected("a duration like 90s, 30m, 12h or 7d, or 0")
	rest := strings.TrimSpace(text)
	var days float64
	for _, unit := range []struct {
		letter string
		days   float64
	}{{"w", 7}, {"d", 1}} {
		head, tail, found := strings.Cut(rest, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseFloat(head, 64)
		if n *= unit.days; err != nil || !(n >= 0 && days+n <= maxDays) {
			return 0, want
		}
		days, rest = days+n, tail
	}
	total := time.Duration(days * float64(24*time.Hour))
	if rest == "" && strings.TrimSpace(text) != "" {
		return total, nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || math.MaxInt64-d < total {
		return 0, want
	}
	return total + d, nil
}
