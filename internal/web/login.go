package web

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// hashesAtOnce bounds the memory that signing in can take: each argon2id hash needs some 19 MiB.
const hashesAtOnce = 2

// nobodysHash is compared with when there is no such user, so that the answer takes as long. Its costs are those of `mailrun users add`; no
// password fits it.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGlzIGhlcmUhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// The two answers to a login that failed, the same for every reason.
const (
	wrongLogin = "the address or the password is wrong"
	tooMany    = "too many attempts; try again later"
)

// credentials are what a login brings.
type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// readCredentials reads JSON or a form.
func readCredentials(r *http.Request) (credentials, error) {
	var c credentials
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			return c, err
		}
	} else {
		if err := r.ParseForm(); err != nil {
			return c, err
		}
		c = credentials{Email: r.PostForm.Get("email"), Password: r.PostForm.Get("password")}
	}
	c.Email = strings.ToLower(strings.TrimSpace(c.Email))
	return c, nil
}

// isForm tells whether a browser's form was sent, which is answered with a page.
func isForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/x-www-form-urlencoded"
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	c, err := readCredentials(r)
	if err != nil {
		badBody(w, err)
		return
	}
	account, address := accountKey(c.Email), addressKey(from(r).address)
	if wait := s.logins.take(s.Store.Now(), account, address); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		s.loginFailed(w, r, http.StatusTooManyRequests, tooMany)
		return
	}
	u, err := s.authenticate(r, c)
	switch {
	case err != nil:
		s.broken(w, r, err)
	case u == nil:
		s.Log.Warn("login refused", "from", from(r).address)
		s.loginFailed(w, r, http.StatusUnauthorized, wrongLogin)
	default:
		s.logins.forget(account, address)
		s.welcome(w, r, u)
	}
}

// authenticate finds the user that address and password belong to, or nil.
func (s *Server) authenticate(r *http.Request, c credentials) (*outreach.User, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	hash := nobodysHash
	u, err := s.Store.UserByEmail(r.Context(), c.Email)
	switch {
	case err == nil:
		hash = u.PasswordHash
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	defer s.rest.Reset(restAfter)
	fits, err := argon2id.ComparePasswordAndHash(c.Password, hash)
	if err != nil || !fits || hash == nobodysHash {
		return nil, err
	}
	return u, nil
}

func (s *Server) welcome(w http.ResponseWriter, r *http.Request, u *outreach.User) {
	if err := s.Store.PruneSessions(r.Context()); err != nil {
		s.Log.Warn("could not remove old sessions", "error", err)
	}
	if err := s.sessions.begin(r, u); err != nil {
		s.broken(w, r, err)
		return
	}
	if isForm(r) {
		seeOther(w, "../../settings/cron")
		return
	}
	respond(w, http.StatusOK, whoami(u))
}

func (s *Server) loginFailed(w http.ResponseWriter, r *http.Request, status int, message string) {
	if wantsPage(r) {
		s.showLogin(w, r, status, message)
		return
	}
	fail(w, status, message)
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.of(r).Destroy(r.Context()); err != nil {
		s.broken(w, r, err)
		return
	}
	if isForm(r) {
		seeOther(w, "../../login")
		return
	}
	respond(w, http.StatusOK, map[string]bool{"ok": true})
}

// account is a user as he is told about himself.
type account struct {
	Email string `json:"email"`
	Role  string `json:"role"`
}

func whoami(u *outreach.User) account { return account{Email: u.Email, Role: u.Role} }

func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	respond(w, http.StatusOK, whoami(signedIn(r)))
}
