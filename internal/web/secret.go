package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
)

// secretKey is the hash of the cron secret: comparing hashes takes the same time whatever was sent, also for another length.
type secretKey struct {
	set bool
	sum [sha256.Size]byte
}

func newSecretKey(secret string) secretKey {
	return secretKey{set: secret != "", sum: sha256.Sum256([]byte(secret))}
}

func (k secretKey) fits(given string) bool {
	sum := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(sum[:], k.sum[:]) == 1 && k.set
}

// cronHeader carries the cron secret.
const cronHeader = "X-Cron-Secret"

// withSecret lets through whoever knows the cron secret.
func (s *Server) withSecret(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.secret.set:
			fail(w, http.StatusServiceUnavailable, "CRON_SECRET is not set: `mailrun init` makes one")
		case !s.secret.fits(r.Header.Get(cronHeader)):
			fail(w, http.StatusUnauthorized, "the header x-cron-secret is missing or wrong")
		default:
			next(w, r)
		}
	}
}

// withSecretOrSession lets through whoever knows the cron secret or is signed in.
func (s *Server) withSecretOrSession(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.secret.fits(r.Header.Get(cronHeader)) {
			next(w, r)
			return
		}
		s.withSession(next)(w, r)
	}
}
