package web

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// maxBody bounds a request's body; nothing that mailrun is sent comes near it.
const maxBody = 64 << 10

// contentPolicy lets a page load what is its own and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// headers sets what protects a browser.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if from(r).https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// bounded refuses a body that says that it is too big, and cuts off one that turns out to be.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxBody {
			badBody(w, &http.MaxBytesError{Limit: maxBody})
			return
		}
		r.Body = http.MaxBytesReader(innermost(w), r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// innermost is the server's own writer. Only that one takes http.MaxBytesReader's word that the rest of a body will not be read: it then
// closes the connection slowly enough for the client to see the answer.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		outer, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = outer.Unwrap()
	}
}

// recovered answers a request whose handler panicked.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil {
				s.Log.Error("handler panicked", "path", loggedPath(r), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				s.refuse(w, r, http.StatusInternalServerError, "this did not work; the server's log says why")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// logged writes the access log, at level info.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		counted := &countedWriter{ResponseWriter: w}
		next.ServeHTTP(counted, r)
		s.Log.Info("request", "method", r.Method, "path", loggedPath(r), "status", counted.status, "bytes", counted.bytes,
			"ms", time.Since(began).Milliseconds(), "from", from(r).address)
	})
}

// loggedPath is a request's path as the log may carry it: who holds an opt-out token can use it.
func loggedPath(r *http.Request) string {
	if isOptOut(r) {
		return "/u/…"
	}
	return r.URL.Path
}

// isOptOut tells whether a recipient's link was followed.
func isOptOut(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/u/") }

// countedWriter notes what an answer came to.
type countedWriter struct {
	http.ResponseWriter
	status, bytes int
}

func (w *countedWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *countedWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *countedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
