package store

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// InsertReplies stores new messages in one go and tells for each whether it was new. One that is known already, under this UID or another
// one (it was moved, or the folder's UIDs changed), is not stored again; its place is brought up to date.
//
// It is lazy: a power cut that takes the messages back takes back nothing that they caused, for that is written after them, and the cursor
// has not moved past them.
func (s *Store) InsertReplies(ctx context.Context, replies []*outreach.Reply) ([]bool, error) {
	now := s.Now()
	writes := make([]Write, len(replies))
	for i, r := range replies {
		r.CreatedAt, r.UpdatedAt = now, now
		writes[i] = Write{Kind: Insert, Collection: Replies, Document: r, Lazy: true}
	}
	results, err := s.engine.Write(ctx, writes)
	if err != nil {
		return nil, err
	}
	isNew := make([]bool, len(replies))
	for i, result := range results {
		switch {
		case result.Err == nil:
			isNew[i] = true
		case !IsDuplicate(result.Err):
			return nil, result.Err
		default:
			if err := s.relocateReply(ctx, replies[i]); err != nil {
				return nil, err
			}
		}
	}
	return isNew, nil
}

// relocateReply notes where a known message lies now.
func (s *Store) relocateReply(ctx context.Context, r *outreach.Reply) error {
	filter := bson.D{{Key: "mailboxId", Value: r.MailboxID}, {Key: "dedupeKey", Value: r.DedupeKey}}
	err := s.update(ctx, Replies, filter, set(
		bson.E{Key: "folder", Value: r.Folder}, bson.E{Key: "uidValidity", Value: r.UIDValidity}, bson.E{Key: "uid", Value: r.UID}))
	if errors.Is(err, ErrNotFound) || IsDuplicate(err) {
		return nil
	}
	return err
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

// MarkReplies notes that all effects of several replies were applied.
func (b *Batch) MarkReplies(replies []*outreach.Reply) {
	ids := make([]bson.ObjectID, len(replies))
	for i, r := range replies {
		ids[i] = r.ID
		r.Effects = map[string]bool{"stop": true, "suppress": true, "history": true, "thread": true, "done": true}
	}
	effects := bson.D{{Key: "stop", Value: true}, {Key: "suppress", Value: true}, {Key: "history", Value: true}, {Key: "thread", Value: true}, {Key: "done", Value: true}}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	b.writes = append(b.writes, Write{Kind: UpdateMany, Collection: Replies, Filter: filter, Update: set(bson.E{Key: "effects", Value: effects})})
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
