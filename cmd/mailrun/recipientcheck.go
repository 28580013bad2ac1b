package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mailrun/internal/checkup"
	"mailrun/internal/intake"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// addressReport is what is wrong with the addresses of a list.
type addressReport struct {
	Checked  int               `json:"checked"`
	Good     int               `json:"good"`
	Findings []checkup.Finding `json:"findings"`
}

func newRecipientsCheck(a *app) *cobra.Command {
	var sequence string
	var asJSON, offline bool
	cmd := &cobra.Command{
		Use:   "check [FILE.csv]",
		Short: "Look at addresses before mailing them",
		Long: `Look at the addresses of a CSV file, or with --sequence at those enrolled, before they are mailed: syntax, a server that takes the
domain's mail (MX), functions instead of persons (info@), throw-away addresses. Nothing is sent to anybody and nothing is changed.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (sequence != "") {
				return badInput("which addresses? mailrun recipients check FILE.csv, or --sequence NAME")
			}
			return a.checkAddresses(cmd.Context(), args, sequence, offline, asJSON)
		},
	}
	cmd.Flags().StringVar(&sequence, "sequence", "", "check the recipients of the sequence with this `name`")
	cmd.Flags().BoolVar(&offline, "offline", false, "do not ask the DNS")
	addJSON(cmd, &asJSON)
	return cmd
}

func (a *app) checkAddresses(ctx context.Context, files []string, sequence string, offline, asJSON bool) error {
	report := &addressReport{Findings: []checkup.Finding{}}
	var emails []string
	var err error
	if sequence != "" {
		emails, err = a.enrolledAddresses(ctx, sequence)
	} else {
		emails, err = a.listedAddresses(files[0], report)
	}
	if err != nil {
		return err
	}
	report.check(ctx, emails, offline)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if asJSON {
		return a.printJSON(report)
	}
	for _, f := range report.Findings {
		a.say("%-4s  %s: %s", a.colored(string(f.Level)), clean(f.Subject, 60), clean(f.Message, 200))
	}
	a.say("%d addresses checked, %d good", report.Checked, report.Good)
	return nil
}

func (a *app) enrolledAddresses(ctx context.Context, sequence string) ([]string, error) {
	s, err := a.Store(ctx)
	if err != nil {
		return nil, err
	}
	seq, err := findSequence(ctx, s, sequence)
	if err != nil {
		return nil, err
	}
	var emails []string
	err = s.EachRecipient(ctx, store.Filter{Sequence: seq.ID}, func(r *outreach.Recipient) error {
		emails = append(emails, r.Email)
		return nil
	})
	return emails, err
}

// listedAddresses reads a file; bad rows are findings.
func (a *app) listedAddresses(path string, report *addressReport) ([]string, error) {
	name, r, err := a.input(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	list, err := intake.NewCSV(name, r)
	if err != nil {
		return nil, inputError{err}
	}
	var emails []string
	for {
		recipient, _, err := list.Next()
		if errors.Is(err, io.EOF) {
			return emails, nil
		}
		if bad, ok := errors.AsType[*intake.Refused](err); ok {
			report.Checked++
			report.Findings = append(report.Findings, checkup.Finding{
				Level: checkup.Fail, Check: "syntax", Subject: fmt.Sprintf("row %d", bad.Row), Message: bad.Reason, Remedy: "correct the row",
			})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		emails = append(emails, recipient.Email)
	}
}

// check adds what is wrong with the addresses, and with their domains once for each address.
func (r *addressReport) check(ctx context.Context, emails []string, offline bool) {
	byDomain := map[string][]string{}
	bad := map[string]bool{}
	for _, email := range emails {
		_, domain, _ := strings.Cut(email, "@")
		byDomain[domain] = append(byDomain[domain], email)
		for _, f := range checkup.Address(email) {
			r.Findings, bad[email] = append(r.Findings, f), true
		}
	}
	r.Checked += len(emails)
	if !offline {
		dns := checkup.DNS{Resolver: net.DefaultResolver}
		dns.Domains(ctx, slices.Sorted(maps.Keys(byDomain)), func(domain string, f checkup.Finding) {
			if f.Level == checkup.OK {
				return
			}
			for _, email := range byDomain[domain] {
				f.Subject, bad[email] = email, true
				r.Findings = append(r.Findings, f)
			}
		})
	}
	r.Good = len(emails) - len(bad)
	slices.SortStableFunc(r.Findings, func(x, y checkup.Finding) int { return strings.Compare(x.Subject, y.Subject) })
}
