package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"mailrun/pkg/outreach"
)

// maxFolders bounds how many folders of a server are looked at.
const maxFolders = 10000

// FolderInfo is a folder that mailrun watches or writes to. Path is what the other methods take.
type FolderInfo struct {
	Path string
	Role outreach.FolderRole
}

// FolderStatus is where a folder stands. UIDNext is never zero.
type FolderStatus struct {
	UIDValidity uint32
	UIDNext     uint32
	Messages    uint32
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

// Status asks where a folder stands without opening it. Where the server's answer says too little it opens the folder.
func (s *IMAPSession) Status(ctx context.Context, path string) (FolderStatus, error) {
	answers, err := s.Statuses(ctx, []string{path})
	if err != nil {
		return FolderStatus{}, err
	}
	return answers[0].FolderStatus, answers[0].Err
}

// StatusAnswer is where a folder stands, or that the server refused to say so.
type StatusAnswer struct {
	FolderStatus
	Err error // ErrRefused, or nil
}

// Statuses is Status for several folders, in their order. All questions are sent before the first answer is read, so that together they
// cost one round trip. A refusal is one folder's; any other error ends the session and is returned.
func (s *IMAPSession) Statuses(ctx context.Context, paths []string) ([]StatusAnswer, error) {
	answers := make([]StatusAnswer, len(paths))
	err := s.do(ctx, "status", func() error {
		asked := make([]*imapclient.StatusCommand, len(paths))
		if !slices.ContainsFunc(paths, needsLiteral) {
			s.guard.hold()
		}
		for i, path := range paths {
			asked[i] = s.client.Status(canonical(path), &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true})
		}
		if err := s.guard.letGo(); err != nil {
			return err
		}
		for i := range asked {
			data, err := asked[i].Wait()
			if _, refused := errors.AsType[*imap.Error](err); refused {
				answers[i].Err = s.failed("status", err)
				continue
			}
			if err != nil {
				return err
			}
			answers[i].UIDValidity, answers[i].UIDNext = data.UIDValidity, uint32(data.UIDNext)
			if data.NumMessages != nil {
				answers[i].Messages = *data.NumMessages
			}
		}
		return nil
	})
	for i := range answers {
		if a := &answers[i]; err == nil && a.Err == nil && (a.UIDValidity == 0 || a.UIDNext == 0) {
			if a.FolderStatus, a.Err = s.Examine(ctx, paths[i]); a.Err != nil && !errors.Is(a.Err, ErrRefused) {
				err = a.Err
			}
		}
	}
	return answers, err
}

// needsLiteral tells whether a folder's name may have to travel as a literal, for which imapclient waits until the server wants it.
func needsLiteral(path string) bool { return len(path) > 1000 || !quotable(path) }

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
