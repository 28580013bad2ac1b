package mailbox

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

const (
	searchMargin = 48 * time.Hour // SINCE counts days, in a zone that the server chooses
	recentSent   = 200            // messages of a Sent folder that are looked at one by one
)

// search runs a UID SEARCH; it must be called inside do.
func (s *IMAPSession) search(criteria *imap.SearchCriteria) ([]imap.UID, error) {
	data, err := s.client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, err
	}
	return data.AllUIDs(), nil
}

// UIDsSince lists, in ascending order, the UIDs of the examined folder's messages that the server received since a time, and up to two days
// before: SEARCH knows only days, in a zone of the server's choice. Filter on InternalDate. A server that refuses SEARCH is asked for
// all dates.
func (s *IMAPSession) UIDsSince(ctx context.Context, since time.Time) ([]uint32, error) {
	since = since.Add(-searchMargin)
	var uids []uint32
	err := s.do(ctx, "search", func() error {
		found, err := s.search(&imap.SearchCriteria{Since: since})
		for _, uid := range found {
			uids = append(uids, uint32(uid))
		}
		return err
	})
	if !errors.Is(err, ErrRefused) || s.messages == 0 {
		return uids, err
	}
	err = s.do(ctx, "fetch dates", func() error {
		var all imap.UIDSet
		all.AddRange(1, 0)
		return s.fetch(all, &imap.FetchOptions{UID: true, InternalDate: true}, 0, func(f fetched) error {
			if f.UID != 0 && !f.InternalDate.Before(since) {
				uids = append(uids, f.UID)
			}
			return nil
		})
	})
	return uids, err
}

// FindMessageID tells whether a folder holds a message with this Message-ID. It asks the server's SEARCH first and, because some servers
// search headers badly or not at all, then looks at the 200 latest messages itself.
func (s *IMAPSession) FindMessageID(ctx context.Context, path, messageID string) (bool, error) {
	id := strings.Trim(messageID, "<> ")
	if _, err := s.Examine(ctx, path); err != nil || id == "" || s.messages == 0 {
		return false, err
	}
	found := false
	err := s.do(ctx, "search message-id", func() error {
		uids, err := s.search(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}})
		found = len(uids) > 0
		return err
	})
	if found || err != nil && !errors.Is(err, ErrRefused) {
		return found, err
	}
	return s.scanMessageID(ctx, id)
}

// scanMessageID looks for a Message-ID in the latest messages of the examined folder.
func (s *IMAPSession) scanMessageID(ctx context.Context, id string) (found bool, err error) {
	var latest imap.SeqSet
	latest.AddRange(uint32(max(1, int64(s.messages)-recentSent+1)), s.messages)
	what := &imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, HeaderFields: []string{"Message-ID"}, Peek: true}
	id = strings.ToLower(id)
	err = s.do(ctx, "fetch message-ids", func() error {
		return s.fetch(latest, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{what}}, maxHeader, func(f fetched) error {
			found = found || bytes.Contains(bytes.ToLower(f.Raw), []byte(id))
			return nil
		})
	})
	return found, err
}

// Append files a message in a folder as seen, with the time at which it was sent. After a refusal (no such folder, quota) the session is
// over: imapclient cannot withdraw a message that the server does not want to see.
func (s *IMAPSession) Append(ctx context.Context, path string, raw []byte, at time.Time) error {
	err := s.do(ctx, "append", func() error {
		cmd := s.client.Append(canonical(path), int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}, Time: at})
		_, writeErr := cmd.Write(raw)
		closeErr := cmd.Close()
		if _, err := cmd.Wait(); err != nil {
			return err // a refusal, which also made the write fail
		}
		return errors.Join(writeErr, closeErr)
	})
	if err != nil && !s.over {
		s.end()
	}
	return err
}
