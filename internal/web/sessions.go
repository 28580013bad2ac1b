package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// A session ends when it was idle for idleSession, and after wholeSession in any case.
const (
	idleSession  = 12 * time.Hour
	wholeSession = 7 * 24 * time.Hour
)

// The cookie's names. The prefix __Host- binds a cookie to this host, to https and to the whole site (RFC 6265bis section 4.1.3.2).
const (
	cookieName       = "mailrun"
	secureCookieName = "__Host-mailrun"
)

// The keys of a session's values: who is signed in, and the mark of the password that he signed in with.
const (
	keyUser = "user"
	keyMark = "mark"
)

// sessions are signed-in browsers: one manager for https, one for plain http, over the same store.
type sessions struct {
	plain, secure *scs.SessionManager
	alwaysSecure  bool
}

func newSessions(st *store.Store, alwaysSecure bool, broken func(http.ResponseWriter, *http.Request, error)) *sessions {
	manager := func(name string, secure bool) *scs.SessionManager {
		// Not scs.New, which starts a store in memory with a goroutine that nothing ends for certain.
		return &scs.SessionManager{
			Store: &sessionStore{store: st}, HashTokenInStore: true, Codec: scs.GobCodec{},
			IdleTimeout: idleSession, Lifetime: wholeSession,
			Cookie:    scs.SessionCookie{Name: name, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, Persist: true},
			ErrorFunc: broken,
		}
	}
	return &sessions{plain: manager(cookieName, false), secure: manager(secureCookieName, true), alwaysSecure: alwaysSecure}
}

// of is the manager for a request.
func (s *sessions) of(r *http.Request) *scs.SessionManager {
	if s.alwaysSecure || from(r).https {
		return s.secure
	}
	return s.plain
}

// load makes each request's session known to its handler and stores what the handler changed.
func (s *sessions) load(next http.Handler) http.Handler {
	plain, secure := s.plain.LoadAndSave(next), s.secure.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), loadedKey{}, &loadedSession{}))
		if s.of(r) == s.secure {
			secure.ServeHTTP(w, r)
			return
		}
		plain.ServeHTTP(w, r)
	})
}

// begin signs a user in under a fresh token.
func (s *sessions) begin(r *http.Request, u *outreach.User) error {
	m := s.of(r)
	if err := m.RenewToken(r.Context()); err != nil {
		return err
	}
	m.Put(r.Context(), keyUser, u.ID.Hex())
	m.Put(r.Context(), keyMark, passwordMark(u))
	return nil
}

// passwordMark changes with the password, which ends every session that began with another one.
func passwordMark(u *outreach.User) string {
	sum := sha256.Sum256([]byte(u.PasswordHash))
	return base64.RawStdEncoding.EncodeToString(sum[:16])
}

// user is who is signed in, or nil.
func (s *Server) user(r *http.Request) (*outreach.User, error) {
	m := s.sessions.of(r)
	id, err := bson.ObjectIDFromHex(m.GetString(r.Context(), keyUser))
	if err != nil {
		return nil, nil // nobody
	}
	u, err := s.Store.User(r.Context(), id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if err != nil || passwordMark(u) != m.GetString(r.Context(), keyMark) {
		return nil, m.Destroy(r.Context())
	}
	return u, nil
}

type userKey struct{}

// signedIn is the user whom withSession let through.
func signedIn(r *http.Request) *outreach.User {
	u, _ := r.Context().Value(userKey{}).(*outreach.User)
	return u
}

// withSession lets through who is signed in.
func (s *Server) withSession(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		u, err := s.user(r)
		switch {
		case err != nil:
			s.broken(w, r, err)
		case u != nil:
			next(w, r.WithContext(context.WithValue(r.Context(), userKey{}, u)))
		case wantsPage(r):
			seeOther(w, "../../../login?ended")
		default:
			fail(w, http.StatusUnauthorized, "sign in first: POST /api/admin/login")
		}
	}
}

// loadedSession is what a request found in the store. It tells a changed session from a new one, so that a request that is under way when
// its user signs out does not bring the session back.
type loadedSession struct {
	id      string
	data    []byte
	expires time.Time
}

type loadedKey struct{}

func loaded(ctx context.Context) *loadedSession {
	l, _ := ctx.Value(loadedKey{}).(*loadedSession)
	if l == nil {
		return &loadedSession{}
	}
	return l
}

// sessionStore keeps scs's sessions in the store. The methods without a context are part of the library's interface; the library calls those
// with one.
type sessionStore struct{ store *store.Store }

var _ scs.CtxStore = (*sessionStore)(nil)

// renewEvery is how much longer a session must become to be written again.
const renewEvery = time.Minute

// FindCtx implements scs.CtxStore.
func (s *sessionStore) FindCtx(ctx context.Context, id string) ([]byte, bool, error) {
	found, err := s.store.Session(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	*loaded(ctx) = loadedSession{id: id, data: found.Data, expires: found.ExpiresAt}
	return found.Data, true, nil
}

// CommitCtx implements scs.CtxStore. The library reads the machine's clock; what is stored goes by the store's, which may be another.
func (s *sessionStore) CommitCtx(ctx context.Context, id string, data []byte, expires time.Time) error {
	expires = s.store.Now().Add(time.Until(expires))
	before := loaded(ctx)
	switch {
	case before.id != id:
		return s.store.InsertSession(ctx, &outreach.Session{ID: id, Data: data, ExpiresAt: expires})
	case bytes.Equal(before.data, data) && expires.Sub(before.expires) < renewEvery:
		return nil
	}
	return s.store.UpdateSession(ctx, id, data, expires)
}

// DeleteCtx implements scs.CtxStore.
func (s *sessionStore) DeleteCtx(ctx context.Context, id string) error {
	return s.store.DeleteSession(ctx, id)
}

// Find implements scs.Store.
func (s *sessionStore) Find(id string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), id)
}

// Commit implements scs.Store.
func (s *sessionStore) Commit(id string, data []byte, expires time.Time) error {
	return s.CommitCtx(context.Background(), id, data, expires)
}

// Delete implements scs.Store.
func (s *sessionStore) Delete(id string) error { return s.DeleteCtx(context.Background(), id) }
