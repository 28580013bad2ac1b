package store

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// refreshUntil is the field that says until when one process may refresh a mailbox's OAuth token.
const refreshUntil = "sealed.oauth.refreshUntil"

// LoadOAuth returns a mailbox's sealed OAuth settings as they are now, nil if it has none.
func (s *Store) LoadOAuth(ctx context.Context, mailboxID bson.ObjectID) (*outreach.SealedOAuth, error) {
	mb, err := first[outreach.Mailbox](ctx, s, Query{Collection: Mailboxes, Filter: byID(mailboxID), Fields: []string{"sealed"}})
	if err != nil || mb.Sealed == nil {
		return nil, err
	}
	return mb.Sealed.OAuth, nil
}

// LeaseRefresh takes the right to refresh a mailbox's token until a time and tells whether it got it.
func (s *Store) LeaseRefresh(ctx context.Context, mailboxID bson.ObjectID, now, until time.Time) (bool, error) {
	free := bson.A{bson.D{{Key: refreshUntil, Value: nil}}, bson.D{{Key: refreshUntil, Value: bson.D{{Key: "$lte", Value: Millis(now)}}}}}
	filter := bson.D{{Key: "_id", Value: mailboxID}, {Key: "$or", Value: free}}
	err := s.update(ctx, Mailboxes, filter, set(bson.E{Key: refreshUntil, Value: Millis(until)}))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// SaveToken stores a fresh access token, and the refresh token too if the provider changed it, and ends the right to refresh.
func (s *Store) SaveToken(ctx context.Context, mailboxID bson.ObjectID, sealedAccess string, expires time.Time, sealedRefresh string) error {
	fields := bson.D{{Key: "sealed.oauth.accessToken", Value: sealedAccess}, {Key: "sealed.oauth.expiresAt", Value: Millis(expires)}}
	if sealedRefresh != "" {
		fields = append(fields, bson.E{Key: "sealed.oauth.refreshToken", Value: sealedRefresh})
	}
	return s.UpdateMailbox(ctx, mailboxID, fields, refreshUntil)
}

// ReleaseRefresh ends the right to refresh after a refresh that failed.
func (s *Store) ReleaseRefresh(ctx context.Context, mailboxID bson.ObjectID) error {
	return s.UpdateMailbox(ctx, mailboxID, nil, refreshUntil)
}
