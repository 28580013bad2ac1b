package sandbox

import (
	"bytes"
	"mime"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// Search finds messages. TEXT and BODY look at the bytes as they are stored, without decoding, as some real servers do.
func (s *imapSession) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, _ *imap.SearchOptions) (*imap.SearchData, error) {
	var data imap.SearchData
	var uids imap.UIDSet
	var numbers imap.SeqSet
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	for i, m := range s.view {
		p := picked{m, uint32(i + 1)}
		if !s.matches(p, criteria) {
			continue
		}
		n := p.number
		if kind == imapserver.NumKindUID {
			n = uint32(p.uid)
		}
		uids.AddNum(p.uid)
		numbers.AddNum(p.number)
		if data.Count == 0 {
			data.Min = n
		}
		data.Max = n
		data.Count++
	}
	data.All = numbers
	if kind == imapserver.NumKindUID {
		data.All = uids
	}
	return &data, nil
}

// matches tells whether a message meets all criteria.
func (s *imapSession) matches(p picked, c *imap.SearchCriteria) bool {
	return s.inSets(p, c) && inDates(p.message, c) && hasFlags(p.message, c) && hasWords(p.raw, c) &&
		(c.Larger == 0 || int64(len(p.raw)) > c.Larger) && (c.Smaller == 0 || int64(len(p.raw)) < c.Smaller) &&
		s.inBranches(p, c)
}

func (s *imapSession) inSets(p picked, c *imap.SearchCriteria) bool {
	lastUID := imap.UID(0)
	if len(s.view) > 0 {
		lastUID = s.view[len(s.view)-1].uid
	}
	for _, set := range c.UID {
		if !within(p.uid, lastUID, set, func(r imap.UIDRange) (imap.UID, imap.UID) { return r.Start, r.Stop }) {
			return false
		}
	}
	for _, set := range c.SeqNum {
		if !within(p.number, uint32(len(s.view)), set, func(r imap.SeqRange) (uint32, uint32) { return r.Start, r.Stop }) {
			return false
		}
	}
	return true
}

func within[N ~uint32, R any](n, last N, set []R, ends func(R) (N, N)) bool {
	for _, r := range set {
		start, stop := ends(r)
		if start, stop = ordered(start, stop, last); start <= n && n <= stop {
			return true
		}
	}
	return false
}

func (s *imapSession) inBranches(p picked, c *imap.SearchCriteria) bool {
	for i := range c.Not {
		if s.matches(p, &c.Not[i]) {
			return false
		}
	}
	for i := range c.Or {
		if !s.matches(p, &c.Or[i][0]) && !s.matches(p, &c.Or[i][1]) {
			return false
		}
	}
	return true
}

// inDates compares days, without regard to zones (RFC 3501 section 6.4.4).
func inDates(m *message, c *imap.SearchCriteria) bool {
	if !betweenDays(m.at, c.Since, c.Before) {
		return false
	}
	if c.SentSince.IsZero() && c.SentBefore.IsZero() {
		return true
	}
	sent, err := parseDate(rawField(m.raw, "Date"))
	return err == nil && betweenDays(sent, c.SentSince, c.SentBefore)
}

func betweenDays(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

func hasFlags(m *message, c *imap.SearchCriteria) bool {
	for _, f := range c.Flag {
		if !m.has(f) {
			return false
		}
	}
	for _, f := range c.NotFlag {
		if m.has(f) {
			return false
		}
	}
	return true
}

func hasWords(raw []byte, c *imap.SearchCriteria) bool {
	for _, want := range c.Header {
		if !headerHas(raw, want.Key, want.Value) {
			return false
		}
	}
	for _, want := range c.Body {
		if !containsWord(raw[headerEnd(raw):], want) {
			return false
		}
	}
	for _, want := range c.Text {
		if !containsWord(raw, want) {
			return false
		}
	}
	return true
}

// headerHas looks for a text in every field of a name, encoded words decoded; "" asks whether there is such a field at all.
func headerHas(raw []byte, name, want string) bool {
	header := raw[:headerEnd(raw)]
	decoder := new(mime.WordDecoder)
	for len(header) > 0 {
		end := fieldEnd(header)
		key, value, found := bytes.Cut(header[:end], []byte(":"))
		header = header[end:]
		if !found || !strings.EqualFold(string(key), name) {
			continue
		}
		text := unfold(value)
		if decoded, err := decoder.DecodeHeader(text); err == nil {
			text = decoded
		}
		if strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			return true
		}
	}
	return false
}

func containsWord(data []byte, want string) bool {
	return bytes.Contains(bytes.ToLower(data), bytes.ToLower([]byte(want)))
}
