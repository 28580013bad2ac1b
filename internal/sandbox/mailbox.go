package sandbox

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

// The folders of every mailbox, each but INBOX with its SPECIAL-USE attribute (RFC 6154).
const (
	Inbox  = "INBOX"
	Sent   = "Sent"
	Drafts = "Drafts"
	Junk   = "Junk"
	Trash  = "Trash"
)

// Mailbox is the inside of one account, as its IMAP clients see it. Tests use it to place raw mail and to look at what is there
// without a protocol in between. It may be used from several goroutines.
type Mailbox struct {
	email    string
	password string

	mu      sync.Mutex
	folders []*folder
	changes int
}

type folder struct {
	name     string
	use      imap.MailboxAttr
	validity uint32
	next     imap.UID
	messages []*message
}

// message is one message in a folder. Everything but the flags and gone is fixed; those two are guarded by the mailbox.
type message struct {
	uid   imap.UID
	raw   []byte
	at    time.Time
	flags []imap.Flag
	gone  bool
}

// Message is a copy of what a folder holds. Raw is shared and must not be changed.
type Message struct {
	UID   uint32
	At    time.Time // INTERNALDATE
	Flags []string
	Raw   []byte
}

func newMailbox(email, password string, seed uint64) *Mailbox {
	m := &Mailbox{email: email, password: password}
	for _, f := range []struct {
		name string
		use  imap.MailboxAttr
	}{{Inbox, ""}, {Sent, imap.MailboxAttrSent}, {Drafts, imap.MailboxAttrDrafts}, {Junk, imap.MailboxAttrJunk}, {Trash, imap.MailboxAttrTrash}} {
		m.folders = append(m.folders, &folder{name: f.name, use: f.use, validity: uidValidity(seed, email, f.name), next: 1})
	}
	return m
}

// uidValidity is any number above 0 that stays the same for the same seed.
func uidValidity(seed uint64, email, name string) uint32 {
	h := fnv.New32a()
	fmt.Fprintf(h, "%d %s %s", seed, email, name)
	return h.Sum32() | 1
}

// Email is the mailbox's address.
func (m *Mailbox) Email() string { return m.email }

// Append puts a raw message into a folder, unseen, as if it had arrived at the given time, and returns its UID. A folder that does not
// exist is made.
func (m *Mailbox) Append(name string, raw []byte, at time.Time, flags ...string) uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.folderLocked(name)
	if f == nil {
		f = m.createLocked(name)
	}
	return uint32(f.append(slices.Clone(raw), at, imapFlags(flags)))
}

// Messages returns what a folder holds, in UID order; nil if there is no such folder.
func (m *Mailbox) Messages(name string) []Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.folderLocked(name)
	if f == nil {
		return nil
	}
	out := make([]Message, len(f.messages))
	for i, msg := range f.messages {
		out[i] = Message{UID: uint32(msg.uid), At: msg.at, Raw: msg.raw}
		for _, flag := range msg.flags {
			out[i].Flags = append(out[i].Flags, string(flag))
		}
	}
	return out
}

// FlagChanges counts every time a client changed a flag, be it by STORE or by reading a body without PEEK. A sync must leave it at 0.
func (m *Mailbox) FlagChanges() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changes
}

// Remove expunges the message with the given UID, as another client of the same mailbox would.
func (m *Mailbox) Remove(name string, uid uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.folderLocked(name); f != nil {
		f.remove(func(msg *message) bool { return msg.uid == imap.UID(uid) })
	}
}

// Move takes a message from one folder to another, where it gets a new UID, which is returned; 0 if it is not there.
func (m *Mailbox) Move(from, to string, uid uint32) uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	source, target := m.folderLocked(from), m.folderLocked(to)
	if source == nil || target == nil {
		return 0
	}
	moved := source.remove(func(msg *message) bool { return msg.uid == imap.UID(uid) })
	if len(moved) == 0 {
		return 0
	}
	return uint32(target.append(moved[0].raw, moved[0].at, moved[0].flags))
}

// Renumber gives a folder a new UIDVALIDITY and its messages new UIDs from first on, as a server does that lost its index.
func (m *Mailbox) Renumber(name string, validity, first uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.folderLocked(name)
	if f == nil {
		return
	}
	old := f.messages
	f.messages, f.validity, f.next = nil, validity, imap.UID(first)
	for _, msg := range old {
		msg.gone = true
		f.append(msg.raw, msg.at, msg.flags)
	}
}

func (m *Mailbox) folderLocked(name string) *folder {
	for _, f := range m.folders {
		if f.name == name || strings.EqualFold(name, Inbox) && f.name == Inbox {
			return f
		}
	}
	return nil
}

func (m *Mailbox) createLocked(name string) *folder {
	f := &folder{name: name, validity: uidValidity(0, m.email, name), next: 1}
	m.folders = append(m.folders, f)
	return f
}

func (f *folder) append(raw []byte, at time.Time, flags []imap.Flag) imap.UID {
	msg := &message{uid: f.next, raw: raw, at: at, flags: slices.Clone(flags)}
	f.messages = append(f.messages, msg)
	f.next++
	return msg.uid
}

// remove takes out what gone picks. The slice is built anew because sessions hold views of the old one.
func (f *folder) remove(gone func(*message) bool) (removed []*message) {
	var kept []*message
	for _, msg := range f.messages {
		if gone(msg) {
			msg.gone = true
			removed = append(removed, msg)
			continue
		}
		kept = append(kept, msg)
	}
	f.messages = kept
	return removed
}

func (msg *message) has(flag imap.Flag) bool {
	return slices.ContainsFunc(msg.flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), string(flag)) })
}

func imapFlags(flags []string) []imap.Flag {
	out := make([]imap.Flag, len(flags))
	for i, f := range flags {
		out[i] = imap.Flag(f)
	}
	return out
}
