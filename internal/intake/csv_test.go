package intake

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

// readAll returns the recipients and the refusals as lines.
func readAll(t *testing.T, text string) ([]outreach.Recipient, []string) {
	t.Helper()
	c, err := NewCSV("f.csv", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var good []outreach.Recipient
	var bad []string
	for {
		r, _, err := c.Next()
		if errors.Is(err, io.EOF) {
			return good, bad
		}
		if err != nil {
			bad = append(bad, err.Error())
			continue
		}
		good = append(good, r)
	}
}

func TestCSVReadsWhatSpreadsheetsWrite(t *testing.T) {
	ann := outreach.Recipient{Email: "ann@x.io", Domain: "x.io", FirstName: "Änn", Variables: map[string]string{"jobTitle": "CEO, founder"}}
	utf16 := "\xff\xfe"
	for _, r := range "E-Mail;first_name;Job Title\nann@x.io;Änn;CEO, founder\n" {
		utf16 += string([]byte{byte(r), byte(r >> 8)})
	}
	for name, text := range map[string]string{
		"commas":       "email,first name,Job title\nAnn@X.io,Änn,\"CEO, founder\"\n",
		"semicolons":   "E-Mail;First_Name;job TITLE\nann@x.io;Änn;CEO, founder\n",
		"tabs":         "EMAIL\tFirstName\tJob-Title\nann@x.io\tÄnn\tCEO, founder",
		"mark":         "\ufeffemail,firstName,jobTitle\r\nann@x.io,Änn,\"CEO, founder\"\r\n",
		"windows-1252": "email;firstname;job title\nann@x.io;\xc4nn;CEO, founder\n",
		"utf-16":       utf16,
	} {
		good, bad := readAll(t, text)
		if diff := cmp.Diff([]outreach.Recipient{ann}, good); diff != "" || len(bad) > 0 {
			t.Errorf("%s: %v %s", name, bad, diff)
		}
	}
}

func TestCSVRefusesRowsOneByOne(t *testing.T) {
	text := "email,tz\n" +
		"good@x.io,Europe/Oslo\n" +
		"nonsense,\n" +
		",\n" +
		"zone@x.io,Mars\n" +
		"many@x.io,,x\n" +
		"quo\"te@x.io,\n" +
		"\n" +
		"short@x.io\n" +
		"open@x.io,\"Europe/\n"
	good, bad := readAll(t, text)
	if len(good) != 2 || good[1].Email != "short@x.io" {
		t.Errorf("good: %+v", good)
	}
	want := []string{
		`row 3: "nonsense" has no @`,
		"row 4: no address",
		`row 5: unknown time zone "Mars": use an IANA name such as Europe/Berlin`,
		"row 6: 3 values for 2 columns: a value with a separator needs quotes",
		`row 7: a " in a value needs the whole value in quotes, and is doubled: "5"" pipe"`,
		"row 10: a quoted value that begins on line 10 is not closed properly",
	}
	if diff := cmp.Diff(want, bad); diff != "" {
		t.Error(diff)
	}
}

func TestCSVHeaderMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "f.csv: is empty",
		"name,company\n":             "f.csv line 1: no email column among name, company",
		"email,E-Mail\n":             `f.csv line 1: columns "email" and "E-Mail" mean the same`,
		"email,Job title,jobTitle\n": `f.csv line 1: columns "Job title" and "jobTitle" mean the same`,
	} {
		_, err := NewCSV("f.csv", strings.NewReader(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestVariableNames(t *testing.T) {
	for header, want := range map[string]string{
		"jobTitle": "jobTitle", "job_title": "job_title", "Job title": "jobTitle", "LTV (EUR)": "ltvEur", " city ": "city", "": "column3", "2nd name": "_2ndName", "Größe": "Größe",
	} {
		if got := VariableName(header, 3); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

// rows is an endless-looking file made while it is read.
type rows struct{ n, i int }

func (r *rows) Read(p []byte) (int, error) {
	if r.i > r.n {
		return 0, io.EOF
	}
	line := "email,firstName,company,note\n"
	if r.i > 0 {
		line = fmt.Sprintf("person%d@example%d.com,Ann,Acme,%s\n", r.i, r.i%100, strings.Repeat("x", 200))
	}
	r.i++
	return copy(p, line), nil
}

func TestCSVMemoryDoesNotGrowWithTheFile(t *testing.T) {
	c, err := NewCSV("f.csv", &rows{n: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	count := 0
	for {
		_, _, err := c.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if count++; count == 1000 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if count != 100_000 {
		t.Errorf("%d rows", count)
	}
	if after.HeapAlloc > before.HeapAlloc+(1<<20) {
		t.Errorf("heap grew from %d to %d bytes", before.HeapAlloc, after.HeapAlloc)
	}
	runtime.KeepAlive(c)
}

func TestSuppressionLists(t *testing.T) {
	for name, text := range map[string]string{
		"lines":  "Ann@X.io\n@example.com\nbad one\n",
		"column": "id;E-Mail;reason\n1;ann@x.io;\n2;example.com;bounce\n3;bad one;\n",
	} {
		l, err := NewSuppressionList("f", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for {
			value, reason, err := l.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				value, reason = "refused", ""
			}
			got = append(got, value+" "+string(reason))
		}
		want := []string{"ann@x.io manual", "example.com manual", "refused "}
		if name == "column" {
			want[1] = "example.com bounce"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"email\na@x.io\n", "email;x\n\"a@x.io\";\"", "\xff\xfee\x00", "email\n\xc4\xe2\x82\n", "\"\"\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := NewCSV("f.csv", strings.NewReader(string(raw)))
		if err != nil {
			return
		}
		for range len(raw) + 2 {
			r, row, err := c.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && (r.Email == "" || r.Domain == "" || row < 2) {
				t.Fatalf("row %d: %+v", row, r)
			}
		}
		t.Fatal("does not end")
	})
}
