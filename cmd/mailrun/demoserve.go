package main

import (
	"context"

	"github.com/alexedwards/argon2id"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/forecast"
	"mailrun/internal/web"
	"mailrun/pkg/outreach"
)

// The demo's admin. The server listens on loopback only, over data that is gone with the process.
const (
	demoUser     = "demo@brightlane.example"
	demoPassword = "demo"
	demoAddress  = "127.0.0.1:8080"
)

// serve keeps the demo up with the admin page, after some livelier days; its buttons run the demo's jobs, as its cron does.
func (d *demo) serve(ctx context.Context) error {
	if err := d.live(ctx); err != nil {
		return err
	}
	hash, err := argon2id.CreateHash(demoPassword, passwordCost)
	if err != nil {
		return err
	}
	user := &outreach.User{ID: bson.NewObjectID(), Email: demoUser, PasswordHash: hash, Role: "admin"}
	if err := d.store.InsertUser(ctx, user); err != nil {
		return err
	}
	f := &forecast.Forecaster{Store: d.store, Policy: d.worker.Policy, Content: contentReasons()}
	server, err := web.New(web.Config{
		Store: d.store, Keyring: d.keys, Version: buildVersion(), Log: d.a.log,
		Notice: "This is a demo: it mails nobody, and everything is gone when it ends.",
		Status: func(ctx context.Context) (*forecast.Report, error) { return f.Status(ctx, "", "") },
		Send:   d.webJob(outreach.JobRunSequences, d.send),
		Sync:   d.webJob(outreach.JobSyncMailboxes, d.sync),
	})
	if err != nil {
		return err
	}
	l, err := web.Listen(ctx, demoAddress, nil)
	if err != nil {
		return badInput("demo --serve: %w", err)
	}
	d.a.say("\nThe admin page: http://%s/settings/cron  user %s, password %s. Ctrl-C ends it.", l.Addr(), demoUser, demoPassword)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.goOn(ctx) })
	g.Go(func() error { return server.Serve(ctx, l) })
	return g.Wait()
}

func (d *demo) webJob(name outreach.JobName, do func(context.Context) (any, error)) web.RunFunc {
	return func(ctx context.Context, triggeredBy string, started func(outreach.CronRunLog)) (*outreach.CronRunLog, error) {
		runner := *d.runner
		runner.Started = started
		d.world.Tick(d.clock.Now())
		return runner.Run(ctx, demoJob(name, do), triggeredBy)
	}
}
