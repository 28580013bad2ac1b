package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/intake"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

const mailboxFileHelp = `The file holds the fields of a mailbox in YAML, secrets at top level; several documents or a list hold several:

  email: ann@example.com
  fromName: Ann Example
  smtp: {host: smtp.example.com}       # port 465 and tls, unless port or security say otherwise
  imap: {host: imap.example.com}       # port 993 and tls
  smtpPassword: …                      # imapPassword too, where it differs
  timezone: Europe/Berlin
  dailyLimit: 40

Every field: configs/mailbox.yaml in the sources. Secrets are sealed with MAILBOX_ENCRYPTION_KEY before they are stored.`

func newMailboxesAdd(a *app) *cobra.Command {
	var file string
	form := newMailboxForm()
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Add a mailbox from flags, prompts or a file",
		Long: `Add a mailbox. On a terminal, what the flags do not say is asked for. It is stored without logging in: ` + "`mailrun mailboxes test`" + ` does that.

Providers that take no passwords (Microsoft 365), or where you would rather sign in (Google): --provider microsoft --oauth-client-id ID, with
the id of an application that you registered there. Doing so again for a mailbox that exists renews its sign-in.

` + mailboxFileHelp,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ring, err := a.sealingRing()
			if err != nil {
				return err
			}
			boxes, err := a.gatherMailboxes(cmd.Context(), file, form)
			if err != nil {
				return err
			}
			if form.clientID != "" {
				return a.importMailboxes(cmd.Context(), ring, boxes) // signing in again renews the mailbox's tokens
			}
			return a.addMailboxes(cmd.Context(), ring, boxes)
		},
	}
	cmd.Flags().StringVarP(&file, "from-file", "f", "", "read the mailbox from a YAML `file` (- is standard input)")
	form.register(cmd.Flags())
	return cmd
}

func newMailboxesImport(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE…",
		Short: "Add or change mailboxes from files",
		Long: `Add the mailboxes of one or more files (- is standard input); of those that exist, change the fields that the file gives.
Nothing is written unless every file is right.

` + mailboxFileHelp,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ring, err := a.sealingRing()
			if err != nil {
				return err
			}
			boxes, err := readFiles(a, args, intake.Mailboxes)
			if err != nil {
				return err
			}
			return a.importMailboxes(cmd.Context(), ring, boxes)
		},
	}
}

// sealingRing is the keyring, which must hold a key.
func (a *app) sealingRing() (*mailbox.Keyring, error) {
	ring, err := a.Keyring()
	if err == nil && ring.Empty() {
		err = badInput("MAILBOX_ENCRYPTION_KEY is not set, so passwords cannot be sealed; `mailrun init` writes a .env with a fresh one")
	}
	return ring, err
}

func (a *app) gatherMailboxes(ctx context.Context, file string, form *mailboxForm) ([]intake.Mailbox, error) {
	if file != "" {
		if form.given(a.flags) {
			return nil, badInput("--from-file and the flags that describe a mailbox exclude each other")
		}
		return readFiles(a, []string{file}, intake.Mailboxes)
	}
	m, err := form.fill(ctx, a)
	return []intake.Mailbox{m}, err
}

// readFiles reads inputs of one kind and reports the mistakes of all of them together.
func readFiles[T any](a *app, paths []string, read func(string, io.Reader) ([]T, error)) ([]T, error) {
	var all []T
	var problems []error
	for _, path := range paths {
		items, err := readFile(a, path, read)
		if err != nil {
			problems = append(problems, err)
		}
		all = append(all, items...)
	}
	if len(problems) > 0 {
		return nil, inputError{errors.Join(problems...)}
	}
	return all, nil
}

func readFile[T any](a *app, path string, read func(string, io.Reader) ([]T, error)) ([]T, error) {
	name, r, err := a.input(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return read(name, r)
}

// input opens a file named on the command line; - is standard input.
func (a *app) input(path string) (name string, r io.ReadCloser, err error) {
	if path == "-" {
		return "standard input", io.NopCloser(a.in), nil
	}
	f, err := os.Open(path)
	if err != nil {
		if cause, ok := errors.AsType[*os.PathError](err); ok {
			err = cause.Err
		}
		return path, nil, badInput("cannot read %s: %w", path, err)
	}
	return path, f, nil
}

// addMailboxes stores new mailboxes; one that exists is refused before any is stored.
func (a *app) addMailboxes(ctx context.Context, ring *mailbox.Keyring, boxes []intake.Mailbox) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	known, err := knownMailboxes(ctx, s, boxes)
	if err != nil {
		return err
	}
	for i := range boxes {
		if known[i] != nil {
			return badInput("%s is there already; `mailrun mailboxes import` changes it", boxes[i].Doc.Email)
		}
	}
	for i := range boxes {
		if err := insertMailbox(ctx, s, ring, &boxes[i]); err != nil {
			return err
		}
		a.say("%s: added; does it log in? mailrun mailboxes test %[1]s", boxes[i].Doc.Email)
	}
	return nil
}

// knownMailboxes finds which of the mailboxes exist (nil for a new one) and checks that the new ones have their secrets.
func knownMailboxes(ctx context.Context, s *store.Store, boxes []intake.Mailbox) ([]*outreach.Mailbox, error) {
	known := make([]*outreach.Mailbox, len(boxes))
	var problems []error
	for i := range boxes {
		mb, err := s.MailboxByEmail(ctx, boxes[i].Doc.Email)
		switch {
		case errors.Is(err, store.ErrNotFound):
			if err := boxes[i].CheckSecrets(); err != nil {
				problems = append(problems, err)
			}
		case err != nil:
			return nil, err
		default:
			known[i] = mb
		}
	}
	if len(problems) > 0 {
		return nil, inputError{errors.Join(problems...)}
	}
	return known, nil
}

func insertMailbox(ctx context.Context, s *store.Store, ring *mailbox.Keyring, m *intake.Mailbox) error {
	doc := m.Doc
	doc.ID = bson.NewObjectID()
	if doc.RampUp != nil && doc.RampUp.Since.IsZero() {
		doc.RampUp.Since = s.Now()
	}
	var err error
	if doc.Sealed, err = sealSecrets(ring, doc.ID, m.Secrets); err != nil {
		return err
	}
	err = s.InsertMailbox(ctx, &doc)
	if store.IsDuplicate(err) {
		return badInput("%s was added meanwhile by somebody else", doc.Email)
	}
	return err
}

func (a *app) importMailboxes(ctx context.Context, ring *mailbox.Keyring, boxes []intake.Mailbox) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	known, err := knownMailboxes(ctx, s, boxes)
	if err != nil {
		return err
	}
	for i := range boxes {
		did := "changed"
		if known[i] == nil {
			did, err = "added", insertMailbox(ctx, s, ring, &boxes[i])
		} else {
			err = updateMailbox(ctx, s, ring, known[i], &boxes[i])
		}
		if err != nil {
			return err
		}
		a.say("%s: %s", boxes[i].Doc.Email, did)
	}
	return nil
}

// updateMailbox changes the fields that a file gives, and no other.
func updateMailbox(ctx context.Context, s *store.Store, ring *mailbox.Keyring, known *outreach.Mailbox, m *intake.Mailbox) error {
	raw, err := bson.Marshal(m.Doc)
	if err != nil {
		return err
	}
	var doc, fields bson.D
	if err := bson.Unmarshal(raw, &doc); err != nil {
		return err
	}
	var gone []string
	for _, name := range m.Given {
		i := slices.IndexFunc(doc, func(e bson.E) bool { return e.Key == name })
		switch {
		case name == "oauth":
		case name == "smtpPassword" || name == "imapPassword":
			gone = append(gone, name) // a password in clear gives way to the sealed one
		case i >= 0:
			fields = append(fields, doc[i])
		default:
			gone = append(gone, name) // given as the zero value
		}
	}
	sealed, err := sealSecrets(ring, known.ID, m.Secrets)
	if err != nil {
		return err
	}
	if sealed != nil {
		fields = append(fields, bson.E{Key: "sealed", Value: sealed})
	}
	return s.UpdateMailbox(ctx, known.ID, fields, gone...)
}

// sealSecrets encrypts secrets for the mailbox with this id.
func sealSecrets(ring *mailbox.Keyring, id bson.ObjectID, secrets intake.Secrets) (*outreach.Sealed, error) {
	var sealed outreach.Sealed
	type pair struct {
		plain string
		field *string
	}
	pairs := []pair{{secrets.SMTPPassword, &sealed.SMTPPassword}, {secrets.IMAPPassword, &sealed.IMAPPassword}}
	if o := secrets.OAuth; o != nil {
		sealed.OAuth = &outreach.SealedOAuth{TokenURL: o.TokenURL, ClientID: o.ClientID}
		pairs = append(pairs, pair{o.ClientSecret, &sealed.OAuth.ClientSecret}, pair{o.RefreshToken, &sealed.OAuth.RefreshToken})
	}
	for _, p := range pairs {
		if p.plain == "" {
			continue
		}
		var err error
		if *p.field, err = ring.Seal(id, p.plain); err != nil {
			return nil, err
		}
	}
	if sealed == (outreach.Sealed{}) {
		return nil, nil
	}
	return &sealed, nil
}
