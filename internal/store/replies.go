package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// InsertReplies adds new messages to the batch. One that is known already, under this UID or another one (it was moved, or the folder's UIDs
// changed), is refused.
func (b *Batch) InsertReplies(replies []*outreach.Reply) {
	now := b.store.Now()
	for _, r := range replies {
		r.CreatedAt, r.UpdatedAt = now, now
		b.messages = append(b.messages, Write{Kind: Insert, Collection: Replies, Document: r})
	}
}

// DedupeKey is what identifies a message of a mailbox wherever it lies: its date, zero if it has none, and a digest of its content.
func DedupeKey(date time.Time, content []byte) string {
	seconds := uint32(0)
	if !date.IsZero() {
		seconds = uint32(date.Unix()) //nolint:gosec // an order for the index, nothing more
	}
	return fmt.Sprintf("%s%08x%x", datedKey, seconds, content)
}

// datedKey begins the keys that have a date in front. Older ones are the digest alone.
const datedKey = "t"

// keysOf are the forms in which a message's key may be stored.
func keysOf(dedupeKey string) []string {
	if undated := len(datedKey) + 8; strings.HasPrefix(dedupeKey, datedKey) && len(dedupeKey) > undated {
		return []string{dedupeKey, dedupeKey[undated:]}
	}
	return []string{dedupeKey}
}

// KnownReplies tells which of a mailbox's messages are stored, by what identifies them wherever they lie.
func (s *Store) KnownReplies(ctx context.Context, mailboxID bson.ObjectID, dedupeKeys []string) (map[string]bool, error) {
	known := map[string]bool{}
	forms := make(map[string]string, 2*len(dedupeKeys))
	for _, key := range dedupeKeys {
		for _, form := range keysOf(key) {
			forms[form] = key
		}
	}
	q := Query{
		Collection: Replies, Fields: []string{"dedupeKey"},
		Filter: bson.D{{Key: "mailboxId", Value: mailboxID}, {Key: "dedupeKey", Value: bson.D{{Key: "$in", Value: slices.Collect(maps.Keys(forms))}}}},
	}
	err := s.engine.Find(ctx, q, func(raw bson.Raw) error {
		known[forms[raw.Lookup("dedupeKey").StringValue()]] = true
		return nil
	})
	return known, err
}

// RelocateReplies notes where known messages lie now. It is lazy, as the cursor is that moves past them.
func (s *Store) RelocateReplies(ctx context.Context, replies []*outreach.Reply) error {
	writes := make([]Write, len(replies))
	for i, r := range replies {
		filter := bson.D{{Key: "mailboxId", Value: r.MailboxID}, {Key: "dedupeKey", Value: bson.D{{Key: "$in", Value: keysOf(r.DedupeKey)}}}}
		update := set(bson.E{Key: "folder", Value: r.Folder}, bson.E{Key: "uidValidity", Value: r.UIDValidity}, bson.E{Key: "uid", Value: r.UID})
		writes[i] = Write{Kind: Update, Collection: Replies, Filter: filter, Update: s.touched(update), Lazy: true}
	}
	results, err := s.engine.Write(ctx, writes)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil && !IsDuplicate(r.Err) {
			return r.Err
		}
	}
	return nil
}

// Reply finds a reply by its id.
func (s *Store) Reply(ctx context.Context, id bson.ObjectID) (*outreach.Reply, error) {
	return first[outreach.Reply](ctx, s, Query{Collection: Replies, Filter: byID(id)})
}

// UpdateReply sets and unsets fields of a reply.
func (s *Store) UpdateReply(ctx context.Context, id bson.ObjectID, fields bson.D, gone ...string) error {
	return s.update(ctx, Replies, byID(id), changes(fields, gone))
}

// UnfinishedReplies lists a mailbox's replies whose effects a killed run left unapplied.
func (s *Store) UnfinishedReplies(ctx context.Context, mailboxID bson.ObjectID) ([]outreach.Reply, error) {
	filter := bson.D{{Key: "mailboxId", Value: mailboxID}, {Key: "effects.done", Value: false}}
	return find[outreach.Reply](ctx, s, Query{Collection: Replies, Filter: filter})
}

// MailboxesUnfinished lists the mailboxes with replies whose effects are not applied: a killed run left them, or another run is about to.
func (s *Store) MailboxesUnfinished(ctx context.Context) ([]bson.ObjectID, error) {
	groups, err := s.engine.GroupCount(ctx, Replies, bson.D{{Key: "effects.done", Value: false}}, "mailboxId")
	if err != nil {
		return nil, err
	}
	ids := make([]bson.ObjectID, 0, len(groups))
	for _, g := range groups {
		if id, ok := g.Values[0].ObjectIDOK(); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// MarkReplies notes that all effects of several replies were applied: in the messages themselves where the batch stores these and is written as a
// whole, else by a write after all others.
func (b *Batch) MarkReplies(replies []*outreach.Reply) {
	if len(b.messages) > 0 && b.whole() {
		for _, r := range replies {
			r.Effects = applied()
		}
		return
	}
	ids := make([]bson.ObjectID, len(replies))
	for i, r := range replies {
		ids[i] = r.ID
	}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	b.marks = append(b.marks, Write{Kind: UpdateMany, Collection: Replies, Filter: filter, Update: set(bson.E{Key: "effects", Value: applied()})})
}

// applied are the marks of a reply whose effects were applied.
func applied() map[string]bool {
	return map[string]bool{"stop": true, "suppress": true, "history": true, "thread": true, "done": true}
}

// RepliesByMessageIDs finds stored messages by their Message-IDs, without their texts.
func (s *Store) RepliesByMessageIDs(ctx context.Context, ids []string) ([]outreach.Reply, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return find[outreach.Reply](ctx, s, Query{
		Collection: Replies,
		Filter:     bson.D{{Key: "messageId", Value: bson.D{{Key: "$in", Value: ids}}}},
		Fields:     []string{"messageId", "threadId", "mailboxId", "sequenceId", "sequenceRecipientId", "historyId", "step"},
	})
}

// RepliesOfThread lists a thread's inbound messages in the order in which they came.
func (s *Store) RepliesOfThread(ctx context.Context, threadID bson.ObjectID) ([]outreach.Reply, error) {
	q := Query{Collection: Replies, Filter: bson.D{{Key: "threadId", Value: threadID}}, Sort: []string{"receivedAt"}}
	return find[outreach.Reply](ctx, s, q)
}

// RepliesOfRecipient lists a recipient's inbound messages in the order in which they came.
func (s *Store) RepliesOfRecipient(ctx context.Context, recipientID bson.ObjectID) ([]outreach.Reply, error) {
	q := Query{Collection: Replies, Filter: bson.D{{Key: "sequenceRecipientId", Value: recipientID}}, Sort: []string{"receivedAt"}}
	return find[outreach.Reply](ctx, s, q)
}

// ThreadCount is how many inbound messages of a kind, matched by a method, a thread has.
type ThreadCount struct {
	ThreadID    bson.ObjectID
	Kind        outreach.Kind
	MatchMethod string
	Count       int
}

// CountReplies counts the inbound messages of threads by kind and method of matching.
func (s *Store) CountReplies(ctx context.Context, threadIDs []bson.ObjectID) ([]ThreadCount, error) {
	filter := bson.D{{Key: "threadId", Value: bson.D{{Key: "$in", Value: threadIDs}}}}
	groups, err := s.engine.GroupCount(ctx, Replies, filter, "threadId", "kind", "matchMethod")
	if err != nil {
		return nil, err
	}
	counts := make([]ThreadCount, len(groups))
	for i, g := range groups {
		counts[i].ThreadID, _ = g.Values[0].ObjectIDOK()
		kind, _ := g.Values[1].StringValueOK()
		counts[i].Kind = outreach.Kind(kind)
		counts[i].MatchMethod, _ = g.Values[2].StringValueOK()
		counts[i].Count = int(g.Count)
	}
	return counts, nil
}

// CountBounces counts the bounces that a recipient's messages caused.
func (s *Store) CountBounces(ctx context.Context, recipientID bson.ObjectID) (int, error) {
	n, err := s.engine.Count(ctx, Replies, bson.D{{Key: "sequenceRecipientId", Value: recipientID}, {Key: "kind", Value: outreach.KindBounce}})
	return int(n), err
}

// NewBounces counts what Store.CountBounces will count more once the batch is written.
func (b *Batch) NewBounces(recipientID bson.ObjectID) int {
	n := 0
	for _, w := range b.messages {
		if r, ok := w.Document.(*outreach.Reply); ok && r.SequenceRecipientID == recipientID && r.Kind == outreach.KindBounce {
			n++
		}
	}
	return n
}

// EachReply calls each with every inbound message of a sequence, without texts.
func (s *Store) EachReply(ctx context.Context, sequenceID bson.ObjectID, each func(*outreach.Reply) error) error {
	q := Query{
		Collection: Replies, Filter: bson.D{{Key: "sequenceId", Value: sequenceID}},
		Fields: []string{"historyId", "kind", "classification"},
	}
	return s.engine.Find(ctx, q, func(raw bson.Raw) error {
		var r outreach.Reply
		if err := bson.Unmarshal(raw, &r); err != nil {
			return err
		}
		return each(&r)
	})
}
