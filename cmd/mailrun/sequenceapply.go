package main

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/content"
	"mailrun/internal/intake"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

const sequenceFileHelp = `The file holds the fields of a sequence in YAML; several documents or a list hold several:

  name: Spring
  mailboxes: [ann@example.com]
  timezone: Europe/Berlin
  window: {days: [mon, tue, wed, thu, fri], start: "09:00", end: "17:00"}
  steps:
    - subject: "{Hello|Hi} {{ firstName | default: 'there' }}"
      text: |
        Would {{ company }} like …
    - delay: 3bd                    # 12h, 3d, 2w, 3bd: after the step before
      text: Did you see my note?    # no subject: answers in the same thread

Every field: configs/sequence.yaml in the sources.`

func newSequencesApply(a *app) *cobra.Command {
	var files []string
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Create or change sequences from a file",
		Long: `Create the sequences of a file, or make those that exist what the file says. A new one is a draft until ` + "`mailrun sequences activate`" + `.
An active one can be changed; what was sent stays as it was. Nothing is written unless everything is right.

` + sequenceFileHelp,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(files) == 0 {
				return badInput("which file? mailrun sequences apply -f FILE (- is standard input)")
			}
			sequences, err := readFiles(a, files, intake.Sequences)
			if err != nil {
				return err
			}
			return a.applySequences(cmd.Context(), sequences)
		},
	}
	cmd.Flags().StringArrayVarP(&files, "file", "f", nil, "a YAML `file` (- is standard input; may be repeated)")
	return cmd
}

func (a *app) applySequences(ctx context.Context, sequences []intake.Sequence) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for i := range sequences {
		found, err := a.checkSequence(ctx, s, &sequences[i])
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		return inputError{errors.Join(problems...)}
	}
	for i := range sequences {
		if err := a.applySequence(ctx, s, &sequences[i].Doc); err != nil {
			return err
		}
	}
	return nil
}

// checkSequence resolves the mailboxes of a sequence and reports what only the store and the templates can tell.
func (a *app) checkSequence(ctx context.Context, s *store.Store, seq *intake.Sequence) (problems []error, err error) {
	for _, named := range seq.Mailboxes {
		mb, err := s.MailboxByEmail(ctx, named.Name)
		switch {
		case errors.Is(err, store.ErrNotFound):
			problems = append(problems, intake.Problem{
				File: seq.File, Line: named.Line, Field: "mailboxes", Message: named.Name + " is no mailbox here; add it first (mailrun mailboxes add)",
			})
		case err != nil:
			return nil, err
		case !slices.Contains(seq.Doc.MailboxIDs, mb.ID):
			seq.Doc.MailboxIDs = append(seq.Doc.MailboxIDs, mb.ID)
		}
	}
	boxes, err := s.MailboxesByID(ctx, seq.Doc.MailboxIDs)
	if err != nil {
		return nil, err
	}
	for _, id := range seq.Doc.MailboxIDs {
		if !slices.ContainsFunc(boxes, func(mb outreach.Mailbox) bool { return mb.ID == id }) {
			problems = append(problems, seq.ProblemAt("mailboxIds", id.Hex()+" is no mailbox here"))
		}
	}
	unknown, err := unknownVariables(ctx, s, seq)
	return append(problems, unknown...), err
}

// manyRecipients is up to how many recipients a sequence's variables are compared with what the recipients have.
const manyRecipients = 20_000

// unknownVariables finds variables of a changed sequence that none of its recipients has.
func unknownVariables(ctx context.Context, s *store.Store, seq *intake.Sequence) ([]error, error) {
	stored, err := s.SequenceByName(ctx, seq.Doc.Name)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	n, err := s.CountRecipients(ctx, store.Filter{Sequence: stored.ID})
	if err != nil || n == 0 || n > manyRecipients {
		return nil, err
	}
	known := map[string]bool{}
	err = s.EachRecipient(ctx, store.Filter{Sequence: stored.ID}, func(r *outreach.Recipient) error {
		for name, value := range map[string]string{"email": r.Email, "firstName": r.FirstName, "lastName": r.LastName, "company": r.Company, "timezone": r.Timezone} {
			known[name] = known[name] || value != ""
		}
		for name, value := range r.Variables {
			known[name] = known[name] || value != ""
		}
		return nil
	})
	maps.DeleteFunc(known, func(_ string, has bool) bool { return !has })
	var problems []error
	for _, p := range content.Check(&seq.Doc, slices.Collect(maps.Keys(known))) {
		problems = append(problems, seq.ProblemAt(p.Field, p.Message))
	}
	return problems, err
}

// applySequence creates a sequence as a draft, or puts the file's fields in the place of the stored ones.
func (a *app) applySequence(ctx context.Context, s *store.Store, doc *outreach.Sequence) error {
	if doc.MailboxIDs == nil {
		doc.MailboxIDs = []bson.ObjectID{}
	}
	known, err := s.SequenceByName(ctx, doc.Name)
	if errors.Is(err, store.ErrNotFound) {
		doc.ID, doc.Status = bson.NewObjectID(), outreach.SequenceDraft
		if err := s.InsertSequence(ctx, doc); err != nil {
			return err
		}
		a.say("%s: created as a draft; start it with: mailrun sequences activate %s", doc.Name, shellQuote(doc.Name))
		return nil
	}
	if err != nil {
		return err
	}
	fields, gone, err := sequenceChanges(doc)
	if err != nil {
		return err
	}
	if err := s.UpdateSequence(ctx, known.ID, fields, gone...); err != nil {
		return err
	}
	a.say("%s: changed (%s)", doc.Name, known.Status)
	return nil
}

// written are the fields of a sequence that a file decides.
var written = []string{
	"mailboxIds", "timezone", "window", "holidays", "dailyLimit", "newPerDay", "stopOnReply", "stopOnAutoReply", "stopDomainOnReply",
	"unsubscribe", "guard", "steps",
}

// sequenceChanges returns the fields that a file sets and those that it leaves out.
func sequenceChanges(doc *outreach.Sequence) (fields bson.D, gone []string, err error) {
	raw, err := bson.Marshal(doc)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range written {
		if value, err := bson.Raw(raw).LookupErr(name); err == nil {
			fields = append(fields, bson.E{Key: name, Value: value})
		} else {
			gone = append(gone, name)
		}
	}
	return fields, gone, nil
}
