package store

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Gatherer runs the work of concurrent callers in groups: while one group runs, newcomers wait, and the first of them then runs all that
// have come meanwhile. So the cost of a commit or a round trip is shared by whoever needs one at the same time, and a lone caller waits
// for nobody. It starts no goroutine.
type Gatherer[T any] struct {
	run func(group []T)
	max int

	mu      sync.Mutex
	waiting []*turn[T]
	busy    bool
}

// turn is one caller's place. Its channel says once what to do next: true to lead a group, false when its work is done.
type turn[T any] struct {
	item    T
	patient bool // it does not lead yet
	called  bool // to lead a group or to be in one
	next    chan bool
}

// NewGatherer returns a gatherer that hands groups of at most max items to run, one group at a time.
func NewGatherer[T any](max int, run func(group []T)) *Gatherer[T] {
	return &Gatherer[T]{run: run, max: max}
}

// Do has the item run in a group and returns when that is over. A context that ends before the item's group has begun takes the item out
// again; after that Do waits for the outcome.
func (g *Gatherer[T]) Do(ctx context.Context, item T) error { return g.DoWithin(ctx, item, 0) }

// DoWithin is Do for an item that may wait so long for others to run with.
func (g *Gatherer[T]) DoWithin(ctx context.Context, item T, patience time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &turn[T]{item: item, patient: patience > 0, next: make(chan bool, 1)}
	if g.queue(t) {
		g.lead(t)
		return nil
	}
	var late <-chan time.Time
	if t.patient {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case lead := <-t.next:
			if lead {
				g.lead(t)
			}
			return nil
		case <-late:
			if g.hurry(t) {
				g.lead(t)
				return nil
			}
		case <-ctx.Done():
			if g.withdraw(t) {
				return ctx.Err()
			}
			ctx = context.WithoutCancel(ctx)
		}
	}
}

// queue puts a caller in line and tells whether it leads at once.
func (g *Gatherer[T]) queue(t *turn[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, t)
	return g.steps(t)
}

// hurry ends a caller's patience and tells whether it leads now.
func (g *Gatherer[T]) hurry(t *turn[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t.patient = false
	return g.steps(t)
}

// steps has a caller in line lead if nobody does.
func (g *Gatherer[T]) steps(t *turn[T]) bool {
	if g.busy || t.patient || t.called {
		return false
	}
	g.busy, t.called = true, true
	return true
}

// withdraw takes a caller out of the line unless its work has begun or it is to lead.
func (g *Gatherer[T]) withdraw(t *turn[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.called {
		return false
	}
	for i, other := range g.waiting {
		if other == t {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// lead runs one group, the leader's own item first, and hands the lead to the next in line who is in a hurry.
func (g *Gatherer[T]) lead(leader *turn[T]) {
	runtime.Gosched() // those whose work has just been done come back with more: with them, a third fewer commits
	group := g.group(leader)
	items := make([]T, len(group))
	for i, t := range group {
		items[i] = t.item
	}
	g.run(items)

	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range group {
		if t != leader {
			t.next <- false
		}
	}
	g.busy = false
	for _, t := range g.waiting {
		if g.steps(t) {
			t.next <- true
		}
	}
}

// group takes the leader and those in line after it, as many as run together, out of the line.
func (g *Gatherer[T]) group(leader *turn[T]) []*turn[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	group, rest := []*turn[T]{leader}, []*turn[T]{}
	for _, t := range g.waiting {
		switch {
		case t == leader:
		case len(group) < g.max:
			t.called = true
			group = append(group, t)
		default:
			rest = append(rest, t)
		}
	}
	g.waiting = rest
	return group
}
