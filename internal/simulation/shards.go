package simulation

// shard is how a collection is to be spread over shards.
type shard struct{ collection, key, why, change string }

var shardKeys = []shard{
	{"mailboxes", "`{email: 1}`", "most of the writing, evenly spread over the alphabet. MongoDB keeps an index unique over shards only if it begins with the shard key, and not if that is hashed; `email` is unique here",
		"carry the address in the filters of leases, ledgers and releases: the worker has the mailbox in hand"},
	{"sequence_recipients", "`{sequenceId: 1, email: 1}`", "it is the unique index. New recipients and counts of a sequence are asked of one shard, a mailbox's follow-ups of as many as it has sequences. An import goes to one shard and is spread by the balancer, once",
		"carry `sequenceId` and `email` in claims and outcomes; ask for follow-ups with the ids of the mailbox's own sequences alone"},
	{"email_history", "`{_id: \"hashed\"}`", "that nothing is sent twice rests on the unique `_id`, which is kept over all shards only where it is the key. Intent, outcome and a signed answer name it; and it is derived from recipient and step, so that earlier steps can be asked for by their ids",
		"look back by `HistoryID(recipient, 0…step)` in place of `sequenceRecipientId`"},
	{"email_replies, email_threads", "`{mailboxId: 1}`", "their three unique indexes begin with it, and a sync writes those of one mailbox", "carry `mailboxId` where a thread or a reply is asked for by its id"},
	{"send_counters", "`{_id: \"hashed\"}`", "one document for each cap and day. Where `SEND_DOMAIN_LIMIT` is set, that of the largest provider is hot whatever the key: it is read for each recipient judged and changed for each message", ""},
	{"suppressions", "none", "small beside the others; a listing asks for forty addresses at once, which hashed would be every shard", ""},
	{"sequences, cron_run_logs, users, sessions", "none", "small", ""},
}

func shardsSection(s *page) {
	s.text("## Shards")
	s.text("What is left when the ways of asking are lifted is writing and memory, and both divide by the number of shards if a request names the shard key. mailrun needs no transactions, so nothing else stands in the way.")
	var rows [][]string
	for _, k := range shardKeys {
		rows = append(rows, []string{"`" + k.collection + "`", k.key, k.why, k.change})
	}
	s.table([]string{"collection", "key", "why", "what must change first"}, rows)
	s.text("The changes are a must where a lease or a claim is taken: MongoDB 6 refuses a `findAndModify` that does not name the shard key by equality, and later ones ask every shard. `LeaseForSync` of a single mailbox cannot name it, since it takes the next one that is due of all; " +
		"of several it lists them and leases them by id, to which the address must be added. As it is, mailrun works on a sharded cluster whose `mailboxes` and `sequence_recipients` are not sharded; history, replies and threads, which are most of the data, can be.")
	s.text("Asked of every shard, whatever the key: mailboxes with due work, answers whose Message-ID is not signed, the enrolments of an address and its opt-outs, the counts of due recipients, the bounce guard (by sequence, over deliveries that are spread by id), " +
		"leases of dead owners and renewals. Each is rare, or one for each run.")
	s.text("The other way needs no change at all: teams share nothing, so their mailboxes can be divided among several databases, each with its own crontab line and `MONGODB_URI`. Only suppressions must then be copied to all.")
}
