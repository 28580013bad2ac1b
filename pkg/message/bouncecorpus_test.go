package message

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailrun/pkg/outreach"
)

// corpora holds real mail with the answers that other projects expect. It is not part of the project.
const corpora = "../../../shared/corpora"

// readTSV returns the rows of a table of the corpora by column name.
func readTSV(t *testing.T, name string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(corpora, name))
	if err != nil {
		t.Skipf("no corpora: %v", err)
	}
	lines := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	names := strings.Split(lines[0], "\t")
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, value := range strings.Split(line, "\t") {
			row[names[i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}

// readCorpus parses one message of the corpora.
func readCorpus(t *testing.T, name string) *Message {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(corpora, name))
	if err != nil {
		t.Skipf("no corpora: %v", err)
	}
	return Parse(raw)
}

// policyReasons are the reasons that sisimai counts as soft because they may pass, while mailrun tells them apart as block: the refusal is
// about the sender or the message, and neither hard nor soft.
var policyReasons = map[string]bool{
	"blocked": true, "spamdetected": true, "policyviolation": true, "authfailure": true, "requireptr": true, "badreputation": true, "rejected": true,
	"securityerror": true, "virusdetected": true, "notcompliantrfc": true, "norelaying": true, "contenterror": true, "speeding": true, "toomanyconn": true,
}

// isUndecided leaves out rows whose class cannot be compared. sisimai's "filtered" is a conclusion from the SMTP command that the message does
// not name (the server says "user unknown"), "onhold" and "undefined" are its words for not knowing. flufl.bounce knows no more than permanent
// and temporary, and files a full mailbox, which all other sources and mailrun call soft, under permanent.
func isUndecided(row map[string]string, text string) bool {
	if strings.HasPrefix(row["file"], "flufl__") && row["class"] == "hard" {
		return fullWords.in(foldText(text))
	}
	return row["reason"] == "filtered" || row["reason"] == "onhold" || row["reason"] == "undefined"
}

// isPolicy says whether the class of a row is one of those that the corpora's README tells to judge by status and reason.
func isPolicy(row map[string]string) bool {
	return strings.HasPrefix(row["file"], "sisimai__") && (policyReasons[row["reason"]] || strings.HasPrefix(row["status"], "5.7.") && row["class"] == "soft")
}

func TestBounceCorpus(t *testing.T) {
	rows := readTSV(t, "bounces/bounces.tsv")
	readings := map[string]bounceReading{}
	bounces := map[string]bool{}
	var detected, right, expected int
	for _, row := range rows {
		file := row["file"]
		if _, ok := bounces[file]; ok {
			continue
		}
		want := row["is_bounce"] == "yes" || file == "mikel-mail__report_422.eml" // a delay warning, which the corpora's README calls a soft bounce
		m := readCorpus(t, "bounces/"+file)
		reading, ok := readBounce(m)
		ok = ok && !isComplaint(m)
		readings[file], bounces[file] = reading, ok
		if want {
			expected++
		}
		if ok {
			detected++
		}
		if ok && want {
			right++
		}
		if ok != want {
			t.Logf("%s: bounce %v, want %v", file, ok, want)
		}
	}
	precision, recall := float64(right)/float64(detected), float64(right)/float64(expected)
	addresses, typed := recipientFigures(t, rows, readings, bounces)
	t.Logf("precision %.4f, recall %.4f, recipient %.4f, hard/soft %.4f", precision, recall, addresses, typed)
	atLeast(t, "precision", precision, 0.99)
	atLeast(t, "recall", recall, 0.97)
	atLeast(t, "recipient", addresses, 0.97)
	atLeast(t, "hard/soft", typed, 0.93)
}

// recipientFigures returns the share of rows with the right recipient, and with the right class where that is to be judged. A policy refusal
// is right as block.
func recipientFigures(t *testing.T, rows []map[string]string, readings map[string]bounceReading, bounces map[string]bool) (addresses, typed float64) {
	var named, found, judged, agreed, all, allAgreed int
	for _, row := range rows {
		reading := readings[row["file"]]
		if row["is_bounce"] != "yes" || !bounces[row["file"]] {
			continue
		}
		got := matchRecipient(reading, row["recipient"])
		if row["recipient"] != "" {
			named++
			if strings.EqualFold(got.Recipient, row["recipient"]) {
				found++
			} else {
				t.Logf("%s: recipient %q, want %q", row["file"], got.Recipient, row["recipient"])
			}
		}
		if row["class"] != "hard" && row["class"] != "soft" || row["recipient"] == "" && len(reading.recipients) > 1 {
			continue
		}
		agrees := string(got.Type) == row["class"] || isPolicy(row) && got.Type == outreach.BounceBlock
		all++
		if agrees {
			allAgreed++
		}
		if isUndecided(row, readCorpus(t, "bounces/"+row["file"]).Text) {
			continue
		}
		judged++
		if agrees {
			agreed++
		} else {
			t.Logf("%s: type %s, want %s (%s %s): %s %s %.120s", row["file"], got.Type, row["class"], row["reason"], row["status"], got.Action, got.Status, got.Diagnostic)
		}
	}
	t.Logf("hard/soft over all %d rows: %.4f; %d judged", all, float64(allAgreed)/float64(all), judged)
	return float64(found) / float64(named), float64(agreed) / float64(judged)
}

// matchRecipient returns the entry for an address, else the first one.
func matchRecipient(b bounceReading, address string) *BouncedRecipient {
	for i := range b.recipients {
		if strings.EqualFold(b.recipients[i].Recipient, address) {
			return &b.recipients[i]
		}
	}
	if len(b.recipients) == 0 {
		return &BouncedRecipient{Bounce: outreach.Bounce{Type: outreach.BounceOther}}
	}
	return &b.recipients[0]
}

func atLeast(t *testing.T, name string, got, want float64) {
	t.Helper()
	if got < want {
		t.Errorf("%s %.4f, want at least %.2f", name, got, want)
	}
}
