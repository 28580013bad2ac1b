package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"mailrun/internal/job"
)

// signalled is the cause of a context that a signal ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "interrupted by " + s.String() }

// Is makes the cause known to the packages that stop on it.
func (s signalled) Is(target error) bool { return target == job.ErrInterrupted }

// interruptible returns a context that the first SIGINT or SIGTERM cancels. A second one ends the process at once.
func interruptible(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(signalled{s})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		signal.Stop(signals)
		<-done
	}
}
