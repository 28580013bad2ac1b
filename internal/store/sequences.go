package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// InsertSequence stores a new sequence; a *DuplicateError says that the name is taken.
func (s *Store) InsertSequence(ctx context.Context, seq *outreach.Sequence) error {
	seq.CreatedAt, seq.UpdatedAt = s.Now(), s.Now()
	return s.insert(ctx, Sequences, seq)
}

// Sequence finds a sequence by its id.
func (s *Store) Sequence(ctx context.Context, id bson.ObjectID) (*outreach.Sequence, error) {
	return first[outreach.Sequence](ctx, s, Query{Collection: Sequences, Filter: byID(id)})
}

// SequenceByName finds a sequence by its name.
func (s *Store) SequenceByName(ctx context.Context, name string) (*outreach.Sequence, error) {
	return first[outreach.Sequence](ctx, s, Query{Collection: Sequences, Filter: bson.D{{Key: "name", Value: name}}})
}

// SequencesByStatus lists the sequences in one state by name.
func (s *Store) SequencesByStatus(ctx context.Context, status outreach.SequenceStatus) ([]outreach.Sequence, error) {
	q := Query{Collection: Sequences, Filter: bson.D{{Key: "status", Value: status}}, Sort: []string{"name"}}
	return find[outreach.Sequence](ctx, s, q)
}

// AllSequences lists every sequence by name.
func (s *Store) AllSequences(ctx context.Context) ([]outreach.Sequence, error) {
	return find[outreach.Sequence](ctx, s, Query{Collection: Sequences, Sort: []string{"name"}})
}

// UpdateSequence sets and unsets fields of a sequence.
func (s *Store) UpdateSequence(ctx context.Context, id bson.ObjectID, fields bson.D, gone ...string) error {
	return s.update(ctx, Sequences, byID(id), changes(fields, gone))
}

// PauseSequence stops an active sequence for a reason; ErrNotFound says that it was not active any more.
func (s *Store) PauseSequence(ctx context.Context, id bson.ObjectID, reason string) error {
	filter := bson.D{{Key: "_id", Value: id}, {Key: "status", Value: outreach.SequenceActive}}
	return s.update(ctx, Sequences, filter, set(
		bson.E{Key: "status", Value: outreach.SequencePaused},
		bson.E{Key: "statusReason", Value: reason},
		bson.E{Key: "pausedAt", Value: s.Now()},
	))
}

// MarkSequencesRun notes that a run looked at these sequences: what waits behind their caps is waiting, not forgotten.
func (s *Store) MarkSequencesRun(ctx context.Context, ids []bson.ObjectID) error {
	if len(ids) == 0 {
		return nil
	}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	return s.write(ctx, Write{Kind: UpdateMany, Collection: Sequences, Filter: filter, Update: set(bson.E{Key: "lastRunAt", Value: s.Now()})})
}
