package intake

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mailrun/pkg/outreach"
)

// SuppressionValue checks an address or a domain ("example.com", "@example.com") and returns it as suppressions store it.
func SuppressionValue(text string) (string, error) {
	text = strings.TrimSpace(text)
	if domain, ok := strings.CutPrefix(text, "@"); ok {
		return Domain(domain)
	}
	if strings.Contains(text, "@") {
		email, _, err := Address(text)
		return email, err
	}
	return Domain(text)
}

// SuppressionList reads addresses and domains, one per line or in a column of a CSV, one row at a time.
type SuppressionList struct {
	csv           *CSV
	value, reason int
	first         []string // a first row that is no header
}

// NewSuppressionList finds the column that holds the values: the one named value, email, address or domain, else the first.
func NewSuppressionList(file string, r io.Reader) (*SuppressionList, error) {
	rows, first, err := openCSV(file, r)
	if err != nil {
		return nil, err
	}
	l := &SuppressionList{csv: &CSV{rows: rows}, value: -1, reason: -1}
	for i, name := range first {
		switch Fold(name) {
		case "value", "email", "emailaddress", "mail", "address", "domain":
			if l.value < 0 {
				l.value = i
			}
		case "reason":
			l.reason = i
		}
	}
	if l.value < 0 {
		l.value, l.reason, l.first = 0, -1, slices.Clone(first)
	}
	return l, nil
}

// Next returns the next value and why it is suppressed. The error is io.EOF, a *Refused, or what reading failed with.
func (l *SuppressionList) Next() (string, outreach.SuppressionReason, error) {
	row, record := 1, l.first
	if l.first != nil {
		l.first = nil
	} else {
		var err error
		if record, row, err = l.csv.read(); err != nil {
			return "", "", err
		}
	}
	if l.value >= len(record) {
		return "", "", &Refused{Row: row, Reason: "no value"}
	}
	value, err := SuppressionValue(record[l.value])
	if err != nil {
		return "", "", &Refused{Row: row, Reason: err.Error()}
	}
	reason, err := l.reasonOf(record)
	if err != nil {
		return "", "", &Refused{Row: row, Email: value, Reason: err.Error()}
	}
	return value, reason, nil
}

func (l *SuppressionList) reasonOf(record []string) (outreach.SuppressionReason, error) {
	if l.reason < 0 || l.reason >= len(record) || record[l.reason] == "" {
		return outreach.SuppressManual, nil
	}
	switch reason := outreach.SuppressionReason(strings.ToLower(strings.TrimSpace(record[l.reason]))); reason {
	case outreach.SuppressManual, outreach.SuppressUnsubscribe, outreach.SuppressBounce, outreach.SuppressComplaint:
		return reason, nil
	}
	return "", fmt.Errorf("%q is no reason: expected unsubscribe, bounce, complaint or manual", short(record[l.reason]))
}
