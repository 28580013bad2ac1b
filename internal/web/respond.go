package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"

	"mailrun/internal/store"
)

// respond writes a value as JSON.
func respond(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be encoded"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone has nobody to be told
}

// problem is the body of every error.
type problem struct {
	Error string `json:"error"`
	// RunID names the run that is in the way.
	RunID string `json:"runId,omitempty"`
}

// fail answers with an error.
func fail(w http.ResponseWriter, status int, message string) {
	respond(w, status, problem{Error: message})
}

// broken answers a request that failed for no fault of its own.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client is gone
	}
	s.Log.Error("request failed", "path", loggedPath(r), "error", err)
	if errors.Is(err, store.ErrUnreachable) {
		s.refuse(w, r, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	s.refuse(w, r, http.StatusInternalServerError, "this did not work; the server's log says why")
}

// badBody answers a request whose body could not be read.
func badBody(w http.ResponseWriter, err error) {
	switch _, tooBig := errors.AsType[*http.MaxBytesError](err); {
	case tooBig:
		fail(w, http.StatusRequestEntityTooLarge, "the request is too big")
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		fail(w, http.StatusRequestTimeout, "the request took too long")
	default:
		fail(w, http.StatusBadRequest, "the request cannot be read: "+err.Error())
	}
}

// wantsPage tells whether a person's browser asks, and not a program.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// seeOther sends a browser to a path relative to this one, so that it works behind a proxy that serves mailrun in a folder.
func seeOther(w http.ResponseWriter, relative string) {
	w.Header().Set("Location", relative)
	w.WriteHeader(http.StatusSeeOther)
}
