package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"mailrun/internal/job"
	"mailrun/internal/store"
)

func TestExitCodes(t *testing.T) {
	ended := func(s os.Signal) context.Context {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(signalled{s})
		return ctx
	}
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want exitCode
		text string
	}{
		{"nothing", t.Context(), nil, exitDone, ""},
		{"nothing after a signal", ended(os.Interrupt), nil, exitDone, ""},
		{"a failure", t.Context(), errors.New("broken"), exitFailed, "mailrun: broken\n"},
		{"a failure shown before", t.Context(), errShown, exitFailed, ""},
		{"partly", t.Context(), errPartly, exitPartly, ""},
		{"input", t.Context(), badInput("no %s", "x"), exitInput, "mailrun: no x\n"},
		{"input, wrapped", t.Context(), fmt.Errorf("a: %w", badInput("b")), exitInput, "mailrun: a: b\n"},
		{"many problems", t.Context(), inputError{errors.Join(errors.New("a"), errors.New("b"))}, exitInput, "mailrun: a\nmailrun: b\n"},
		{"store", t.Context(), fmt.Errorf("ping: %w", store.ErrUnreachable), exitStore, "mailrun: ping: store unreachable\n"},
		{"interrupted", ended(os.Interrupt), context.Canceled, exitInterrupt, "mailrun: interrupted\n"},
		{"a job that was interrupted", ended(os.Interrupt), job.ErrInterrupted, exitInterrupt, "mailrun: interrupted\n"},
		{"terminated", ended(syscall.SIGTERM), fmt.Errorf("send: %w", context.Canceled), exitTerminated, "mailrun: interrupted\n"},
		{"another failure after a signal", ended(syscall.SIGTERM), errors.New("broken"), exitFailed, "mailrun: broken\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := codeOf(tt.ctx, tt.err)
			var out strings.Builder
			report(&out, tt.err, code)
			if code != tt.want || out.String() != tt.text {
				t.Errorf("got %d and %q, want %d and %q", code, out.String(), tt.want, tt.text)
			}
		})
	}
}

func TestTheFirstSignalEndsTheContext(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, stop := interruptible(context.Background())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, job.ErrInterrupted) || codeOf(ctx, context.Canceled) != exitTerminated {
		t.Errorf("cause %v", cause)
	}
}
