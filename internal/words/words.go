// Package words says for people what runs counted and why messages wait. The terminal and the admin page say the same.
package words

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// count is a count's name in a run log and what a person calls it.
type count struct{ stat, one, many string }

// The counts of the two jobs, in the order in which a person asks for them.
var (
	sendCounts = []count{
		{"sent", "message sent", "messages sent"}, {"completed", "sequence completed", "sequences completed"}, {"deferred", "deferred", "deferred"},
		{"held", "held for a person", "held for a person"}, {"failed", "failed", "failed"}, {"unknown", "outcome unknown", "outcomes unknown"},
		{"due", "was due", "were due"}, {"mailboxes", "mailbox", "mailboxes"},
	}
	syncCounts = []count{
		{"replies", "reply", "replies"}, {"bounces", "bounce", "bounces"}, {"autoReplies", "automatic reply", "automatic replies"},
		{"unsubscribes", "opt-out", "opt-outs"}, {"classified", "classified", "classified"}, {"classifyFailed", "not classified", "not classified"},
		{"failed", "mailbox failed", "mailboxes failed"}, {"mailboxes", "mailbox read", "mailboxes read"}, {"synced", "with news", "with news"},
		{"unchanged", "unchanged", "unchanged"}, {"messages", "message looked at", "messages looked at"}, {"threadsCreated", "new thread", "new threads"},
		{"threadsUpdated", "thread updated", "threads updated"}, {"unmatched", "unmatched", "unmatched"},
	}
)

// inShort is how many kinds of counts Run tells.
const inShort = 4

func countsOf(job outreach.JobName) []count {
	if job == outreach.JobSyncMailboxes {
		return syncCounts
	}
	return sendCounts
}

// Stats lists the names of a job's counts in a run log, in the order in which they are told.
func Stats(job outreach.JobName) []string {
	var names []string
	for _, c := range countsOf(job) {
		names = append(names, c.stat)
	}
	return names
}

// Run tells the first counts of a run that are not zero: "3 messages sent, 1 held for a person". It is empty if all are.
func Run(run *outreach.CronRunLog) string {
	var parts []string
	for _, c := range countsOf(run.JobName) {
		if n := outreach.CountOf(run.Stats[c.stat]); n > 0 && len(parts) < inShort {
			parts = append(parts, counted(n, c.one, c.many))
		}
	}
	return strings.Join(parts, ", ")
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// PassedOver tells whom a run of run-sequences passed over, by reason; it is empty if it passed over nobody.
func PassedOver(run *outreach.CronRunLog) string {
	var parts []string
	for _, e := range sorted(run.Stats["skipped"]) {
		parts = append(parts, fmt.Sprintf("%d %s", outreach.CountOf(e.Value), Reason(e.Key)))
	}
	return strings.Join(parts, ", ")
}

// Line is one line of a run's counts in full.
type Line struct{ Name, Value string }

// Lines lists every count of a run: the known ones in order, then what was passed over by reason, then how long a send took.
func Lines(run *outreach.CronRunLog) []Line {
	var out []Line
	for _, c := range countsOf(run.JobName) {
		if v, ok := run.Stats[c.stat]; ok {
			out = append(out, Line{c.many, fmt.Sprint(outreach.CountOf(v))})
		}
	}
	for _, e := range sorted(run.Stats["skipped"]) {
		out = append(out, Line{"passed over: " + Reason(e.Key), fmt.Sprint(outreach.CountOf(e.Value))})
	}
	for _, e := range sorted(run.Stats["sendMs"]) {
		out = append(out, Line{"time per message, " + strings.ToUpper(e.Key), (time.Duration(outreach.CountOf(e.Value)) * time.Millisecond).String()})
	}
	return out
}

// sorted is an embedded document, however it was decoded, by key.
func sorted(v any) bson.D {
	var d bson.D
	switch v := v.(type) {
	case bson.D:
		d = slices.Clone(v)
	case map[string]any:
		for key, value := range v {
			d = append(d, bson.E{Key: key, Value: value})
		}
	case outreach.Stats:
		return sorted(map[string]any(v))
	}
	slices.SortFunc(d, func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) })
	return d
}

// Reason is a reason of status as a person says it; "missing_variable: company" keeps what it names.
func Reason(reason string) string {
	if words, ok := reasons[reason]; ok {
		return words
	}
	return strings.ReplaceAll(reason, "_", " ")
}

var reasons = map[string]string{
	outreach.ReasonOutsideWindow:      "outside the sending hours",
	outreach.ReasonInboxNotSynced:     "the inbox was not read lately",
	outreach.ReasonDailyLimit:         "the mailbox's daily limit is reached",
	outreach.ReasonHourlyLimit:        "the mailbox's hourly limit is reached",
	outreach.ReasonSequenceDailyLimit: "the sequence's daily limit is reached",
	outreach.ReasonNewPerDay:          "enough new recipients for today",
	outreach.ReasonRampUp:             "the mailbox is warming up",
	outreach.ReasonDomainLimit:        "enough for this domain today",
	outreach.ReasonGap:                "the gap between two messages",
	outreach.ReasonNotDue:             "not due yet",
	outreach.ReasonRecipientPaused:    "paused",
	outreach.ReasonHeld:               "held for a person",
	outreach.ReasonDeliveryUnknown:    "it is not known whether the last message arrived",
	outreach.ReasonStale:              "overdue for too long",
	outreach.ReasonNoMailbox:          "no mailbox",
	outreach.ReasonMailboxError:       "the mailbox fails",
	outreach.ReasonMailboxBackoff:     "the mailbox rests after a failure",
	outreach.ReasonMailboxPaused:      "the mailbox is paused",
}

// Duration is how long a run took, with two digits that matter.
func Duration(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// Ago is how long ago or how soon a time is, roughly.
func Ago(t, now time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		return "in " + span(-d)
	}
	if d < 10*time.Second {
		return "just now"
	}
	return span(d) + " ago"
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
