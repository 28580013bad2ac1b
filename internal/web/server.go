package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"time"

	"mailrun/internal/forecast"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// The deadlines of a connection. A client that sends nothing is gone after readHeaderTimeout or, between requests, idleTimeout. Handlers
// that wait for a job lift readTimeout and writeTimeout for themselves.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 30 * time.Second
	maxHeaderBytes    = 32 << 10
)

// deadlines are those of a server's connections.
type deadlines struct{ header, read, write, idle time.Duration }

// jobGrace is how long a shutdown waits for running jobs; a send run may take 12 s to finish what is in hand. drainGrace is what the answers
// get after that.
const (
	jobGrace   = 20 * time.Second
	drainGrace = 5 * time.Second
)

// restAfter is how long after a login or a run the server gives back the memory that these took: a login needs 19 MiB for a moment, which the
// garbage collector alone would keep for minutes, and on a shared host every megabyte of an idle process counts.
const restAfter = 2 * time.Second

// RunFunc runs a job and returns its log and its error, as job.Runner.Run does. It calls started, if the run is not skipped, as soon as the
// run's log is written.
type RunFunc func(ctx context.Context, triggeredBy string, started func(outreach.CronRunLog)) (*outreach.CronRunLog, error)

// Config is what a server needs.
type Config struct {
	Store   *store.Store
	Keyring *mailbox.Keyring
	// Status says what is waiting and why; nil leaves that part of the page out.
	Status func(ctx context.Context) (*forecast.Report, error)
	// Send and Sync run the two jobs as the commands do.
	Send, Sync RunFunc
	// CronSecret opens the cron endpoints; empty closes them.
	CronSecret string
	// PublicBaseURL is where people reach the server. With https, cookies are for https only.
	PublicBaseURL string
	// TLS says that the server speaks https itself.
	TLS bool
	// TrustedProxies are the addresses whose X-Forwarded-For and X-Forwarded-Proto are believed. A Unix socket's peer always is.
	TrustedProxies []netip.Prefix
	// Notice, if set, stands above the page, as "This is a demo".
	Notice  string
	Version string
	Log     *slog.Logger
}

// Server is the HTTP surface of mailrun.
type Server struct {
	Config
	secret   secretKey
	sessions *sessions
	logins   *loginLimits
	hashing  chan struct{}
	jobs     *jobs
	runs     *store.RunListing
	metrics  *metrics
	pages    *pages
	status   statusCache
	rest     *time.Timer
	limits   deadlines
	handler  http.Handler
}

// New builds a server; it opens nothing and starts nothing.
func New(c Config) (*Server, error) {
	public, err := url.Parse(c.PublicBaseURL)
	if err != nil {
		return nil, fmt.Errorf("PUBLIC_BASE_URL: %w", err)
	}
	s := &Server{
		Config:  c,
		secret:  newSecretKey(c.CronSecret),
		logins:  newLoginLimits(),
		hashing: make(chan struct{}, hashesAtOnce),
		runs:    store.NewRunListing(c.Store),
		metrics: newMetrics(c.Store),
		limits:  deadlines{readHeaderTimeout, readTimeout, writeTimeout, idleTimeout},
	}
	s.sessions = newSessions(c.Store, c.TLS || public.Scheme == "https", s.broken)
	s.rest = time.AfterFunc(restAfter, debug.FreeOSMemory)
	s.rest.Stop()
	s.jobs = newJobs(map[outreach.JobName]RunFunc{outreach.JobRunSequences: c.Send, outreach.JobSyncMailboxes: c.Sync}, s.finished)
	if s.pages, err = newPages(); err != nil {
		return nil, err
	}
	s.handler, err = s.surface(public)
	return s, err
}

// Handler is the whole surface, for tests and for servers of other programs. Close ends its jobs.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops the jobs and waits until they have ended, or for jobGrace.
func (s *Server) Close() error {
	s.jobs.stop(context.Canceled)
	if !s.jobs.wait(jobGrace) {
		return errors.New("a job did not end in time")
	}
	return nil
}

// Serve answers on a listener until the context ends. Then it takes no more requests, lets jobs finish or undo what is in hand, and sends the
// answers that are due.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: s.limits.header,
		ReadTimeout:       s.limits.read,
		WriteTimeout:      s.limits.write,
		IdleTimeout:       s.limits.idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	s.rest.Reset(restAfter)
	defer s.rest.Stop()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve: %w", err), s.Close())
	case <-ctx.Done():
	}
	s.jobs.stop(context.Cause(ctx))
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobGrace+drainGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		err = errors.Join(fmt.Errorf("shut down: %w", err), server.Close())
	}
	<-failed
	return errors.Join(err, s.Close())
}

// finished is told of each run that this process ended.
func (s *Server) finished(run *outreach.CronRunLog, err error) {
	s.rest.Reset(restAfter)
	if run == nil {
		s.Log.Error("run could not be logged", "error", err)
		return
	}
	s.metrics.count(run)
	if err != nil {
		s.Log.Error("run failed", "job", run.JobName, "run", run.ID.Hex(), "error", err)
	}
}
