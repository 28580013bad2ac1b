package mailbox

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

// TestStatuses: without the library and with it, the same is understood of the same answers.
func TestStatuses(t *testing.T) {
	const inbox, junk = "* STATUS INBOX (MESSAGES 3 UIDNEXT 14 UIDVALIDITY 7)\r\n", "* STATUS \"A&- \\\"B\\\"\" (UIDVALIDITY 8 UIDNEXT 5 MESSAGES 4)\r\n"
	both := []StatusAnswer{{FolderStatus: FolderStatus{7, 14, 3}}, {FolderStatus: FolderStatus{8, 5, 4}}}
	opened := []StatusAnswer{{FolderStatus: FolderStatus{7, 14, 3}}, {FolderStatus: FolderStatus{7, 14, 3}}} // as EXAMINE tells
	tests := []struct {
		name, answer string
		want         []StatusAnswer
	}{
		{"in order", inbox + junk + "$TAG OK done\r\n", both},
		{"the other way round", junk + inbox + "$TAG OK done\r\n", both},
		{"among other words", "* OK [ALERT] soon\r\n" + inbox + "* CAPABILITY IMAP4rev1\r\n" + junk + "$TAG OK [X (y)] done\r\n", both},
		{"in another case", "* status inbox (messages 3 uidnext 14 uidvalidity 7) \r\n" + junk + "$TAG OK done\r\n", both},
		{"an item that was not asked for", "* STATUS INBOX (MESSAGES 3 HIGHESTMODSEQ 99 UIDNEXT 14 UIDVALIDITY 7)\r\n" + junk + "$TAG OK done\r\n", both},
		{"of no folder", "$TAG OK done\r\n", opened},
	}
	for _, test := range tests {
		for _, library := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				if library && test.name == "in another case" {
					t.Skip("the library knows no other case")
				}
				server := startIMAP(t, imapScript{answers: map[string]string{"STATUS": test.answer}})
				s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
				if library {
					if err := s.do(testContext(t), "hand over", func() error { return nil }); err != nil {
						t.Fatal(err)
					}
				}
				got, err := s.Statuses(testContext(t), []string{"INBOX", `A& "B"`})
				if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
					t.Errorf("library %v: %v\n%s", library, err, diff)
				}
				if _, err := s.Folders(testContext(t)); err != nil {
					t.Errorf("library %v: the session is over: %v", library, err)
				}
			})
		}
	}
}

// TestStatusWithLiteral: a name that comes as a literal is passed over with it, and the folder is opened.
func TestStatusWithLiteral(t *testing.T) {
	server := startIMAP(t, imapScript{answers: map[string]string{"STATUS": "* STATUS {9}\r\na1 OK (x) (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)\r\n$TAG OK done\r\n"}})
	s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	got, err := s.Status(testContext(t), "INBOX")
	if want := (FolderStatus{7, 14, 3}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParseFolderStatusRefuses(t *testing.T) {
	for _, line := range []string{"", "x", "+ go on", "* STATUS", "* STATUS INBOX", "* STATUS INBOX MESSAGES 1", "* STATUS INBOX (UIDNEXT -1)", "* STATUS INBOX (UIDNEXT 4294967296)"} {
		if name, status, err := parseFolderStatus(line); line == "* STATUS" {
			if name != "" || err != nil {
				t.Errorf("%q: %q, %v", line, name, err)
			}
		} else if !errors.Is(err, ErrProtocol) {
			t.Errorf("%q: %q, %+v, %v", line, name, status, err)
		}
	}
}

func FuzzParseFolderStatus(f *testing.F) {
	for _, line := range []string{`* STATUS "a\"b" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)`, "* STATUS INBOX ()", "* STATUS ((", `* STATUS " ( )`, "* 1 EXISTS", "* "} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if _, _, err := parseFolderStatus(line); err != nil && !errors.Is(err, ErrProtocol) {
			t.Errorf("%q: %v", line, err)
		}
	})
}
