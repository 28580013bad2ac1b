package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"mailrun/internal/job"
	"mailrun/internal/store"
)

// exitCode is what a script sees of a command.
type exitCode int

// The exit codes, the same for every command.
const (
	exitDone       exitCode = 0
	exitFailed     exitCode = 1
	exitPartly     exitCode = 3
	exitInput      exitCode = 10
	exitStore      exitCode = 12
	exitInterrupt  exitCode = 130
	exitTerminated exitCode = 143
)

// exitHelp ends every help text.
const exitHelp = `
Exit codes:
  0    done, partly done, or skipped
  1    the run failed
  3    partly done, under --strict
  10   bad settings or input
  12   store unreachable
  130  interrupted (SIGINT)
  143  terminated (SIGTERM)
`

// inputError is a mistake in what the operator gave: a flag, a setting, a file.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }

func badInput(format string, args ...any) error {
	return inputError{fmt.Errorf(format, args...)}
}

// errPartly says that a part failed and that the operator asked to be told by the exit code. What failed was printed before.
var errPartly = errors.New("partly done")

// errShown is a failure whose explanation was printed before.
var errShown = errors.New("failed")

// codeOf maps an error to an exit code. It is the only place that does.
func codeOf(ctx context.Context, err error) exitCode {
	stopped, _ := errors.AsType[signalled](context.Cause(ctx))
	interrupted := errors.Is(err, job.ErrInterrupted) || errors.Is(err, context.Canceled)
	switch _, isInput := errors.AsType[inputError](err); {
	case err == nil:
		return exitDone
	case interrupted && stopped.Signal == syscall.SIGTERM:
		return exitTerminated
	case interrupted && stopped.Signal != nil:
		return exitInterrupt
	case errors.Is(err, errPartly):
		return exitPartly
	case errors.Is(err, store.ErrUnreachable):
		return exitStore
	case isInput:
		return exitInput
	}
	return exitFailed
}

// report prints an error, one line per problem.
func report(w io.Writer, err error, code exitCode) {
	switch {
	case err == nil, errors.Is(err, errPartly), errors.Is(err, errShown):
		return
	case code == exitInterrupt, code == exitTerminated:
		err = job.ErrInterrupted
	}
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Fprintln(w, "mailrun: "+line)
		}
	}
}
