package mailbox

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// TokenStore keeps OAuth tokens in the mailbox documents, for all processes that share the database. A provider that rotates refresh
// tokens revokes the old one at each use, so two processes must not refresh at once: who refreshes holds a lease meanwhile.
type TokenStore interface {
	// LoadOAuth returns the mailbox's sealed.oauth as it is now, nil if it has none.
	LoadOAuth(ctx context.Context, mailboxID bson.ObjectID) (*outreach.SealedOAuth, error)
	// LeaseRefresh takes the right to refresh until a time, in one atomic update, and tells whether it got it. It is free when
	// sealed.oauth.refreshUntil is missing or before now.
	LeaseRefresh(ctx context.Context, mailboxID bson.ObjectID, now, until time.Time) (bool, error)
	// SaveToken sets sealed.oauth.accessToken and expiresAt, refreshToken too unless it is empty, and removes refreshUntil.
	SaveToken(ctx context.Context, mailboxID bson.ObjectID, sealedAccess string, expires time.Time, sealedRefresh string) error
	// ReleaseRefresh removes refreshUntil after a refresh that failed.
	ReleaseRefresh(ctx context.Context, mailboxID bson.ObjectID) error
}
