package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// FolderStatus is where a folder stands. UIDNext is never zero.
type FolderStatus struct {
	UIDValidity uint32
	UIDNext     uint32
	Messages    uint32
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
	err := s.operate(ctx, "status", func() error {
		if s.client == nil && !slices.ContainsFunc(paths, needsLiteral) {
			return s.askByTalk(paths, answers)
		}
		if err := s.library(); err != nil {
			return err
		}
		return s.askByLibrary(paths, answers)
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

func (s *IMAPSession) askByLibrary(paths []string, answers []StatusAnswer) error {
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
}

// askByTalk asks without the library, about folders whose names can stand in quotes. An answer under a name that was not asked for, as one that
// comes as a literal, is passed over: such a folder is opened.
func (s *IMAPSession) askByTalk(paths []string, answers []StatusAnswer) error {
	waiting := make(map[string]int, len(paths)) // the places of the questions, by tag
	var questions strings.Builder
	for i, path := range paths {
		tag := s.talk.nextTag()
		waiting[tag] = i
		questions.WriteString(tag + " STATUS " + quote(encodeName(path)) + " (MESSAGES UIDNEXT UIDVALIDITY)\r\n")
	}
	if _, err := io.WriteString(s.link.conn, questions.String()); err != nil {
		return err
	}
	for lines := maxTalkLines * len(paths); len(waiting) > 0; lines-- {
		line, err := s.talk.answer()
		if err != nil {
			return err
		}
		if lines == 0 {
			return fmt.Errorf("the server says %d lines before it answers: %w", maxTalkLines*len(paths), ErrProtocol)
		}
		if status, ok := parseStatus(line); ok {
			i, asked := waiting[status.tag]
			if asked && status.kind != "OK" {
				answers[i].Err = imapFailure(s.link, s.guard, s.creds, "status", status, nil)
			}
			delete(waiting, status.tag)
			continue
		}
		name, status, err := parseFolderStatus(line)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(paths, func(path string) bool { return canonical(name) == canonical(encodeName(path)) }); i >= 0 {
			answers[i].FolderStatus = status
		}
	}
	return nil
}

// parseFolderStatus reads a STATUS response (RFC 9051 section 7.3.4), name as it travels. Of other untagged responses nothing is read.
func parseFolderStatus(line string) (name string, status FolderStatus, err error) {
	rest, ok := strings.CutPrefix(line, "* ")
	if !ok {
		return "", status, fmt.Errorf("%q is no answer: %w", printable(line[:min(len(line), 80)]), ErrProtocol)
	}
	if rest, ok = cutPrefixFold(rest, "STATUS "); !ok {
		return "", status, nil
	}
	open := strings.LastIndexByte(rest, '(')
	if open < 0 || !strings.HasSuffix(strings.TrimRight(rest, " "), ")") {
		return "", status, fmt.Errorf("%q tells nothing of a folder: %w", printable(rest[:min(len(rest), 80)]), ErrProtocol)
	}
	items := strings.Fields(strings.TrimRight(rest[open+1:], ") "))
	for ; len(items) > 1; items = items[2:] {
		number := status.item(items[0])
		if number == nil {
			continue
		}
		n, err := strconv.ParseUint(items[1], 10, 32)
		if err != nil {
			return "", status, fmt.Errorf("%q is no number of a folder's: %w", printable(items[1]), ErrProtocol)
		}
		*number = uint32(n)
	}
	return unquote(strings.TrimRight(rest[:open], " ")), status, nil
}

// item is the number that an item of STATUS sets, nil if none was asked for.
func (s *FolderStatus) item(name string) *uint32 {
	switch strings.ToUpper(name) {
	case "MESSAGES":
		return &s.Messages
	case "UIDNEXT":
		return &s.UIDNext
	case "UIDVALIDITY":
		return &s.UIDValidity
	}
	return nil
}

// encodeName is a folder's name as it travels, if all of it is ASCII (RFC 3501 section 5.1.3).
func encodeName(path string) string { return strings.ReplaceAll(path, "&", "&-") }

// unquote is the inverse of quote; what stands in no quotes stays.
func unquote(s string) string {
	inner, ok := strings.CutPrefix(s, `"`)
	if !ok {
		return s
	}
	return unquoting.Replace(strings.TrimSuffix(inner, `"`))
}

var unquoting = strings.NewReplacer(`\\`, `\`, `\"`, `"`)

// needsLiteral tells whether a folder's name may have to travel as a literal, for which imapclient waits until the server wants it.
func needsLiteral(path string) bool { return len(path) > 1000 || !quotable(path) }
