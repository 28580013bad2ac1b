package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/intake"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// importBatch is how many rows are stored in one go.
const importBatch = 1000

// importReport is what became of the rows of a list.
type importReport struct {
	Rows       int              `json:"rows"`
	Imported   int              `json:"imported"`
	Duplicates int              `json:"duplicates"`
	Suppressed int              `json:"suppressed"`
	Invalid    int              `json:"invalid"`
	Variables  []string         `json:"variables"`
	Refused    []intake.Refused `json:"refused"`
}

func (r *importReport) refuse(row int, email, reason string, counter *int) {
	*counter++
	r.Refused = append(r.Refused, intake.Refused{Row: row, Email: email, Reason: reason})
}

func newRecipientsImport(a *app) *cobra.Command {
	var sequence string
	var strict, asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE.csv --sequence NAME",
		Short: "Enrol the people of a CSV file in a sequence",
		Long: `Enrol the people of a CSV file (- is standard input) in a sequence. The first line names the columns: email, firstName, lastName, company
and timezone in any spelling ("E-Mail", "first_name"); every other column is a variable of the templates ("Job title" is {{ jobTitle }}).
UTF-8 and Windows-1252, commas, semicolons and tabs are understood.

Rows with a bad address or zone are refused and listed, the others are taken; with --strict nothing is taken if any row is bad. People who are
in the sequence already, or suppressed, are skipped and counted, so that a file can be imported again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if sequence == "" {
				return badInput("which sequence? mailrun recipients import FILE --sequence NAME")
			}
			return a.importRecipients(cmd.Context(), args[0], sequence, strict, asJSON)
		},
	}
	cmd.Flags().StringVar(&sequence, "sequence", "", "the sequence's `name`")
	cmd.Flags().BoolVar(&strict, "strict", false, "take nothing if any row is bad")
	addJSON(cmd, &asJSON)
	return cmd
}

func (a *app) importRecipients(ctx context.Context, path, sequence string, strict, asJSON bool) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	seq, err := findSequence(ctx, s, sequence)
	if err != nil {
		return err
	}
	if seq.Status == outreach.SequenceArchived {
		return badInput("the sequence %q is archived", seq.Name)
	}
	name, file, done, err := a.spool(path)
	if err != nil {
		return err
	}
	defer done()
	if strict {
		if err := checkRows(name, file); err != nil {
			return err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	bar := a.fileBar("importing", file)
	defer bar.done()
	list, err := intake.NewCSV(name, bar.reader(file))
	if err != nil {
		return inputError{err}
	}
	im := &recipientImport{store: s, seq: seq, list: list, report: importReport{Variables: list.Variables(), Refused: []intake.Refused{}}}
	if err := im.run(ctx); err != nil {
		return fmt.Errorf("%w (%d of the rows before are enrolled; importing the file again goes on)", err, im.report.Imported)
	}
	bar.done()
	slices.SortStableFunc(im.report.Refused, func(x, y intake.Refused) int { return cmp.Compare(x.Row, y.Row) })
	return a.printImport(&im.report, seq, asJSON)
}

// spool opens a file that can be read twice. Standard input is copied to a temporary one.
func (a *app) spool(path string) (name string, file *os.File, done func(), err error) {
	if path != "-" {
		name, r, err := a.input(path)
		if err != nil {
			return "", nil, nil, err
		}
		file, ok := r.(*os.File)
		if !ok {
			return "", nil, nil, badInput("cannot read %s", path)
		}
		return name, file, func() { _ = file.Close() }, nil // read only: closing loses nothing
	}
	file, err = os.CreateTemp("", "mailrun-import-*")
	if err != nil {
		return "", nil, nil, err
	}
	done = func() { _, _ = file.Close(), os.Remove(file.Name()) } // a temporary copy
	if _, err = io.Copy(file, a.in); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		done()
		return "", nil, nil, fmt.Errorf("read standard input: %w", err)
	}
	return "standard input", file, done, nil
}

// checkRows reads a whole list and reports every bad row.
func checkRows(name string, r io.Reader) error {
	list, err := intake.NewCSV(name, r)
	if err != nil {
		return inputError{err}
	}
	var problems intake.Problems
	for {
		_, _, err := list.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if bad, ok := errors.AsType[*intake.Refused](err); ok {
			problems = append(problems, intake.Problem{File: name, Line: bad.Row, Message: bad.Reason})
		} else if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
	if len(problems) > 0 {
		return inputError{problems}
	}
	return nil
}

// recipientImport enrols the rows of a list in batches, two at a time: while one is written the next is read and encoded.
type recipientImport struct {
	store *store.Store
	seq   *outreach.Sequence
	list  *intake.CSV

	mu     sync.Mutex
	report importReport
}

// rows are read recipients and where they stand in the file.
type rows struct {
	recipients []outreach.Recipient
	numbers    []int
}

func (im *recipientImport) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	for ctx.Err() == nil {
		batch, err := im.read()
		if len(batch.recipients) > 0 {
			group.Go(func() error { return im.write(ctx, batch) })
		}
		if errors.Is(err, io.EOF) {
			return group.Wait()
		}
		if err != nil {
			return errors.Join(err, group.Wait())
		}
	}
	return errors.Join(group.Wait(), context.Cause(ctx))
}

// read returns the next batch, which with io.EOF is the last one.
func (im *recipientImport) read() (rows, error) {
	var batch rows
	for len(batch.recipients) < importBatch {
		r, row, err := im.list.Next()
		if errors.Is(err, io.EOF) {
			return batch, err
		}
		bad, refused := errors.AsType[*intake.Refused](err)
		if err != nil && !refused {
			return batch, err
		}
		im.mu.Lock()
		im.report.Rows++
		if refused {
			im.report.refuse(bad.Row, bad.Email, bad.Reason, &im.report.Invalid)
		}
		im.mu.Unlock()
		if !refused {
			batch.recipients, batch.numbers = append(batch.recipients, r), append(batch.numbers, row)
		}
	}
	return batch, nil
}

// write stores a batch but for whom it must not.
func (im *recipientImport) write(ctx context.Context, batch rows) error {
	if err := im.dropSuppressed(ctx, &batch); err != nil {
		return err
	}
	for i := range batch.recipients {
		im.enrol(&batch.recipients[i])
	}
	isNew, err := im.store.InsertRecipients(ctx, batch.recipients)
	if err != nil {
		return err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	for i, added := range isNew {
		if added {
			im.report.Imported++
		} else {
			im.report.refuse(batch.numbers[i], batch.recipients[i].Email, "is in the sequence already, or further up in this file", &im.report.Duplicates)
		}
	}
	return nil
}

// enrol makes a row a recipient who waits for the first step.
func (im *recipientImport) enrol(r *outreach.Recipient) {
	now := im.store.Now()
	due, err := im.seq.StepDue(0, now, outreach.RecipientLocation(r, im.seq))
	if err != nil {
		due = now // a sequence that another application wrote; the worker says what is wrong with it
	}
	due = store.Millis(due)
	r.ID, r.SequenceID, r.State, r.NextSendAt = bson.NewObjectID(), im.seq.ID, outreach.StateQueued, &due
}

// dropSuppressed takes those out of a batch who are never to be mailed.
func (im *recipientImport) dropSuppressed(ctx context.Context, batch *rows) error {
	emails := make([]string, len(batch.recipients))
	for i := range emails {
		emails[i] = batch.recipients[i].Email
	}
	suppressed, err := im.store.SuppressedAmong(ctx, emails)
	if err != nil || len(suppressed) == 0 {
		return err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	var kept rows
	for i, r := range batch.recipients {
		if by := suppressed[r.Email]; by != nil {
			im.report.refuse(batch.numbers[i], r.Email, fmt.Sprintf("suppressed (%s: %s)", by.Value, by.Reason), &im.report.Suppressed)
			continue
		}
		kept.recipients, kept.numbers = append(kept.recipients, r), append(kept.numbers, batch.numbers[i])
	}
	*batch = kept
	return nil
}

// maxListed is how many refused rows a person is shown; --json lists all.
const maxListed = 50

func (a *app) printImport(r *importReport, seq *outreach.Sequence, asJSON bool) error {
	if asJSON {
		return a.printJSON(r)
	}
	a.say("%s: %d of %d rows enrolled; skipped %d duplicates, %d suppressed, %d invalid", seq.Name, r.Imported, r.Rows, r.Duplicates, r.Suppressed, r.Invalid)
	for i, bad := range r.Refused {
		if i == maxListed {
			a.say("  and %d more (--json lists all)", len(r.Refused)-maxListed)
			break
		}
		a.say("  row %d: %s %s", bad.Row, clean(bad.Email, 60), clean(bad.Reason, 200))
	}
	if seq.Status == outreach.SequenceDraft && r.Imported > 0 {
		a.say("The sequence is a draft: start it with: mailrun sequences activate %s", shellQuote(seq.Name))
	}
	return nil
}
