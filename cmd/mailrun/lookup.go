package main

import (
	"context"
	"errors"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// The find functions resolve what an operator typed: a name or an id. What does not exist is bad input.

func findMailbox(ctx context.Context, s *store.Store, name string) (*outreach.Mailbox, error) {
	mb, err := s.MailboxByEmail(ctx, strings.ToLower(strings.TrimSpace(name)))
	if id, isID := objectID(name); isID && errors.Is(err, store.ErrNotFound) {
		mb, err = s.Mailbox(ctx, id)
	}
	return mb, explain(err, "mailbox", name, "see `mailrun mailboxes list`")
}

func findSequence(ctx context.Context, s *store.Store, name string) (*outreach.Sequence, error) {
	seq, err := s.SequenceByName(ctx, name)
	if id, isID := objectID(name); isID && errors.Is(err, store.ErrNotFound) {
		seq, err = s.Sequence(ctx, id)
	}
	return seq, explain(err, "sequence", name, "see `mailrun sequences list`")
}

// findRecipients resolves an address, in one sequence or in all, or an id.
func findRecipients(ctx context.Context, s *store.Store, sequence, name string) ([]outreach.Recipient, error) {
	if id, isID := objectID(name); isID {
		r, err := s.Recipient(ctx, id)
		if err != nil {
			return nil, explain(err, "recipient", name, "see `mailrun recipients list`")
		}
		return []outreach.Recipient{*r}, nil
	}
	email := strings.ToLower(strings.TrimSpace(name))
	if sequence == "" {
		found, err := s.RecipientsByEmail(ctx, email)
		if err == nil && len(found) == 0 {
			err = store.ErrNotFound
		}
		return found, explain(err, "recipient", name, "see `mailrun recipients list`")
	}
	seq, err := findSequence(ctx, s, sequence)
	if err != nil {
		return nil, err
	}
	r, err := s.RecipientInSequence(ctx, seq.ID, email)
	if err != nil {
		return nil, explain(err, "recipient", name, "see `mailrun recipients list --sequence "+sequence+"`")
	}
	return []outreach.Recipient{*r}, nil
}

func findRun(ctx context.Context, s *store.Store, name string) (*outreach.CronRunLog, error) {
	return byID(name, "run", "see `mailrun logs`", func(id bson.ObjectID) (*outreach.CronRunLog, error) { return s.Run(ctx, id) })
}

func findHistory(ctx context.Context, s *store.Store, name string) (*outreach.History, error) {
	return byID(name, "delivery", "see `mailrun history list`", func(id bson.ObjectID) (*outreach.History, error) { return s.HistoryByID(ctx, id) })
}

func findReply(ctx context.Context, s *store.Store, name string) (*outreach.Reply, error) {
	return byID(name, "reply", "see `mailrun replies list`", func(id bson.ObjectID) (*outreach.Reply, error) { return s.Reply(ctx, id) })
}

func findThread(ctx context.Context, s *store.Store, name string) (*outreach.Thread, error) {
	return byID(name, "thread", "see `mailrun threads list`", func(id bson.ObjectID) (*outreach.Thread, error) { return s.Thread(ctx, id) })
}

func byID[T any](name, what, hint string, get func(bson.ObjectID) (*T, error)) (*T, error) {
	id, ok := objectID(name)
	if !ok {
		return nil, badInput("%q is not an id (24 hexadecimal digits); %s", name, hint)
	}
	doc, err := get(id)
	return doc, explain(err, what, name, hint)
}

func objectID(text string) (bson.ObjectID, bool) {
	id, err := bson.ObjectIDFromHex(text)
	return id, err == nil
}

// explain turns "not found" into what was looked for.
func explain(err error, what, name, hint string) error {
	if errors.Is(err, store.ErrNotFound) {
		return badInput("no %s %q; %s", what, name, hint)
	}
	return err
}

func findUser(ctx context.Context, s *store.Store, name string) (*outreach.User, error) {
	u, err := s.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(name)))
	return u, explain(err, "user", name, "see `mailrun users list`")
}
