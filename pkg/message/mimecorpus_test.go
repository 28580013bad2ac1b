package message

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// expectedMessage is another parser's view of a message, as far as it is compared.
type expectedMessage struct {
	TextBody []int `json:"text_body"`
	Parts    []struct {
		Body map[string]json.RawMessage `json:"body"`
	} `json:"parts"`
}

func TestMIMECorpus(t *testing.T) {
	rows := readTSV(t, "mime/mime.tsv")
	var slowest time.Duration
	readable, compared, kept := 0, 0, 0
	for _, row := range rows {
		raw, err := os.ReadFile(filepath.Join(corpora, "mime", row["file"]))
		if err != nil {
			t.Fatal(err)
		}
		m, took := parseTimed(raw)
		slowest = max(slowest, took)
		if took > 50*time.Millisecond {
			t.Errorf("%s took %v", row["file"], took)
		}
		checkValid(t, row["file"], m)
		if strings.TrimSpace(m.Text) != "" {
			readable++
		}
		name := strings.TrimSuffix(row["file"], ".eml") + ".json"
		if data, err := os.ReadFile(filepath.Join(corpora, "mime", "expected", name)); err == nil {
			k, n := keptTexts(t, row["file"], data, m)
			kept, compared = kept+k, compared+n
		}
	}
	t.Logf("%d messages, slowest %v; %d with text; %d of %d expected texts kept", len(rows), slowest, readable, kept, compared)
	// Of the expected texts one shows a boundary line and a header as text, one shows words behind the end of base64 as binary, and one hangs on
	// a boundary that ends like a closing one.
	if lost := compared - kept; lost > 3 {
		t.Errorf("%d of %d texts lost", lost, compared)
	}
	// The others hold pictures, empty parts or headers only.
	if want := 228; readable < want {
		t.Errorf("%d messages with text, want at least %d", readable, want)
	}
}

// parseTimed takes the best of three runs, so that a busy machine is not mistaken for a slow parser.
func parseTimed(raw []byte) (*Message, time.Duration) {
	best := time.Hour
	var m *Message
	for range 3 {
		start := time.Now()
		m = Parse(raw)
		best = min(best, time.Since(start))
	}
	return m, best
}

func checkValid(t *testing.T, name string, m *Message) {
	t.Helper()
	for _, s := range []string{m.Text, m.HTML, m.Subject, m.From.Name, m.From.Address, m.MessageID} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("%s: %.60q is no clean UTF-8", name, s)
		}
	}
}

// keptTexts counts the texts of the other parser that this one shows.
func keptTexts(t *testing.T, name string, data []byte, m *Message) (kept, compared int) {
	t.Helper()
	var expected expectedMessage
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, i := range expected.TextBody {
		var text string
		if i >= len(expected.Parts) || json.Unmarshal(expected.Parts[i].Body["Text"], &text) != nil || strings.TrimSpace(text) == "" {
			continue
		}
		compared++
		if strings.Contains(squeezed(m.Text), squeezed(text)) {
			kept++
		} else {
			t.Logf("%s: lost %.120q, have %.120q", name, text, m.Text)
		}
	}
	return kept, compared
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }
