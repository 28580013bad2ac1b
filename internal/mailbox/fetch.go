package mailbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const (
	maxHeader    = 64 << 10 // of a header block that is kept
	maxRanges    = 300      // UID ranges in one command: lines beyond 8,000 bytes are refused by some servers
	fetchAtATime = 2000     // messages in one command
)

// Fetched is a message, or the part of it that was asked for.
type Fetched struct {
	UID uint32
	// InternalDate is when the server received the message, zero if it cannot be read (see IMAPSession.Lenient).
	InternalDate time.Time
	// Size is that of the whole message in bytes.
	Size int64
	// Raw is what was asked for, up to its limit.
	Raw []byte
}

// fetched is a Fetched with its place in the folder. Raw is nil if the server sent no text.
type fetched struct {
	Fetched
	seq uint32
}

// section is what is asked of each message: the whole, or its header.
type section struct {
	item  *imap.FetchItemBodySection
	limit int64
}

func headerSection() section {
	return section{&imap.FetchItemBodySection{Specifier: imap.PartSpecifierHeader, Peek: true}, maxHeader}
}

func bodySection(limit int) section {
	return section{&imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: int64(limit)}}, int64(limit)}
}

// Headers fetches date, size and header block of the messages with UIDs from from to to, in ascending order. The range must be bounded;
// ranges of 1,000 and more are right, for small ones cost a round trip each.
//
// It compares what came with what the server lists: imapclient drops a message silently when the server mentions it in passing, or sends
// its UID after its text. Those are asked for once more, each by its place in the folder. What is missing even then is named in a
// *MissingError, beside the messages that did come; the session is still good. After ErrProtocol, too, what came before is returned.
func (s *IMAPSession) Headers(ctx context.Context, from, to uint32) ([]Fetched, error) {
	if from == 0 || to < from {
		return nil, nil
	}
	var all imap.UIDSet
	all.AddRange(imap.UID(from), imap.UID(to))
	var messages []Fetched
	err := s.do(ctx, "fetch headers", func() error {
		asked := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{all}}, nil) // both questions cost one round trip together
		listed := func() ([]imap.UID, error) {
			data, err := asked.Wait()
			if _, refused := errors.AsType[*imap.Error](err); refused {
				return nil, nil // a server without SEARCH; what came is all there is to compare
			}
			if err != nil {
				return nil, err
			}
			return data.AllUIDs(), nil
		}
		return s.fetchAll(all, listed, headerSection(), func(f Fetched) error {
			messages = append(messages, f)
			return nil
		})
	})
	slices.SortFunc(messages, func(a, b Fetched) int { return cmp.Compare(a.UID, b.UID) })
	return messages, err
}

// Bodies fetches the first max bytes of messages and calls each for every one, in the server's order, usually ascending. Messages that are
// gone are passed over; those that the server has and does not send are named in a *MissingError at the end.
//
// Each must not use the session; an error of it ends the session and is returned.
func (s *IMAPSession) Bodies(ctx context.Context, uids []uint32, max int, each func(Fetched) error) error {
	var missing []uint32
	for _, set := range uidSets(uids) {
		err := s.do(ctx, "fetch bodies", func() error {
			wanted := func() ([]imap.UID, error) { uids, _ := set.Nums(); return uids, nil }
			return s.fetchAll(set, wanted, bodySection(max), each)
		})
		if lost, ok := errors.AsType[*MissingError](err); ok {
			missing = append(missing, lost.UIDs...)
			continue
		}
		if err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return &MissingError{UIDs: missing}
	}
	return nil
}

// uidSets makes sets that fit into one command each.
func uidSets(uids []uint32) []imap.UIDSet {
	sorted := slices.Compact(slices.Sorted(slices.Values(uids)))
	var sets []imap.UIDSet
	for len(sorted) > 0 {
		var set imap.UIDSet
		n := 0
		for n < len(sorted) && n < fetchAtATime && len(set) < maxRanges {
			set.AddNum(imap.UID(sorted[n]))
			n++
		}
		sets, sorted = append(sets, set), sorted[n:]
	}
	return sets
}

// fetchAll fetches a set, then what of it is listed and did not come. Listed is asked when the messages have come.
func (s *IMAPSession) fetchAll(set imap.UIDSet, listed func() ([]imap.UID, error), what section, each func(Fetched) error) error {
	came := make(map[uint32]bool)
	without := make(map[uint32]bool) // mentioned, but without their text
	take := func(f fetched) error {
		switch {
		case f.UID == 0 || came[f.UID]:
			return nil
		case f.Raw == nil:
			without[f.UID] = true
			return nil
		}
		came[f.UID] = true
		if err := each(f.Fetched); err != nil {
			return &callerError{err}
		}
		return nil
	}
	if err := s.fetch(set, s.options(what), what.limit, take); err != nil {
		return err
	}
	uids, err := listed()
	if err != nil {
		return err
	}
	var lost imap.UIDSet
	for _, uid := range uids {
		if !came[uint32(uid)] {
			without[uint32(uid)] = true
		}
	}
	for _, uid := range sortedKeys(without) {
		if !came[uid] {
			lost.AddNum(imap.UID(uid))
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return s.rescue(lost, what, came, take)
}

// rescue asks for messages by their place in the folder: by place imapclient knows a message before it has read its UID.
func (s *IMAPSession) rescue(lost imap.UIDSet, what section, came map[uint32]bool, take func(fetched) error) error {
	places := make(map[uint32]uint32)
	err := s.fetch(lost, &imap.FetchOptions{UID: true}, 0, func(f fetched) error {
		if f.UID != 0 {
			places[f.UID] = f.seq
		}
		return nil
	})
	if err != nil || len(places) == 0 {
		return err
	}
	var seqs imap.SeqSet
	for _, uid := range sortedKeys(places) {
		seqs.AddNum(places[uid])
	}
	options := s.options(what)
	options.UID = true
	if err := s.fetch(seqs, options, what.limit, func(f fetched) error {
		if _, wanted := places[f.UID]; !wanted {
			return nil // the folder has changed meanwhile
		}
		return take(f)
	}); err != nil {
		return err
	}
	var missing []uint32
	for _, uid := range sortedKeys(places) {
		if !came[uid] {
			missing = append(missing, uid)
		}
	}
	if len(missing) > 0 {
		return &MissingError{UIDs: missing}
	}
	return nil
}

// options asks for no ENVELOPE, BODYSTRUCTURE or FLAGS: servers write them wrong, and imapclient gives up a connection over it.
func (s *IMAPSession) options(what section) *imap.FetchOptions {
	return &imap.FetchOptions{UID: true, InternalDate: !s.Lenient, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{what.item}}
}

// fetch runs one FETCH and always drains it, also where each panics: imapclient's Close hangs on one that is not. After an error what is
// still to come is not worth reading, so the connection is cut.
func (s *IMAPSession) fetch(set imap.NumSet, options *imap.FetchOptions, limit int64, each func(fetched) error) error {
	cmd := s.client.Fetch(set, options)
	drained := false
	defer func() {
		if !drained {
			s.link.wire.Conn.Close()
			cmd.Close()
		}
	}()
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		f, err := collect(msg, limit)
		if err != nil {
			// A text that broke off has already given imapclient's reader free: draining would read beside it. The reader ends by itself.
			drained = true
			s.link.wire.Conn.Close()
			return err
		}
		if err := each(f); err != nil {
			return err
		}
	}
	drained = true
	return cmd.Close()
}

// collect reads a message's items. A text that ends before its announced size is an error: to imapclient it looks complete.
func collect(msg *imapclient.FetchMessageData, limit int64) (fetched, error) {
	f := fetched{seq: msg.SeqNum}
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			f.UID = uint32(item.UID)
		case imapclient.FetchItemDataInternalDate:
			f.InternalDate = item.Time.UTC()
		case imapclient.FetchItemDataRFC822Size:
			f.Size = item.Size
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || f.Raw != nil {
				continue
			}
			raw, err := readLiteral(item.Literal, limit)
			if err != nil {
				return f, err
			}
			f.Raw = raw
		}
	}
	return f, nil
}

func readLiteral(literal imap.LiteralReader, limit int64) ([]byte, error) {
	raw := make([]byte, min(literal.Size(), limit))
	n, err := io.ReadFull(literal, raw)
	if err != nil {
		return nil, fmt.Errorf("a text of %d bytes ended after %d: %w", literal.Size(), n, err)
	}
	return raw, nil
}

func sortedKeys[V any](m map[uint32]V) []uint32 {
	keys := make([]uint32, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
