package store

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Session finds a session that has not expired by the hash of its token.
func (s *Store) Session(ctx context.Context, id string) (*outreach.Session, error) {
	filter := bson.D{{Key: "_id", Value: id}, {Key: "expiresAt", Value: bson.D{{Key: "$gt", Value: s.Now()}}}}
	return first[outreach.Session](ctx, s, Query{Collection: Sessions, Filter: filter})
}

// InsertSession stores a new session.
func (s *Store) InsertSession(ctx context.Context, session *outreach.Session) error {
	session.CreatedAt, session.UpdatedAt = s.Now(), s.Now()
	session.ExpiresAt = Millis(session.ExpiresAt)
	return s.insert(ctx, Sessions, session)
}

// UpdateSession changes a session that is still there. One that was signed out meanwhile stays so.
func (s *Store) UpdateSession(ctx context.Context, id string, data []byte, expires time.Time) error {
	err := s.update(ctx, Sessions, byID(id), set(bson.E{Key: "data", Value: data}, bson.E{Key: "expiresAt", Value: Millis(expires)}))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// DeleteSession removes a session; that there is none is no error.
func (s *Store) DeleteSession(ctx context.Context, id string) error {
	_, err := s.remove(ctx, Sessions, byID(id))
	return err
}

// PruneSessions removes what has expired, for engines that do not do it themselves.
func (s *Store) PruneSessions(ctx context.Context) error {
	_, err := s.remove(ctx, Sessions, bson.D{{Key: "expiresAt", Value: bson.D{{Key: "$lte", Value: s.Now()}}}})
	return err
}
