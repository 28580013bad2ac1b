package sequence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// guard pauses a sequence that bounces too much, and tells whether it did. A sequence that was resumed after its guard tripped is
// judged by what it sent since.
func (r *run) guard(ctx context.Context, seq *outreach.Sequence) (tripped bool, err error) {
	since := r.Store.Now().Add(-time.Duration(seq.GuardDays()) * 24 * time.Hour)
	if seq.ResumedAt != nil && seq.ResumedAt.After(since) {
		since = *seq.ResumedAt
	}
	bounced, refused, err := r.Store.CountBounced(ctx, seq.ID, since)
	if err != nil || bounced+refused == 0 {
		return false, err
	}
	sent, err := r.Store.CountSent(ctx, seq.ID, since)
	sent, bounced = sent+refused, bounced+refused
	if err != nil || !seq.GuardTrips(int(sent), int(bounced)) {
		return false, err
	}
	reason := fmt.Sprintf("bounce guard: %d of %d messages since %s bounced (limit %.1f %%)", bounced, sent, since.Format(time.DateOnly), 100*seq.BounceRateMax())
	err = r.Store.PauseSequence(ctx, seq.ID, reason)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	r.Log.Warn("sequence paused itself", "sequence", seq.Name, "reason", reason)
	r.stats.skip(outreach.ReasonSequencePaused)
	return true, err
}
