package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

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
