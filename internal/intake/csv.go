package intake

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"mailrun/pkg/outreach"
)

// maxValue bounds one cell in bytes. What is larger is a broken quote, not a name.
const maxValue = 32 << 10

// Refused is a row that was not taken, and why. Row is the line of the file on which it begins; the header stands on line 1.
type Refused struct {
	Row    int    `json:"row"`
	Email  string `json:"email,omitempty"`
	Reason string `json:"reason"`
}

func (r *Refused) Error() string { return fmt.Sprintf("row %d: %s", r.Row, r.Reason) }

// CSV reads recipients from a spreadsheet's export, one row at a time: memory does not grow with the file. UTF-8 (with or without a byte
// order mark), UTF-16 with one, and Windows-1252 are understood; commas, semicolons and tabs separate.
type CSV struct {
	rows    *csv.Reader
	columns []column
}

// column is where a column's cells go: into a field of the recipient, or into the variable of this name.
type column struct {
	field    func(*outreach.Recipient) *string
	variable string
	email    bool
}

// fields of a recipient by folded header.
var fields = map[string]column{
	"email": {email: true}, "emailaddress": {email: true}, "mail": {email: true},
	"firstname": {field: firstName}, "givenname": {field: firstName}, "forename": {field: firstName},
	"lastname": {field: lastName}, "surname": {field: lastName}, "familyname": {field: lastName},
	"company": {field: company}, "companyname": {field: company}, "organization": {field: company}, "organisation": {field: company},
	"timezone": {field: timezone}, "tz": {field: timezone},
}

func firstName(r *outreach.Recipient) *string { return &r.FirstName }
func lastName(r *outreach.Recipient) *string  { return &r.LastName }
func company(r *outreach.Recipient) *string   { return &r.Company }
func timezone(r *outreach.Recipient) *string  { return &r.Timezone }

// NewCSV reads the header. Its error says what is wrong with the file as a whole.
func NewCSV(file string, r io.Reader) (*CSV, error) {
	rows, header, err := openCSV(file, r)
	if err != nil {
		return nil, err
	}
	c := &CSV{rows: rows}
	if problems := c.readHeader(file, header); len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}

// openCSV finds out how a file is written and reads its first row.
func openCSV(file string, r io.Reader) (*csv.Reader, []string, error) {
	text := bufio.NewReaderSize(transform.NewReader(r, encoding.BOMOverride(latinFallback{})), 64<<10)
	head, err := text.Peek(16 << 10)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, Problems{{File: file, Message: err.Error()}}
		}
		return nil, nil, Problems{{File: file, Message: "is empty"}}
	}
	rows := csv.NewReader(text)
	rows.Comma = separator(head)
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	first, err := rows.Read()
	if err != nil {
		return nil, nil, Problems{{File: file, Line: 1, Message: "cannot read the first line: " + csvReason(err)}}
	}
	return rows, first, nil
}

// separator is the candidate that the first line has most of, outside quotes.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	counts, quoted := map[rune]int{}, false
	for _, r := range string(line) {
		if r == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[r]++
		}
	}
	best := ','
	for _, candidate := range ";\t" {
		if counts[candidate] > counts[best] {
			best = candidate
		}
	}
	return best
}

func (c *CSV) readHeader(file string, header []string) Problems {
	var problems Problems
	seen := map[string]string{}
	emails := 0
	for i, name := range header {
		col, known := fields[Fold(name)]
		key := Fold(name)
		if known && col.email {
			key, emails = "email", emails+1
		} else if !known {
			col.variable = VariableName(name, i+1)
			key = col.variable
		}
		if other, twice := seen[key]; twice {
			problems = append(problems, Problem{File: file, Line: 1, Message: fmt.Sprintf("columns %q and %q mean the same", other, name)})
		}
		seen[key] = name
		c.columns = append(c.columns, col)
	}
	if emails == 0 {
		problems = append(problems, Problem{File: file, Line: 1, Message: fmt.Sprintf("no email column among %s", short(strings.Join(header, ", ")))})
	}
	return problems
}

// Variables lists the names of the columns that become variables.
func (c *CSV) Variables() []string {
	var names []string
	for _, col := range c.columns {
		if col.variable != "" {
			names = append(names, col.variable)
		}
	}
	return names
}

// Next returns the next recipient and its row. The error is io.EOF at the end, a *Refused for a row that cannot be taken (the next call goes on
// behind it), or what reading failed with.
func (c *CSV) Next() (outreach.Recipient, int, error) {
	record, row, err := c.read()
	if err != nil {
		return outreach.Recipient{}, row, err
	}
	recipient, why := c.recipient(record)
	if why != nil {
		return recipient, row, &Refused{Row: row, Email: short(c.email(record)), Reason: why.Error()}
	}
	return recipient, row, nil
}

// read returns the next row as it is written.
func (c *CSV) read() (record []string, row int, err error) {
	record, err = c.rows.Read()
	if _, bad := errors.AsType[*csv.ParseError](err); bad {
		line, _ := parseErrorLine(err)
		return nil, line, &Refused{Row: line, Reason: csvReason(err)}
	}
	if err != nil {
		return nil, 0, err
	}
	row, _ = c.rows.FieldPos(0)
	return record, row, nil
}

func (c *CSV) email(record []string) string {
	for i, col := range c.columns {
		if col.email && i < len(record) {
			return strings.TrimSpace(record[i])
		}
	}
	return ""
}

func (c *CSV) recipient(record []string) (outreach.Recipient, error) {
	var r outreach.Recipient
	if len(record) > len(c.columns) {
		return r, fmt.Errorf("%d values for %d columns: a value with a separator needs quotes", len(record), len(c.columns))
	}
	for i, text := range record {
		text = strings.TrimSpace(text)
		switch col := c.columns[i]; {
		case len(text) > maxValue:
			return r, fmt.Errorf("a value of more than %d KiB: is a quote not closed?", maxValue>>10)
		case text == "" || col.email:
		case col.field != nil:
			*col.field(&r) = text
		default:
			if r.Variables == nil {
				r.Variables = map[string]string{}
			}
			r.Variables[col.variable] = text
		}
	}
	var err error
	if r.Email, r.Domain, err = Address(c.email(record)); err != nil {
		return r, err
	}
	if err := zone(r.Timezone); err != nil {
		return r, err
	}
	return r, nil
}

func parseErrorLine(err error) (int, error) {
	parse, ok := errors.AsType[*csv.ParseError](err)
	if !ok {
		return 0, err
	}
	return parse.StartLine, parse.Err
}

// csvReason says what encoding/csv means.
func csvReason(err error) string {
	line, cause := parseErrorLine(err)
	switch {
	case errors.Is(cause, csv.ErrQuote):
		return fmt.Sprintf("a quoted value that begins on line %d is not closed properly", line)
	case errors.Is(cause, csv.ErrBareQuote):
		return `a " in a value needs the whole value in quotes, and is doubled: "5"" pipe"`
	}
	return err.Error()
}

// Fold makes header names comparable without regard to case, blanks and punctuation.
func Fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// VariableName is the name under which templates know a column: the header itself if it is a plain name, else its words in camelCase
// ("Job title" is jobTitle). A column without a name is columnN.
func VariableName(header string, number int) string {
	words := strings.FieldsFunc(header, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
	if len(words) == 0 {
		return fmt.Sprintf("column%d", number)
	}
	if len(words) > 1 {
		words[0] = strings.ToLower(words[0])
	}
	for i, word := range words[1:] {
		first, size := utf8.DecodeRuneInString(word)
		words[i+1] = string(unicode.ToUpper(first)) + strings.ToLower(word[size:])
	}
	name := strings.Join(words, "")
	if first, _ := utf8.DecodeRuneInString(name); unicode.IsDigit(first) {
		name = "_" + name
	}
	return name
}
