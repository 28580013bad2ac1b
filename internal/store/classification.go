package store

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// manualSource marks a person's verdict, which nothing overwrites.
const manualSource = "manual"

// classifiedFields are the parts of a reply that a label is made from; its raw text, HTML and header stay where they are.
var classifiedFields = []string{
	"threadId", "historyId", "from", "subject", "receivedAt", "visibleText", "kind", "returnDate", "leftCompany", "bounce", "classification",
}

// PendingReplies lists replies that wait for a label, oldest first, without their raw texts.
func (s *Store) PendingReplies(ctx context.Context, skip, limit int) ([]outreach.Reply, error) {
	return find[outreach.Reply](ctx, s, Query{
		Collection: Replies,
		Filter:     bson.D{{Key: "classification.status", Value: outreach.ClassificationPending}},
		Sort:       []string{"receivedAt"}, Skip: int64(skip), Limit: int64(limit), Fields: classifiedFields,
	})
}

// CountClassified counts the replies whose classification got so far.
func (s *Store) CountClassified(ctx context.Context, status outreach.ClassificationStatus) (int, error) {
	n, err := s.engine.Count(ctx, Replies, bson.D{{Key: "classification.status", Value: status}})
	return int(n), err
}

// ClassificationByKey finds an earlier answer by its cache key, or returns nil.
func (s *Store) ClassificationByKey(ctx context.Context, key string) (*outreach.Classification, error) {
	found, err := first[outreach.Reply](ctx, s, Query{
		Collection: Replies,
		Filter:     bson.D{{Key: "classification.cacheKey", Value: key}, {Key: "classification.status", Value: outreach.ClassificationDone}},
		Fields:     []string{"classification"},
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return found.Classification, nil
}

// SaveClassification labels a reply and reports whether it did: a person's verdict stays, unless c is one itself.
func (s *Store) SaveClassification(ctx context.Context, id bson.ObjectID, c outreach.Classification) (bool, error) {
	filter := byID(id)
	if c.Source != manualSource {
		filter = append(filter, bson.E{Key: "classification.source", Value: bson.D{{Key: "$ne", Value: manualSource}}})
	}
	err := s.update(ctx, Replies, filter, set(bson.E{Key: "classification", Value: c}))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// RefreshThreadIntent copies the label of the newest labelled reply to its thread, in whatever order replies were labelled.
func (s *Store) RefreshThreadIntent(ctx context.Context, threadID bson.ObjectID) error {
	newest, err := first[outreach.Reply](ctx, s, Query{
		Collection: Replies,
		Filter:     bson.D{{Key: "threadId", Value: threadID}, {Key: "classification.status", Value: outreach.ClassificationDone}},
		Sort:       []string{"-receivedAt"}, Fields: []string{"classification"},
	})
	if err == nil {
		err = s.UpdateThread(ctx, threadID, bson.D{
			{Key: "hasAiClassification", Value: newest.Classification.Source != manualSource},
			{Key: "lastIntent", Value: newest.Classification.Intent}, {Key: "lastSentiment", Value: newest.Classification.Sentiment},
		})
	}
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}
