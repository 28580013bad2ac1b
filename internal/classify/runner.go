package classify

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// The Runner's measures.
const (
	// MaxAttempts is after how many failures a reply is given up and shown.
	MaxAttempts = 5
	// concurrency is how many replies are with a classifier at once.
	concurrency = 8
	// pageSize is how many replies are read at a time.
	pageSize = 200
	// certain is the confidence from which an opt-out that a classifier found suppresses.
	certain = 0.9
)

// ErrStopped says that a classifier takes no more replies in this run: its credentials are wrong, or its calls are used up. Replies that
// meet it stay as they are; no attempt is counted.
var ErrStopped = errors.New("no more calls in this run")

// Counts is what a run did: replies labelled, tried in vain, and still waiting.
type Counts struct{ Classified, Failed, Pending int }

// Runner works off replies that wait for a label.
type Runner struct {
	Classifier Classifier
	Store      *store.Store
	// MaxCalls bounds how many texts reach the classifier in a run; 0 means no bound.
	MaxCalls int
	Now      func() time.Time
	Log      *slog.Logger
}

// run is one run's state. Errors of the store end it; errors of the classifier are the replies' own.
type run struct {
	*Runner
	mu      sync.Mutex
	counts  Counts
	calls   int
	stopped bool
}

// job is a text and the replies that hold it: it is worked on once for all of them.
type job struct {
	in      Input
	key     string
	replies []outreach.Reply
}

// Run labels what waits, oldest first, until nothing is left or ctx ends. When the classifier stops, rules and earlier answers go on. The error is the store's: whatever the
// classifier could not do stays pending, is tried again in later runs, and is marked failed after MaxAttempts.
func (r *Runner) Run(ctx context.Context) (Counts, error) {
	this := &run{Runner: r}
	for skip := 0; ctx.Err() == nil; {
		page, err := r.Store.PendingReplies(ctx, skip, pageSize)
		if err != nil || len(page) == 0 {
			return this.end(ctx, err)
		}
		before := this.counts.Pending
		if err := this.label(ctx, page); err != nil {
			return this.end(ctx, err)
		}
		skip += this.counts.Pending - before
	}
	return this.end(ctx, nil)
}

// Label labels the given replies, whatever their status was, but for those that a person labelled.
func (r *Runner) Label(ctx context.Context, replies []outreach.Reply) (Counts, error) {
	this := &run{Runner: r}
	for start := 0; start < len(replies); start += pageSize {
		if err := this.label(ctx, replies[start:min(start+pageSize, len(replies))]); err != nil {
			return this.counts, endOfRun(ctx, err)
		}
	}
	return this.counts, nil
}

// end completes the counts by what waits beyond the pages that were read.
func (r *run) end(ctx context.Context, err error) (Counts, error) {
	if err == nil && ctx.Err() == nil {
		r.counts.Pending, err = r.Store.CountClassified(ctx, outreach.ClassificationPending)
	}
	return r.counts, endOfRun(ctx, err)
}

// endOfRun makes the end of a run's time no error: what is left is the next run's.
func endOfRun(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return err
}

// label works off a page: by rule, from earlier answers, then by the classifier, several at once.
func (r *run) label(ctx context.Context, page []outreach.Reply) error {
	jobs, err := r.jobs(ctx, page)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, j := range jobs {
		group.Go(func() error { return r.work(ctx, j) })
	}
	return group.Wait()
}

// jobs groups a page's replies by what they cost: those with one cache key are one job.
func (r *run) jobs(ctx context.Context, page []outreach.Reply) ([]*job, error) {
	inputs, err := r.inputs(ctx, page)
	if err != nil {
		return nil, err
	}
	var jobs []*job
	byKey := map[string]*job{}
	for i := range page {
		if c := page[i].Classification; c != nil && c.Source == SourceManual {
			continue
		}
		key := ""
		if _, ruled := ByRule(inputs[i]); !ruled {
			key = r.Classifier.CacheKey(inputs[i])
		}
		if j := byKey[key]; j != nil && key != "" {
			j.replies = append(j.replies, page[i])
			continue
		}
		j := &job{in: inputs[i], key: key, replies: page[i : i+1 : i+1]}
		byKey[key] = j
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// inputs prepares a page's replies; the messages that they answer are read at once.
func (r *run) inputs(ctx context.Context, page []outreach.Reply) ([]Input, error) {
	var ids []bson.ObjectID
	for i := range page {
		if !page[i].HistoryID.IsZero() && page[i].Kind == outreach.KindHuman {
			ids = append(ids, page[i].HistoryID)
		}
	}
	steps, err := r.Store.SentTexts(ctx, ids)
	if err != nil {
		return nil, err
	}
	inputs := make([]Input, len(page))
	for i := range page {
		inputs[i] = InputOf(&page[i], steps[page[i].HistoryID])
	}
	return inputs, nil
}

// InputOf is what a classifier sees of a stored reply and the text that it answers.
func InputOf(r *outreach.Reply, stepText string) Input {
	return Input{
		ReplyID: r.ID.Hex(), Kind: r.Kind, Subject: message.NormalizeSubject(r.Subject), VisibleText: r.VisibleText, StepText: stepText,
		Received: r.ReceivedAt, ReturnDate: r.ReturnDate, LeftCompany: r.LeftCompany, From: r.From,
	}
}

// work labels one job's replies.
func (r *run) work(ctx context.Context, j *job) error {
	c, err := r.answer(ctx, j)
	switch {
	case errors.Is(err, ErrStopped), err != nil && ctx.Err() != nil:
		r.count(func(c *Counts) { c.Pending += len(j.replies) })
		return ctx.Err()
	case err != nil:
		return r.fail(ctx, j, err)
	}
	for i := range j.replies {
		if err := r.save(ctx, &j.replies[i], j.in, c); err != nil {
			return err
		}
	}
	return nil
}

// answer finds a job's label: by rule, from an earlier answer, or from the classifier.
func (r *run) answer(ctx context.Context, j *job) (outreach.Classification, error) {
	if c, ok := ByRule(j.in); ok {
		return c, nil
	}
	if j.key != "" {
		earlier, err := r.Store.ClassificationByKey(ctx, j.key)
		if err != nil {
			return outreach.Classification{}, err
		}
		if earlier != nil {
			return again(*earlier, j.in), nil
		}
	}
	if !r.mayCall() {
		return outreach.Classification{}, ErrStopped
	}
	c, err := r.Classifier.Classify(ctx, j.in)
	if errors.Is(err, ErrStopped) {
		r.stop()
	}
	c.CacheKey = j.key
	return c, err
}

// again is an earlier answer for another message with the same text. It cost nothing, and its dates count from this message.
func again(c outreach.Classification, in Input) outreach.Classification {
	c.Tokens, c.Attempts, c.Error, c.ReturnDate = 0, 0, "", in.ReturnDate
	c.FollowUpAt = followUp(c.Intent, in)
	return c
}

// mayCall takes one call from the run's budget.
func (r *run) mayCall() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.MaxCalls > 0 && r.calls >= r.MaxCalls {
		r.stopped = true
		return false
	}
	r.calls++
	return true
}

func (r *run) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = true
}

func (r *run) count(add func(*Counts)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.counts)
}

// save stores a label. An opt-out's effect comes first: a run killed in between repeats it, and it cannot be lost.
func (r *run) save(ctx context.Context, reply *outreach.Reply, in Input, c outreach.Classification) error {
	now := r.Now().UTC()
	c.Status, c.At = outreach.ClassificationDone, &now
	if reply.Kind == outreach.KindHuman && suppresses(c, in) {
		if err := r.suppress(ctx, reply, c); err != nil {
			return err
		}
	}
	saved, err := r.Store.SaveClassification(ctx, reply.ID, c)
	if err != nil || !saved {
		return err
	}
	r.count(func(counts *Counts) { counts.Classified++ })
	return r.Store.RefreshThreadIntent(ctx, reply.ThreadID)
}

// suppresses tells whether a label has the one consequence that labels can have: an opt-out, found with high confidence, in a reply whose
// own words ask for it.
func suppresses(c outreach.Classification, in Input) bool {
	return c.Intent == outreach.IntentUnsubscribe && c.Confidence >= certain && asks(in.VisibleText) != askedNothing
}

// suppress stops all mail to the writer. The entry names the reply and who found the wish.
func (r *run) suppress(ctx context.Context, reply *outreach.Reply, c outreach.Classification) error {
	address := strings.ToLower(strings.TrimSpace(reply.From.Address))
	if address == "" {
		return nil
	}
	batch := r.Store.NewBatch()
	batch.StopAddress(address, outreach.StateUnsubscribed, string(outreach.SuppressUnsubscribe))
	batch.Suppress(address, outreach.SuppressUnsubscribe, c.Source+":"+reply.ID.Hex())
	return batch.Commit(ctx)
}

// fail notes a failed attempt on each of a job's replies.
func (r *run) fail(ctx context.Context, j *job, cause error) error {
	for i := range j.replies {
		reply := &j.replies[i]
		r.count(func(counts *Counts) { counts.Failed++ })
		if reply.Classification != nil && reply.Classification.Status == outreach.ClassificationDone {
			continue // asked for a second opinion: the first stays
		}
		now := r.Now().UTC()
		c := outreach.Classification{Status: outreach.ClassificationPending, Attempts: 1, Error: ellipsis(oneLine(cause.Error())), At: &now}
		if reply.Classification != nil {
			c.Attempts += reply.Classification.Attempts
		}
		if c.Attempts >= MaxAttempts {
			c.Status = outreach.ClassificationFailed
		} else {
			r.count(func(counts *Counts) { counts.Pending++ })
		}
		if _, err := r.Store.SaveClassification(ctx, reply.ID, c); err != nil {
			return err
		}
		r.Log.Debug("a reply was not classified", "reply", reply.ID.Hex(), "attempt", c.Attempts, "error", cause)
	}
	return nil
}
