package mailbox

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mailrun/pkg/outreach"
)

// pass does what a sync does with a folder and returns its first error.
func pass(ctx context.Context, d *Dialer, mb *outreach.Mailbox) (got []Fetched, err error) {
	s, err := d.IMAP(ctx, mb)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	if _, err := s.Folders(ctx); err != nil {
		return nil, err
	}
	if _, err := s.Status(ctx, "INBOX"); err != nil {
		return nil, err
	}
	if _, err := s.Examine(ctx, "INBOX"); err != nil {
		return nil, err
	}
	got, err = s.Headers(ctx, 11, 13)
	if err != nil {
		return got, err
	}
	if err := s.Bodies(ctx, []uint32{11, 12, 13}, 1000, func(Fetched) error { return nil }); err != nil {
		return got, err
	}
	return got, s.Append(ctx, "Sent", []byte(testMessage), time.Unix(0, 0))
}

func TestPlainIMAP4rev1(t *testing.T) {
	server := startIMAP(t, imapScript{})
	got, err := pass(testContext(t), hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	if err != nil || len(got) != 3 {
		t.Fatalf("a server without any extension: %d messages, %v", len(got), err)
	}
	said := server.said()
	for _, unasked := range []string{"RETURN", "CONDSTORE", "ENABLE", "SELECT", "ENVELOPE", "FLAGS", "BODY[", "STORE", "LIST ("} {
		if strings.Contains(said, unasked) {
			t.Errorf("the client said %s:\n%s", unasked, said)
		}
	}
	if got := strings.Count(said, "CAPABILITY"); got != 1 {
		t.Errorf("CAPABILITY was asked %d times, want once, after login", got)
	}
}

// TestIMAPBroken: whatever command a server stalls or hangs up in, the pass ends, as a network error.
func TestIMAPBroken(t *testing.T) {
	for _, command := range []string{"greeting", "LOGIN", "CAPABILITY", "LIST", "STATUS", "EXAMINE", "UID SEARCH", "UID FETCH", "APPEND"} {
		for name, end := range map[string]string{
			"stalls": stall, "hangs up": hangUp,
			"stalls in a line": "* OK half a li" + stall, "hangs up in a line": "* OK half a li" + hangUp,
		} {
			t.Run(command+" "+name, func(t *testing.T) {
				t.Parallel()
				script := imapScript{answers: map[string]string{command: end}}
				if command == "greeting" {
					script.greeting = end
				}
				server := startIMAP(t, script)
				_, err := pass(testContext(t), hurried(), mailboxAt(server.addr, outreach.SecurityNone))
				if failed := openError(t, err); failed.Class != ClassNetwork || errors.Is(err, ErrRefused) {
					t.Errorf("class %s: %v", failed.Class, err)
				}
			})
		}
	}
}

// TestIMAPCancel: the end of the context ends every wait at once.
func TestIMAPCancel(t *testing.T) {
	for _, command := range []string{"LOGIN", "STATUS", "UID FETCH", "APPEND"} {
		server := startIMAP(t, imapScript{answers: map[string]string{command: stall}})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := pass(ctx, &Dialer{}, mailboxAt(server.addr, outreach.SecurityNone))
		if failed := openError(t, err); failed.Class != ClassNetwork {
			t.Errorf("%s: class %s: %v", command, failed.Class, err)
		}
	}
}

func TestIMAPRefusals(t *testing.T) {
	const backoff = "Request is throttled. Suggested Backoff Time: 201317 milliseconds"
	tests := []struct {
		name, command, answer string
		class                 Class
		after                 time.Duration
		refused               bool
	}{
		{"wrong password", "LOGIN", "$TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n", ClassAuth, 0, true},
		{"app password", "LOGIN", "* NO [ALERT] Application-specific password required\r\n$TAG NO nope\r\n", ClassAuth, 0, true},
		{"limit told as wrong password", "LOGIN", "$TAG NO [AUTHENTICATIONFAILED] Maximum number of connections from user+IP exceeded\r\n", ClassThrottle, 0, true},
		{"limit in an alert", "LOGIN", "* NO [ALERT] Too many simultaneous connections.\r\n$TAG NO login failed\r\n", ClassThrottle, 0, true},
		{"limit code", "LOGIN", "$TAG NO [LIMIT] no\r\n", ClassThrottle, 0, true},
		{"server down", "LOGIN", "$TAG NO [UNAVAILABLE] Internal error\r\n", ClassNetwork, 0, true},
		{"not connected", "LOGIN", "$TAG BAD User is authenticated but not connected.\r\n", ClassThrottle, 0, true},
		{"throttled login", "LOGIN", "$TAG BAD " + backoff + "\r\n", ClassThrottle, 201317 * time.Millisecond, true},
		{"throttled fetch", "UID FETCH", "$TAG BAD " + backoff + "\r\n", ClassThrottle, 201317 * time.Millisecond, true},
		{"no such folder", "EXAMINE", "$TAG NO [NONEXISTENT] gone\r\n", ClassProtocol, 0, true},
		{"status refused", "STATUS", "$TAG NO no\r\n", ClassProtocol, 0, true},
		{"full", "APPEND", "$TAG NO [OVERQUOTA] full\r\n", ClassQuota, 0, true},
		{"bye at the door", "greeting", "* BYE Too many connections\r\n" + hangUp, ClassThrottle, 0, false},
		{"bye and the line stays open", "LOGIN", "* BYE IMAP is disabled for your account\r\n" + stall, ClassAuth, 0, false},
		{"bye at login", "LOGIN", "* BYE Session expired, please login again\r\n" + hangUp, ClassThrottle, 0, false},
		{"bye in a fetch", "UID FETCH", "* BYE Session expired, please login again\r\n" + hangUp, ClassThrottle, 0, false},
		{"bye and silence", "STATUS", "* BYE try again in 5 minutes\r\n" + stall, ClassThrottle, 5 * time.Minute, false},
		{"bye without words", "STATUS", "* BYE\r\n" + hangUp, ClassNetwork, 0, false},
		{"not an IMAP server", "greeting", "220 mx.test ESMTP\r\n", ClassProtocol, 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			script := imapScript{answers: map[string]string{test.command: test.answer}}
			if test.command == "greeting" {
				script.greeting = test.answer
			}
			server := startIMAP(t, script)
			_, err := pass(testContext(t), hurried(), mailboxAt(server.addr, outreach.SecurityNone))
			failed := openError(t, err)
			if failed.Class != test.class || failed.RetryAfter != test.after || errors.Is(err, ErrRefused) != test.refused {
				t.Errorf("class %s after %v refused %v: %v", failed.Class, failed.RetryAfter, errors.Is(err, ErrRefused), err)
			}
		})
	}
}

// TestIMAPUnreadable: what cannot be read ends the session as ErrProtocol, bounded in time and memory.
func TestIMAPUnreadable(t *testing.T) {
	const good = "* 1 FETCH (UID 11 INTERNALDATE \"01-Nov-2026 09:00:00 +0000\" RFC822.SIZE 9 BODY[HEADER] {9}\r\nA: one\r\n\r)\r\n"
	tests := map[string]struct{ command, answer string }{
		"a response of another world": {"UID FETCH", good + "* VANISHED 12\r\n$TAG OK done\r\n"},
		"a fetch item nobody asked":   {"UID FETCH", good + "* 2 FETCH (UID 12 X-GM-MSGID 5)\r\n$TAG OK done\r\n"},
		"a bad date":                  {"UID FETCH", good + "* 2 FETCH (UID 12 INTERNALDATE NIL)\r\n$TAG OK done\r\n"},
		"nul bytes":                   {"UID FETCH", good + "* 2 FETCH (UID 1\x002)\r\n$TAG OK done\r\n"},
		"an open list":                {"UID FETCH", good + "* 2 FETCH ((((((\r\n$TAG OK done\r\n"},
		"an unknown tag":              {"UID FETCH", good + "zz OK done\r\n"},
		"a huge line":                 {"UID FETCH", good + "* OK " + strings.Repeat("x", maxIMAPLine) + "\r\n"},
		"a huge literal":              {"UID FETCH", good + "* 2 FETCH (UID 12 BODY[HEADER] {99999999999}\r\n" + stall},
		"an impossible literal":       {"UID FETCH", good + "* 2 FETCH (UID 12 BODY[HEADER] {99999999999999999999999}\r\n" + stall},
		"UIDNEXT without a number":    {"EXAMINE", "* OK [UIDNEXT] x\r\n$TAG OK done\r\n"},
		"garbage":                     {"STATUS", "\xff\xfe\x00\r\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := startIMAP(t, imapScript{answers: map[string]string{test.command: test.answer}})
			got, err := pass(testContext(t), hurried(), mailboxAt(server.addr, outreach.SecurityNone))
			if failed := openError(t, err); failed.Class != ClassProtocol || !errors.Is(err, ErrProtocol) {
				t.Errorf("class %s: %v", failed.Class, err)
			}
			if test.command == "UID FETCH" && (len(got) != 1 || got[0].UID != 11) {
				t.Errorf("what came before is lost: %+v", got)
			}
		})
	}
}

// TestCutLiteral: a text that ends before its announced size is no message.
func TestCutLiteral(t *testing.T) {
	server := startIMAP(t, imapScript{answers: map[string]string{"UID FETCH": "* 1 FETCH (UID 11 BODY[HEADER] {5000}\r\nA: b" + hangUp}})
	got, err := pass(testContext(t), hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	if failed := openError(t, err); failed.Class != ClassNetwork || len(got) != 0 {
		t.Errorf("class %s, %d messages: %v", failed.Class, len(got), err)
	}
}

// TestTooMuch: a server that never stops is cut off.
func TestTooMuch(t *testing.T) {
	server := startIMAP(t, imapScript{answers: map[string]string{"STATUS": strings.Repeat("* OK still here\r\n", 10000) + stall}})
	d := hurried()
	d.MaxBytes = 100000
	_, err := pass(testContext(t), d, mailboxAt(server.addr, outreach.SecurityNone))
	if failed := openError(t, err); failed.Class != ClassProtocol || !errors.Is(err, ErrProtocol) {
		t.Errorf("class %s: %v", failed.Class, err)
	}
}

// TestNothingLost: imapclient drops these messages without a word.
func TestNothingLost(t *testing.T) {
	tail := "$TAG OK done\r\n"
	rest := strings.Join(strings.SplitAfter(fetchAnswer("UID FETCH", "12:13 (UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])"), "\x00"), "")
	tests := map[string]string{
		"UID after the text":     "* 1 FETCH (BODY[HEADER] {6}\r\nA: b\r\n UID 11)\r\n" + rest + tail,
		"mentioned in passing":   "* 1 FETCH (UID 11 FLAGS (\\Seen))\r\n" + rest + tail,
		"left out":               rest + tail,
		"without a text":         "* 1 FETCH (UID 11 BODY[HEADER] NIL)\r\n" + rest + tail,
		"flags, no UID, and all": "* 1 FETCH (FLAGS (\\Seen))\r\n" + fetchAnswer("UID FETCH", "11:13 (UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])") + tail,
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			server := startIMAP(t, imapScript{answers: map[string]string{"UID FETCH": answer}})
			s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
			if _, err := s.Examine(testContext(t), "INBOX"); err != nil {
				t.Fatal(err)
			}
			got, err := s.Headers(testContext(t), 11, 13)
			var uids []uint32
			for _, f := range got {
				uids = append(uids, f.UID)
				if len(f.Raw) == 0 {
					t.Errorf("UID %d has no header", f.UID)
				}
			}
			if err != nil || !slices.Equal(uids, []uint32{11, 12, 13}) {
				t.Errorf("UIDs %v, %v", uids, err)
			}
		})
	}
	t.Run("never sent", func(t *testing.T) {
		server := startIMAP(t, imapScript{answers: map[string]string{"UID FETCH": rest + tail, "FETCH": tail}})
		s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
		got, err := s.Headers(testContext(t), 11, 13)
		missing, ok := errors.AsType[*MissingError](err)
		if !ok || !slices.Equal(missing.UIDs, []uint32{11}) || len(got) != 2 {
			t.Errorf("%d messages, %v", len(got), err)
		}
		if _, err := s.Status(testContext(t), "INBOX"); err != nil {
			t.Errorf("after a missing message: %v", err)
		}
	})
	t.Run("expunged meanwhile", func(t *testing.T) {
		server := startIMAP(t, imapScript{answers: map[string]string{"UID FETCH": rest + tail, "UID FETCH (UID)": tail}})
		s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
		if got, err := s.Headers(testContext(t), 11, 13); err != nil || len(got) != 2 {
			t.Errorf("%d messages, %v", len(got), err)
		}
	})
	t.Run("a server without SEARCH", func(t *testing.T) {
		server := startIMAP(t, imapScript{answers: map[string]string{"UID SEARCH": "$TAG BAD what\r\n"}})
		s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
		if _, err := s.Examine(testContext(t), "INBOX"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Headers(testContext(t), 11, 13); err != nil || len(got) != 3 {
			t.Errorf("%d messages, %v", len(got), err)
		}
		if uids, err := s.UIDsSince(testContext(t), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)); err != nil || len(uids) != 3 {
			t.Errorf("since: %v, %v", uids, err)
		}
		if found, err := s.FindMessageID(testContext(t), "Sent", "<12@example.org>"); !found || err != nil {
			t.Errorf("find: %v, %v", found, err)
		}
	})
}

// TestLenient: without INTERNALDATE a folder full of bad dates is readable.
func TestLenient(t *testing.T) {
	server := startIMAP(t, imapScript{})
	s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	s.Lenient = true
	got, err := s.Headers(testContext(t), 11, 13)
	if err != nil || len(got) != 3 || !got[0].InternalDate.IsZero() || strings.Contains(server.said(), "INTERNALDATE") {
		t.Errorf("%d messages, %v", len(got), err)
	}
}

// TestIgnoredPartial: a server that sends more than was asked for.
func TestIgnoredPartial(t *testing.T) {
	answer := "* 1 FETCH (UID 11 RFC822.SIZE 100000 BODY[]<0> " + asLiteral(strings.Repeat("x", 100000)) + ")\r\n$TAG OK done\r\n"
	server := startIMAP(t, imapScript{answers: map[string]string{"UID FETCH": answer}})
	s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	err := s.Bodies(testContext(t), []uint32{11}, 1000, func(f Fetched) error {
		if len(f.Raw) != 1000 || f.Size != 100000 {
			t.Errorf("%d bytes of %d", len(f.Raw), f.Size)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPoorStatus(t *testing.T) {
	examine := func(lines ...string) string { return strings.Join(append(lines, "$TAG OK done\r\n"), "") }
	tests := []struct {
		name    string
		answers map[string]string
		want    FolderStatus
		refused bool
	}{
		{"no UIDNEXT in STATUS", map[string]string{"STATUS": "* STATUS INBOX (MESSAGES 3 UIDVALIDITY 7)\r\n$TAG OK done\r\n"}, FolderStatus{7, 14, 3}, false},
		{"an answer about another folder", map[string]string{"STATUS": "* STATUS Other (UIDNEXT 1 UIDVALIDITY 1)\r\n$TAG OK done\r\n"}, FolderStatus{7, 14, 3}, false},
		{"no UIDNEXT at all", map[string]string{
			"STATUS": "$TAG OK done\r\n", "EXAMINE": examine("* 3 EXISTS\r\n", "* OK [UIDVALIDITY 7] ok\r\n"),
		}, FolderStatus{7, 14, 3}, false},
		{"no UIDNEXT and empty", map[string]string{
			"STATUS": "$TAG OK done\r\n", "EXAMINE": examine("* 0 EXISTS\r\n", "* OK [UIDVALIDITY 7] ok\r\n"),
		}, FolderStatus{7, 1, 0}, false},
		{"no UIDVALIDITY", map[string]string{"STATUS": "$TAG OK done\r\n", "EXAMINE": examine("* 3 EXISTS\r\n")}, FolderStatus{}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := startIMAP(t, imapScript{answers: test.answers})
			s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
			got, err := s.Status(testContext(t), "INBOX")
			if got != test.want || errors.Is(err, ErrRefused) != test.refused || (err != nil) != test.refused {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestFolderLists(t *testing.T) {
	inbox := FolderInfo{"INBOX", outreach.RoleInbox}
	const gmail = "IMAP4rev1 X-GM-EXT-1 SPECIAL-USE"
	tests := []struct {
		name, caps string
		list       string
		want       []FolderInfo
	}{
		{"nothing listed", "", "$TAG OK done\r\n", []FolderInfo{inbox}},
		{"refused", "", "$TAG NO no\r\n", []FolderInfo{inbox}},
		{"options refused", "IMAP4rev1 SPECIAL-USE LIST-EXTENDED LIST-STATUS", "$TAG BAD Command Argument Error. 12\r\n", []FolderInfo{inbox}},
		{"special use beats a name", "", "* LIST () \"/\" Spam\r\n* LIST (\\Junk) \"/\" Quarantine\r\n$TAG OK done\r\n", []FolderInfo{inbox, {"Quarantine", outreach.RoleJunk}}},
		{"the usual name beats a rare one", "", "* LIST () \"/\" \"Bulk Mail\"\r\n* LIST () \"/\" Junk\r\n$TAG OK done\r\n", []FolderInfo{inbox, {"Junk", outreach.RoleJunk}}},
		{"the outer one beats the inner", "", "* LIST () \"/\" Archive/Sent\r\n* LIST () \"/\" \"Sent Items\"\r\n$TAG OK done\r\n", []FolderInfo{inbox, {"Sent Items", outreach.RoleSent}}},
		{"gmail", gmail, "* LIST (\\All) \"/\" \"[Gmail]/All Mail\"\r\n* LIST (\\Junk) \"/\" \"[Gmail]/Spam\"\r\n* LIST (\\Sent) \"/\" \"[Gmail]/Sent Mail\"\r\n$TAG OK done\r\n",
			[]FolderInfo{{"[Gmail]/All Mail", outreach.RoleAll}, {"[Gmail]/Spam", outreach.RoleJunk}, {"[Gmail]/Sent Mail", outreach.RoleSent}}},
		{"gmail with All Mail hidden", gmail, "* LIST (\\Junk) \"/\" \"[Gmail]/Spam\"\r\n$TAG OK done\r\n", []FolderInfo{inbox, {"[Gmail]/Spam", outreach.RoleJunk}}},
		{"an archive elsewhere", "", "* LIST (\\All) \"/\" Everything\r\n$TAG OK done\r\n", []FolderInfo{inbox}},
		{"modified UTF-7", "", "* LIST () \"/\" \"&BCEEPwQwBDw-\"\r\n$TAG OK done\r\n", []FolderInfo{inbox, {"Спам", outreach.RoleJunk}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := startIMAP(t, imapScript{caps: test.caps, answers: map[string]string{"LIST": test.list}})
			s := openIMAP(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
			got, err := s.Folders(testContext(t))
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%+v, %v", got, err)
			}
			if s.Gmail() != (test.caps == gmail) {
				t.Errorf("Gmail %v", s.Gmail())
			}
		})
	}
}

func TestIMAPLogin(t *testing.T) {
	plain := "\x00ann@example.com\x00corréct \"horse\""
	tests := []struct {
		name, greeting, password, secret string
		class                            Class
	}{
		{"LOGIN", "", `"a\"b\\c"`, `a"b\c`, ""},
		{"LOGIN refused", "", `"right"`, "wrong", ClassAuth},
		{"PLAIN where LOGIN is off", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED] hi\r\n", "\x00ann@example.com\x00horse", "horse", ""},
		{"PLAIN at once", "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LOGINDISABLED] hi\r\n", "\x00ann@example.com\x00horse", "horse", ""},
		{"PLAIN for what LOGIN cannot say", "", plain, `corréct "horse"`, ""},
		{"no login in clear", "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n", "", "horse", ClassAuth},
		{"no login needed", "* PREAUTH welcome\r\n", "nobody", "horse", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := startIMAP(t, imapScript{greeting: test.greeting, password: test.password})
			mb := mailboxAt(server.addr, outreach.SecurityNone)
			mb.ClearIMAPPassword = test.secret
			s, err := hurried().IMAP(testContext(t), mb)
			if test.class == "" {
				if err != nil {
					t.Fatalf("open: %v", err)
				}
				s.Close()
				return
			}
			if failed := openError(t, err); failed.Class != test.class || strings.Contains(err.Error(), "horse") {
				t.Errorf("class %s: %v", failed.Class, err)
			}
		})
	}
}

func TestIMAPTLS(t *testing.T) {
	config, pool := certificate(t, time.Now().AddDate(0, 0, 1), "127.0.0.1")
	tests := []struct {
		name   string
		script imapScript
		class  Class
	}{
		{"starttls", imapScript{}, ""},
		{"refused", imapScript{answers: map[string]string{"STARTTLS": "$TAG BAD unknown command\r\n"}}, ClassTLS},
		{"logged in before", imapScript{greeting: "* PREAUTH hi\r\n"}, ClassProtocol},
		{"spoken in clear after it", imapScript{answers: map[string]string{"STARTTLS": "$TAG OK go\r\n* CAPABILITY IMAP4rev1\r\n"}}, ClassProtocol},
		{"silent handshake", imapScript{answers: map[string]string{"STARTTLS": "$TAG OK go\r\n" + stall}}, ClassNetwork},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.script.tls = config
			server := startIMAP(t, test.script)
			d := hurried()
			d.RootCAs = pool
			_, err := pass(testContext(t), d, mailboxAt(server.addr, outreach.SecuritySTARTTLS))
			if test.class == "" {
				if err != nil {
					t.Fatalf("pass: %v", err)
				}
				return
			}
			if failed := openError(t, err); failed.Class != test.class {
				t.Errorf("class %s, want %s: %v", failed.Class, test.class, err)
			}
			if strings.Contains(server.said(), "LOGIN") {
				t.Errorf("logged in in clear:\n%s", server.said())
			}
		})
	}
}

// TestIMAPXOAUTH2 logs in with a token, with and without an initial response, and keeps what the server says about a bad one.
func TestIMAPXOAUTH2(t *testing.T) {
	for _, greeting := range []string{"", "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hi\r\n"} {
		for _, good := range []bool{true, false} {
			token := map[bool]string{true: "tok-good", false: "tok-bad"}[good]
			server := startIMAP(t, imapScript{greeting: greeting, password: string(xoauth2Response("ann@example.com", "tok-good"))})
			d, mb := withToken(t, server.addr, token)
			s, err := d.IMAP(testContext(t), mb)
			if good {
				if err != nil {
					t.Fatalf("open: %v", err)
				}
				s.Close()
				continue
			}
			failed := openError(t, err)
			if failed.Class != ClassAuth || !strings.Contains(failed.Line, `"status":"401"`) || strings.Contains(err.Error(), "tok-bad") {
				t.Errorf("class %s: %v", failed.Class, err)
			}
		}
	}
}

func TestHide(t *testing.T) {
	creds := credentials{username: "ann", secret: "correct horse"}
	text := fmt.Sprintf("no %s, no %s", creds.secret, base64.StdEncoding.EncodeToString([]byte("\x00ann\x00correct horse")))
	if got := creds.hide(text); got != "no [hidden], no [hidden]" {
		t.Error(got)
	}
}
