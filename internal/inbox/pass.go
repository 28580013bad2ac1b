package inbox

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// foldersFor is how long the list of a mailbox's folders is good.
const foldersFor = 6 * time.Hour

// pass is one reading of one leased mailbox.
type pass struct {
	*run
	mb            *outreach.Mailbox
	session       *mailbox.IMAPSession
	began         time.Time
	sequences     map[bson.ObjectID]*outreach.Sequence
	domains       domains
	underway      underway
	opened        string // the folder that is open, "" for none
	changed       bool   // something new was read
	inbound       bool   // something new concerned us
	dirty         bool   // the cursors in memory differ from those stored
	saved         bool   // the cursors were stored in this pass: it made progress
	foldersListed bool
	finished      bool // nothing is left unapplied of what a killed run stored
}

// read goes through the mailbox's folders.
func (p *pass) read(ctx context.Context) error {
	if p.undone[p.mb.ID] {
		if err := p.finishLeftovers(ctx); err != nil {
			return err
		}
	}
	if err := p.connect(ctx); err != nil {
		return err
	}
	if err := p.listFolders(ctx); err != nil {
		return err
	}
	var folders []*outreach.Folder
	var paths []string
	for i := range p.mb.Folders {
		if f := &p.mb.Folders[i]; f.Role != outreach.RoleSent {
			folders, paths = append(folders, f), append(paths, f.Path)
		}
	}
	answers, err := p.session.Statuses(ctx, paths)
	if err != nil {
		return err
	}
	for i, f := range folders {
		if err := p.readFolder(ctx, f, answers[i]); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) connect(ctx context.Context) (err error) {
	p.hangUp()
	p.session, err = p.Dialer.IMAP(ctx, p.mb)
	return err
}

func (p *pass) hangUp() {
	if p.session != nil {
		_ = p.session.Close() // nothing is lost: only reading was done
		p.session, p.opened = nil, ""
	}
}

// listFolders finds the folders to read, now and then anew. A server that lists nothing changes nothing: cursors are not thrown away.
func (p *pass) listFolders(ctx context.Context) error {
	if len(p.mb.Folders) > 0 && p.mb.FoldersAt != nil && p.Store.Now().Sub(*p.mb.FoldersAt) < foldersFor {
		return nil
	}
	listed, err := p.session.Folders(ctx)
	if err != nil {
		return err
	}
	p.foldersListed = true
	for _, info := range listed {
		if f := p.folder(info.Path); f != nil {
			f.Role = info.Role
			continue
		}
		p.dirty = true
		p.mb.Folders = append(p.mb.Folders, outreach.Folder{Path: info.Path, Role: info.Role})
	}
	return nil
}

func (p *pass) folder(path string) *outreach.Folder {
	for i := range p.mb.Folders {
		if p.mb.Folders[i].Path == path {
			return &p.mb.Folders[i]
		}
	}
	return nil
}

// saveCursor writes the cursors under the lease's token. A lost lease ends the pass: somebody else reads this mailbox now.
func (p *pass) saveCursor(ctx context.Context) error {
	err := p.Store.SaveFolders(ctx, p.mb.ID, p.me.Token, p.mb.Folders)
	if errors.Is(err, store.ErrNotFound) {
		return ours(store.ErrLeaseLost)
	}
	p.at(CursorSaved)
	p.dirty, p.saved = false, true
	return ours(err)
}

func (p *pass) saveIfChanged(ctx context.Context) error {
	if !p.dirty {
		return nil
	}
	return p.saveCursor(ctx)
}

// examine opens a folder read-only, unless it is open. It comes before all reading, and so do the leftovers of a run that was killed
// after this one began: its cursor has not moved, so that the folder is not found unchanged.
func (p *pass) examine(ctx context.Context, f *outreach.Folder) error {
	if err := p.finishLeftovers(ctx); err != nil {
		return err
	}
	if p.opened == f.Path {
		return nil
	}
	if _, err := p.session.Examine(ctx, f.Path); err != nil {
		return err
	}
	p.opened = f.Path
	return nil
}
