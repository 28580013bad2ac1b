package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `mailrun sends outreach sequences and reads the answers. Cron runs its two jobs:

  mailrun run-sequences     sends the mail that is due, over SMTP
  mailrun sync-mailboxes    reads every mailbox over IMAP: replies, bounces, opt-outs

New here? ` + "`mailrun demo`" + ` shows it all without any set-up; ` + "`mailrun init`" + ` starts a real one.`

// run is the whole program: one command line in, one exit code out.
func run(args []string, a *app) exitCode {
	ctx, stop := interruptible(context.Background())
	defer stop()
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		err = inputError{err} // cobra refused the command line
	}
	code := codeOf(ctx, err)
	report(a.err, err, code)
	a.close(context.WithoutCancel(ctx))
	return code
}

func newRoot(a *app) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "mailrun",
		Short: "Send outreach sequences, read the answers",
		Long:  rootLong,
	})
	for _, section := range sections(a) {
		root.AddGroup(&cobra.Group{ID: section.title, Title: section.title + ":"})
		for _, cmd := range section.commands {
			cmd.GroupID = section.title
			root.AddCommand(cmd)
		}
	}
	last := root.Groups()[len(root.Groups())-1].ID
	root.SetHelpCommandGroupID(last)
	root.SetCompletionCommandGroupID(last)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetHelpTemplate(root.HelpTemplate() + exitHelp)
	a.global.register(root.PersistentFlags())
	watch(a, root)
	return root
}

// section is a part of the list of commands.
type section struct {
	title    string
	commands []*cobra.Command
}

// sections lists every command.
func sections(a *app) []section {
	return []section{
		{"Jobs", []*cobra.Command{newRunSequences(a), newSyncMailboxes(a), newLogs(a), newStatus(a), newStats(a), newPlan(a)}},
		{"Set-up", []*cobra.Command{newInit(a), newDoctor(a), newCrontab(a), newDemo(a)}},
		{"Outreach", []*cobra.Command{newMailboxes(a), newSequences(a), newRecipients(a), newSuppressions(a)}},
		{"What happened", []*cobra.Command{newHistory(a), newReplies(a), newThreads(a), newInspect(a), newClassify(a)}},
		{"System", []*cobra.Command{newServe(a), newUsers(a), newDB(a), newVersion(a)}},
	}
}

// watch notes for every command that it was reached: what fails before that is a mistake in the command line. It also bounds what a command
// can see of flags to its own.
func watch(a *app, cmd *cobra.Command) {
	if inner := cmd.RunE; inner != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started, a.flags = true, cmd.Flags()
			if err := a.startLog(); err != nil {
				return err
			}
			if err := a.startProfiles(); err != nil {
				return err
			}
			return inner(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		watch(a, sub)
	}
}

// group makes a command that only holds others. Alone it prints its help; with a name it does not know it fails.
func group(cmd *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	cmd.AddCommand(subs...)
	cmd.Args, cmd.SuggestionsMinimumDistance = cobra.ArbitraryArgs, 2
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		hint := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = "; did you mean " + strings.Join(near, " or ") + "?"
		}
		return badInput("unknown command %q for %q%s", args[0], cmd.CommandPath(), hint)
	}
	return cmd
}
