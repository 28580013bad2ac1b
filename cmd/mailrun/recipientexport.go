package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newRecipientsExport(a *app) *cobra.Command {
	var list listFlags
	var which recipientFilter
	var output string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write recipients as CSV, or as JSON lines",
		Long:  "Write recipients as CSV with their variables as columns (it can be imported again), or with --json as one document per line.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, f, _, err := list.open(cmd.Context(), a)
			if err != nil {
				return err
			}
			if err := which.apply(&f); err != nil {
				return err
			}
			return a.export(cmd.Context(), s, f, output, list.asJSON)
		},
	}
	list.page, list.limit = 1, 1 // an export is not paged
	flags := cmd.Flags()
	flags.StringVar(&list.sequence, bySequence, "", "only of the sequence with this `name`")
	flags.Var(&list.since, bySince, "only enrolled since: 12h, 7d, or a `date` like 2026-11-22")
	flags.StringVarP(&output, "output", "o", "-", "write to this `file`, which must not exist (- is standard output)")
	addJSON(cmd, &list.asJSON)
	which.register(cmd)
	return cmd
}

func (a *app) export(ctx context.Context, s *store.Store, f store.Filter, output string, asJSON bool) (err error) {
	out := a.out
	if output != "-" {
		file, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return badInput("cannot write %s: %w", output, err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	write := writeCSV
	if asJSON {
		write = writeJSONLines
	}
	if err := write(ctx, s, f, buffered); err != nil {
		return err
	}
	return buffered.Flush()
}

func writeJSONLines(ctx context.Context, s *store.Store, f store.Filter, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return s.EachRecipient(ctx, f, func(r *outreach.Recipient) error { return enc.Encode(r) })
}

// writeCSV reads the recipients twice: the columns are known only once every recipient's variables are.
func writeCSV(ctx context.Context, s *store.Store, f store.Filter, w io.Writer) error {
	names := map[string]bool{}
	err := s.EachRecipient(ctx, f, func(r *outreach.Recipient) error {
		for name := range r.Variables {
			names[name] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	variables := slices.Sorted(maps.Keys(names))
	out := csv.NewWriter(w)
	head := []string{"email", "firstName", "lastName", "company", "timezone", "state", "reason", "step", "lastSentAt", "nextSendAt"}
	if err := out.Write(append(head, variables...)); err != nil {
		return err
	}
	err = s.EachRecipient(ctx, f, func(r *outreach.Recipient) error {
		row := []string{
			r.Email, r.FirstName, r.LastName, r.Company, r.Timezone, string(r.State), r.Reason, fmt.Sprint(r.Step), utc(r.LastSentAt), utc(r.NextSendAt),
		}
		for _, name := range variables {
			row = append(row, r.Variables[name])
		}
		for i := range row {
			row[i] = inert(row[i])
		}
		return out.Write(row)
	})
	out.Flush()
	return errors.Join(err, out.Error())
}

func utc(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// inert keeps a spreadsheet from running what a stranger wrote as a formula. Numbers, those of telephones too, stay as they are.
func inert(cell string) string {
	number := strings.Trim(cell, "+-0123456789 .,()/") == ""
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && !number {
		return "'" + cell
	}
	return cell
}
