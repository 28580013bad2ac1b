package message

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// replyText reads an input of the replies corpus as a message and returns what is visible of it.
func replyText(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(corpora, "replies", name))
	if err != nil {
		t.Fatal(err)
	}
	switch filepath.Ext(name) {
	case ".eml":
		return VisibleText(Parse(raw))
	case ".html":
		return VisibleText(Parse(append([]byte("MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"), raw...)))
	}
	return VisibleText(Parse(append([]byte("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"), raw...)))
}

// normalized prepares a text for comparison: trimmed lines, runs of blanks and of blank lines folded.
func normalized(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	var lines []string
	for _, line := range strings.Split(s, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line != "" || len(lines) > 0 && lines[len(lines)-1] != "" {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func replyMatches(got, want, match string) bool {
	switch match {
	case "prefix":
		return strings.HasPrefix(normalized(got), normalized(want)) && !strings.Contains("\n"+got, "\n>")
	case "exact_nows":
		return strings.Join(strings.Fields(got), "") == strings.Join(strings.Fields(want), "")
	case "markdown":
		got, want = strings.ReplaceAll(got, "**", ""), strings.ReplaceAll(want, "**", "")
	}
	return normalized(got) == normalized(want)
}

// TestVisibleTextCorpus measures the visible text on replies that other projects collected: at least 90 in 100 are right to the letter.
func TestVisibleTextCorpus(t *testing.T) {
	right, rows := 0, readTSV(t, "replies/replies.tsv")
	for _, row := range rows {
		want := readExpected(t, row["expected"])
		got := replyText(t, row["file"])
		ok := replyMatches(got, want, row["match"])
		if alt := row["alt_expected"]; !ok && alt != "" {
			ok = replyMatches(got, readExpected(t, alt), row["match"])
		}
		if ok {
			right++
			continue
		}
		t.Logf("%s (%s)\n--- got\n%s\n--- want\n%s", row["file"], row["match"], got, want)
	}
	share := float64(right) / float64(len(rows))
	t.Logf("exact: %d of %d, %.3f", right, len(rows), share)
	if share < 0.90 {
		t.Errorf("visible text right in %.3f of the rows, want 0.90", share)
	}
}

func readExpected(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(corpora, "replies", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestVisibleTextConstraints measures what the visible text must and must not contain.
func TestVisibleTextConstraints(t *testing.T) {
	right, rows := 0, readTSV(t, "replies/constraints.tsv")
	for _, row := range rows {
		var words string
		if err := json.Unmarshal([]byte(row["text"]), &words); err != nil {
			t.Fatal(err)
		}
		got := replyText(t, row["file"])
		if strings.Contains(got, words) == (row["kind"] == "must_contain") {
			right++
			continue
		}
		t.Logf("%s %s %q\n--- got\n%s", row["file"], row["kind"], words, got)
	}
	share := float64(right) / float64(len(rows))
	t.Logf("constraints: %d of %d, %.3f", right, len(rows), share)
	if share < 0.95 {
		t.Errorf("constraints kept: %.3f, want 0.95", share)
	}
}
