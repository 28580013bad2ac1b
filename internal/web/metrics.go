package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"mailrun/internal/store"
	"mailrun/internal/words"
	"mailrun/pkg/outreach"
)

// scrapeTimeout bounds what one scrape may ask of the database.
const scrapeTimeout = 10 * time.Second

// metrics are what this process did, counted as it happens, and what the store says at each scrape, which covers the runs of other processes.
type metrics struct {
	http.Handler
	runs      *prometheus.CounterVec
	durations *prometheus.HistogramVec
	sent      prometheus.Counter
	replies   prometheus.Counter
	bounces   prometheus.Counter
}

func newMetrics(st *store.Store) *metrics {
	m := &metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mailrun_runs_total", Help: "Runs that this process ended, by job and status.",
		}, []string{"job", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mailrun_run_duration_seconds", Help: "How long the runs of this process took.",
			Buckets: []float64{0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 240, 480},
		}, []string{"job"}),
		sent:    prometheus.NewCounter(prometheus.CounterOpts{Name: "mailrun_sent_total", Help: "Messages accepted in runs of this process."}),
		replies: prometheus.NewCounter(prometheus.CounterOpts{Name: "mailrun_replies_total", Help: "Human replies found by runs of this process."}),
		bounces: prometheus.NewCounter(prometheus.CounterOpts{Name: "mailrun_bounces_total", Help: "Bounces found by runs of this process."}),
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(m.runs, m.durations, m.sent, m.replies, m.bounces, &storeMetrics{store: st},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Handler = promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	return m
}

// count adds a run of this process.
func (m *metrics) count(run *outreach.CronRunLog) {
	m.runs.WithLabelValues(string(run.JobName), string(run.Status)).Inc()
	if run.Status != outreach.RunSkipped {
		m.durations.WithLabelValues(string(run.JobName)).Observe(float64(run.DurationMs) / 1000)
	}
	m.sent.Add(float64(outreach.CountOf(run.Stats["sent"])))
	m.replies.Add(float64(outreach.CountOf(run.Stats["replies"])))
	m.bounces.Add(float64(outreach.CountOf(run.Stats["bounces"])))
}

// storeMetrics asks the store at each scrape.
type storeMetrics struct{ store *store.Store }

var (
	lastRunAt       = prometheus.NewDesc("mailrun_last_run_timestamp_seconds", "When the newest run with a status started.", []string{"job", "status"}, nil)
	lastRunDuration = prometheus.NewDesc("mailrun_last_run_duration_seconds", "How long the newest run with a status took.", []string{"job", "status"}, nil)
	lastRunCount    = prometheus.NewDesc("mailrun_last_run_count", "The counts of the newest successful run.", []string{"job", "stat"}, nil)
	runsRunning     = prometheus.NewDesc("mailrun_runs_running", "Runs that are going on, on any host.", nil, nil)
	mailboxUp       = prometheus.NewDesc("mailrun_mailbox_active", "1 if the mailbox takes part in runs.", []string{"mailbox", "status"}, nil)
	mailboxFailures = prometheus.NewDesc("mailrun_mailbox_consecutive_failures", "Syncs that failed in a row.", []string{"mailbox"}, nil)
	mailboxSynced   = prometheus.NewDesc("mailrun_mailbox_last_sync_timestamp_seconds", "When the mailbox was last read without an error.", []string{"mailbox"}, nil)
	mailboxSent     = prometheus.NewDesc("mailrun_mailbox_sent_today", "Messages sent on the mailbox's calendar day.", []string{"mailbox"}, nil)
	mailboxRoom     = prometheus.NewDesc("mailrun_mailbox_left_today", "Messages that the mailbox may still send today.", []string{"mailbox"}, nil)
)

// Describe implements prometheus.Collector.
func (m *storeMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		lastRunAt, lastRunDuration, lastRunCount, runsRunning, mailboxUp, mailboxFailures, mailboxSynced, mailboxSent, mailboxRoom,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *storeMetrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	if err := errors.Join(m.collectRuns(ctx, ch), m.collectMailboxes(ctx, ch)); err != nil {
		ch <- prometheus.NewInvalidMetric(runsRunning, err)
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func (m *storeMetrics) collectRuns(ctx context.Context, ch chan<- prometheus.Metric) error {
	running, err := m.store.RunningRuns(ctx)
	if err != nil {
		return err
	}
	ch <- gauge(runsRunning, float64(len(running)))
	for _, name := range []outreach.JobName{outreach.JobRunSequences, outreach.JobSyncMailboxes} {
		for _, status := range []outreach.RunStatus{outreach.RunSuccess, outreach.RunFailed, outreach.RunSkipped} {
			run, err := m.store.LastRun(ctx, name, status)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			ch <- gauge(lastRunAt, float64(run.StartedAt.UnixMilli())/1000, string(name), string(status))
			ch <- gauge(lastRunDuration, float64(run.DurationMs)/1000, string(name), string(status))
			if status != outreach.RunSuccess {
				continue
			}
			for _, stat := range words.Stats(name) {
				ch <- gauge(lastRunCount, float64(outreach.CountOf(run.Stats[stat])), string(name), stat)
			}
		}
	}
	return nil
}

func (m *storeMetrics) collectMailboxes(ctx context.Context, ch chan<- prometheus.Metric) error {
	boxes, err := m.store.AllMailboxes(ctx)
	if err != nil {
		return err
	}
	now := m.store.Now()
	for i := range boxes {
		mb := &boxes[i]
		if mb.Status == outreach.MailboxFallback {
			continue
		}
		active := 0.0
		if mb.Status == outreach.MailboxActive {
			active = 1
		}
		ch <- gauge(mailboxUp, active, mb.Email, string(mb.Status))
		ch <- gauge(mailboxFailures, float64(mb.ConsecutiveFailures), mb.Email)
		ch <- gauge(mailboxSent, float64(mb.SentOn(outreach.LocalDay(now, mb.Location()))), mb.Email)
		ch <- gauge(mailboxRoom, float64(mb.RoomToday(now)), mb.Email)
		if mb.LastSyncOKAt != nil {
			ch <- gauge(mailboxSynced, float64(mb.LastSyncOKAt.UnixMilli())/1000, mb.Email)
		}
	}
	return nil
}
