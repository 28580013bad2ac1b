package outreach

import (
	"crypto/sha256"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// HistoryID is the id of the history document of one step to one recipient. It is derived, so that a second attempt at the same step
// collides with the first in the store, whichever process makes it: the recipient's id, with the five bytes that tell the process that
// made it (bytes 4 to 8 of an ObjectID) mixed with the step. So the steps of people who were enrolled together lie together, and a store
// that keeps ids in order writes few pages for many of them.
func HistoryID(recipient bson.ObjectID, step int) bson.ObjectID {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("mailrun history\x00"), uint64(step)))
	for i := 4; i < 9; i++ {
		recipient[i] ^= sum[i]
	}
	return recipient
}

// Seed derives a random seed from a history id, one per purpose, so that every attempt at a step makes the same choices.
func Seed(historyID bson.ObjectID, purpose string) uint64 {
	sum := sha256.Sum256(append([]byte(purpose+"\x00"), historyID[:]...))
	return binary.BigEndian.Uint64(sum[:8])
}
