package outreach

import (
	"crypto/sha256"
	"encoding/binary"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// HistoryID is the id of the history document of one step to one recipient. It is derived, so that a second attempt at the same step
// collides with the first in the store, whichever process makes it.
func HistoryID(recipient bson.ObjectID, step int) bson.ObjectID {
	input := append([]byte("mailrun history\x00"), recipient[:]...)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(input, uint64(step)))
	return bson.ObjectID(sum[:12])
}

// Seed derives a random seed from a history id, one per purpose, so that every attempt at a step makes the same choices.
func Seed(historyID bson.ObjectID, purpose string) uint64 {
	sum := sha256.Sum256(append([]byte(purpose+"\x00"), historyID[:]...))
	return binary.BigEndian.Uint64(sum[:8])
}
