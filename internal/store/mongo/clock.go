package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// ServerTime is the primary's clock: localTime in the answer to hello, which servers and those that are compatible give without any right
// (mongodb.com/docs/manual/reference/command/hello). It implements store.ServerClock.
func (e *Engine) ServerTime(ctx context.Context) (time.Time, error) {
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	answer, err := e.db.RunCommand(limited, bson.D{{Key: "hello", Value: 1}}).Raw()
	if err != nil {
		return time.Time{}, e.explain(ctx, err)
	}
	at, ok := answer.Lookup("localTime").TimeOK()
	if !ok {
		return time.Time{}, fmt.Errorf("%w: %s: hello answers without localTime", store.ErrNoServerTime, e.location)
	}
	return at, nil
}
