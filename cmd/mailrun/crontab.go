package main

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"mailrun/internal/config"
)

func newCrontab(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "crontab",
		Short: "Print ready crontab lines",
		Long: `Print the two lines for ` + "`crontab -e`" + `, with absolute paths: run-sequences every 5 minutes, sync-mailboxes every 2.
Runs may overlap and run on several hosts: each takes only what no other works on, so no lock is needed around them.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runCrontab(a) },
	}
}

func runCrontab(a *app) error {
	if _, err := a.Settings(); err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	command := cronQuote(program)
	for _, file := range []struct{ flag, named, preset string }{
		{"--env-file", a.global.envFile, config.DefaultEnvFile},
		{"--config", a.global.config, config.DefaultFile},
	} {
		if path := cronFile(file.named, file.preset); path != "" {
			command += " " + file.flag + " " + cronQuote(path)
		}
	}
	a.say("*/5 * * * * %s run-sequences --max-runtime 4m", command)
	a.say("*/2 * * * * %s sync-mailboxes --max-runtime 90s", command)
	return nil
}

// cronFile returns the absolute path of the named file, or of the preset one where it exists: cron starts in another folder.
func cronFile(named, preset string) string {
	path := named
	if path == "" {
		if _, err := os.Stat(preset); err != nil {
			return ""
		}
		path = preset
	}
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// cronQuote quotes a word for sh inside a crontab line, where an unescaped percent sign would end the command (crontab(5)).
func cronQuote(word string) string {
	return strings.ReplaceAll(shellQuote(word), "%", `\%`)
}

// shellQuote quotes a word for sh where it needs quotes.
func shellQuote(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+") != "" {
		word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
