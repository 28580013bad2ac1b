package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// SaveFolders stores the cursors of a mailbox's folders under the lease for syncing; ErrNotFound says that the lease is lost. It is lazy: after a
// power cut that takes it back, the messages behind the older cursor are read again and recognised.
func (s *Store) SaveFolders(ctx context.Context, id bson.ObjectID, token string, folders []outreach.Folder) error {
	update := s.touched(set(bson.E{Key: "folders", Value: folders}))
	return s.updateOne(ctx, Write{Kind: Update, Collection: Mailboxes, Filter: SyncLease.held(id, token), Update: update, Lazy: true})
}
