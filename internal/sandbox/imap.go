package sandbox

import (
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// delimiter separates the levels of folder names.
const delimiter = '/'

func (w *World) newIMAP(config *tls.Config) *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{world: w, conn: c}, nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapSpecialUse: {}, imap.CapListExtended: {}, imap.CapListStatus: {},
			imap.CapLiteralPlus: {}, imap.CapChildren: {}, imap.CapESearch: {},
		},
		TLSConfig:    config,
		InsecureAuth: true,
		Logger:       slog.NewLogLogger(w.opts.Log.Handler(), slog.LevelDebug),
	})
}

// imapSession is one client's dialogue. The library calls it from one goroutine, but for Idle.
type imapSession struct {
	world   *World
	conn    *imapserver.Conn
	mailbox *Mailbox

	selected *folder
	readOnly bool
	view     []*message // what the client believes is in the folder: sequence number n is view[n-1]
}

var _ imapserver.Session = (*imapSession)(nil)

// Close ends the session.
func (s *imapSession) Close() error { return nil }

// Login checks a password.
func (s *imapSession) Login(user, password string) error {
	if s.world.stalled(strings.ToLower(user), StageLogin) {
		return hang(s.conn.NetConn())
	}
	mailbox, ok := s.world.login(user, password)
	if !ok {
		return imapserver.ErrAuthFailed
	}
	s.world.logins.imap.Add(1)
	s.mailbox = mailbox
	return nil
}

// Select opens a folder, for EXAMINE read-only.
func (s *imapSession) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	if s.world.stalled(s.mailbox.email, StageSelect) {
		return nil, hang(s.conn.NetConn())
	}
	m := s.mailbox
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.folderLocked(name)
	if f == nil {
		return nil, errNoFolder
	}
	s.selected, s.readOnly, s.view = f, options.ReadOnly, slices.Clone(f.messages)
	data := &imap.SelectData{
		Flags:       []imap.Flag{imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagSeen, imap.FlagDraft},
		NumMessages: uint32(len(f.messages)), UIDNext: f.next, UIDValidity: f.validity,
	}
	if !s.readOnly {
		data.PermanentFlags = append(slices.Clone(data.Flags), imap.FlagWildcard)
	}
	return data, nil
}

// Unselect closes the folder.
func (s *imapSession) Unselect() error {
	s.selected, s.view = nil, nil
	return nil
}

// Status describes a folder without opening it.
func (s *imapSession) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	if s.world.stalled(s.mailbox.email, StageStatus) {
		return nil, hang(s.conn.NetConn())
	}
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	f := s.mailbox.folderLocked(name)
	if f == nil {
		return nil, errNoFolder
	}
	return f.status(options), nil
}

func (f *folder) status(options *imap.StatusOptions) *imap.StatusData {
	data := &imap.StatusData{Mailbox: f.name, UIDNext: f.next, UIDValidity: f.validity}
	if options.NumMessages {
		data.NumMessages = ptr(uint32(len(f.messages)))
	}
	if options.NumRecent {
		data.NumRecent = ptr(uint32(0))
	}
	if options.NumUnseen {
		data.NumUnseen = ptr(f.count(func(m *message) bool { return !m.has(imap.FlagSeen) }))
	}
	if options.NumDeleted {
		data.NumDeleted = ptr(f.count(func(m *message) bool { return m.has(imap.FlagDeleted) }))
	}
	if options.Size {
		var size int64
		for _, m := range f.messages {
			size += int64(len(m.raw))
		}
		data.Size = &size
	}
	return data
}

func (f *folder) count(keep func(*message) bool) (n uint32) {
	for _, m := range f.messages {
		if keep(m) {
			n++
		}
	}
	return n
}

// List names the folders that match.
func (s *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if len(patterns) == 0 { // RFC 3501 section 6.3.8: an empty pattern asks for the delimiter
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiter})
	}
	for _, data := range s.list(ref, patterns, options) {
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}

func (s *imapSession) list(ref string, patterns []string, options *imap.ListOptions) (out []*imap.ListData) {
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	for _, f := range s.mailbox.folders {
		matches := slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(f.name, delimiter, ref, p) })
		if !matches || options.SelectSpecialUse && f.use == "" {
			continue
		}
		data := &imap.ListData{Mailbox: f.name, Delim: delimiter, Attrs: []imap.MailboxAttr{imap.MailboxAttrHasNoChildren}}
		if f.use != "" { // RFC 6154 section 2 lets a server say this unasked
			data.Attrs = append(data.Attrs, f.use)
		}
		if options.ReturnStatus != nil {
			data.Status = f.status(options.ReturnStatus)
		}
		out = append(out, data)
	}
	return out
}

// Append stores a message.
func (s *imapSession) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxMessage))
	if err != nil {
		return nil, fmt.Errorf("read the message: %w", err)
	}
	at := options.Time
	if at.IsZero() {
		at = s.world.opts.Now()
	}
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	f := s.mailbox.folderLocked(name)
	if f == nil {
		return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "No such folder"}
	}
	return &imap.AppendData{UID: f.append(raw, at, options.Flags), UIDValidity: f.validity}, nil
}

// Create makes a folder.
func (s *imapSession) Create(name string, _ *imap.CreateOptions) error {
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	name = strings.TrimSuffix(name, string(delimiter))
	if s.mailbox.folderLocked(name) != nil {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAlreadyExists, Text: "Folder exists"}
	}
	s.mailbox.createLocked(name)
	return nil
}

// Poll tells the client what has come and gone since it last asked. Messages that went while sequence numbers must hold still (RFC
// 3501 section 7.4.1) are reported at the next command that allows it.
func (s *imapSession) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if s.selected == nil {
		return nil
	}
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	for i := len(s.view) - 1; allowExpunge && i >= 0; i-- {
		if !s.view[i].gone {
			continue
		}
		if err := w.WriteExpunge(uint32(i + 1)); err != nil {
			return err
		}
		s.view = slices.Delete(s.view, i, i+1)
	}
	known := imap.UID(0)
	if len(s.view) > 0 {
		known = s.view[len(s.view)-1].uid
	}
	arrived := s.selected.messages[s.selected.search(known+1):]
	if len(arrived) == 0 {
		return nil
	}
	s.view = append(s.view, arrived...)
	return w.WriteNumMessages(uint32(len(s.view)))
}

// Idle waits for the client to end it. News is told at the next command, which RFC 2177 allows.
func (s *imapSession) Idle(_ *imapserver.UpdateWriter, stop <-chan struct{}) error {
	<-stop
	return nil
}

// search returns the index of the first message with at least the given UID.
func (f *folder) search(uid imap.UID) int {
	return firstFrom(f.messages, uid)
}

func firstFrom(messages []*message, uid imap.UID) int {
	i, _ := slices.BinarySearchFunc(messages, uid, func(m *message, uid imap.UID) int { return int(int64(m.uid) - int64(uid)) })
	return i
}

var (
	errNoFolder    = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNonExistent, Text: "No such folder"}
	errReadOnly    = &imap.Error{Type: imap.StatusResponseTypeNo, Code: "READ-ONLY", Text: "The folder was opened with EXAMINE"}
	errUnsupported = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeCannot, Text: "Not in this world"}
)

// Delete is refused: the folders of a mailbox are fixed but for new ones.
func (s *imapSession) Delete(string) error { return errUnsupported }

// Rename is refused.
func (s *imapSession) Rename(string, string, *imap.RenameOptions) error { return errUnsupported }

// Subscribe does nothing: every folder counts as subscribed.
func (s *imapSession) Subscribe(string) error { return nil }

// Unsubscribe is refused.
func (s *imapSession) Unsubscribe(string) error { return errUnsupported }

func ptr[T any](v T) *T { return &v }
