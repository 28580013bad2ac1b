package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Filter selects documents of a listing; zero fields select all. A collection ignores the fields that it has no use for.
type Filter struct {
	Sequence  bson.ObjectID
	Mailbox   bson.ObjectID
	Recipient bson.ObjectID
	Thread    bson.ObjectID
	// Status is a mailbox's, sequence's, delivery's or thread's status, a recipient's state, or a suppression's reason.
	Status string
	// Reason is why a recipient is in its state.
	Reason string
	// Email is the address in a recipient, a delivery's To or a reply's From.
	Email  string
	Kind   outreach.Kind
	Intent outreach.Intent
	// Unmatched selects replies of nobody whom we know.
	Unmatched bool
	// Since is the earliest time by which a listing is sorted.
	Since time.Time
}

// query puts conditions together, skipping those that select all.
type query struct{ filter bson.D }

func (q *query) is(field, value string) *query {
	if value != "" {
		q.filter = append(q.filter, bson.E{Key: field, Value: value})
	}
	return q
}

func (q *query) id(field string, value bson.ObjectID) *query {
	if !value.IsZero() {
		q.filter = append(q.filter, bson.E{Key: field, Value: value})
	}
	return q
}

func (q *query) since(field string, t time.Time) *query {
	if !t.IsZero() {
		q.filter = append(q.filter, bson.E{Key: field, Value: bson.D{{Key: "$gte", Value: Millis(t)}}})
	}
	return q
}

func where() *query { return &query{filter: bson.D{}} }

// ListMailboxes lists mailboxes by address.
func (s *Store) ListMailboxes(ctx context.Context, f Filter, p Page) ([]outreach.Mailbox, int64, error) {
	return page[outreach.Mailbox](ctx, s, Query{Collection: Mailboxes, Filter: where().is("status", f.Status).filter, Sort: []string{"email"}}, p)
}

// AllMailboxes lists every mailbox by address.
func (s *Store) AllMailboxes(ctx context.Context) ([]outreach.Mailbox, error) {
	return find[outreach.Mailbox](ctx, s, Query{Collection: Mailboxes, Sort: []string{"email"}})
}

// sendingState are the fields of a mailbox by which it sends or waits: not its secrets, nor its folders.
var sendingState = []string{
	"email", "status", "statusReason", "imap", "timezone", "dailyLimit", "hourlyLimit", "minGapSeconds", "gapJitterSeconds", "rampUp",
	"sentToday", "sentHour", "lastSentAt", "nextSendAt", "lastSyncOkAt", "sendFailures", "lastError",
}

// EachSendingState calls each with every mailbox by address, of which it reads by what it sends or waits.
func (s *Store) EachSendingState(ctx context.Context, each func(*outreach.Mailbox)) error {
	return s.engine.Find(ctx, Query{Collection: Mailboxes, Sort: []string{"email"}, Fields: sendingState}, func(raw bson.Raw) error {
		mb := new(outreach.Mailbox)
		if err := bson.Unmarshal(raw, mb); err != nil {
			return err
		}
		each(mb)
		return nil
	})
}

// ListSequences lists sequences by name.
func (s *Store) ListSequences(ctx context.Context, f Filter, p Page) ([]outreach.Sequence, int64, error) {
	return page[outreach.Sequence](ctx, s, Query{Collection: Sequences, Filter: where().is("status", f.Status).filter, Sort: []string{"name"}}, p)
}

func recipientQuery(f Filter) Query {
	filter := where().id("sequenceId", f.Sequence).id("mailboxId", f.Mailbox).is("email", f.Email).is("state", f.Status).is("reason", f.Reason).since("createdAt", f.Since).filter
	return Query{Collection: Recipients, Filter: filter, Sort: []string{"-createdAt"}}
}

// ListRecipients lists recipients, last enrolled first.
func (s *Store) ListRecipients(ctx context.Context, f Filter, p Page) ([]outreach.Recipient, int64, error) {
	return page[outreach.Recipient](ctx, s, recipientQuery(f), p)
}

// RecipientsInState lists up to limit recipients of a sequence who are in a state, in no order: a sort by age would read the whole sequence.
func (s *Store) RecipientsInState(ctx context.Context, sequenceID bson.ObjectID, state outreach.State, limit int) ([]outreach.Recipient, error) {
	filter := bson.D{{Key: "sequenceId", Value: sequenceID}, {Key: "state", Value: state}}
	return find[outreach.Recipient](ctx, s, Query{Collection: Recipients, Filter: filter, Limit: int64(limit)})
}

// EachRecipient calls each with every recipient that the filter selects, one at a time, until it fails.
func (s *Store) EachRecipient(ctx context.Context, f Filter, each func(*outreach.Recipient) error) error {
	q := recipientQuery(f)
	q.Sort = []string{"createdAt"}
	return s.engine.Find(ctx, q, func(raw bson.Raw) error {
		var r outreach.Recipient
		if err := bson.Unmarshal(raw, &r); err != nil {
			return err
		}
		return each(&r)
	})
}

// CountRecipients counts the recipients that the filter selects.
func (s *Store) CountRecipients(ctx context.Context, f Filter) (int64, error) {
	return s.engine.Count(ctx, Recipients, recipientQuery(f).Filter)
}

// DeleteRecipient removes a recipient whom nobody has claimed; ErrNotFound says that there is none such.
func (s *Store) DeleteRecipient(ctx context.Context, id bson.ObjectID) error {
	n, err := s.remove(ctx, Recipients, append(byID(id), Claim.free(s.Now(), nil)))
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// ListHistory lists deliveries, newest first; those of one sequence or mailbox by when they were sent, the unsent last.
func (s *Store) ListHistory(ctx context.Context, f Filter, p Page) ([]outreach.History, int64, error) {
	by := "createdAt"
	if !f.Sequence.IsZero() || !f.Mailbox.IsZero() {
		by = "sentAt"
	}
	filter := where().id("sequenceId", f.Sequence).id("mailboxId", f.Mailbox).id("sequenceRecipientId", f.Recipient).is("to", f.Email).is("status", f.Status).since(by, f.Since).filter
	return page[outreach.History](ctx, s, Query{Collection: History, Filter: filter, Sort: []string{"-" + by}}, p)
}

// ListReplies lists inbound messages, newest first.
func (s *Store) ListReplies(ctx context.Context, f Filter, p Page) ([]outreach.Reply, int64, error) {
	filter := where().id("sequenceId", f.Sequence).id("mailboxId", f.Mailbox).id("sequenceRecipientId", f.Recipient).id("threadId", f.Thread).
		is("from.address", f.Email).is("kind", string(f.Kind)).is("classification.intent", string(f.Intent)).is("classification.status", f.Status).
		since("receivedAt", f.Since).filter
	if f.Unmatched {
		filter = append(filter, bson.E{Key: "sequenceRecipientId", Value: nil})
	}
	return page[outreach.Reply](ctx, s, Query{Collection: Replies, Filter: filter, Sort: []string{"-receivedAt"}}, p)
}

// ListThreads lists conversations, the one with the newest message first.
func (s *Store) ListThreads(ctx context.Context, f Filter, p Page) ([]outreach.Thread, int64, error) {
	filter := where().id("sequenceId", f.Sequence).id("mailboxId", f.Mailbox).id("sequenceRecipientId", f.Recipient).is("status", f.Status).since("lastMessageAt", f.Since).filter
	return page[outreach.Thread](ctx, s, Query{Collection: Threads, Filter: filter, Sort: []string{"-lastMessageAt"}}, p)
}

// ListSuppressions lists who is never mailed, newest entry first.
func (s *Store) ListSuppressions(ctx context.Context, f Filter, p Page) ([]outreach.Suppression, int64, error) {
	filter := where().is("reason", f.Status).since("at", f.Since).filter
	return page[outreach.Suppression](ctx, s, Query{Collection: Suppressions, Filter: filter, Sort: []string{"-at"}}, p)
}

// InsertSuppressions adds entries in one go and returns for each whether it was new: an older entry stays as it is.
func (s *Store) InsertSuppressions(ctx context.Context, entries []outreach.Suppression) ([]bool, error) {
	writes := make([]Write, len(entries))
	for i := range entries {
		entries[i].CreatedAt, entries[i].UpdatedAt = s.Now(), s.Now()
		writes[i] = Write{Kind: Insert, Collection: Suppressions, Document: &entries[i]}
	}
	return s.insertEach(ctx, writes)
}

// shiftAtOnce is how many due times one write moves.
const shiftAtOnce = 1000

// ShiftDue moves the due times of a sequence's sendable recipients, each once for a pause: killed in the middle, it is called again.
func (s *Store) ShiftDue(ctx context.Context, sequenceID bson.ObjectID, pausedAt time.Time, by time.Duration) error {
	unmoved := bson.E{Key: "shiftedFor", Value: bson.D{{Key: "$ne", Value: Millis(pausedAt)}}}
	filter := bson.D{{Key: "sequenceId", Value: sequenceID}, sendable, {Key: "nextSendAt", Value: bson.D{{Key: "$gt", Value: time.Time{}}}}, unmoved}
	var writes []Write
	err := s.engine.Find(ctx, Query{Collection: Recipients, Filter: filter, Fields: []string{"nextSendAt"}}, func(raw bson.Raw) error {
		var r outreach.Recipient
		if err := bson.Unmarshal(raw, &r); err != nil {
			return err
		}
		moved := set(bson.E{Key: "nextSendAt", Value: Millis(r.NextSendAt.Add(by))}, bson.E{Key: "shiftedFor", Value: Millis(pausedAt)})
		same := append(byID(r.ID), bson.E{Key: "nextSendAt", Value: r.NextSendAt}, unmoved)
		if writes = append(writes, Write{Kind: Update, Collection: Recipients, Filter: same, Update: s.touched(moved)}); len(writes) < shiftAtOnce {
			return nil
		}
		portion := writes
		writes = nil
		return s.write(ctx, portion...)
	})
	if err != nil || len(writes) == 0 {
		return err
	}
	return s.write(ctx, writes...)
}
