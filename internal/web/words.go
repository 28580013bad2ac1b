package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// statWord is a count's name in a run log and what a person calls it.
type statWord struct{ stat, one, many string }

// The counts of the two jobs, in the order in which a person asks for them.
var (
	sendWords = []statWord{
		{"sent", "message sent", "messages sent"}, {"completed", "sequence completed", "sequences completed"}, {"deferred", "deferred", "deferred"},
		{"held", "held for a person", "held for a person"}, {"failed", "failed", "failed"}, {"unknown", "outcome unknown", "outcomes unknown"},
		{"due", "was due", "were due"}, {"mailboxes", "mailbox", "mailboxes"},
	}
	syncWords = []statWord{
		{"replies", "reply", "replies"}, {"bounces", "bounce", "bounces"}, {"autoReplies", "automatic reply", "automatic replies"},
		{"unsubscribes", "opt-out", "opt-outs"}, {"classified", "classified", "classified"}, {"classifyFailed", "not classified", "not classified"},
		{"failed", "mailbox failed", "mailboxes failed"}, {"mailboxes", "mailbox read", "mailboxes read"}, {"synced", "with news", "with news"},
		{"unchanged", "unchanged", "unchanged"}, {"messages", "message looked at", "messages looked at"}, {"threadsCreated", "new thread", "new threads"},
		{"threadsUpdated", "thread updated", "threads updated"}, {"unmatched", "unmatched", "unmatched"},
	}
)

// wordsInShort is how many kinds of counts the short form tells.
const wordsInShort = 5

func wordsOf(name outreach.JobName) []statWord {
	if name == outreach.JobSyncMailboxes {
		return syncWords
	}
	return sendWords
}

// statsInWords tells the first counts of a run that are not zero; "nothing to do" if all are.
func statsInWords(run *outreach.CronRunLog) string {
	var parts []string
	for _, w := range wordsOf(run.JobName) {
		if n := outreach.CountOf(run.Stats[w.stat]); n > 0 && len(parts) < wordsInShort {
			parts = append(parts, counted(n, w.one, w.many))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// stat is one line of a run's counts in full.
type stat struct {
	Name  string
	Value string
}

// allStats lists every count of a run: the known ones in order, then what was passed over by reason, then how long a send took.
func allStats(run *outreach.CronRunLog) []stat {
	var out []stat
	for _, w := range wordsOf(run.JobName) {
		if v, ok := run.Stats[w.stat]; ok {
			out = append(out, stat{w.many, fmt.Sprint(outreach.CountOf(v))})
		}
	}
	for _, e := range sortedDocument(run.Stats["skipped"]) {
		out = append(out, stat{"passed over: " + reasonInWords(e.Key), fmt.Sprint(outreach.CountOf(e.Value))})
	}
	for _, e := range sortedDocument(run.Stats["sendMs"]) {
		out = append(out, stat{"time per message, " + strings.ToUpper(e.Key), (time.Duration(outreach.CountOf(e.Value)) * time.Millisecond).String()})
	}
	return out
}

// runErrors are the mailboxes that failed in a run; more counts those that are not listed.
func runErrors(run *outreach.CronRunLog) (errs []outreach.SyncError, more int64) {
	list, _ := run.Stats["errors"].(bson.A)
	for _, item := range list {
		raw, err := bson.Marshal(item)
		if err != nil {
			continue
		}
		var e outreach.SyncError
		if bson.Unmarshal(raw, &e) == nil {
			errs = append(errs, e)
		}
	}
	return errs, outreach.CountOf(run.Stats["moreErrors"])
}

// sortedDocument is an embedded document, however it was decoded, by key.
func sortedDocument(v any) bson.D {
	var d bson.D
	switch v := v.(type) {
	case bson.D:
		d = slices.Clone(v)
	case map[string]any:
		for key, value := range v {
			d = append(d, bson.E{Key: key, Value: value})
		}
	case outreach.Stats:
		return sortedDocument(map[string]any(v))
	}
	slices.SortFunc(d, func(a, b bson.E) int { return strings.Compare(a.Key, b.Key) })
	return d
}

// reasonInWords is a reason of status as a person says it; "missing_variable: company" keeps what it names.
func reasonInWords(reason string) string {
	if words, ok := reasonWords[reason]; ok {
		return words
	}
	return strings.ReplaceAll(reason, "_", " ")
}

var reasonWords = map[string]string{
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

// durationInWords is a run's length with two digits that matter.
func durationInWords(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}

// agoInWords is how long ago or how soon a time is, roughly.
func agoInWords(t, now time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		return "in " + spanInWords(-d)
	}
	if d < 10*time.Second {
		return "just now"
	}
	return spanInWords(d) + " ago"
}

func spanInWords(d time.Duration) string {
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
