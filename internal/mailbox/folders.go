package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/emersion/go-imap/v2"

	"mailrun/pkg/outreach"
)

// maxFolders bounds how many folders of a server are looked at.
const maxFolders = 10000

// FolderInfo is a folder that mailrun watches or writes to. Path is what the other methods take.
type FolderInfo struct {
	Path string
	Role outreach.FolderRole
}

// errNoUIDValidity says that UIDs of a folder mean nothing (RFC 9051 section 2.3.1.1 forbids zero).
var errNoUIDValidity = fmt.Errorf("the server gives no UIDVALIDITY: %w", ErrRefused)

// Folders returns the watched folders: INBOX, always and by that name, Junk and Sent where they are found by special use (RFC 6154) or by
// the names that clients give them; on Gmail All Mail in place of INBOX where it is shown. A missing folder may only be hidden or unlisted
// for a moment: it is no reason to forget its cursor.
func (s *IMAPSession) Folders(ctx context.Context) ([]FolderInfo, error) {
	listed, err := s.list(ctx)
	if err != nil && !errors.Is(err, ErrRefused) {
		return nil, err
	}
	found := make(map[outreach.FolderRole]candidate)
	for _, data := range listed {
		role, rank := roleOf(data)
		if role == "" || role == outreach.RoleAll && !s.Gmail() {
			continue
		}
		if best, ok := found[role]; !ok || rank < best.rank {
			found[role] = candidate{data.Mailbox, rank}
		}
	}
	folders := []FolderInfo{{Path: "INBOX", Role: outreach.RoleInbox}}
	if all, ok := found[outreach.RoleAll]; ok {
		folders[0] = FolderInfo{Path: all.path, Role: outreach.RoleAll}
	}
	for _, role := range []outreach.FolderRole{outreach.RoleJunk, outreach.RoleSent} {
		if c, ok := found[role]; ok {
			folders = append(folders, FolderInfo{Path: c.path, Role: role})
		}
	}
	return folders, nil
}

// candidate is a folder that may have a role; the lowest rank has it.
type candidate struct {
	path string
	rank int
}

// list asks for all folders. Options of LIST are sent only to servers that advertise them, and a server that chokes on them all the same
// (Exchange Online answers BAD) is asked again without.
func (s *IMAPSession) list(ctx context.Context) ([]*imap.ListData, error) {
	if s.can("SPECIAL-USE") && s.can("LIST-EXTENDED") {
		listed, err := s.listWith(ctx, &imap.ListOptions{ReturnSpecialUse: true})
		if !errors.Is(err, ErrRefused) && len(listed) > 0 || err != nil && !errors.Is(err, ErrRefused) {
			return listed, err
		}
	}
	return s.listWith(ctx, nil)
}

func (s *IMAPSession) listWith(ctx context.Context, options *imap.ListOptions) (listed []*imap.ListData, err error) {
	err = s.do(ctx, "list", func() error {
		cmd := s.client.List("", "*", options)
		for data := cmd.Next(); data != nil; data = cmd.Next() {
			if len(listed) < maxFolders {
				listed = append(listed, data)
			}
		}
		return cmd.Close()
	})
	return listed, err
}

// Examine opens a folder read-only (RFC 9051 section 6.3.3). The fetching methods work on the folder examined last.
func (s *IMAPSession) Examine(ctx context.Context, path string) (FolderStatus, error) {
	path = canonical(path)
	var status FolderStatus
	err := s.do(ctx, "examine", func() error {
		data, err := s.client.Select(path, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err != nil {
			return err
		}
		status = FolderStatus{UIDValidity: data.UIDValidity, UIDNext: uint32(data.UIDNext), Messages: data.NumMessages}
		s.messages = data.NumMessages
		return nil
	})
	if err != nil {
		return FolderStatus{}, err
	}
	if status.UIDValidity == 0 {
		return FolderStatus{}, &Error{Class: ClassProtocol, Op: "imap examine", Host: s.link.host, Err: errNoUIDValidity}
	}
	if status.UIDNext == 0 {
		status.UIDNext, err = s.nextUID(ctx)
	}
	return status, err
}

// nextUID stands in for a UIDNEXT that the server did not give (RFC 3501 section 2.3.1.1 allows that): one above the last message's UID.
func (s *IMAPSession) nextUID(ctx context.Context) (uint32, error) {
	if s.messages == 0 {
		return 1, nil
	}
	var last uint32
	err := s.do(ctx, "fetch", func() error {
		return s.fetch(imap.SeqSetNum(s.messages), &imap.FetchOptions{UID: true}, 0, func(f fetched) error {
			last = f.UID
			return nil
		})
	})
	if err == nil && last == 0 {
		err = &Error{Class: ClassProtocol, Op: "imap fetch", Host: s.link.host, Err: fmt.Errorf("the last message has no UID: %w", ErrRefused)}
	}
	return last + 1, err
}

// canonical spells INBOX as the library expects it: under another spelling it drops the server's answer.
func canonical(path string) string {
	if strings.EqualFold(path, "INBOX") {
		return "INBOX"
	}
	return path
}

// specialUse ranks what the server itself says about a folder before any name.
var specialUse = map[imap.MailboxAttr]outreach.FolderRole{
	imap.MailboxAttrJunk: outreach.RoleJunk,
	imap.MailboxAttrSent: outreach.RoleSent,
	imap.MailboxAttrAll:  outreach.RoleAll,
}

// roleOf returns a folder's role, if it has one, and how sure that is: special use, then known names by their place in the table, those at
// the top before those inside other folders.
func roleOf(data *imap.ListData) (role outreach.FolderRole, rank int) {
	depth := 0
	for _, attr := range data.Attrs {
		switch {
		case strings.EqualFold(string(attr), string(imap.MailboxAttrNoSelect)), strings.EqualFold(string(attr), string(imap.MailboxAttrNonExistent)):
			return "", 0
		}
		for known, r := range specialUse {
			if strings.EqualFold(string(attr), string(known)) {
				role = r
			}
		}
	}
	if role != "" {
		return role, 0
	}
	leaf := data.Mailbox
	if data.Delim != 0 {
		parts := strings.Split(data.Mailbox, string(data.Delim))
		leaf = parts[len(parts)-1]
		if depth = len(parts) - 1; depth > 0 && isRoot(parts[0]) {
			depth--
		}
	}
	role, place := nameRole(foldName(leaf))
	return role, 1 + place + 1000*depth
}

// isRoot tells whether a folder's name is only the root under which a server keeps the others.
func isRoot(name string) bool {
	return strings.EqualFold(name, "INBOX") || strings.EqualFold(name, "[Gmail]") || strings.EqualFold(name, "[Google Mail]")
}

// foldName keeps a name's letters and digits, in lower case.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
