package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// InsertUser stores a new user; a *DuplicateError says that the address is taken.
func (s *Store) InsertUser(ctx context.Context, u *outreach.User) error {
	u.CreatedAt, u.UpdatedAt = s.Now(), s.Now()
	return s.insert(ctx, Users, u)
}

// User finds a user by its id.
func (s *Store) User(ctx context.Context, id bson.ObjectID) (*outreach.User, error) {
	return first[outreach.User](ctx, s, Query{Collection: Users, Filter: byID(id)})
}

// UserByEmail finds a user by its address in lower case.
func (s *Store) UserByEmail(ctx context.Context, email string) (*outreach.User, error) {
	return first[outreach.User](ctx, s, Query{Collection: Users, Filter: bson.D{{Key: "email", Value: email}}})
}

// ListUsers lists users by address.
func (s *Store) ListUsers(ctx context.Context, p Page) ([]outreach.User, int64, error) {
	return page[outreach.User](ctx, s, Query{Collection: Users, Filter: bson.D{}, Sort: []string{"email"}}, p)
}

// SetPassword stores a user's new password hash; ErrNotFound says that there is no such user.
func (s *Store) SetPassword(ctx context.Context, id bson.ObjectID, hash string) error {
	return s.update(ctx, Users, byID(id), set(bson.E{Key: "passwordHash", Value: hash}))
}

// DeleteUser removes a user and reports whether there was one.
func (s *Store) DeleteUser(ctx context.Context, email string) (bool, error) {
	n, err := s.remove(ctx, Users, bson.D{{Key: "email", Value: email}})
	return n > 0, err
}

// HasUsers tells whether anybody may sign in.
func (s *Store) HasUsers(ctx context.Context) (bool, error) {
	n, err := s.engine.Count(ctx, Users, bson.D{})
	return n > 0, err
}
