package mailbox

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// imapScript is how a scripted IMAP server behaves. Answers maps a command ("STATUS", "UID FETCH") to what is sent in its place: $TAG stands
// for its tag, the text may end in stall or hangUp. Everything else is answered as a plain IMAP4rev1 server with three messages, UIDs
// 11 to 13, would.
type imapScript struct {
	greeting string
	caps     string
	answers  map[string]string
	tls      *tls.Config
	password string // of SASL exchanges and LOGIN, as said; empty takes any
}

type imapServer struct {
	script imapScript
	addr   *net.TCPAddr
	stop   chan struct{}

	mu    sync.Mutex
	lines []string
	open  map[net.Conn]bool
}

func startIMAP(t testing.TB, script imapScript) *imapServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &imapServer{script: script, addr: listener.Addr().(*net.TCPAddr), stop: make(chan struct{}), open: make(map[net.Conn]bool)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open[conn] = true
			s.mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				c := &imapConn{imapServer: s, Conn: conn, br: bufio.NewReader(conn)}
				for ok := c.say("*", s.script.greeting, "* OK ready\r\n"); ok; ok = c.answer() {
				}
			})
		}
	})
	t.Cleanup(func() {
		close(s.stop)
		listener.Close()
		s.mu.Lock()
		for conn := range s.open {
			conn.Close()
		}
		s.mu.Unlock()
		wg.Wait()
	})
	return s
}

func (s *imapServer) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

type imapConn struct {
	*imapServer
	net.Conn
	br *bufio.Reader
}

func (c *imapConn) say(tag, scripted, good string) bool {
	if scripted == "" {
		scripted = good
	}
	scripted, stalls := strings.CutSuffix(scripted, stall)
	scripted, hangs := strings.CutSuffix(scripted, hangUp)
	if _, err := io.WriteString(c.Conn, strings.ReplaceAll(scripted, "$TAG", tag)); err != nil || hangs {
		return false
	}
	if stalls {
		<-c.stop
	}
	return !stalls
}

func (c *imapConn) read() (string, bool) {
	line, err := c.br.ReadString('\n')
	if err != nil {
		return "", false
	}
	line = strings.TrimRight(line, "\r\n")
	c.mu.Lock()
	c.lines = append(c.lines, line)
	c.mu.Unlock()
	return line, true
}

func (c *imapConn) answer() bool {
	line, ok := c.read()
	if !ok {
		return false
	}
	tag, rest, _ := strings.Cut(line, " ")
	verb, args, _ := strings.Cut(rest, " ")
	if verb == "UID" {
		sub, subargs, _ := strings.Cut(args, " ")
		verb, args = "UID "+sub, subargs
	}
	scripted := c.script.answers[verb]
	if verb == "UID FETCH" && strings.HasSuffix(args, "(UID)") {
		scripted = c.script.answers["UID FETCH (UID)"]
	}
	switch verb {
	case "CAPABILITY":
		return c.say(tag, scripted, "* CAPABILITY "+c.capabilities()+"\r\n$TAG OK done\r\n")
	case "LOGIN":
		if c.script.password != "" && !strings.Contains(args, c.script.password) {
			return c.say(tag, scripted, "$TAG NO [AUTHENTICATIONFAILED] wrong\r\n")
		}
	case "AUTHENTICATE":
		return c.authenticate(tag, args, scripted)
	case "STARTTLS":
		if !c.say(tag, scripted, "$TAG OK go ahead\r\n") || scripted != "" {
			return scripted != ""
		}
		c.Conn = tls.Server(c.Conn, c.script.tls)
		c.br = bufio.NewReader(c.Conn)
		return true
	case "LIST":
		return c.say(tag, scripted, "* LIST () \"/\" INBOX\r\n* LIST () \"/\" Spam\r\n$TAG OK done\r\n")
	case "STATUS":
		return c.say(tag, scripted, "* STATUS INBOX (MESSAGES 3 UIDNEXT 14 UIDVALIDITY 7)\r\n$TAG OK done\r\n")
	case "EXAMINE":
		return c.say(tag, scripted, "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 14] ok\r\n$TAG OK [READ-ONLY] done\r\n")
	case "UID SEARCH":
		return c.say(tag, scripted, "* SEARCH 11 12 13\r\n$TAG OK done\r\n")
	case "UID FETCH", "FETCH":
		return c.say(tag, scripted, fetchAnswer(verb, args)+"$TAG OK done\r\n")
	case "LOGOUT":
		return c.say(tag, scripted, "* BYE bye\r\n$TAG OK done\r\n"+hangUp)
	case "APPEND":
		return c.append(tag, args, scripted)
	}
	return c.say(tag, scripted, "$TAG OK done\r\n")
}

func (c *imapConn) capabilities() string {
	if c.script.caps == "" {
		return "IMAP4rev1"
	}
	return c.script.caps
}

func (c *imapConn) authenticate(tag, args, scripted string) bool {
	if scripted != "" {
		return c.say(tag, scripted, "")
	}
	mechanism, response, initial := strings.Cut(args, " ")
	if !initial {
		c.say(tag, "+ \r\n", "")
		var ok bool
		if response, ok = c.read(); !ok {
			return false
		}
	}
	if string(challengeOf(Reply{Lines: []string{response}})) == c.script.password {
		return c.say(tag, "", "$TAG OK welcome\r\n")
	}
	if mechanism == "XOAUTH2" {
		c.say(tag, "+ eyJzdGF0dXMiOiI0MDEifQ==\r\n", "")
		if empty, ok := c.read(); !ok || empty != "" {
			return c.say(tag, "", "$TAG BAD expected an empty line\r\n")
		}
	}
	return c.say(tag, "", "$TAG NO AUTHENTICATE failed.\r\n")
}

func (c *imapConn) append(tag, args, scripted string) bool {
	size, err := strconv.Atoi(strings.Trim(args[strings.LastIndexByte(args, '{')+1:], "+}"))
	if scripted != "" || err != nil {
		return c.say(tag, scripted, "$TAG BAD what\r\n")
	}
	c.say(tag, "+ go\r\n", "")
	if _, err := io.CopyN(io.Discard, c.br, int64(size)+2); err != nil {
		return false
	}
	return c.say(tag, "", "$TAG OK done\r\n")
}

// fetchAnswer answers a FETCH of the three messages.
func fetchAnswer(verb, args string) string {
	set, items, _ := strings.Cut(args, " ")
	var b strings.Builder
	for seq := 1; seq <= 3; seq++ {
		number := seq
		if verb == "UID FETCH" {
			number += 10
		}
		if !inSet(set, number) {
			continue
		}
		fmt.Fprintf(&b, "* %d FETCH (UID %d", seq, seq+10)
		if strings.Contains(items, "INTERNALDATE") {
			b.WriteString(` INTERNALDATE "01-Nov-2026 09:00:00 +0000" RFC822.SIZE 100`)
		}
		if _, section, ok := strings.Cut(items, "BODY.PEEK"); ok {
			section = strings.TrimSuffix(section, ")")
			if at := strings.IndexByte(section, '<'); at >= 0 {
				section = section[:at] + "<0>"
			}
			fmt.Fprintf(&b, " BODY%s %s", section, asLiteral(numbered(seq+10)))
		}
		b.WriteString(")\r\n")
	}
	return b.String()
}

func asLiteral(s string) string { return fmt.Sprintf("{%d}\r\n%s", len(s), s) }

// inSet tells whether a number is in a sequence set; * is 13.
func inSet(set string, number int) bool {
	for part := range strings.SplitSeq(set, ",") {
		low, high, ranged := strings.Cut(strings.ReplaceAll(part, "*", "13"), ":")
		a, _ := strconv.Atoi(low)
		b := a
		if ranged {
			b, _ = strconv.Atoi(high)
		}
		if min(a, b) <= number && number <= max(a, b) {
			return true
		}
	}
	return false
}
