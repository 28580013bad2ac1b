package main

import (
	"fmt"
	"strings"
	"time"
)

// printConversation prints a thread as a person reads it: who wrote when, and the words, each side with its own mark.
func (a *app) printConversation(v *threadView) {
	a.say("%s  (%d messages, %s)", clean(v.Subject, 100), len(v.Messages), v.Status)
	for i := range v.Messages {
		m := &v.Messages[i]
		mark, from := "→", m.From
		if m.Direction == "inbound" {
			mark = "←"
		}
		note := ""
		for _, word := range []string{string(m.Kind), string(m.Intent), m.Status} {
			if word != "" && word != "sent" && word != "human" {
				note += "  " + a.colored(word)
			}
		}
		a.say("\n%s %s  %s%s", mark, clean(from, 60), localText(m.At), note)
		for line := range strings.Lines(strings.TrimSpace(m.Text)) {
			fmt.Fprintln(a.out, "  "+clean(line, 200))
		}
	}
}

// localText prints a time that JSON carries for a person.
func localText(at string) string {
	t, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return at
	}
	return local(t)
}
