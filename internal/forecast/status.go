package forecast

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// Forecaster reads the store and asks the rules.
type Forecaster struct {
	Store  *store.Store
	Policy outreach.Policy
	// Content says why a due recipient's next step cannot be written ("missing_variable: company"), "" if it can. Nil asks nothing.
	Content func(seq *outreach.Sequence, r *outreach.Recipient) string
}

// listedMost is how many recipients are listed one by one. Of a sequence up to judgedMost in each state are judged to count reasons, and of many
// sequences fewer each, so that judgedAll come of all together, but not less than judgedLeast; of more than that the counts are of the first
// ones in line.
const (
	listedMost  = 100
	judgedMost  = 2000
	judgedLeast = 200
	judgedAll   = 20_000
)

// judged is how many of a state of each of n sequences are judged.
func judged(n int) int { return min(max(judgedAll/(2*max(n, 1)), judgedLeast), judgedMost) }

// Report is the answer to "why is nothing being sent?".
type Report struct {
	At        time.Time      `json:"at"`
	Sequences []SequenceLine `json:"sequences"`
	Mailboxes []MailboxLine  `json:"mailboxes"`
	// Recipients are the ones asked for, else those that are passed over in the sequence that was asked for.
	Recipients []RecipientLine       `json:"recipients,omitempty"`
	Running    []outreach.CronRunLog `json:"running"`
	Unlabelled Unlabelled            `json:"unlabelled"`
}

// Unlabelled counts the replies without an intent: those that the next sync tries again, and those that were given up.
type Unlabelled struct {
	Waiting int `json:"waiting"`
	Failed  int `json:"failed"`
}

// SequenceLine is one sequence: how its recipients stand, and what holds back those that are due. Status is completed if nobody waits for
// anything in an active one. Reason is why the sequence as a whole sends nothing.
type SequenceLine struct {
	Name           string                  `json:"name"`
	Status         outreach.SequenceStatus `json:"status"`
	Reason         string                  `json:"reason,omitempty"`
	StatusReason   string                  `json:"statusReason,omitempty"`
	States         map[outreach.State]int  `json:"states"`
	Due            int                     `json:"due"`
	Judged         int                     `json:"judged"` // the first in line, who were asked what holds them back
	Waiting        []Waiting               `json:"waiting"`
	NextEligibleAt *time.Time              `json:"nextEligibleAt,omitempty"`
}

// Waiting is a number of recipients that one reason holds back, and the earliest time at which it lets one of them go; without a time it is
// for a person to end.
type Waiting struct {
	Reason         string     `json:"reason"`
	Count          int        `json:"count"`
	NextEligibleAt *time.Time `json:"nextEligibleAt,omitempty"`
}

// MailboxLine is one mailbox: its budget, and why it does not send now.
type MailboxLine struct {
	Email          string                 `json:"email"`
	Status         outreach.MailboxStatus `json:"status"`
	StatusReason   string                 `json:"statusReason,omitempty"`
	SentToday      int                    `json:"sentToday"`
	DailyCap       int                    `json:"dailyCap"`
	LeftToday      int                    `json:"leftToday"`
	Reason         string                 `json:"reason,omitempty"`
	NextEligibleAt *time.Time             `json:"nextEligibleAt,omitempty"`
	LastSyncOKAt   *time.Time             `json:"lastSyncOkAt,omitempty"`
	LastError      *outreach.Fault        `json:"lastError,omitempty"`
}

// RecipientLine is one recipient: where he stands and why nothing is sent to him now; Reason "" means that the next run will.
type RecipientLine struct {
	Email          string         `json:"email"`
	Sequence       string         `json:"sequence"`
	State          outreach.State `json:"state"`
	Step           int            `json:"step"`
	Reason         string         `json:"reason,omitempty"`
	NextEligibleAt *time.Time     `json:"nextEligibleAt,omitempty"`
	Mailbox        string         `json:"mailbox,omitempty"`
}

// ErrUnknown says that no sequence or recipient has the name that was asked for.
var ErrUnknown = errors.New("not known")

// Status explains what is waiting and why, for everything, one sequence, or one recipient.
func (f *Forecaster) Status(ctx context.Context, sequence, recipient string) (*Report, error) {
	w, err := f.world(ctx, sequence)
	if err != nil {
		return nil, err
	}
	running, err := f.Store.RunningRuns(ctx)
	if err != nil {
		return nil, err
	}
	report := &Report{At: w.now, Running: orEmpty(running), Sequences: []SequenceLine{}, Mailboxes: w.mailboxLines()}
	if report.Unlabelled, err = f.unlabelled(ctx); err != nil {
		return nil, err
	}
	if recipient != "" {
		report.Recipients, err = f.recipient(ctx, w, recipient)
		return report, err
	}
	for _, seq := range w.sequences {
		line, passed, err := f.sequence(ctx, w, seq)
		if err != nil {
			return nil, err
		}
		report.Sequences = append(report.Sequences, line)
		report.Recipients = append(report.Recipients, passed[:min(len(passed), max(listedMost-len(report.Recipients), 0))]...)
	}
	return report, nil
}

func (f *Forecaster) unlabelled(ctx context.Context) (u Unlabelled, err error) {
	if u.Waiting, err = f.Store.CountClassified(ctx, outreach.ClassificationPending); err != nil {
		return u, err
	}
	u.Failed, err = f.Store.CountClassified(ctx, outreach.ClassificationFailed)
	return u, err
}

// recipient explains every enrolment of an address.
func (f *Forecaster) recipient(ctx context.Context, w *world, email string) ([]RecipientLine, error) {
	found, err := f.Store.RecipientsByEmail(ctx, email)
	if err != nil {
		return nil, err
	}
	lines, err := f.explain(ctx, w, slices.DeleteFunc(found, func(r outreach.Recipient) bool { return w.byID[r.SequenceID] == nil }))
	if err == nil && len(lines) == 0 {
		err = ErrUnknown
	}
	return lines, err
}

// sequence counts a sequence's recipients, judges those that are due, and lists those that are passed over.
func (f *Forecaster) sequence(ctx context.Context, w *world, seq *outreach.Sequence) (SequenceLine, []RecipientLine, error) {
	line := SequenceLine{Name: seq.Name, Status: seq.Status, StatusReason: seq.StatusReason, States: map[outreach.State]int{}, Waiting: []Waiting{}}
	if seq.Status != outreach.SequenceActive {
		line.Reason = "sequence_" + string(seq.Status)
	}
	reasons := newTally()
	counts, err := f.Store.CountStates(ctx, seq.ID)
	if err == nil {
		line.Due, err = f.due(ctx, seq)
	}
	if err != nil {
		return line, nil, err
	}
	for _, c := range counts {
		line.States[c.State] += c.Count
		switch c.State {
		case outreach.StateHeld:
			reasons.add(cmp.Or(c.Reason, outreach.ReasonHeld), c.Count, time.Time{})
		case outreach.StatePaused:
			reasons.add(outreach.ReasonRecipientPaused, c.Count, time.Time{})
		}
	}
	waiting := line.States[outreach.StateQueued] + line.States[outreach.StateActive] + line.States[outreach.StateHeld] + line.States[outreach.StatePaused]
	if seq.Status == outreach.SequenceActive && waiting == 0 && len(counts) > 0 {
		line.Status = outreach.SequenceCompleted
	}
	passed, judged, err := f.judgeDue(ctx, w, seq, reasons)
	if err != nil {
		return line, nil, err
	}
	line.Judged = judged
	held, err := f.held(ctx, w, seq)
	line.Waiting = reasons.list()
	line.NextEligibleAt = reasons.earliest()
	return line, append(held, passed...), err
}

// due counts a sequence's recipients whose time has come.
func (f *Forecaster) due(ctx context.Context, seq *outreach.Sequence) (int, error) {
	followups, err := f.Store.CountDueIn(ctx, seq.ID, outreach.StateActive)
	if err != nil {
		return 0, err
	}
	first, err := f.Store.CountDueIn(ctx, seq.ID, outreach.StateQueued)
	return followups + first, err
}

// judgeDue judges the sendable recipients in the order in which they come due, as many as are judged, and returns those that are passed over.
func (f *Forecaster) judgeDue(ctx context.Context, w *world, seq *outreach.Sequence, reasons *tally) (passed []RecipientLine, n int, err error) {
	for _, state := range []outreach.State{outreach.StateActive, outreach.StateQueued} {
		first, err := f.upcoming(ctx, seq.ID, state, judged(len(w.sequences)))
		if err != nil {
			return nil, n, err
		}
		lines, err := f.explain(ctx, w, first)
		if err != nil {
			return nil, n, err
		}
		n += len(lines)
		for _, one := range lines {
			if one.Reason != "" {
				reasons.add(one.Reason, 1, timeOf(one.NextEligibleAt))
				passed = append(passed, one)
			}
		}
	}
	return passed, n, nil
}

// upcoming reads the first recipients in line, as many as are judged.
func (f *Forecaster) upcoming(ctx context.Context, sequenceID bson.ObjectID, state outreach.State, most int) ([]outreach.Recipient, error) {
	var first []outreach.Recipient
	err := f.Store.Upcoming(ctx, sequenceID, state, most, func(r outreach.Recipient) error {
		first = append(first, r)
		return nil
	})
	return first, err
}

// held lists the recipients that wait for a person.
func (f *Forecaster) held(ctx context.Context, w *world, seq *outreach.Sequence) ([]RecipientLine, error) {
	found, err := f.Store.RecipientsInState(ctx, seq.ID, outreach.StateHeld, listedMost)
	if err != nil {
		return nil, err
	}
	return f.explain(ctx, w, found)
}

func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
