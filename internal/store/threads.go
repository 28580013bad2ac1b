package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Thread finds a thread by its id.
func (s *Store) Thread(ctx context.Context, id bson.ObjectID) (*outreach.Thread, error) {
	return first[outreach.Thread](ctx, s, Query{Collection: Threads, Filter: byID(id)})
}

// ThreadsByID finds several threads at once.
func (s *Store) ThreadsByID(ctx context.Context, ids []bson.ObjectID) ([]outreach.Thread, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return find[outreach.Thread](ctx, s, Query{Collection: Threads, Filter: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}})
}

// ThreadsByRoots finds a mailbox's threads by the Message-IDs that they begin with.
func (s *Store) ThreadsByRoots(ctx context.Context, mailboxID bson.ObjectID, roots []string) (map[string]bson.ObjectID, error) {
	found := map[string]bson.ObjectID{}
	q := Query{
		Collection: Threads, Fields: []string{"rootMessageId"}, Index: "root",
		Filter: bson.D{{Key: "mailboxId", Value: mailboxID}, {Key: "rootMessageId", Value: bson.D{{Key: "$in", Value: roots}}}},
	}
	err := s.engine.Find(ctx, q, func(raw bson.Raw) error {
		root, _ := raw.Lookup("rootMessageId").StringValueOK()
		found[root], _ = raw.Lookup("_id").ObjectIDOK()
		return nil
	})
	return found, err
}

// UpdateThread sets and unsets fields of a thread.
func (s *Store) UpdateThread(ctx context.Context, id bson.ObjectID, fields bson.D, gone ...string) error {
	return s.update(ctx, Threads, byID(id), changes(fields, gone))
}

// PutThreads stores new threads and, of known ones, the fields that a new message changes. Fields that others keep in them survive.
func (s *Store) PutThreads(ctx context.Context, created, changed []*outreach.Thread) error {
	b := s.NewBatch()
	b.PutThreads(created, changed)
	return b.Commit(ctx)
}

// PutThreads is Store.PutThreads as a part of a batch.
func (b *Batch) PutThreads(created, changed []*outreach.Thread) {
	now := b.store.Now()
	for _, t := range created {
		t.CreatedAt, t.UpdatedAt = now, now
		b.writes = append(b.writes, Write{Kind: Insert, Collection: Threads, Document: t})
	}
	for _, t := range changed {
		b.update(Threads, byID(t.ID), set(threadFields(t)...))
	}
}

// threadFields are what an inbound message changes in its thread.
func threadFields(t *outreach.Thread) bson.D {
	return bson.D{
		{Key: "participants", Value: t.Participants}, {Key: "messageCount", Value: t.MessageCount}, {Key: "replyCount", Value: t.ReplyCount}, {Key: "inboundCount", Value: t.InboundCount},
		{Key: "lastMessageAt", Value: t.LastMessageAt}, {Key: "lastInboundAt", Value: t.LastInboundAt}, {Key: "lastOutboundAt", Value: t.LastOutboundAt},
		{Key: "status", Value: t.Status}, {Key: "unreadCount", Value: t.UnreadCount}, {Key: "lastSnippet", Value: t.LastSnippet},
	}
}
