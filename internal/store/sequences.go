package store

import (
	"context"
	"slices"
	"time"

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

// SequenceNames finds the names of sequences; one that is gone has none. It sorts the ids.
func (s *Store) SequenceNames(ctx context.Context, ids []bson.ObjectID) (map[bson.ObjectID]string, error) {
	sequences, err := find[outreach.Sequence](ctx, s, Query{Collection: Sequences, Filter: amongIDs(ids), Fields: []string{"name"}})
	names := make(map[bson.ObjectID]string, len(sequences))
	for i := range sequences {
		names[sequences[i].ID] = sequences[i].Name
	}
	return names, err
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

// EachActive calls each with every active sequence, of which it reads what tells when it sends, but neither what nor from where.
func (s *Store) EachActive(ctx context.Context, each func(*outreach.Sequence) error) error {
	return s.eachActive(ctx, each, "name", "timezone", "window", "holidays", "lastRunAt")
}

// EachActiveFrom calls each with every active sequence, of which it reads from which mailboxes it sends. There may be thousands.
func (s *Store) EachActiveFrom(ctx context.Context, each func(*outreach.Sequence) error) error {
	return s.eachActive(ctx, each, "mailboxIds")
}

func (s *Store) eachActive(ctx context.Context, each func(*outreach.Sequence) error, fields ...string) error {
	q := Query{Collection: Sequences, Filter: bson.D{{Key: "status", Value: outreach.SequenceActive}}, Fields: fields}
	return s.engine.Find(ctx, q, func(raw bson.Raw) error {
		var seq outreach.Sequence
		if err := bson.Unmarshal(raw, &seq); err != nil {
			return err
		}
		return each(&seq)
	})
}

// ActiveByID finds those of several sequences that are active.
func (s *Store) ActiveByID(ctx context.Context, ids []bson.ObjectID) ([]outreach.Sequence, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "status", Value: outreach.SequenceActive}}
	return find[outreach.Sequence](ctx, s, Query{Collection: Sequences, Filter: filter})
}

// markEvery is how often it is noted of a sequence that runs look at it, and markTogether for how many at once.
const (
	markEvery    = time.Hour
	markTogether = 1000
)

// Unmarked tells whether it is time to note of a sequence that a run looked at it.
func (s *Store) Unmarked(seq *outreach.Sequence) bool {
	return seq.LastRunAt == nil || s.Now().Sub(*seq.LastRunAt) >= markEvery
}

// MarkSequencesRun notes that a run looked at these sequences: what waits behind their caps is waiting, not forgotten. What another run has
// noted within markEvery stays as it is.
func (s *Store) MarkSequencesRun(ctx context.Context, ids []bson.ObjectID) error {
	now := s.Now()
	unmarked := bson.E{Key: "$or", Value: bson.A{
		bson.D{{Key: "lastRunAt", Value: nil}}, bson.D{{Key: "lastRunAt", Value: bson.D{{Key: "$lte", Value: now.Add(-markEvery)}}}},
	}}
	var writes []Write
	for some := range slices.Chunk(ids, markTogether) {
		filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: some}}}, unmarked}
		writes = append(writes, Write{Kind: UpdateMany, Collection: Sequences, Filter: filter, Update: set(bson.E{Key: "lastRunAt", Value: now})})
	}
	if len(writes) == 0 {
		return nil
	}
	return s.write(ctx, writes...)
}
