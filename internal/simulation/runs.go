package simulation

import "mailrun/internal/store"

// RunCall is a request that a run makes once, whatever it finds to do. What it reads may still grow with the store: Reads says with what.
type RunCall struct {
	Name, Call string
	Times      int
	Reads      string
}

// SendRunCalls are those of run-sequences, by internal/sequence and internal/store.
var SendRunCalls = []RunCall{
	{"who holds leases and claims", "group " + store.Mailboxes, 1, "every mailbox that is leased"},
	{"", "group " + store.Recipients, 1, "every recipient that is claimed"},
	{"mailboxes without a due time", "write " + store.Mailboxes, 1, ""},
	{"pauses that ended", "write " + store.Recipients, 1, ""},
	{"active sequences", "find " + store.Sequences, 1, "of every active sequence when it sends"},
	{"deliveries left in sending", "find " + store.History, 1, "5,000 at most"},
	{"how many are due, by sequence and mailbox", "groupFirst " + store.Recipients, 2, "10,000 at most"},
	{"from which mailboxes these send", "find " + store.Sequences, 1, "of every active sequence, if anybody is due"},
	{"mailboxes that cannot send, for the reasons", "find " + store.Mailboxes, 1, "1,000 at most"},
	{"how many of those with due follow-ups there still are", "count " + store.Mailboxes, 1, "as many as were counted, 10,000 at most"},
	{"mailboxes that may send", "find " + store.Mailboxes, 1, "500 for each page, until the run is full"},
	{"which of a page have somebody who is due", "distinct " + store.Recipients, 1, "an index entry for each mailbox of the page"},
	{"which of its sequences have, and with a zone of their own while the window is closed", "distinct " + store.Recipients, 2, "an index entry for each sequence of the page"},
	{"that the sequences were looked at", "write " + store.Sequences, 1, "once in an hour, and then writes every active sequence"},
}

// SyncRunCalls are those of sync-mailboxes, by internal/inbox.
var SyncRunCalls = []RunCall{
	{"who holds leases", "group " + store.Mailboxes, 1, "every mailbox that is leased"},
	{"addresses of ours", "find " + store.Mailboxes, 3, "every mailbox"},
	{"mailboxes with leftovers", "group " + store.Replies, 1, ""},
	{"mailboxes without a due time", "write " + store.Mailboxes, 1, ""},
}
