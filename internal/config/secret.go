package config

import (
	"fmt"
	"log/slog"
)

// Hidden is what a Secret shows instead of its value.
const Hidden = "[hidden]"

// Secret is a value that no print, log line, JSON or YAML shows. The empty Secret shows as nothing, so that "is it set?" stays visible.
type Secret string

// Reveal returns the value itself. Each call is a place to review.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Hidden
}

// Format answers every verb of fmt alike, %x and %#v among them.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText serves JSON, map keys and text encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalYAML serves YAML encoders.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue serves slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
