package mailbox

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite faults.md")

// TestFaultDocument keeps faults.md equal to the tables.
func TestFaultDocument(t *testing.T) {
	want := faultDocument()
	if *update {
		if err := os.WriteFile("faults.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("faults.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("faults.md is not what the tables say (run the tests with -update):\n%s", diff)
	}
}

func faultDocument() string {
	var b strings.Builder
	b.WriteString(`# Who is at fault, and what is done about it

This page is written by a test from the tables in faulttable.go and imapstatus.go. The first row that fits decides.

## Sending

Code "none" means that no answer came. Words are the vocabularies below; they are looked for where codes say too little.

| stage | code | status | words | fault | class | effect | why |
|---|---|---|---|---|---|---|---|
`)
	var vocabularies []vocabulary
	known := make(map[string]bool)
	note := func(v vocabulary) string {
		if v.name != "" && !known[v.name] {
			known[v.name] = true
			vocabularies = append(vocabularies, v)
		}
		return v.name
	}
	for _, rule := range faultRules {
		stages := make([]string, len(rule.at))
		for i, stage := range rule.at {
			stages[i] = string(stage)
		}
		class := string(rule.class)
		if rule.maybeTheirs {
			class += ", maybe theirs"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n",
			strings.Join(stages, " "), rule.code, rule.status, note(rule.words), rule.fault, class, rule.effect, rule.why)
	}
	b.WriteString("\n## IMAP\n\nEvery IMAP failure is the mailbox's, and its sync backs off.\n\n| at | answer | code | words | class | why |\n|---|---|---|---|---|---|\n")
	for _, rule := range imapRules {
		at := ""
		if rule.login {
			at = "login"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", at, rule.kind, rule.codes, note(rule.words), rule.class, rule.why)
	}
	b.WriteString("\n## Words\n\n")
	for _, v := range vocabularies {
		fmt.Fprintf(&b, "- **%s**: %s\n", v.name, strings.Join(v.phrases, ", "))
	}
	return b.String()
}
