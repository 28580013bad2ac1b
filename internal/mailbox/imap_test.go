package mailbox

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

// memoryIMAP starts go-imap's in-memory server with INBOX, Junk and Sent.
func memoryIMAP(t testing.TB) (*net.TCPAddr, *imapmemserver.User) {
	t.Helper()
	store := imapmemserver.New()
	user := imapmemserver.NewUser("ann@example.com", "correct horse")
	for _, folder := range []struct {
		name string
		use  imap.MailboxAttr
	}{{"INBOX", ""}, {"Junk", ""}, {"Gesendete Objekte", imap.MailboxAttrSent}} {
		options := &imap.CreateOptions{}
		if folder.use != "" {
			options.SpecialUse = []imap.MailboxAttr{folder.use}
		}
		if err := user.Create(folder.name, options); err != nil {
			t.Fatal(err)
		}
	}
	store.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return store.NewSession(), nil, nil
		},
		Caps:         imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}},
		InsecureAuth: true,
		Logger:       log.New(io.Discard, "", 0),
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() { defer close(served); server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-served })
	return listener.Addr().(*net.TCPAddr), user
}

func deliver(t testing.TB, user *imapmemserver.User, folder, raw string) {
	t.Helper()
	_, err := user.Append(folder, literal{strings.NewReader(raw)}, &imap.AppendOptions{Time: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return int64(l.Len()) }

func openIMAP(t testing.TB, d *Dialer, mb *outreach.Mailbox) *IMAPSession {
	t.Helper()
	s, err := d.IMAP(testContext(t), mb)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func numbered(n int) string {
	return fmt.Sprintf("Message-ID: <%d@example.org>\r\nSubject: number %d\r\n\r\nbody %d\r\n", n, n, n)
}

func TestIMAPRoundTrip(t *testing.T) {
	addr, user := memoryIMAP(t)
	for i := range 5 {
		deliver(t, user, "INBOX", numbered(i+1))
	}
	ctx := testContext(t)
	s := openIMAP(t, &Dialer{}, mailboxAt(addr, outreach.SecurityNone))

	folders, err := s.Folders(ctx)
	want := []FolderInfo{{"INBOX", outreach.RoleInbox}, {"Junk", outreach.RoleJunk}, {"Gesendete Objekte", outreach.RoleSent}}
	if diff := cmp.Diff(want, folders); diff != "" || err != nil {
		t.Errorf("folders: %v\n%s", err, diff)
	}
	status, err := s.Status(ctx, "Inbox")
	if err != nil || status.UIDNext != 6 || status.Messages != 5 || status.UIDValidity == 0 {
		t.Errorf("status: %+v, %v", status, err)
	}
	if examined, err := s.Examine(ctx, "INBOX"); err != nil || examined != status {
		t.Errorf("examine: %+v, %v; status said %+v", examined, err, status)
	}
	headers, err := s.Headers(ctx, 2, 4)
	if err != nil || len(headers) != 3 || headers[0].UID != 2 || headers[2].UID != 4 {
		t.Fatalf("headers: %+v, %v", headers, err)
	}
	wantHeader := Fetched{
		UID: 2, InternalDate: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC), Size: int64(len(numbered(2))),
		Raw: []byte("Message-ID: <2@example.org>\r\nSubject: number 2\r\n\r\n"),
	}
	if diff := cmp.Diff(wantHeader, headers[0]); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	var bodies []string
	err = s.Bodies(ctx, []uint32{5, 1, 77, 1}, 1000, func(f Fetched) error {
		bodies = append(bodies, fmt.Sprint(f.UID, " ", string(f.Raw)))
		return nil
	})
	if diff := cmp.Diff([]string{"1 " + numbered(1), "5 " + numbered(5)}, bodies); diff != "" || err != nil {
		t.Errorf("bodies: %v\n%s", err, diff)
	}
	err = s.Bodies(ctx, []uint32{3}, 10, func(f Fetched) error {
		if string(f.Raw) != numbered(3)[:10] || f.Size != int64(len(numbered(3))) {
			t.Errorf("partial body %q of %d", f.Raw, f.Size)
		}
		return nil
	})
	if err != nil {
		t.Errorf("partial body: %v", err)
	}
	if uids, err := s.UIDsSince(ctx, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)); err != nil || !slices.Equal(uids, []uint32{1, 2, 3, 4, 5}) {
		t.Errorf("since: %v, %v", uids, err)
	}
	if _, err := s.Examine(ctx, "Nowhere"); !errors.Is(err, ErrRefused) {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := s.Status(ctx, "INBOX"); err != nil {
		t.Errorf("after a refusal: %v", err)
	}
}

func TestIMAPSentFolder(t *testing.T) {
	addr, _ := memoryIMAP(t)
	ctx := testContext(t)
	s := openIMAP(t, &Dialer{}, mailboxAt(addr, outreach.SecurityNone))
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	const sent = "Gesendete Objekte"
	if found, err := s.FindMessageID(ctx, sent, "<7@example.org>"); found || err != nil {
		t.Errorf("before: %v, %v", found, err)
	}
	if err := s.Append(ctx, sent, []byte(numbered(7)), at); err != nil {
		t.Fatalf("append: %v", err)
	}
	for id, want := range map[string]bool{"<7@example.org>": true, "7@example.org": true, "<8@example.org>": false, "": false} {
		if found, err := s.FindMessageID(ctx, sent, id); found != want || err != nil {
			t.Errorf("find %q: %v, %v", id, found, err)
		}
	}
	got, err := s.Headers(ctx, 1, 10)
	if err != nil || len(got) != 1 || !got[0].InternalDate.Equal(at) {
		t.Errorf("filed: %+v, %v", got, err)
	}
	if err := s.Append(ctx, "Nowhere", []byte(numbered(7)), at); !errors.Is(err, ErrRefused) {
		t.Errorf("append to a folder that is not there: %v", err)
	}
	if s.Usable() {
		t.Error("a session goes on after a refused append")
	}
}

// TestIMAPKeepsFlags: whatever is read, nothing becomes seen.
func TestIMAPKeepsFlags(t *testing.T) {
	addr, user := memoryIMAP(t)
	deliver(t, user, "INBOX", numbered(1))
	ctx := testContext(t)
	s := openIMAP(t, &Dialer{}, mailboxAt(addr, outreach.SecurityNone))
	if _, err := s.Examine(ctx, "INBOX"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Headers(ctx, 1, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Bodies(ctx, []uint32{1}, 100, func(Fetched) error { return nil }); err != nil {
		t.Fatal(err)
	}
	data, err := user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
	if err != nil || *data.NumUnseen != 1 {
		t.Errorf("unseen: %+v, %v", data, err)
	}
}

func TestIMAPCallerError(t *testing.T) {
	addr, user := memoryIMAP(t)
	for i := range 300 {
		deliver(t, user, "INBOX", numbered(i))
	}
	uids := make([]uint32, 300)
	for i := range uids {
		uids[i] = uint32(i + 1)
	}
	full := errors.New("disk full")
	for name, each := range map[string]func(Fetched) error{
		"error": func(Fetched) error { return full },
		"panic": func(Fetched) error { panic("bug") },
	} {
		s := openIMAP(t, &Dialer{}, mailboxAt(addr, outreach.SecurityNone))
		if _, err := s.Examine(testContext(t), "INBOX"); err != nil {
			t.Fatal(err)
		}
		err := s.Bodies(testContext(t), uids, 1000, each)
		if name == "error" && err != full || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Status(testContext(t), "INBOX"); !errors.Is(err, ErrUnusable) {
			t.Errorf("%s: the session goes on: %v", name, err)
		}
	}
}

func TestRolesByName(t *testing.T) {
	tests := []struct {
		path  string
		delim rune
		attrs []imap.MailboxAttr
		want  outreach.FolderRole
	}{
		{"Spam", '/', nil, outreach.RoleJunk},
		{"INBOX.Junk E-mail", '.', nil, outreach.RoleJunk},
		{"[Gmail]/Spam", '/', nil, outreach.RoleJunk},
		{"Bulk Mail", '/', nil, outreach.RoleJunk},
		{"Courrier indésirable", '/', nil, outreach.RoleJunk},
		{"البريد العشوائي", '/', nil, outreach.RoleJunk},
		{"迷惑メール", '/', nil, outreach.RoleJunk},
		{"Sent Items", '/', nil, outreach.RoleSent},
		{"INBOX/Gesendete Elemente", '/', nil, outreach.RoleSent},
		{"Enviados", '/', nil, outreach.RoleSent},
		{"البريد المرسل", '/', nil, outreach.RoleSent},
		{"Whatever", '/', []imap.MailboxAttr{"\\junk"}, outreach.RoleJunk},
		{"[Gmail]/All Mail", '/', []imap.MailboxAttr{imap.MailboxAttrAll}, outreach.RoleAll},
		{"Spam reports", '/', nil, ""},
		{"Sent to Bob", '/', nil, ""},
		{"Spam", '/', []imap.MailboxAttr{imap.MailboxAttrNoSelect}, ""},
		{"INBOX", '/', nil, ""},
	}
	for _, test := range tests {
		if got, _ := roleOf(&imap.ListData{Mailbox: test.path, Delim: test.delim, Attrs: test.attrs}); got != test.want {
			t.Errorf("%s: role %q, want %q", test.path, got, test.want)
		}
	}
}
