package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"mailrun/internal/sequence"
)

// answerMost bounds an answer's text.
const answerMost = 256 << 10

const threadsReplyLong = `Answers the last message of a thread, from the thread's mailbox and in the thread. Without --send it prints the message as it would go out
and sends nothing. An address that is suppressed is not mailed.`

func newThreadsReply(a *app) *cobra.Command {
	var bodyFile string
	var send, asJSON bool
	cmd := &cobra.Command{
		Use:   "reply ID",
		Short: "Answer in a thread: a preview, or with --send for real",
		Long:  threadsReplyLong,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := a.answerText(bodyFile)
			if err != nil {
				return err
			}
			return replyToThread(cmd.Context(), a, args[0], text, send, asJSON)
		},
	}
	cmd.Flags().StringVar(&bodyFile, "body-file", "", "`file` with the text of the answer; - is standard input")
	cmd.Flags().BoolVar(&send, "send", false, "send it")
	addJSON(cmd, &asJSON)
	return cmd
}

// answerText reads the text of an answer.
func (a *app) answerText(name string) (string, error) {
	if name == "" {
		return "", badInput("--body-file is missing: name a file with the text of the answer, or - for standard input")
	}
	in := a.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", badInput("--body-file: %w", err)
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, answerMost+1))
	if err != nil {
		return "", badInput("--body-file: %w", err)
	}
	text := strings.TrimSpace(string(raw))
	switch {
	case text == "":
		return "", badInput("--body-file: %s is empty", name)
	case len(raw) > answerMost:
		return "", badInput("--body-file: %s is longer than %d KB", name, answerMost>>10)
	}
	return text, nil
}

func replyToThread(ctx context.Context, a *app, id, text string, send, asJSON bool) error {
	w, err := a.worker(ctx)
	if err != nil {
		return err
	}
	t, err := findThread(ctx, w.Store, id)
	if err != nil {
		return err
	}
	answer, err := w.Draft(ctx, t, text)
	if errors.Is(err, sequence.ErrNoInbound) {
		return inputError{err}
	}
	if err != nil {
		return err
	}
	if !send {
		if asJSON {
			return a.printJSON(answer.History)
		}
		a.say("%s", strings.ReplaceAll(string(answer.Raw), "\r\n", "\n"))
		a.say("This is a preview: nothing was sent. Add --send to send it.")
		return nil
	}
	if err := w.Send(ctx, answer); err != nil {
		if _, suppressed := errors.AsType[*sequence.SuppressedError](err); suppressed {
			return inputError{err}
		}
		return err
	}
	if asJSON {
		sent, err := w.Store.HistoryByID(ctx, answer.History.ID)
		if err != nil {
			return err
		}
		return a.printJSON(sent)
	}
	a.say("Sent to %s from %s.", answer.History.To, answer.Mailbox.Email)
	return nil
}
