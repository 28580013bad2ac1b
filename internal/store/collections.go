package store

// FieldType is how an indexed field is compared and kept in a column by the SQLite engine.
type FieldType int

// The types of declared fields.
const (
	ObjectID FieldType = iota
	Text
	Int
	Time
	Bool
)

// Field is a path that filters and sorts may name.
type Field struct {
	Path string
	Type FieldType
}

// Index is a (compound) index. Keys as in Query.Sort. One with Sparse set ignores documents that lack the field that it needs, else its first.
type Index struct {
	Name   string
	Keys   []string
	Unique bool
	Sparse bool
	// Needs are fields without which a document need not be in the index, and Only is the one value of its first key that matters; every query
	// that the index serves asks for both. An engine may leave the other documents out.
	Needs []string
	Only  string
	// ExpireAfterSeconds asks a server that can for a TTL index (extra: expired documents are also deleted by the jobs).
	ExpireAfterSeconds int32
}

// Collection declares what mailrun asks of a collection: the fields that filters and sorts use and the indexes that serve them.
// `_id` is always a field and always unique.
type Collection struct {
	Name    string
	Fields  []Field
	Indexes []Index
	// Apart are large top-level fields, written once and mostly not read. An engine may keep them apart from the rest of the document, so
	// that the small changes that follow need not write them again.
	Apart []string
}

// The collections by their default names.
const (
	Mailboxes    = "mailboxes"
	Sequences    = "sequences"
	Recipients   = "sequence_recipients"
	History      = "email_history"
	Threads      = "email_threads"
	Replies      = "email_replies"
	Suppressions = "suppressions"
	Runs         = "cron_run_logs"
	Users        = "users"
	Sessions     = "sessions"
	Counters     = "send_counters"
)

// Collections lists every collection with its fields and indexes. Each index names the query that needs it.
var Collections = []Collection{
	{
		Name: Mailboxes,
		Fields: []Field{
			{"email", Text}, {"status", Text}, {"nextSendAt", Time}, {"nextSyncAt", Time}, {"createdAt", Time},
			{"lease.owner", Text}, {"lease.token", Text}, {"lease.until", Time},
			{"syncLease.owner", Text}, {"syncLease.token", Text}, {"syncLease.until", Time},
			{"sealed.oauth.refreshUntil", Time},
		},
		Indexes: []Index{
			{Name: "email", Keys: []string{"email"}, Unique: true},
			{Name: "due_send", Keys: []string{"status", "nextSendAt", "_id"}},                                 // mailboxes that may send now, page by page
			{Name: "due_sync", Keys: []string{"status", "nextSyncAt"}},                                        // mailboxes to read now
			{Name: "lease_owner", Keys: []string{"lease.owner"}, Needs: []string{"lease.owner"}},              // renewal, dead owners
			{Name: "sync_lease_owner", Keys: []string{"syncLease.owner"}, Needs: []string{"syncLease.owner"}}, // renewal, dead owners
		},
	},
	{
		Name:   Sequences,
		Fields: []Field{{"name", Text}, {"status", Text}, {"lastRunAt", Time}, {"createdAt", Time}},
		Indexes: []Index{
			{Name: "name", Keys: []string{"name"}, Unique: true},
			{Name: "status", Keys: []string{"status", "name"}},
		},
	},
	{
		Name: Recipients,
		Fields: []Field{
			{"sequenceId", ObjectID}, {"email", Text}, {"domain", Text}, {"state", Text}, {"reason", Text}, {"step", Int},
			{"timezone", Text},
			{"nextSendAt", Time}, {"lastSentAt", Time}, {"pausedUntil", Time}, {"shiftedFor", Time}, {"mailboxId", ObjectID}, {"threadId", ObjectID},
			{"createdAt", Time}, {"claim.owner", Text}, {"claim.token", Text}, {"claim.until", Time},
		},
		Indexes: []Index{
			{Name: "enrolled_once", Keys: []string{"sequenceId", "email"}, Unique: true},
			{Name: "due_followups", Keys: []string{"state", "mailboxId", "nextSendAt"}, Needs: []string{"mailboxId", "nextSendAt"}}, // a mailbox's due follow-ups, oldest first
			{Name: "due_new", Keys: []string{"state", "sequenceId", "nextSendAt"}, Needs: []string{"nextSendAt"}},                   // a sequence's due new recipients, oldest first
			{Name: "due_new_zoned", Keys: []string{"sequenceId", "state", "nextSendAt"}, Needs: []string{"timezone"}, Sparse: true}, // those of them with a zone of their own
			{Name: "due_any", Keys: []string{"state", "nextSendAt"}},                                                                // is anything due at all, and for whom
			{Name: "by_sequence", Keys: []string{"sequenceId", "state", "reason"}},                                                  // counts per state and reason
			{Name: "by_email", Keys: []string{"email"}},                                                                             // matching, suppressing
			{Name: "by_domain", Keys: []string{"domain", "sequenceId"}},                                                             // colleagues of one who replied
			{Name: "by_claim", Keys: []string{"claim.owner"}, Needs: []string{"claim.owner"}},                                       // renewal, dead owners
			{Name: "by_age", Keys: []string{"createdAt"}},                                                                           // listings
			{Name: "by_sequence_age", Keys: []string{"sequenceId", "createdAt"}},                                                    // listings of one sequence
			{Name: "paused_until", Keys: []string{"state", "pausedUntil"}, Needs: []string{"pausedUntil"}},                          // pauses that end
		},
	},
	{
		Name: History,
		Fields: []Field{
			{"sequenceRecipientId", ObjectID}, {"sequenceId", ObjectID}, {"step", Int}, {"variantId", Text}, {"mailboxId", ObjectID},
			{"to", Text}, {"messageId", Text}, {"status", Text}, {"createdAt", Time}, {"sentAt", Time}, {"bouncedAt", Time}, {"repliedAt", Time},
		},
		Indexes: []Index{
			{Name: "message_id", Keys: []string{"messageId"}},                                                   // matching
			{Name: "by_recipient", Keys: []string{"sequenceRecipientId", "step"}},                               // thread of a recipient
			{Name: "by_status", Keys: []string{"status", "createdAt"}, Only: "sending"},                         // unsettled deliveries
			{Name: "sequence_sent", Keys: []string{"sequenceId", "sentAt"}, Needs: []string{"sentAt"}},          // guard, stats
			{Name: "sequence_bounced", Keys: []string{"sequenceId", "bouncedAt"}, Needs: []string{"bouncedAt"}}, // guard
			{Name: "mailbox_sent", Keys: []string{"mailboxId", "sentAt"}, Needs: []string{"sentAt"}},            // stats by mailbox and day
			{Name: "by_age", Keys: []string{"createdAt"}},
		},
		Apart: []string{"text", "html"},
	},
	{
		Name: Threads,
		Fields: []Field{
			{"mailboxId", ObjectID}, {"sequenceId", ObjectID}, {"sequenceRecipientId", ObjectID}, {"rootMessageId", Text},
			{"normalizedSubject", Text}, {"status", Text}, {"lastMessageAt", Time}, {"createdAt", Time},
		},
		Indexes: []Index{
			{Name: "root", Keys: []string{"mailboxId", "rootMessageId"}, Unique: true},
			{Name: "by_recipient", Keys: []string{"sequenceRecipientId"}},
			{Name: "by_sequence", Keys: []string{"sequenceId", "lastMessageAt"}},
			{Name: "by_mailbox", Keys: []string{"mailboxId", "lastMessageAt"}},
			{Name: "recent", Keys: []string{"lastMessageAt"}},
		},
	},
	{
		Name: Replies,
		Fields: []Field{
			{"threadId", ObjectID}, {"mailboxId", ObjectID}, {"sequenceId", ObjectID}, {"sequenceRecipientId", ObjectID}, {"historyId", ObjectID},
			{"messageId", Text}, {"from.address", Text}, {"receivedAt", Time}, {"folder", Text}, {"uidValidity", Int}, {"uid", Int}, {"kind", Text},
			{"matchMethod", Text}, {"dedupeKey", Text}, {"effects.done", Bool}, {"createdAt", Time},
			{"classification.status", Text}, {"classification.intent", Text}, {"classification.source", Text}, {"classification.cacheKey", Text},
		},
		Indexes: []Index{
			{Name: "physical", Keys: []string{"mailboxId", "folder", "uidValidity", "uid"}, Unique: true},
			{Name: "dedupe", Keys: []string{"mailboxId", "dedupeKey"}, Unique: true},
			{Name: "message_id", Keys: []string{"messageId"}}, // matching answers to answers
			{Name: "by_thread", Keys: []string{"threadId", "receivedAt"}},
			{Name: "by_recipient", Keys: []string{"sequenceRecipientId", "receivedAt"}},
			{Name: "by_sequence", Keys: []string{"sequenceId", "receivedAt"}},
			{Name: "by_mailbox", Keys: []string{"mailboxId", "receivedAt"}},
			{Name: "to_classify", Keys: []string{"classification.status", "receivedAt"}, Needs: []string{"classification.status"}},
			{Name: "by_intent", Keys: []string{"classification.intent", "receivedAt"}, Needs: []string{"classification.intent"}},
			{Name: "by_cache", Keys: []string{"classification.cacheKey"}, Needs: []string{"classification.cacheKey"}},
			{Name: "undone", Keys: []string{"effects.done", "mailboxId"}}, // effects a killed run left
			{Name: "recent", Keys: []string{"receivedAt"}},
		},
		Apart: []string{"text", "visibleText", "html"},
	},
	{
		Name:    Suppressions,
		Fields:  []Field{{"value", Text}, {"reason", Text}, {"at", Time}},
		Indexes: []Index{{Name: "value", Keys: []string{"value"}, Unique: true}, {Name: "recent", Keys: []string{"at"}}, {Name: "by_reason", Keys: []string{"reason", "at"}}},
	},
	{
		Name:   Runs,
		Fields: []Field{{"jobName", Text}, {"status", Text}, {"startedAt", Time}},
		Indexes: []Index{
			{Name: "recent", Keys: []string{"startedAt", "_id"}}, // listings; the id settles the order of runs that started together
			{Name: "by_job", Keys: []string{"jobName", "startedAt", "_id"}},
			{Name: "by_status", Keys: []string{"status", "startedAt", "_id"}},
			{Name: "by_job_status", Keys: []string{"jobName", "status", "startedAt", "_id"}},
		},
	},
	{
		Name:    Users,
		Fields:  []Field{{"email", Text}, {"createdAt", Time}},
		Indexes: []Index{{Name: "email", Keys: []string{"email"}, Unique: true}},
	},
	{
		Name:    Sessions,
		Fields:  []Field{{"expiresAt", Time}},
		Indexes: []Index{{Name: "expiry", Keys: []string{"expiresAt"}, ExpireAfterSeconds: 1}},
	},
	{
		// One document per cap and day: {_id: "sequence:<id>:2026-11-22", count, expiresAt}. Reserved before a send, given back if the
		// message was not accepted, so that the caps hold over any number of processes.
		Name:    Counters,
		Fields:  []Field{{"count", Int}, {"expiresAt", Time}},
		Indexes: []Index{{Name: "expiry", Keys: []string{"expiresAt"}, ExpireAfterSeconds: 1}},
	},
}
