package sandbox

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/google/go-cmp/cmp"
)

func login(t *testing.T, w *World) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(w.IMAPAddr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(ann, "secret").Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestFolders: roles are announced, STATUS agrees with what is there, APPEND and SEARCH HEADER find each other.
func TestFolders(t *testing.T) {
	w := startWorld(t, Options{})
	c := login(t, w)
	folders, err := c.List("", "*", &imap.ListOptions{ReturnSpecialUse: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]bool{}
	for _, f := range folders {
		roles[f.Mailbox] = slices.Contains(f.Attrs, imap.MailboxAttrSent) || slices.Contains(f.Attrs, imap.MailboxAttrJunk)
	}
	if diff := cmp.Diff(map[string]bool{Inbox: false, Sent: true, Drafts: false, Junk: true, Trash: false}, roles); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}

	raw := mailTo("x@y.example", "<kept@sender.example>")
	cmd := c.Append(Sent, int64(len(raw)), &imap.AppendOptions{Time: noon, Flags: []imap.Flag{imap.FlagSeen}})
	if _, err := io.WriteString(cmd, raw); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := cmd.Wait(); err != nil || data.UID != 1 {
		t.Fatalf("append: %+v, %v", data, err)
	}
	status, err := c.Status(Sent, &imap.StatusOptions{NumMessages: true, UIDNext: true, UIDValidity: true}).Wait()
	if err != nil || *status.NumMessages != 1 || status.UIDNext != 2 || status.UIDValidity == 0 {
		t.Fatalf("status: %+v, %v", status, err)
	}
	if _, err := c.Select(Sent, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{"<kept@sender.example>": 1, "<lost@sender.example>": 0} {
		found, err := c.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: id}}}, nil).Wait()
		if err != nil || len(found.AllUIDs()) != want {
			t.Errorf("search for %s: %v, %v, want %d", id, found.AllUIDs(), err, want)
		}
	}
}

// TestFlagsAreOnTheBooks: EXAMINE protects them, SELECT does not, and every change is counted.
func TestFlagsAreOnTheBooks(t *testing.T) {
	w := startWorld(t, Options{})
	w.Mailbox(ann).Append(Inbox, []byte(mailTo(ann, "<a@b>")), noon)
	c := login(t, w)
	read := &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{}}}
	for _, step := range []struct {
		readOnly bool
		changes  int
	}{{true, 0}, {false, 1}} {
		if _, err := c.Select(Inbox, &imap.SelectOptions{ReadOnly: step.readOnly}).Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Fetch(imap.SeqSetNum(1), read).Collect(); err != nil {
			t.Fatal(err)
		}
		if got := w.Mailbox(ann).FlagChanges(); got != step.changes {
			t.Errorf("read-only %v: %d changes, want %d", step.readOnly, got, step.changes)
		}
	}
}

// TestViewFollowsTheFolder: arrivals and removals reach a session that has the folder open.
func TestViewFollowsTheFolder(t *testing.T) {
	w := startWorld(t, Options{})
	m := w.Mailbox(ann)
	for range 3 {
		m.Append(Inbox, []byte("Subject: x\r\n\r\nx\r\n"), noon)
	}
	c := login(t, w)
	if _, err := c.Select(Inbox, nil).Wait(); err != nil {
		t.Fatal(err)
	}
	m.Remove(Inbox, 2)
	m.Append(Inbox, []byte("Subject: y\r\n\r\ny\r\n"), noon)
	if err := c.Noop().Wait(); err != nil {
		t.Fatal(err)
	}
	messages, err := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var got []imap.UID
	for _, m := range messages {
		got = append(got, m.UID)
	}
	if diff := cmp.Diff([]imap.UID{1, 3, 4}, got); diff != "" {
		t.Errorf("UIDs (-want +got):\n%s", diff)
	}
}

// TestPick: "*" is the last message, whichever way round the range is written (RFC 3501 section 9).
func TestPick(t *testing.T) {
	s := &imapSession{view: []*message{{uid: 1}, {uid: 3}, {uid: 4}}}
	cases := []struct {
		name string
		set  imap.NumSet
		want []imap.UID
	}{
		{"uid all", imap.UIDSet{{Start: 1, Stop: 0}}, []imap.UID{1, 3, 4}},
		{"uid gap", imap.UIDSet{{Start: 2, Stop: 3}}, []imap.UID{3}},
		{"uid beyond the end", imap.UIDSet{{Start: 9, Stop: 0}}, []imap.UID{4}},
		{"uid star", imap.UIDSet{{Start: 0, Stop: 0}}, []imap.UID{4}},
		{"uid range beyond", imap.UIDSet{{Start: 5, Stop: 8}}, nil},
		{"uid reversed", imap.UIDSet{{Start: 3, Stop: 1}}, []imap.UID{1, 3}},
		{"sequence", imap.SeqSet{{Start: 2, Stop: 9}}, []imap.UID{3, 4}},
		{"sequence star", imap.SeqSet{{Start: 0, Stop: 0}}, []imap.UID{4}},
	}
	for _, c := range cases {
		var got []imap.UID
		for _, p := range s.pick(c.set) {
			got = append(got, p.uid)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestMoveAndRenumber(t *testing.T) {
	m := newMailbox(ann, "secret", 0)
	for _, subject := range []string{"one", "two", "three"} {
		m.Append(Inbox, []byte("Subject: "+subject+"\r\n\r\n"), noon, `\Seen`)
	}
	if uid := m.Move(Inbox, Junk, 2); uid != 1 {
		t.Errorf("moved to UID %d, want 1", uid)
	}
	if uid := m.Move(Inbox, Junk, 2); uid != 0 {
		t.Errorf("moved twice, to UID %d", uid)
	}
	m.Renumber(Inbox, 77, 100)
	var got []string
	for _, folder := range []string{Inbox, Junk} {
		for _, msg := range m.Messages(folder) {
			got = append(got, fmt.Sprintf("%s %d %s %v", folder, msg.UID, rawField(msg.Raw, "Subject"), msg.Flags))
		}
	}
	if diff := cmp.Diff([]string{`INBOX 100 one [\Seen]`, `INBOX 101 three [\Seen]`, `Junk 1 two [\Seen]`}, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}
