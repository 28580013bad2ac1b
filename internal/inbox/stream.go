package inbox

import (
	"context"
	"slices"
	"sync"

	"mailrun/pkg/outreach"
)

// A folder is read by two sides at once, each of which keeps one processor busy. The reading side has the session: it fetches, tells which
// messages concern us, reads those, and finds whom they concern. The keeping side has the folder's cursor and all writing: it stores, applies,
// and moves the cursor. What is read is handed over in order and kept in that order, so that a cursor never moves past what is not kept.

// delivery is what the reading side hands over: messages to store with what is known about whom they concern, or the word that everything up
// to a place was handed over.
type delivery struct {
	replies  []*outreach.Reply
	evidence *evidence
	done     *place
}

// place is how far the reading has come: what the cursor notes of it, and the messages that could not be read on the way.
type place struct {
	reached    func()
	passedOver []outreach.QuarantinedUID
}

// reader is the reading side of one folder.
type reader struct {
	*pass
	folder     *outreach.Folder // its path and UIDVALIDITY: the rest belongs to the keeping side
	handed     chan<- delivery
	passedOver []outreach.QuarantinedUID // since the last place
}

// stream runs the two sides until all that read hands over is kept. What was handed over before the reading failed is kept too; what was
// handed over when the pass runs out of time is left to the next one.
func (p *pass) stream(ctx context.Context, f *outreach.Folder, read func(context.Context, *reader) error) error {
	if err := p.examine(ctx, f); err != nil {
		return err
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	handed, kept := make(chan delivery), make(chan error, 1) // none waits in between, which bounds what a pass holds in memory
	go func() { kept <- p.keepAll(ctx, f, handed, stop) }()
	failed := read(reading, &reader{pass: p, folder: f, handed: handed})
	close(handed)
	if err := <-kept; err != nil && (failed == nil || ctx.Err() == nil) {
		return err // the reading failed only because it was stopped for this
	}
	return failed
}

// keepAll is the keeping side: it keeps deliveries until one fails, and then stops the reading.
func (p *pass) keepAll(ctx context.Context, f *outreach.Folder, handed <-chan delivery, stop func()) (err error) {
	for d := range handed {
		if err != nil {
			continue
		}
		if err = p.keepOne(ctx, f, d); err != nil {
			stop()
		}
	}
	return err
}

func (p *pass) keepOne(ctx context.Context, f *outreach.Folder, d delivery) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.done == nil {
		p.at(Fetched)
		return p.keep(ctx, d)
	}
	d.done.reached()
	for _, q := range d.done.passedOver {
		f.Quarantine = slices.DeleteFunc(f.Quarantine, func(old outreach.QuarantinedUID) bool { return old.UID == q.UID })
		f.Quarantine = append(f.Quarantine, q)
	}
	p.changed = true
	return p.saveCursor(ctx)
}

// hand gives a delivery to the keeping side.
func (r *reader) hand(ctx context.Context, d delivery) error {
	select {
	case r.handed <- d:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done hands over that everything up to here was, unless nothing is to be noted of it.
func (r *reader) done(ctx context.Context, reached func()) error {
	if reached == nil {
		return nil
	}
	d := delivery{done: &place{reached, r.passedOver}}
	r.passedOver = nil
	return r.hand(ctx, d)
}

// quarantine notes a message that the cursor steps over.
func (r *reader) quarantine(uid uint32, cause error, headers []byte) {
	const headersMost = 4 << 10
	r.passedOver = append(r.passedOver, outreach.QuarantinedUID{
		UID: uid, Attempts: unreadableTries, Error: cause.Error(), Headers: string(headers[:min(len(headers), headersMost)]), At: r.Store.Now(),
	})
	r.Log.Warn("message cannot be read and was passed over", "mailbox", r.mb.Email, "folder", r.folder.Path, "uid", uid, "error", cause)
}

// underway are the messages that concern us and are not stored yet, by Message-ID: what answers them concerns us too. They have no document
// while they are not weighed.
type underway struct {
	mu      sync.Mutex
	replies map[string]*outreach.Reply
}

// add notes a message, or its document.
func (u *underway) add(id string, r *outreach.Reply) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.replies == nil {
		u.replies = map[string]*outreach.Reply{}
	}
	u.replies[id] = r
}

func (u *underway) has(id string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, ok := u.replies[id]
	return ok
}

// among returns the documents with one of these ids. It must be asked before the store, which they go into meanwhile.
func (u *underway) among(ids map[string]bool) map[string]*outreach.Reply {
	u.mu.Lock()
	defer u.mu.Unlock()
	found := map[string]*outreach.Reply{}
	for id := range ids {
		if r := u.replies[id]; r != nil {
			found[id] = r
		}
	}
	return found
}

func (u *underway) forget(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.replies, id)
}
