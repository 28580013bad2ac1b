package inbox

import (
	"context"
	"slices"
	"sync"

	"mailrun/internal/mailbox"
	"mailrun/pkg/outreach"
)

// A folder is read by three sides at once. The fetching side has the session: it tells by the headers which messages concern us and fetches
// those. The reading side understands them and finds whom they concern. The keeping side has the folder's cursor and all writing: it stores,
// applies, and moves the cursor. What one hands to the next is handed over in order and kept in that order, so that a cursor never moves past
// what is not kept.

// parcel is what the fetching side hands over: whole messages, or the word that everything up to a place was handed over.
type parcel struct {
	bodies []mailbox.Fetched
	done   *place
}

// delivery is what the reading side hands over: messages to store with what is known about whom they concern, or that word.
type delivery struct {
	replies  []*outreach.Reply
	evidence *evidence
	done     *place
}

// place is how far the fetching has come: what the cursor notes of it, and the messages that could not be read on the way.
type place struct {
	reached    func()
	passedOver []outreach.QuarantinedUID
}

// fetcher is the fetching side of one folder.
type fetcher struct {
	*pass
	folder     *outreach.Folder // its path: the rest belongs to the keeping side
	fetched    chan<- parcel
	passedOver []outreach.QuarantinedUID // since the last place
}

// reader is the reading side of one folder.
type reader struct {
	*pass
	folder *outreach.Folder // its path and UIDVALIDITY: the rest belongs to the keeping side
	handed chan<- delivery
}

// stream runs the three sides until all that fetch hands over is kept. What was handed over before the fetching failed is kept too; what was
// handed over when the pass runs out of time is left to the next one.
func (p *pass) stream(ctx context.Context, f *outreach.Folder, fetch func(context.Context, *fetcher) error) error {
	if err := p.examine(ctx, f); err != nil {
		return err
	}
	going, stop := context.WithCancel(ctx)
	defer stop()
	fetched, read := make(chan parcel, 1), make(chan error, 1)  // one waits, for the headers of the next range come between bodies
	handed, kept := make(chan delivery, 1), make(chan error, 1) // one waits, for now and then the store takes long; more would only fill memory
	go func() { kept <- p.keepAll(ctx, f, handed, stop) }()
	go func() { read <- p.readAll(going, &reader{pass: p, folder: f, handed: handed}, fetched, stop) }()
	failed := fetch(going, &fetcher{pass: p, folder: f, fetched: fetched})
	close(fetched)
	if err := <-read; err != nil && (failed == nil || ctx.Err() == nil) {
		failed = err // the fetching failed only because it was stopped for this
	}
	close(handed)
	if err := <-kept; err != nil && (failed == nil || ctx.Err() == nil) {
		failed = err
	}
	return failed
}

// readAll is the reading side: it reads parcels until one fails, and then stops the fetching.
func (p *pass) readAll(ctx context.Context, r *reader, fetched <-chan parcel, stop func()) (err error) {
	for f := range fetched {
		if err != nil {
			continue
		}
		if err = r.read(ctx, f); err != nil {
			stop()
		}
	}
	return err
}

// keepAll is the keeping side: it keeps deliveries until one fails, and then stops the others.
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

// hand gives a parcel to the reading side.
func (f *fetcher) hand(ctx context.Context, p parcel) error {
	select {
	case f.fetched <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// done hands over that everything up to here was, unless nothing is to be noted of it.
func (f *fetcher) done(ctx context.Context, reached func()) error {
	if reached == nil {
		return nil
	}
	p := parcel{done: &place{reached, f.passedOver}}
	f.passedOver = nil
	return f.hand(ctx, p)
}

// quarantine notes a message that the cursor steps over.
func (f *fetcher) quarantine(uid uint32, cause error, headers []byte) {
	const headersMost = 4 << 10
	f.passedOver = append(f.passedOver, outreach.QuarantinedUID{
		UID: uid, Attempts: unreadableTries, Error: cause.Error(), Headers: string(headers[:min(len(headers), headersMost)]), At: f.Store.Now(),
	})
	f.Log.Warn("message cannot be read and was passed over", "mailbox", f.mb.Email, "folder", f.folder.Path, "uid", uid, "error", cause)
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
