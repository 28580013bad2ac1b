package sandbox

import (
	"bufio"
	"bytes"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// picked is a message as the client counts it.
type picked struct {
	*message
	number uint32
}

// pick resolves a set of UIDs or sequence numbers against the view. "*" is the last message (RFC 3501 section 9, seq-number).
func (s *imapSession) pick(set imap.NumSet) []picked {
	var out []picked
	add := func(from, to int) {
		for i := max(from, 0); i < min(to, len(s.view)); i++ {
			out = append(out, picked{s.view[i], uint32(i + 1)})
		}
	}
	switch set := set.(type) {
	case imap.UIDSet:
		last := imap.UID(0)
		if len(s.view) > 0 {
			last = s.view[len(s.view)-1].uid
		}
		for _, r := range set {
			start, stop := ordered(r.Start, r.Stop, last)
			to := len(s.view)
			if stop < last {
				to = firstFrom(s.view, stop+1)
			}
			add(firstFrom(s.view, start), to)
		}
	case imap.SeqSet:
		for _, r := range set {
			start, stop := ordered(r.Start, r.Stop, uint32(len(s.view)))
			add(int(start)-1, int(min(stop, uint32(len(s.view)))))
		}
	}
	return out
}

// ordered replaces "*" (0) by the last number and puts the ends of a range in order.
func ordered[N ~uint32](start, stop, last N) (N, N) {
	if start == 0 {
		start = last
	}
	if stop == 0 {
		stop = last
	}
	return min(start, stop), max(start, stop)
}

// Fetch sends what was asked of each message. Reading a body without PEEK sets \Seen unless the folder is open read-only.
func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	if s.world.stalled(s.mailbox.email, StageFetch) {
		return hang(s.conn.NetConn())
	}
	marks := !s.readOnly && slices.ContainsFunc(options.BodySection, func(b *imap.FetchItemBodySection) bool { return !b.Peek })
	for _, p := range s.pick(set) {
		flags := s.flags(p.message, marks)
		if err := p.write(w.CreateMessage(p.number), flags, options); err != nil {
			return err
		}
	}
	return nil
}

func (s *imapSession) flags(m *message, markSeen bool) []imap.Flag {
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	if markSeen && !m.has(imap.FlagSeen) {
		m.flags = append(slices.Clone(m.flags), imap.FlagSeen)
		s.mailbox.changes++
	}
	return m.flags
}

func (p picked) write(w *imapserver.FetchResponseWriter, flags []imap.Flag, options *imap.FetchOptions) error {
	if options.UID {
		w.WriteUID(p.uid)
	}
	if options.Flags {
		w.WriteFlags(flags)
	}
	if options.InternalDate {
		w.WriteInternalDate(p.at)
	}
	if options.RFC822Size {
		w.WriteRFC822Size(int64(len(p.raw)))
	}
	if options.Envelope {
		header, _ := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(p.raw))) // a bad header yields an empty envelope
		w.WriteEnvelope(imapserver.ExtractEnvelope(header))
	}
	if options.BodyStructure != nil {
		w.WriteBodyStructure(imapserver.ExtractBodyStructure(bytes.NewReader(p.raw)))
	}
	for _, item := range options.BodySection {
		data := section(p.raw, item)
		body := w.WriteBodySection(item, int64(len(data)))
		if _, err := body.Write(data); err != nil {
			return err
		}
		if err := body.Close(); err != nil {
			return err
		}
	}
	return w.Close()
}

// section cuts what a BODY[…] item names out of a message. The common ones are taken from the bytes as they are, so that a client sees
// broken messages as broken as they came; numbered parts are left to the library.
func section(raw []byte, item *imap.FetchItemBodySection) []byte {
	if len(item.Part) > 0 {
		return imapserver.ExtractBodySection(bytes.NewReader(raw), item)
	}
	header := raw[:headerEnd(raw)]
	var data []byte
	switch {
	case len(item.HeaderFields) > 0:
		data = fields(header, func(name string) bool { return containsFold(item.HeaderFields, name) })
	case len(item.HeaderFieldsNot) > 0:
		data = fields(header, func(name string) bool { return !containsFold(item.HeaderFieldsNot, name) })
	case item.Specifier == imap.PartSpecifierHeader, item.Specifier == imap.PartSpecifierMIME:
		data = header
	case item.Specifier == imap.PartSpecifierText:
		data = raw[len(header):]
	default:
		data = raw
	}
	if item.Partial == nil {
		return data
	}
	start := min(max(item.Partial.Offset, 0), int64(len(data)))
	return data[start:min(start+max(item.Partial.Size, 0), int64(len(data)))]
}

// headerEnd is the length of the header with the blank line behind it.
func headerEnd(raw []byte) int {
	if bytes.HasPrefix(raw, []byte("\r\n")) {
		return 2
	}
	if i := bytes.Index(raw, []byte("\r\n\r\n")); i >= 0 {
		return i + 4
	}
	if i := bytes.Index(raw, []byte("\n\n")); i >= 0 {
		return i + 2
	}
	return len(raw)
}

// fields keeps the header fields whose name is wanted, byte for byte, and the blank line (RFC 3501 section 6.4.5).
func fields(header []byte, wanted func(name string) bool) []byte {
	var out []byte
	for len(header) > 0 {
		end := fieldEnd(header)
		field := header[:end]
		header = header[end:]
		if name, _, found := bytes.Cut(field, []byte(":")); found && wanted(strings.TrimSpace(string(name))) {
			out = append(out, field...)
		}
	}
	return append(out, "\r\n"...)
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}
