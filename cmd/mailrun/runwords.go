package main

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// statsInWords is a run's counts as a person reads them; "" if nothing happened.
func statsInWords(run *outreach.CronRunLog) string {
	if run.Status == outreach.RunSkipped {
		return run.ErrorMessage
	}
	names := sendWords
	if run.JobName == outreach.JobSyncMailboxes {
		names = syncWords
	}
	var parts []string
	for _, w := range names {
		if n := outreach.CountOf(run.Stats[w.stat]); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, w.word))
		}
	}
	if skipped := skippedWords(run.Stats["skipped"]); skipped != "" {
		parts = append(parts, skipped)
	}
	return strings.Join(parts, ", ")
}

type statWord struct{ stat, word string }

// The counts worth telling, in the order in which a person asks for them.
var (
	sendWords = []statWord{
		{"sent", "sent"}, {"completed", "completed"}, {"deferred", "deferred"}, {"held", "held"}, {"failed", "failed"}, {"unknown", "unknown"}, {"mailboxes", "mailboxes"},
	}
	syncWords = []statWord{
		{"mailboxes", "mailboxes"}, {"replies", "replies"}, {"bounces", "bounces"}, {"autoReplies", "automatic replies"}, {"unsubscribes", "opt-outs"},
		{"threadsCreated", "new threads"}, {"classified", "classified"}, {"classifyFailed", "not classified"}, {"failed", "mailboxes failed"},
	}
)

// skippedWords lists what was passed over by reason, in a fixed order.
func skippedWords(v any) string {
	var parts []string
	switch skipped := v.(type) {
	case bson.D:
		for _, e := range skipped {
			parts = append(parts, fmt.Sprintf("%d %s", outreach.CountOf(e.Value), e.Key))
		}
	case outreach.Stats:
		for reason, n := range skipped {
			parts = append(parts, fmt.Sprintf("%d %s", outreach.CountOf(n), reason))
		}
	case map[string]any:
		for reason, n := range skipped {
			parts = append(parts, fmt.Sprintf("%d %s", outreach.CountOf(n), reason))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "passed over: " + strings.Join(parts, ", ")
}
