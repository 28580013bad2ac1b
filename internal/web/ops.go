package web

import (
	"context"
	_ "embed"
	"net/http"
	"time"
)

// readyTimeout is how long the database may take to say that it is there.
const readyTimeout = 5 * time.Second

// healthz says that the process answers.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	respond(w, http.StatusOK, map[string]string{"status": "ok", "version": s.Version})
}

// readyz says whether the database answers too.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.Store.Engine().Ping(ctx); err != nil {
		s.Log.Warn("not ready", "error", err)
		fail(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	respond(w, http.StatusOK, map[string]string{"status": "ready", "store": s.Store.Engine().Name()})
}

//go:embed openapi.json
var openAPIDocument []byte

// openAPI serves the description of this API; a test compares it with the routes.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(openAPIDocument) // a client that is gone has nobody to be told
}
