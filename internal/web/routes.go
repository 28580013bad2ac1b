package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mailrun/pkg/outreach"
)

// route is one method on one path.
type route struct {
	method, path string
	handle       http.HandlerFunc
}

// routes is the whole HTTP surface.
func (s *Server) routes() []route {
	return []route{
		// For cron jobs that can only curl: the header x-cron-secret.
		{"POST", "/api/cron/run-sequences", s.withSecret(s.runJob(outreach.JobRunSequences, outreach.TriggeredByCron))},
		{"POST", "/api/cron/sync-mailboxes", s.withSecret(s.runJob(outreach.JobSyncMailboxes, outreach.TriggeredByCron))},

		// For admins: a session.
		{"POST", "/api/admin/login", s.login},
		{"POST", "/api/admin/logout", s.logout},
		{"GET", "/api/admin/me", s.withSession(s.me)},
		{"GET", "/api/admin/cron/summary", s.withSession(s.summary)},
		{"GET", "/api/admin/cron/logs", s.withSession(s.logs)},
		{"POST", "/api/admin/cron/run-sequences", s.withSession(s.runJob(outreach.JobRunSequences, outreach.TriggeredByManual))},
		{"POST", "/api/admin/cron/sync-mailboxes", s.withSession(s.runJob(outreach.JobSyncMailboxes, outreach.TriggeredByManual))},
		{"GET", "/api/openapi.json", s.openAPI},

		// The pages.
		{"GET", "/{$}", s.home},
		{"GET", "/login", s.loginPage},
		{"GET", "/settings/cron", s.cronPage},
		{"GET", "/static/{name}", s.static},

		// For recipients: a signed token.
		{"GET", "/u/{token}", s.optOutPage},
		{"POST", "/u/{token}", s.optOut},

		// For those who watch the service.
		{"GET", "/healthz", s.healthz},
		{"GET", "/readyz", s.readyz},
		{"GET", "/metrics", s.withSecretOrSession(s.metrics.ServeHTTP)},
	}
}

// surface puts the routes behind what all requests pass.
func (s *Server) surface(public *url.URL) (http.Handler, error) {
	crossOrigin, err := s.newCrossOrigin(public)
	if err != nil {
		return nil, err
	}
	var h http.Handler = s.mux()
	h = s.sessions.load(h)
	h = crossOrigin.Handler(h)
	h = bounded(h)
	h = s.recovered(h)
	h = headers(h)
	h = s.logged(h)
	return s.addressed(h), nil
}

// mux gives each path its methods, so that a wrong method is answered with the right ones.
func (s *Server) mux() *http.ServeMux {
	paths := map[string]methods{}
	for _, r := range s.routes() {
		if paths[r.path] == nil {
			paths[r.path] = methods{}
		}
		paths[r.path][r.method] = r.handle
		if r.method == http.MethodGet {
			paths[r.path][http.MethodHead] = r.handle
		}
	}
	mux := http.NewServeMux()
	for path, m := range paths {
		mux.Handle(path, m)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, http.StatusNotFound, "there is nothing here")
	})
	return mux
}

// methods is what one path can do.
type methods map[string]http.HandlerFunc

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if handle, ok := m[r.Method]; ok {
		handle(w, r)
		return
	}
	allowed := strings.Join(slices.Sorted(maps.Keys(m)), ", ")
	w.Header().Set("Allow", allowed)
	fail(w, http.StatusMethodNotAllowed, r.Method+" is not possible here; use "+allowed)
}

// newCrossOrigin refuses writes that another site's page makes a browser send. Mail providers' one-click requests and cron's carry no cookies
// and pass.
func (s *Server) newCrossOrigin(public *url.URL) (*http.CrossOriginProtection, error) {
	p := http.NewCrossOriginProtection()
	if public.Host != "" {
		if err := p.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			return nil, err
		}
	}
	p.AddInsecureBypassPattern("/u/{token}")
	p.AddInsecureBypassPattern("/api/cron/")
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, http.StatusForbidden, "a page of another site may not do this")
	}))
	return p, nil
}
