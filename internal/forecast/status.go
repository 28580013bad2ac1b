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
	passed, err := f.judgeDue(ctx, w, seq, reasons)
	if err != nil {
		return line, nil, err
	}
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

// judgeDue judges the sendable recipients in the order in which they come due.
func (f *Forecaster) judgeDue(ctx context.Context, w *world, seq *outreach.Sequence, reasons *tally) ([]RecipientLine, error) {
	var passed []RecipientLine
	for _, state := range []outreach.State{outreach.StateActive, outreach.StateQueued} {
		first, err := f.upcoming(ctx, seq.ID, state, judged(len(w.sequences)))
		if err != nil {
			return nil, err
		}
		lines, err := f.explain(ctx, w, first)
		if err != nil {
			return nil, err
		}
		for _, one := range lines {
			if one.Reason != "" {
				reasons.add(one.Reason, 1, timeOf(one.NextEligibleAt))
				passed = append(passed, one)
			}
		}
	}
	return passed, nil
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

// explainedAtOnce is for how many recipients one query asks who is suppressed.
const explainedAtOnce = 500

// explain asks the rules about recipients of known sequences, each with the mailbox that would send: its own, else whichever of the
// sequence's lets it go first.
func (f *Forecaster) explain(ctx context.Context, w *world, recipients []outreach.Recipient) ([]RecipientLine, error) {
	lines := make([]RecipientLine, 0, len(recipients))
	for some := range slices.Chunk(recipients, explainedAtOnce) {
		emails := make([]string, len(some))
		for i := range some {
			emails[i] = some[i].Email
		}
		suppressed, err := f.Store.SuppressedAmong(ctx, emails)
		if err != nil {
			return nil, err
		}
		for i := range some {
			line, err := f.explainOne(ctx, w, &some[i], suppressed[some[i].Email] != nil)
			if err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func (f *Forecaster) explainOne(ctx context.Context, w *world, r *outreach.Recipient, suppressed bool) (RecipientLine, error) {
	seq := w.byID[r.SequenceID]
	line := RecipientLine{Email: r.Email, Sequence: seq.Name, State: r.State, Step: r.Step}
	d, mb, err := f.verdict(ctx, w, seq, r, suppressed)
	if err != nil {
		return line, err
	}
	if mb != nil {
		line.Mailbox = mb.Email
	}
	line.Reason = d.Reason
	if d.Action == outreach.Send && f.Content != nil {
		line.Reason = f.Content(seq, r)
	}
	if d.Reason != "" && !d.Until.IsZero() {
		line.NextEligibleAt = &d.Until
	}
	return line, nil
}

// verdict is the best verdict over the mailboxes that could send.
func (f *Forecaster) verdict(ctx context.Context, w *world, seq *outreach.Sequence, r *outreach.Recipient, suppressed bool) (outreach.Decision, *outreach.Mailbox, error) {
	candidates := w.candidates(seq, r)
	if len(candidates) == 0 {
		candidates = []*outreach.Mailbox{nil}
	}
	var best outreach.Decision
	var bestBox *outreach.Mailbox
	for i, mb := range candidates {
		in := outreach.Situation{Now: w.now, Recipient: r, Sequence: seq, Mailbox: mb, Policy: f.Policy, Suppressed: suppressed}
		if err := f.taken(ctx, w, &in); err != nil {
			return best, nil, err
		}
		d := outreach.Verdict(in)
		if i == 0 || sooner(d, best) {
			best, bestBox = d, mb
		}
		if best.Action == outreach.Send || !dependsOnMailbox(r, d) {
			break
		}
	}
	return best, bestBox, nil
}

// dependsOnMailbox tells whether another mailbox could let a recipient go. The rules ask about recipient and sequence before they ask about
// the mailbox.
func dependsOnMailbox(r *outreach.Recipient, d outreach.Decision) bool {
	if r.State == outreach.StateHeld || r.State == outreach.StatePaused {
		return false
	}
	switch d.Reason {
	case outreach.ReasonNotDue, outreach.ReasonRecipientPaused, outreach.ReasonSequencePaused, outreach.ReasonSequenceArchived, outreach.ReasonSequenceDraft:
		return false
	}
	return d.Action == outreach.Wait
}

// sooner tells whether a verdict lets the recipient go earlier than another.
func sooner(a, b outreach.Decision) bool {
	switch {
	case a.Action == outreach.Send:
		return b.Action != outreach.Send
	case b.Action == outreach.Send, a.Until.IsZero():
		return false
	}
	return b.Until.IsZero() || a.Until.Before(b.Until)
}

// taken fills in the shared caps, each read once.
func (f *Forecaster) taken(ctx context.Context, w *world, in *outreach.Situation) error {
	for _, c := range outreach.SharedCaps(in.Now, in.Sequence, in.Recipient, in.Mailbox, f.Policy) {
		n, known := w.counters[c.Key]
		if !known {
			var err error
			if n, err = f.Store.Reserved(ctx, c.Key); err != nil {
				return err
			}
			w.counters[c.Key] = n
		}
		c.Put(in, n)
	}
	return nil
}

// tally counts reasons with their earliest ends.
type tally struct {
	order []string
	by    map[string]*Waiting
}

func newTally() *tally { return &tally{by: map[string]*Waiting{}} }

func (t *tally) add(reason string, n int, until time.Time) {
	w := t.by[reason]
	if w == nil {
		w = &Waiting{Reason: reason}
		t.by[reason] = w
		t.order = append(t.order, reason)
	}
	w.Count += n
	if !until.IsZero() && (w.NextEligibleAt == nil || until.Before(*w.NextEligibleAt)) {
		w.NextEligibleAt = &until
	}
}

func (t *tally) list() []Waiting {
	out := make([]Waiting, 0, len(t.order))
	for _, reason := range t.order {
		out = append(out, *t.by[reason])
	}
	slices.SortStableFunc(out, func(a, b Waiting) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

func (t *tally) earliest() *time.Time {
	var first *time.Time
	for _, w := range t.by {
		if w.NextEligibleAt != nil && (first == nil || w.NextEligibleAt.Before(*first)) {
			first = w.NextEligibleAt
		}
	}
	return first
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
