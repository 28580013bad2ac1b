package forecast

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// world is what the answers rest on: sequences and mailboxes as stored.
type world struct {
	now       time.Time
	sequences []*outreach.Sequence
	byID      map[bson.ObjectID]*outreach.Sequence
	mailboxes map[bson.ObjectID]*outreach.Mailbox
	senders   map[bson.ObjectID][]*outreach.Mailbox // of a sequence, the one that would send first
	counters  map[string]int
}

// world reads the sequences (one, if it is named) and all mailboxes.
func (f *Forecaster) world(ctx context.Context, only string) (*world, error) {
	w := &world{
		now: f.Store.Now(), byID: map[bson.ObjectID]*outreach.Sequence{}, mailboxes: map[bson.ObjectID]*outreach.Mailbox{},
		senders: map[bson.ObjectID][]*outreach.Mailbox{}, counters: map[string]int{},
	}
	sequences, err := f.Store.AllSequences(ctx)
	if err != nil {
		return nil, err
	}
	for i := range sequences {
		if only == "" || sequences[i].Name == only {
			w.sequences = append(w.sequences, &sequences[i])
			w.byID[sequences[i].ID] = &sequences[i]
		}
	}
	if only != "" && len(w.sequences) == 0 {
		return nil, ErrUnknown
	}
	err = f.Store.EachSendingState(ctx, func(mb *outreach.Mailbox) {
		if mb.Status != outreach.MailboxFallback {
			w.mailboxes[mb.ID] = mb
		}
	})
	return w, err
}

// candidates are the mailboxes that could send to a recipient, the one that would first.
func (w *world) candidates(seq *outreach.Sequence, r *outreach.Recipient) []*outreach.Mailbox {
	if !r.MailboxID.IsZero() {
		if mb := w.mailboxes[r.MailboxID]; mb != nil {
			return []*outreach.Mailbox{mb}
		}
		return nil
	}
	out, known := w.senders[seq.ID]
	if known {
		return out
	}
	for _, id := range seq.MailboxIDs {
		if mb := w.mailboxes[id]; mb != nil {
			out = append(out, mb)
		}
	}
	slices.SortFunc(out, func(a, b *outreach.Mailbox) int { return outreach.CompareIdle(a, b, w.now) })
	w.senders[seq.ID] = out
	return out
}

// mailboxLines describes every mailbox's budget.
func (w *world) mailboxLines() []MailboxLine {
	lines := make([]MailboxLine, 0, len(w.mailboxes))
	for _, mb := range w.mailboxes {
		line := MailboxLine{
			Email: mb.Email, Status: mb.Status, StatusReason: mb.StatusReason, DailyCap: mb.DailyCap(w.now), LeftToday: mb.RoomToday(w.now),
			SentToday: mb.SentOn(outreach.LocalDay(w.now, mb.Location())), LastSyncOKAt: mb.LastSyncOKAt, LastError: mb.LastError,
		}
		if reason, until := mb.Blocked(w.now); reason != "" {
			line.Reason = reason
			if !until.IsZero() {
				line.NextEligibleAt = &until
			}
		}
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b MailboxLine) int { return cmp.Compare(a.Email, b.Email) })
	return lines
}
