package main

import (
	"cmp"
	"context"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/forecast"
	"mailrun/internal/inbox"
	"mailrun/internal/job"
	"mailrun/internal/sequence"
	"mailrun/internal/web"
	"mailrun/pkg/outreach"
)

const serveLong = `Serve puts the two jobs behind HTTP, for hosts that can only curl, with an admin page at /settings/cron and the pages by which recipients
opt out. It starts no job by itself:

  curl -X POST -H "x-cron-secret: $CRON_SECRET" http://127.0.0.1:8080/api/cron/run-sequences

The admin page needs a user: ` + "`mailrun users add`" + ` makes one. Behind a proxy that speaks https, set PUBLIC_BASE_URL and name the proxy with
--trusted-proxy; configs/ has samples for nginx, Apache and systemd. SIGTERM lets running jobs finish what is in hand.`

// serveFlags are the flags of serve.
type serveFlags struct {
	listen, certificate, key string
	proxies                  []string
	sendTime, syncTime       time.Duration
}

func newServe(a *app) *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the jobs over HTTP, with an admin page",
		Long:  serveLong,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runServe(cmd.Context(), a, flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.listen, "listen", "", "`address` to listen on: host:port or unix:/path (default LISTEN_ADDR; a socket of systemd goes first)")
	f.StringVar(&flags.certificate, "tls-cert", "", "`file` with the certificate chain in PEM: speak https; a renewed one is taken over by itself")
	f.StringVar(&flags.key, "tls-key", "", "`file` with its key in PEM")
	f.StringArrayVar(&flags.proxies, "trusted-proxy", nil, "`address` or network of a proxy whose X-Forwarded-For and X-Forwarded-Proto are believed (may be repeated)")
	f.DurationVar(&flags.sendTime, "send-max-runtime", 4*time.Minute, "end a run of run-sequences after this `time`")
	f.DurationVar(&flags.syncTime, "sync-max-runtime", 90*time.Second, "end a run of sync-mailboxes after this `time`")
	return cmd
}

func runServe(ctx context.Context, a *app, flags serveFlags) error {
	if flags.sendTime <= 0 || flags.syncTime <= 0 {
		return badInput("--send-max-runtime and --sync-max-runtime: expected a time above 0, such as 90s or 4m")
	}
	certificate, err := flags.loadCertificate(a.log)
	if err != nil {
		return err
	}
	server, err := a.webServer(ctx, flags)
	if err != nil {
		return err
	}
	l, err := web.Listen(ctx, cmp.Or(flags.listen, a.settings.ListenAddr), certificate)
	if err != nil {
		return badInput("--listen: %w", err)
	}
	for _, warning := range a.settings.Warnings() {
		a.log.Warn("weak setting", "warning", warning)
	}
	if a.errTTY {
		a.say("Listening on %s. Ctrl-C ends it.", l.Addr())
	}
	a.log.Info("listening", "address", l.Addr().String())
	defer a.reloadOnHangup(certificate)()
	defer a.store.KeepTime(ctx)()
	return server.Serve(ctx, l)
}

// loadCertificate reads the certificate that the flags name, nil if they name none.
func (f *serveFlags) loadCertificate(log *slog.Logger) (*web.Certificate, error) {
	switch {
	case f.certificate == "" && f.key == "":
		return nil, nil
	case f.certificate == "" || f.key == "":
		return nil, badInput("--tls-cert and --tls-key belong together")
	}
	c, err := web.LoadCertificate(f.certificate, f.key, log)
	if err != nil {
		return nil, badInput("--tls-cert, --tls-key: %w", err)
	}
	return c, nil
}

// reloadOnHangup reads the certificate anew at each SIGHUP, which tells an operator at once whether the new one is good. Without a
// certificate a hangup ends the process, as it does by default.
func (a *app) reloadOnHangup(certificate *web.Certificate) (stop func()) {
	if certificate == nil {
		return func() {}
	}
	hangups, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		defer close(done)
		for range hangups {
			if err := certificate.Reload(); err != nil {
				a.log.Error("the certificate cannot be read; the old one stays", "error", err)
				continue
			}
			a.log.Info("certificate read again")
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
		<-done
	}
}

// trustedProxies reads addresses and networks.
func (f *serveFlags) trustedProxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range f.proxies {
		prefix, err := netip.ParsePrefix(text)
		if !strings.Contains(text, "/") {
			var one netip.Addr
			one, err = netip.ParseAddr(text)
			prefix = netip.PrefixFrom(one, one.BitLen())
		}
		if err != nil {
			return nil, badInput("--trusted-proxy: %q is not valid: expected an address or a network such as 10.0.0.0/8", text)
		}
		out = append(out, prefix)
	}
	return out, nil
}

// webServer builds the server over the jobs as the commands run them.
func (a *app) webServer(ctx context.Context, flags serveFlags) (*web.Server, error) {
	st, err := a.Store(ctx)
	if err != nil {
		return nil, err
	}
	w, err := a.worker(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.syncer(ctx)
	if err != nil {
		return nil, err
	}
	proxies, err := flags.trustedProxies()
	if err != nil {
		return nil, err
	}
	unseen := func(any) {}
	return web.New(web.Config{
		Store:          st,
		Keyring:        a.keys,
		Status:         a.statusReport,
		Send:           a.webJob(a.sendJob(w, sequence.Options{}, flags.sendTime, unseen)),
		Sync:           a.webJob(a.syncJob(s, inbox.Options{}, flags.syncTime, unseen)),
		CronSecret:     a.settings.CronSecret.Reveal(),
		PublicBaseURL:  a.settings.PublicBaseURL,
		TLS:            flags.certificate != "",
		TrustedProxies: proxies,
		Version:        buildVersion(),
		Log:            a.log,
	})
}

// webJob runs a job as the commands do and tells of its log as soon as there is one.
func (a *app) webJob(j job.Job) web.RunFunc {
	return func(ctx context.Context, triggeredBy string, started func(outreach.CronRunLog)) (*outreach.CronRunLog, error) {
		r, err := a.runner(ctx)
		if err != nil {
			return nil, err
		}
		r.Started = started
		return r.Run(ctx, j, triggeredBy)
	}
}

// statusReport answers what `mailrun status` does.
func (a *app) statusReport(ctx context.Context) (*forecast.Report, error) {
	f, err := a.forecaster(ctx)
	if err != nil {
		return nil, err
	}
	return f.Status(ctx, "", "")
}
