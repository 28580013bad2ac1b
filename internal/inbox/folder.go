package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"mailrun/internal/mailbox"
	"mailrun/pkg/outreach"
)

// Bounds of reading. Small ranges cost a round trip each: 1,000 UIDs per FETCH are ten times faster than 20 at 40 ms.
const (
	rangeSize      = 1000
	siftBatch      = 500 // headers that are parsed and looked up at once
	bodyBatch      = 250
	bodyBatchBytes = 4 << 20
	bodyBytes      = 512 << 10
	backfillRange  = 500
	backfillMost   = 2000
	resetOverlap   = 3 * 24 * time.Hour
	searchSlack    = 2 * 24 * time.Hour // SEARCH dates are days in the server's zone
	resetsMost     = 5
)

// readFolder brings one folder up to date: what is new first, then a piece of its past.
func (p *pass) readFolder(ctx context.Context, f *outreach.Folder, answer mailbox.StatusAnswer) error {
	if answer.Err != nil {
		return p.missing(f, answer.Err)
	}
	status := answer.FolderStatus
	switch {
	case f.UIDValidity == 0:
		p.firstSight(f, status)
	case f.UIDValidity != status.UIDValidity:
		p.reset(f, status)
	case f.Resets > 0:
		f.Resets, p.dirty = 0, true
	}
	p.again(f, status)
	if err := p.readNew(ctx, f, status.UIDNext); err != nil {
		return err
	}
	return p.readPast(ctx, f)
}

// missing forgives a folder other than the inbox that is listed but cannot be asked about; it may be back tomorrow.
func (p *pass) missing(f *outreach.Folder, err error) error {
	if errors.Is(err, mailbox.ErrRefused) && f.Role != outreach.RoleInbox {
		p.Log.Debug("folder cannot be read", "mailbox", p.mb.Email, "folder", f.Path, "error", err)
		return nil
	}
	return err
}

// firstSight anchors the cursor at the folder's end and plans to read the recent past.
func (p *pass) firstSight(f *outreach.Folder, st mailbox.FolderStatus) {
	f.UIDValidity, f.LastUID = st.UIDValidity, st.UIDNext-1
	since := p.Store.Now().AddDate(0, 0, -p.BackfillDays)
	f.Backfill = &outreach.Backfill{FloorUID: st.UIDNext, Since: since, Max: backfillMost, Done: st.UIDNext <= 1 || p.BackfillDays <= 0}
	p.changed, p.dirty = true, true
}

// reset re-anchors the cursor after the folder's UIDs became void (RFC 9051 section 2.3.1.1) and plans to read the last days again. Nothing
// counts twice: messages are recognised by their content.
func (p *pass) reset(f *outreach.Folder, st mailbox.FolderStatus) {
	since := p.Store.Now().AddDate(0, 0, -p.BackfillDays)
	if p.mb.LastSyncOKAt != nil && f.Backfill != nil && f.Backfill.Done {
		since = p.mb.LastSyncOKAt.Add(-resetOverlap)
	} else if f.Backfill != nil && f.Backfill.Since.Before(since) {
		since = f.Backfill.Since
	}
	f.Resets++
	p.Log.Info("folder was renumbered by its server", "mailbox", p.mb.Email, "folder", f.Path, "times", f.Resets)
	f.UIDValidity, f.LastUID, f.Quarantine = st.UIDValidity, st.UIDNext-1, nil
	f.Backfill = &outreach.Backfill{FloorUID: st.UIDNext, Since: since, Done: st.UIDNext <= 1}
	if f.Resets > resetsMost {
		f.Backfill.Done = true // a server that renumbers at each visit would be read in full each time
	}
	p.changed, p.dirty = true, true
}

// again plans what the operator asked for: a longer look at the past, another try at what could not be read.
func (p *pass) again(f *outreach.Folder, st mailbox.FolderStatus) {
	if days := p.opts.BackfillDays; days > 0 {
		f.Backfill = &outreach.Backfill{FloorUID: st.UIDNext, Since: p.Store.Now().AddDate(0, 0, -days), Done: st.UIDNext <= 1}
	}
}

// readNew reads from the cursor to the folder's end.
func (p *pass) readNew(ctx context.Context, f *outreach.Folder, next uint32) error {
	if p.opts.RetryQuarantine && len(f.Quarantine) > 0 {
		if err := p.retryQuarantine(ctx, f); err != nil {
			return err
		}
	}
	from := f.LastUID + 1
	if from >= next {
		return nil
	}
	return p.stream(ctx, f, func(ctx context.Context, fetch *fetcher) error {
		return fetch.fetchSpans(ctx, func() (span, bool) {
			s := span{from: from, to: min(from+rangeSize, next) - 1}
			s.reached = func() { f.LastUID = s.to }
			from = s.to + 1
			return s, s.from < next
		})
	})
}

// retryQuarantine tries again to read what could not be read. What still cannot stays where it was.
func (p *pass) retryQuarantine(ctx context.Context, f *outreach.Folder) error {
	waiting := f.Quarantine
	f.Quarantine = nil
	return p.stream(ctx, f, func(ctx context.Context, fetch *fetcher) error {
		for _, q := range waiting {
			if err := fetch.fetchSpan(ctx, span{from: q.UID, to: q.UID}); err != nil {
				return err
			}
		}
		return fetch.done(ctx, func() {})
	})
}

// readPast reads a folder's past, newest first, until the plan is done or the pass runs out of time; then the next pass goes on.
func (p *pass) readPast(ctx context.Context, f *outreach.Folder) error {
	b := f.Backfill
	if b == nil || b.Done {
		return p.saveIfChanged(ctx)
	}
	p.changed = true
	if err := p.examine(ctx, f); err != nil {
		return err
	}
	uids, err := p.session.UIDsSince(ctx, b.Since.Add(-searchSlack))
	if err != nil {
		return err
	}
	uids = slices.DeleteFunc(uids, func(uid uint32) bool { return uid >= b.FloorUID })
	slices.Sort(uids)
	since, left := b.Since, len(uids)
	if b.Max > 0 {
		left = b.Max - b.Read
	}
	err = p.stream(ctx, f, func(ctx context.Context, fetch *fetcher) error {
		return fetch.fetchSpans(ctx, func() (span, bool) {
			if len(uids) == 0 || left <= 0 {
				return span{}, false
			}
			piece := uids[max(len(uids)-backfillRange, 0):]
			uids, left = uids[:len(uids)-len(piece)], left-len(piece)
			reached := func() { b.FloorUID, b.Read = piece[0], b.Read+len(piece) }
			return span{from: piece[0], to: piece[len(piece)-1], since: since, reached: reached}, true
		})
	})
	if err != nil {
		return err
	}
	b.Done = true
	return p.saveCursor(ctx)
}
