package simulation

// shard is how a collection is to be spread over shards.
type shard struct{ collection, key, why, change string }

var shardKeys = []shard{
	{"mailboxes", `{email: "hashed"}`, "most of the writing, evenly spread. A unique index must begin with the shard key, and `email` is unique; with `_id` as the key it could not be",
		"carry the address in the filters of leases, ledgers and releases: the worker has the mailbox in hand"},
	{"sequence_recipients", `{sequenceId: "hashed"}`, "the unique `{sequenceId, email}` begins with it; new recipients and counts of a sequence are asked of one shard, a mailbox's follow-ups of as many as it has sequences",
		"carry `sequenceId` in claims and outcomes; ask for follow-ups with the ids of the mailbox's own sequences alone"},
	{"email_history", `{_id: "hashed"}`, "that nothing is sent twice rests on the unique `_id`, which MongoDB keeps over all shards only where it is the key. Intent, outcome and a signed answer name it, and it is derived from recipient and step, so a recipient's earlier steps can be asked for by their ids",
		"look back by `HistoryID(recipient, 0…step)` in place of `sequenceRecipientId`"},
	{"email_replies, email_threads", `{mailboxId: "hashed"}`, "their three unique indexes begin with it, and a sync writes those of one mailbox", "carry `mailboxId` where a thread is asked for by its id"},
	{"suppressions", "none", "small beside the others; a listing asks for forty addresses at once, which hashed would be every shard", ""},
	{"send_counters", `{_id: "hashed"}`, "one document for each cap and day. Only where `SEND_DOMAIN_LIMIT` is set is one of them hot: that of the largest provider is read for each recipient judged and changed for each message to it", ""},
	{"sequences, cron_run_logs, users, sessions", "none", "small", ""},
}

func shardsSection(s *page) {
	s.text("## Shards")
	s.text("What is left when the ways of asking are lifted is writing and memory, and both divide by the number of shards if a request names the shard key. mailrun needs no transactions, so nothing else stands in the way.")
	var rows [][]string
	for _, k := range shardKeys {
		rows = append(rows, []string{k.collection, "`" + k.key + "`", k.why, k.change})
	}
	s.table([]string{"collection", "key", "why", "what must change first"}, rows)
	s.text("Asked of every shard, whatever the key: `LeaseForSync` (the next due mailbox of all), mailboxes with due work, answers whose Message-ID is not signed, the enrolments of an address, opt-outs for an address, the counts of due recipients, " +
		"the bounce guard (by sequence, over deliveries that are spread by id), leases of dead owners and their renewal. Each is rare or one for each run, but for the first: `findAndModify` without the shard key is refused before MongoDB 7 and slow after. " +
		"There a worker must list some due mailboxes and lease them by address.")
	s.text("The other way needs no change at all: teams share nothing, so their mailboxes can be divided among several databases, each with its own crontab line and `MONGODB_URI`. Only suppressions must then be copied to all.")
}
