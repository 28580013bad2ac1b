package simulation

import (
	"slices"

	"mailrun/internal/store"
)

// Kind is a kind of request that a job makes of the store.
type Kind int

// The requests of run-sequences for each mailbox and message, in the order in which they come, then those of sync-mailboxes.
const (
	Lease         Kind = iota // take a mailbox for sending
	ReadSequences             // sequences that a run comes upon, with their steps
	ListDue                   // a mailbox's due follow-ups
	ListRetries               // its deferred first steps
	ListNew                   // a sequence's due new recipients, as many as its mailboxes may take
	Suppressed                // which of those are suppressed
	Postpone                  // date a recipient anew who came due outside the window or behind a cap
	ReadCap                   // how much of a shared cap is taken
	ClaimOne                  // take a recipient
	LookBack                  // the earlier steps of a recipient
	TakeCap                   // take a place under a shared cap
	Intent                    // history as sending, and the gap ahead
	LookState                 // last look: the recipient
	LookStop                  // last look: suppressions
	LookStatus                // last look: the sequence
	Outcome                   // history sent, recipient advanced, mailbox counted
	OutcomeLast               // the same, and the mailbox given back, which must rest
	Release                   // give the mailbox back
	SyncLease                 // take the next mailbox that is due for reading
	SyncRelease               // give it back with its health and next time
	Leftovers                 // has a killed run left effects in this mailbox
	Match                     // whom do new messages concern
	Keep                      // store replies
	KeepRead                  // read the sequence, threads and counts for their effects
	Effects                   // apply them
	Cursor                    // move the folder's cursor
	kinds
)

// shape is what a request is to the database: the engine's call, the collection it begins with, how many documents it writes, and the fields
// that those change, by collection, from which the index entries follow.
type shape struct {
	name       string
	call       string
	collection string
	writes     []change
}

// change is one written document: a new one if it has no fields.
type change struct {
	collection string
	fields     []string
}

var shapes = [kinds]shape{
	Lease:         {"lease of a mailbox", "findAndUpdate", store.Mailboxes, []change{{store.Mailboxes, []string{"lease.owner"}}}},
	ReadSequences: {"sequences come upon", "find", store.Sequences, nil},
	ListDue:       {"due follow-ups", "find", store.Recipients, nil},
	ListRetries:   {"deferred first steps", "find", store.Recipients, nil},
	ListNew:       {"new recipients in line", "find", store.Recipients, nil},
	Suppressed:    {"suppressed among them", "find", store.Suppressions, nil},
	Postpone:      {"postponement", "write", store.Recipients, []change{{store.Recipients, []string{"nextSendAt", "reason"}}}},
	ReadCap:       {"shared cap read", "find", store.Counters, nil},
	ClaimOne:      {"claim", "findAndUpdate", store.Recipients, []change{{store.Recipients, []string{"claim.owner"}}}},
	LookBack:      {"earlier steps", "find", store.History, nil},
	TakeCap:       {"place under a shared cap", "findAndUpdate", store.Counters, []change{{store.Counters, []string{"count"}}}},
	Intent:        {"intent", "write", store.History, []change{{store.History, nil}, {store.Mailboxes, []string{"nextSendAt"}}}},
	LookState:     {"last look: recipient", "find", store.Recipients, nil},
	LookStop:      {"last look: suppression", "find", store.Suppressions, nil},
	LookStatus:    {"last look: sequence", "find", store.Sequences, nil},
	Outcome: {"outcome", "write", store.History, []change{
		{store.History, []string{"status", "sentAt"}},
		{store.Recipients, []string{"state", "nextSendAt", "mailboxId", "claim.owner", "step", "lastSentAt"}},
		{store.Mailboxes, []string{"nextSendAt"}},
	}},
	OutcomeLast: {"outcome, with the release of a mailbox that must rest", "write", store.History, []change{
		{store.History, []string{"status", "sentAt"}},
		{store.Recipients, []string{"state", "nextSendAt", "mailboxId", "claim.owner", "step", "lastSentAt"}},
		{store.Mailboxes, []string{"nextSendAt", "lease.owner"}},
	}},
	Release:     {"release", "write", store.Mailboxes, []change{{store.Mailboxes, []string{"lease.owner"}}}},
	SyncLease:   {"lease for reading", "findAndUpdate", store.Mailboxes, []change{{store.Mailboxes, []string{"syncLease.owner", "nextSyncAt"}}}},
	SyncRelease: {"release with health", "write", store.Mailboxes, []change{{store.Mailboxes, []string{"syncLease.owner", "nextSyncAt"}}}},
	Leftovers:   {"leftovers of a killed run", "find", store.Replies, nil},
	Match:       {"matching", "find", store.Recipients, nil},
	Keep:        {"replies kept", "write", store.Replies, []change{{store.Replies, nil}}},
	KeepRead:    {"threads and counts", "find", store.Threads, nil},
	Effects: {"effects", "write", store.Recipients, []change{
		{store.Recipients, []string{"state", "nextSendAt", "reason", "threadId"}}, {store.History, []string{"repliedAt"}}, {store.Threads, nil}, {store.Replies, []string{"effects.done"}},
	}},
	Cursor: {"cursor", "write", store.Mailboxes, []change{{store.Mailboxes, []string{"folders"}}}},
}

// String is the request in words.
func (k Kind) String() string { return shapes[k].name }

// Writes is how many documents one request writes.
func (k Kind) Writes() int { return len(shapes[k].writes) }

// Entries is how many index entries one request makes anew, of all declared indexes and that on _id.
func (k Kind) Entries() int {
	n := 0
	for _, c := range shapes[k].writes {
		n += entries(c)
	}
	return n
}

func entries(c change) int {
	n := 0
	if c.fields == nil {
		n = 1 // that on _id
	}
	for _, ix := range declared(c.collection).Indexes {
		if !ix.Sparse && (c.fields == nil || slices.ContainsFunc(c.fields, func(f string) bool { return hasKey(ix, f) })) {
			n++ // nobody who is played is in a sparse one: it is of those with a zone of their own
		}
	}
	return n
}

func hasKey(ix store.Index, field string) bool {
	for _, k := range ix.Keys {
		if k == field {
			return true
		}
	}
	return false
}

// declared is a collection's declaration, empty if there is none.
func declared(name string) store.Collection {
	for _, c := range store.Collections {
		if c.Name == name {
			return c
		}
	}
	return store.Collection{}
}

// Call is the engine's call that the request is, and the collection that it begins with.
func (k Kind) Call() string { return shapes[k].call + " " + shapes[k].collection }
