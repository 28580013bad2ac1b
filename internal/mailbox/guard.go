package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
)

const (
	maxIMAPLine    = 2 << 20  // a SEARCH answer with some 250,000 UIDs
	maxIMAPLiteral = 64 << 20 // imapclient buffers some literals whole
	keptLine       = 1 << 10
	literalTail    = 24 // enough for "{18446744073709551615+}\r\n"
)

// errBye says that the server announced that it closes the connection (RFC 9051 section 7.1.5).
var errBye = errors.New("the server said goodbye")

// guard stands between an IMAP server and imapclient. It bounds lines and literals, which imapclient does not, and keeps the server's last
// status lines, which imapclient drops: BYE and ALERT say why a connection ends. It follows the literals, so that no text inside a message
// is taken for the server's word.
//
// The reader of imapclient and the caller of a session both look at it.
type guard struct {
	net.Conn

	mu       sync.Mutex
	literal  int64  // bytes of a literal still to come
	joined   bool   // the line goes on after a literal
	line     []byte // the beginning of the current line
	tail     []byte // its last bytes
	lineSize int
	bye      string // the text of a BYE
	alert    string // the text of the last ALERT, which a person must see (RFC 9051 section 7.1)
	failed   error

	holding bool // what is written is held until it is let go; only the caller of the session writes
	held    []byte
}

// hold keeps what is written from now on until letGo sends it in one piece: several commands cost one write, and wake the server once. None
// of them may be one that waits for a word of the server's, as those with literals do.
func (g *guard) hold() { g.holding = true }

func (g *guard) letGo() error {
	held := g.held
	g.holding, g.held = false, nil
	if len(held) == 0 {
		return nil
	}
	_, err := g.Conn.Write(held)
	return err
}

func (g *guard) Write(b []byte) (int, error) {
	if g.holding {
		g.held = append(g.held, b...)
		return len(b), nil
	}
	return g.Conn.Write(b)
}

func (g *guard) Read(b []byte) (int, error) {
	if err := g.ended(); err != nil {
		return 0, err
	}
	n, err := g.Conn.Read(b)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed = g.watch(b[:n]); g.failed != nil {
		return n, nil // what came before the offence is still good; the next read fails
	}
	return n, err
}

// ended returns why nothing more is read: a bound was passed, or the server said goodbye (some leave the line open after it).
func (g *guard) ended() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failed == nil && g.bye != "" {
		return errBye
	}
	return g.failed
}

// words returns the text of a BYE and that of the last ALERT, empty where there was none.
func (g *guard) words() (bye, alert string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bye, g.alert
}

// watch follows the server's bytes; the caller holds mu.
func (g *guard) watch(b []byte) error {
	for len(b) > 0 {
		if g.literal > 0 {
			n := min(g.literal, int64(len(b)))
			g.literal -= n
			b = b[n:]
			continue
		}
		part, complete := b, false
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			part, complete = b[:i+1], true
		}
		b = b[len(part):]
		if err := g.extend(part); err != nil {
			return err
		}
		if complete {
			if err := g.endLine(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *guard) extend(part []byte) error {
	g.lineSize += len(part)
	if g.lineSize > maxIMAPLine {
		return fmt.Errorf("a line is longer than %d bytes: %w", maxIMAPLine, ErrProtocol)
	}
	g.line = append(g.line, part[:min(len(part), keptLine-len(g.line))]...)
	g.tail = append(g.tail, part[max(0, len(part)-literalTail):]...)
	g.tail = g.tail[max(0, len(g.tail)-literalTail):]
	return nil
}

// endLine looks whether a literal follows, and keeps status lines.
func (g *guard) endLine() error {
	size, follows := literalSize(g.tail)
	if size > maxIMAPLiteral {
		return fmt.Errorf("a literal is announced with %d bytes: %w", size, ErrProtocol)
	}
	if !g.joined {
		g.keep(g.line)
	}
	g.literal, g.joined = size, follows
	g.line, g.tail, g.lineSize = g.line[:0], g.tail[:0], 0
	return nil
}

// byeLine begins the line with which a server says goodbye.
var byeLine = []byte("* BYE")

// keep keeps what a line says of an end or an alert, and makes a status only of one that may: most have no code.
func (g *guard) keep(line []byte) {
	if !bytes.EqualFold(line[:min(len(line), len(byeLine))], byeLine) && bytes.IndexByte(line, '[') < 0 {
		return
	}
	status, ok := parseStatus(string(line))
	switch {
	case !ok:
	case status.kind == "BYE" && status.tag == "*":
		g.bye = strings.TrimSpace("BYE " + status.text)
	case status.code == "ALERT":
		g.alert = status.text
	}
}

// literalSize reads "{123}" or "{123+}" at the end of a line.
func literalSize(tail []byte) (size int64, ok bool) {
	tail = bytes.TrimRight(tail, "\r\n")
	inner, found := bytes.CutSuffix(tail, []byte("}"))
	open := bytes.LastIndexByte(inner, '{')
	if !found || open < 0 {
		return 0, false
	}
	size, err := strconv.ParseInt(string(bytes.TrimSuffix(inner[open+1:], []byte("+"))), 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return maxIMAPLiteral + 1, true
	}
	return size, err == nil && size >= 0
}
