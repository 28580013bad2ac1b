package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// HistoryByID finds one delivery.
func (s *Store) HistoryByID(ctx context.Context, id bson.ObjectID) (*outreach.History, error) {
	return first[outreach.History](ctx, s, Query{Collection: History, Filter: byID(id)})
}

// HistoryByMessageIDs finds the deliveries that carried any of the Message-IDs, without their texts.
func (s *Store) HistoryByMessageIDs(ctx context.Context, ids []string) ([]outreach.History, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return find[outreach.History](ctx, s, Query{
		Collection: History,
		Filter:     bson.D{{Key: "messageId", Value: bson.D{{Key: "$in", Value: ids}}}},
		Fields:     historyHead,
	})
}

// HistoryOfRecipient lists a recipient's deliveries in step order.
func (s *Store) HistoryOfRecipient(ctx context.Context, recipientID bson.ObjectID) ([]outreach.History, error) {
	q := Query{Collection: History, Filter: bson.D{{Key: "sequenceRecipientId", Value: recipientID}}, Sort: []string{"step"}}
	return find[outreach.History](ctx, s, q)
}

// HistoryInStatus lists deliveries in a status, oldest first.
func (s *Store) HistoryInStatus(ctx context.Context, status outreach.HistoryStatus, limit int) ([]outreach.History, error) {
	q := Query{Collection: History, Filter: bson.D{{Key: "status", Value: status}}, Sort: []string{"createdAt"}, Limit: int64(limit)}
	return find[outreach.History](ctx, s, q)
}

// CountSent counts a sequence's accepted messages since a time.
func (s *Store) CountSent(ctx context.Context, sequenceID bson.ObjectID, since time.Time) (int64, error) {
	return s.engine.Count(ctx, History, bson.D{{Key: "sequenceId", Value: sequenceID}, {Key: "sentAt", Value: bson.D{{Key: "$gte", Value: Millis(since)}}}})
}

// CountSentFrom counts a mailbox's accepted messages since a time.
func (s *Store) CountSentFrom(ctx context.Context, mailboxID bson.ObjectID, since time.Time) (int, error) {
	n, err := s.engine.Count(ctx, History, bson.D{{Key: "mailboxId", Value: mailboxID}, {Key: "sentAt", Value: bson.D{{Key: "$gte", Value: Millis(since)}}}})
	return int(n), err
}

// CountBounced counts a sequence's messages that bounced since a time: those that were accepted first, and those refused at RCPT.
func (s *Store) CountBounced(ctx context.Context, sequenceID bson.ObjectID, since time.Time) (afterwards, refused int64, err error) {
	filter := bson.D{{Key: "sequenceId", Value: sequenceID}, {Key: "bouncedAt", Value: bson.D{{Key: "$gte", Value: Millis(since)}}}}
	all, err := s.engine.Count(ctx, History, filter)
	if err != nil || all == 0 {
		return 0, 0, err
	}
	refused, err = s.engine.Count(ctx, History, append(filter, bson.E{Key: "sentAt", Value: nil}))
	return all - refused, refused, err
}

// UpdateHistory changes fields of a delivery that is in one of the given states; ErrNotFound says that it is in none of them.
func (s *Store) UpdateHistory(ctx context.Context, id bson.ObjectID, from []outreach.HistoryStatus, fields bson.D, gone ...string) error {
	filter := bson.D{{Key: "_id", Value: id}, {Key: "status", Value: bson.D{{Key: "$in", Value: from}}}}
	return s.update(ctx, History, filter, changes(fields, gone))
}

// historyHead are the fields of a delivery without its texts.
var historyHead = []string{
	"sequenceRecipientId", "sequenceId", "step", "mailboxId", "to", "from", "subject", "messageId", "inReplyTo", "references",
	"status", "createdAt", "sentAt", "repliedAt", "bouncedAt", "manual",
}

// HistoryOfRecipients lists the deliveries of several recipients without their texts.
func (s *Store) HistoryOfRecipients(ctx context.Context, ids []bson.ObjectID) ([]outreach.History, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return find[outreach.History](ctx, s, Query{
		Collection: History,
		Filter:     bson.D{{Key: "sequenceRecipientId", Value: bson.D{{Key: "$in", Value: ids}}}},
		Fields:     historyHead,
	})
}

// RecipientsOfHistory lists to whom several deliveries went.
func (s *Store) RecipientsOfHistory(ctx context.Context, ids []bson.ObjectID) ([]bson.ObjectID, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	recipients := make([]bson.ObjectID, 0, len(ids))
	q := Query{Collection: History, Filter: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, Fields: []string{"sequenceRecipientId"}}
	err := s.engine.Find(ctx, q, func(raw bson.Raw) error {
		if id, ok := raw.Lookup("sequenceRecipientId").ObjectIDOK(); ok {
			recipients = append(recipients, id)
		}
		return nil
	})
	return recipients, err
}

// EachHistory calls each with every delivery of a sequence, without texts.
func (s *Store) EachHistory(ctx context.Context, sequenceID bson.ObjectID, each func(*outreach.History) error) error {
	q := Query{
		Collection: History, Filter: bson.D{{Key: "sequenceId", Value: sequenceID}},
		Fields: []string{"step", "variantId", "mailboxId", "from", "status", "createdAt", "sentAt", "manual"},
	}
	return s.engine.Find(ctx, q, func(raw bson.Raw) error {
		var h outreach.History
		if err := bson.Unmarshal(raw, &h); err != nil {
			return err
		}
		return each(&h)
	})
}

// SentTexts are the texts of deliveries by their ids.
func (s *Store) SentTexts(ctx context.Context, ids []bson.ObjectID) (map[bson.ObjectID]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	q := Query{Collection: History, Filter: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, Fields: []string{"text"}}
	sent, err := find[outreach.History](ctx, s, q)
	texts := make(map[bson.ObjectID]string, len(sent))
	for i := range sent {
		texts[sent[i].ID] = sent[i].Text
	}
	return texts, err
}
