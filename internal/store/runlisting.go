package store

import (
	"context"
	"sync"
	"time"

	"mailrun/pkg/outreach"
)

// RunListing lists run logs for a process that does so again and again. Counting a hundred thousand index entries, or walking over them to a
// far page, takes some ten milliseconds; so the listing remembers how many runs lie in each slice of the past. Only slices in which nothing
// changes any more are remembered: runs that have ended, and too young to be removed as old. Both ends are counted anew each time.
type RunListing struct {
	store *Store
	// least is how many runs are worth slicing.
	least int64

	mu     sync.Mutex
	sliced map[RunFilter]*runSlices
}

// The slices lie between the newest runs, which may be running still or be written late by a host whose clock is behind, and the oldest,
// which go when their time is over. Within slicesAge that does not reach them; then they are made anew.
const (
	sliceCount  = 32
	slicesAge   = time.Hour
	youngRuns   = time.Hour
	oldRuns     = 24 * time.Hour
	worthSlices = 4000
)

// runSlices are the numbers of runs between bounds, newest first: counts[i] started before bounds[i] and not before bounds[i+1].
type runSlices struct {
	made   time.Time
	bounds []time.Time
	counts []int64
	total  int64
}

// NewRunListing returns a listing of the store's runs.
func NewRunListing(s *Store) *RunListing {
	return &RunListing{store: s, least: worthSlices, sliced: map[RunFilter]*runSlices{}}
}

// RunLogs lists run logs as Store.RunLogs does.
func (l *RunListing) RunLogs(ctx context.Context, f RunFilter, p Page) ([]outreach.CronRunLog, int64, error) {
	past, err := l.past(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	if past == nil {
		return l.store.RunLogs(ctx, f, p)
	}
	young, old, err := l.ends(ctx, f, past)
	if err != nil {
		return nil, 0, err
	}
	if old == 0 { // what was old was removed at once, and perhaps more
		l.remember(f, nil)
		return l.store.RunLogs(ctx, f, p)
	}
	from, skip := past.seek(f, young, int64(p.Number-1)*int64(p.Size))
	q := Query{Collection: Runs, Filter: from.filter(), Sort: newestFirst, Skip: skip, Limit: int64(p.Size)}
	runs, err := find[outreach.CronRunLog](ctx, l.store, q)
	return runs, young + past.total + old, err
}

// ends counts the runs on both sides of the slices.
func (l *RunListing) ends(ctx context.Context, f RunFilter, past *runSlices) (young, old int64, err error) {
	newer, older := f, f
	newer.Since, older.Before = past.bounds[0], past.bounds[len(past.bounds)-1]
	if young, err = l.count(ctx, newer); err != nil {
		return 0, 0, err
	}
	old, err = l.count(ctx, older)
	return young, old, err
}

func (l *RunListing) count(ctx context.Context, f RunFilter) (int64, error) {
	return l.store.engine.Count(ctx, Runs, f.filter())
}

// seek narrows a filter so that the run after skip others is near its beginning, and says how near.
func (s *runSlices) seek(f RunFilter, young, skip int64) (RunFilter, int64) {
	if skip < young {
		return f, skip
	}
	skip -= young
	for i, bound := range s.bounds {
		f.Before = bound
		if i == len(s.counts) || skip < s.counts[i] {
			break
		}
		skip -= s.counts[i]
	}
	return f, skip
}

// past are the slices of a filter, made anew if they are too old, nil where they are not worth it.
func (l *RunListing) past(ctx context.Context, f RunFilter) (*runSlices, error) {
	now := l.store.Now()
	l.mu.Lock()
	past := l.sliced[f]
	l.mu.Unlock()
	if past != nil && now.Sub(past.made) < slicesAge && !now.Before(past.made) {
		return past, nil
	}
	if !f.Since.IsZero() || !f.Before.IsZero() {
		return nil, nil
	}
	past, err := l.cut(ctx, f, now)
	if err != nil {
		return nil, err
	}
	l.remember(f, past)
	return past, nil
}

// remember keeps the slices of a filter; nil forgets them.
func (l *RunListing) remember(f RunFilter, past *runSlices) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if past == nil {
		delete(l.sliced, f)
		return
	}
	l.sliced[f] = past
}

// cut counts the runs of a filter in slices of equal length.
func (l *RunListing) cut(ctx context.Context, f RunFilter, now time.Time) (*runSlices, error) {
	if all, err := l.count(ctx, f); err != nil || all < l.least {
		return nil, err
	}
	first, end, err := l.settled(ctx, f, now)
	if err != nil || !first.Before(end) {
		return nil, err
	}
	s := &runSlices{made: now, bounds: []time.Time{end}}
	for i := range time.Duration(sliceCount) {
		slice := f
		slice.Since, slice.Before = end.Add(-end.Sub(first)/sliceCount*(i+1)), s.bounds[i]
		n, err := l.count(ctx, slice)
		if err != nil {
			return nil, err
		}
		s.counts, s.bounds, s.total = append(s.counts, n), append(s.bounds, slice.Since), s.total+n
	}
	return s, nil
}

// settled is the time in which runs started that have ended and are not about to be removed.
func (l *RunListing) settled(ctx context.Context, f RunFilter, now time.Time) (first, end time.Time, err error) {
	oldest, err := find[outreach.CronRunLog](ctx, l.store, Query{Collection: Runs, Filter: f.filter(), Sort: []string{"startedAt", "_id"}, Limit: 1})
	if err != nil || len(oldest) == 0 {
		return first, end, err
	}
	running, err := l.store.RunningRuns(ctx)
	if err != nil {
		return first, end, err
	}
	end = now.Add(-youngRuns)
	for _, run := range running {
		if run.StartedAt.Before(end) {
			end = run.StartedAt
		}
	}
	return oldest[0].StartedAt.Add(oldRuns), Millis(end), nil
}
