package main

import (
	"log/slog"
	"slices"

	"github.com/spf13/pflag"
)

// globalFlags are the flags of every command.
type globalFlags struct {
	config, envFile     string
	logLevel, logFormat string
	verbose             int
	quiet               bool
	profiles            []string
}

func (g *globalFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&g.config, "config", "", "settings `file` (default ./mailrun.yaml where there is one)")
	flags.StringVar(&g.envFile, "env-file", "", "`file` of NAME=value lines (default ./.env where there is one)")
	flags.StringVar(&g.logLevel, "log-level", "warn", "least `level` that goes to stderr: debug, info, warn or error")
	flags.StringVar(&g.logFormat, "log-format", "text", "`format` of the log: text or json")
	flags.CountVarP(&g.verbose, "verbose", "v", "log more: -v is --log-level info, -vv is debug")
	flags.BoolVarP(&g.quiet, "quiet", "q", false, "log errors only")
	flags.StringArrayVar(&g.profiles, "profile", nil, "write a profile for go tool pprof, as `KIND=FILE`; kinds: cpu, heap, allocs, mutex")
}

// level is the log level that the flags ask for together.
func (g *globalFlags) level() (slog.Level, error) {
	var level slog.Level
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, g.logLevel) {
		return 0, badInput("--log-level: %q is not valid: expected debug, info, warn or error", g.logLevel)
	}
	if err := level.UnmarshalText([]byte(g.logLevel)); err != nil {
		return 0, badInput("--log-level: %w", err)
	}
	switch {
	case g.quiet && g.verbose > 0:
		return 0, badInput("-q and -v exclude each other")
	case g.quiet:
		return slog.LevelError, nil
	case g.verbose > 1:
		return slog.LevelDebug, nil
	case g.verbose == 1:
		return min(level, slog.LevelInfo), nil
	}
	return level, nil
}

// startLog makes the logger that the flags ask for. Logs go to stderr, results to stdout, history to the store.
func (a *app) startLog() error {
	level, err := a.global.level()
	if err != nil {
		return err
	}
	options := &slog.HandlerOptions{Level: level}
	switch a.global.logFormat {
	case "text":
		a.log = slog.New(slog.NewTextHandler(a.err, options))
	case "json":
		a.log = slog.New(slog.NewJSONHandler(a.err, options))
	default:
		return badInput("--log-format: %q is not valid: expected text or json", a.global.logFormat)
	}
	return nil
}
