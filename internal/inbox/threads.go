package inbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// thread brings the threads of messages up to date, as a part of the batch. The counts are taken from what is stored, not added up, so
// that doing it twice changes nothing; messages that the batch stores come on top.
func (p *pass) thread(ctx context.Context, batch *store.Batch, replies []*outreach.Reply, e *evidence, stored bool) error {
	ids := threadIDs(replies)
	known, err := p.Store.ThreadsByID(ctx, ids)
	if err != nil {
		return err
	}
	counts, err := p.Store.CountReplies(ctx, ids)
	if err != nil {
		return err
	}
	if !stored {
		for _, r := range replies {
			counts = append(counts, store.ThreadCount{ThreadID: r.ThreadID, Kind: r.Kind, MatchMethod: r.MatchMethod, Count: 1})
		}
	}
	threads := map[bson.ObjectID]*outreach.Thread{}
	for i := range known {
		threads[known[i].ID] = &known[i]
	}
	changed := make([]*outreach.Thread, 0, len(known))
	var created []*outreach.Thread
	for _, r := range replies {
		t := threads[r.ThreadID]
		if t == nil {
			t = &outreach.Thread{ID: r.ThreadID, Status: outreach.ThreadOpen}
			threads[t.ID] = t
			created = append(created, t)
		}
		p.join(t, r, e)
	}
	for i := range known {
		changed = append(changed, &known[i])
	}
	recount(threads, e, counts)
	p.count(func(s *outreach.SyncStats) { s.ThreadsCreated += len(created); s.ThreadsUpdated += len(changed) })
	batch.PutThreads(created, changed)
	return nil
}

// recountThreads sets right the threads of messages that were counted as new and were not.
func (p *pass) recountThreads(ctx context.Context, refused []*outreach.Reply, e *evidence) error {
	if len(refused) == 0 {
		return nil
	}
	batch := p.Store.NewLazyBatch()
	if err := p.thread(ctx, batch, refused, e, isStored); err != nil {
		return err
	}
	return batch.Commit(ctx)
}

// recount sets the counts of threads. Unread changes by as many as a thread has more inbound messages than the last time.
func recount(threads map[bson.ObjectID]*outreach.Thread, e *evidence, counts []store.ThreadCount) {
	before := map[bson.ObjectID]int{}
	for id, t := range threads {
		before[id] = t.InboundCount
		t.InboundCount, t.ReplyCount = 0, 0
	}
	for _, c := range counts {
		t := threads[c.ThreadID]
		t.InboundCount += c.Count
		if c.Kind == outreach.KindHuman && c.MatchMethod != MatchForward {
			t.ReplyCount += c.Count
		}
	}
	for id, t := range threads {
		t.MessageCount = outbound(t, e) + t.InboundCount
		t.UnreadCount = max(t.UnreadCount+t.InboundCount-before[id], 0)
	}
}

func threadIDs(replies []*outreach.Reply) []bson.ObjectID {
	var ids []bson.ObjectID
	seen := map[bson.ObjectID]bool{}
	for _, r := range replies {
		if !seen[r.ThreadID] {
			seen[r.ThreadID] = true
			ids = append(ids, r.ThreadID)
		}
	}
	return ids
}

// join adds what one inbound message changes in its thread. A new message reopens it.
func (p *pass) join(t *outreach.Thread, r *outreach.Reply, e *evidence) {
	if t.Subject == "" {
		p.begin(t, r, e)
	}
	t.Status, t.LastSnippet = outreach.ThreadOpen, r.Snippet
	t.LastInboundAt, t.LastMessageAt = later(t.LastInboundAt, r.ReceivedAt), later(t.LastMessageAt, r.ReceivedAt)
	for _, h := range e.sent[r.SequenceRecipientID] {
		if h.SentAt != nil {
			t.LastOutboundAt, t.LastMessageAt = later(t.LastOutboundAt, *h.SentAt), later(t.LastMessageAt, *h.SentAt)
		}
	}
	for _, a := range append([]outreach.Address{r.From}, r.To...) {
		if address := strings.ToLower(a.Address); address != "" && !slices.Contains(t.Participants, address) {
			t.Participants = append(t.Participants, address)
		}
	}
}

// begin fills a new thread from its first inbound message and the delivery that it answers.
func (p *pass) begin(t *outreach.Thread, r *outreach.Reply, e *evidence) {
	t.Subject, t.RootMessageID = r.Subject, firstOf(append(append(append([]string{}, r.References...), r.InReplyTo), r.MessageID, r.DedupeKey))
	if h := e.byID[r.HistoryID]; h != nil {
		t.Subject, t.RootMessageID = h.Subject, rootOf(h)
	}
	t.NormalizedSubject = strings.ToLower(subjectOf(t.Subject))
	t.Participants = []string{p.mb.Email}
	t.MailboxID, t.MailboxEmail, t.MailboxName = p.mb.ID, p.mb.Email, p.mb.FromName
	t.SequenceID, t.SequenceRecipientID = r.SequenceID, r.SequenceRecipientID
}

// outbound counts what we sent in a thread.
func outbound(t *outreach.Thread, e *evidence) int {
	n := 0
	for _, h := range e.sent[t.SequenceRecipientID] {
		if h.SentAt != nil && rootOf(h) == t.RootMessageID {
			n++
		}
	}
	return n
}

func later(a *time.Time, b time.Time) *time.Time {
	if a != nil && a.After(b) {
		return a
	}
	return &b
}
