package outreach

import "time"

// How often a mailbox is read, by its last activity: about every two minutes while a send or a reply is recent, then less and less.
const (
	syncLively  = 110 * time.Second // a little under two minutes, so that a cron every two minutes always finds it due
	syncQuiet   = 5 * time.Minute
	syncDormant = 15 * time.Minute

	livelyFor = 48 * time.Hour
	quietFor  = 7 * 24 * time.Hour
)

// SyncInterval is the time until a mailbox is due for reading again, for a draw from 0 up to 1 that shortens it by up to a tenth, so that
// mailboxes that were added together do not stay together.
func SyncInterval(m *Mailbox, now time.Time, draw float64) time.Duration {
	idle := now.Sub(latest(time.Time{}, m.LastSentAt, m.LastActivityAt))
	every := syncDormant
	switch {
	case idle < livelyFor:
		every = syncLively
	case idle < quietFor:
		every = syncQuiet
	}
	return time.Duration(float64(every) * (1 - 0.1*draw))
}
