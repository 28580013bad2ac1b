package sandbox

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Store changes flags.
func (s *imapSession) Store(w *imapserver.FetchWriter, set imap.NumSet, change *imap.StoreFlags, _ *imap.StoreOptions) error {
	if s.readOnly {
		return errReadOnly
	}
	chosen := s.pick(set)
	s.mailbox.mu.Lock()
	for _, p := range chosen {
		p.flags = changed(p.flags, change)
		s.mailbox.changes++
	}
	s.mailbox.mu.Unlock()
	if change.Silent {
		return nil
	}
	return s.Fetch(w, set, &imap.FetchOptions{Flags: true})
}

// changed returns a new slice, because readers hold the old one.
func changed(flags []imap.Flag, change *imap.StoreFlags) []imap.Flag {
	named := func(f imap.Flag) bool {
		return slices.ContainsFunc(change.Flags, func(n imap.Flag) bool { return strings.EqualFold(string(n), string(f)) })
	}
	var out []imap.Flag
	if change.Op != imap.StoreFlagsSet {
		out = slices.DeleteFunc(slices.Clone(flags), named)
	}
	if change.Op != imap.StoreFlagsDel {
		out = append(out, change.Flags...)
	}
	return out
}

// Expunge removes what is marked \Deleted, all of it or within a set of UIDs.
func (s *imapSession) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	if s.readOnly {
		return nil // CLOSE of an EXAMINEd folder expunges nothing (RFC 3501 section 6.4.2)
	}
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	s.selected.remove(func(m *message) bool {
		return m.has(imap.FlagDeleted) && (uids == nil || uids.Contains(m.uid))
	})
	return nil
}

// Copy copies messages into another folder.
func (s *imapSession) Copy(set imap.NumSet, name string) (*imap.CopyData, error) {
	chosen := s.pick(set)
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	f := s.mailbox.folderLocked(name)
	if f == nil {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "No such folder"}
	}
	data := &imap.CopyData{UIDValidity: f.validity}
	for _, p := range chosen {
		data.SourceUIDs.AddNum(p.uid)
		data.DestUIDs.AddNum(f.append(p.raw, p.at, p.flags))
	}
	if len(chosen) == 0 {
		return nil, nil
	}
	return data, nil
}
