package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGathererSharesARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var groups [][]int
		release := make(chan struct{})
		g := NewGatherer(2, func(group []int) {
			<-release
			groups = append(groups, group)
		})
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				if err := g.Do(t.Context(), i); err != nil {
					t.Errorf("item %d: %v", i, err)
				}
			})
			synctest.Wait()
		}
		close(release)
		wg.Wait()
		if diff := cmp.Diff([][]int{{0}, {1, 2}, {3}}, groups); diff != "" {
			t.Errorf("groups differ (-want +got):\n%s", diff)
		}
	})
}

func TestGathererLetsAWaitingCallerGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran []int
		release := make(chan struct{})
		g := NewGatherer(10, func(group []int) {
			<-release
			ran = append(ran, group...)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = g.Do(t.Context(), 1) })
		synctest.Wait()
		wg.Go(func() {
			if err := g.Do(ctx, 2); !errors.Is(err, context.Canceled) {
				t.Errorf("a caller that gave up got %v, want context.Canceled", err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(release)
		wg.Wait()
		if diff := cmp.Diff([]int{1}, ran); diff != "" {
			t.Errorf("items run differ (-want +got):\n%s", diff)
		}
	})
}

// Who is patient goes with whoever comes in a hurry, and alone when his patience ends; he is run once.
func TestGathererHasPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var groups [][]string
		began := time.Now()
		var at []time.Duration
		g := NewGatherer(10, func(group []string) {
			groups, at = append(groups, group), append(at, time.Since(began))
			time.Sleep(time.Second)
		})
		var wg sync.WaitGroup
		come := func(item string, patience time.Duration) {
			wg.Go(func() {
				if err := g.DoWithin(t.Context(), item, patience); err != nil {
					t.Errorf("%s: %v", item, err)
				}
			})
			synctest.Wait()
		}
		come("patient", time.Minute)
		come("patient too", time.Second)
		time.Sleep(500 * time.Millisecond)
		come("hurried", 0)
		come("while these run", 2*time.Second)
		wg.Wait()
		want := [][]string{{"hurried", "patient", "patient too"}, {"while these run"}}
		if diff := cmp.Diff(want, groups); diff != "" {
			t.Errorf("groups differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{500 * time.Millisecond, 2500 * time.Millisecond}, at); diff != "" {
			t.Errorf("times differ (-want +got):\n%s", diff)
		}
	})
}
