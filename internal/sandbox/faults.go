package sandbox

import (
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Delays slow the SMTP server down, stage by stage.
type Delays struct {
	Greeting time.Duration // before 220, and before the greeting of IMAP
	Hello    time.Duration // before the answer to the first EHLO
	Auth     time.Duration
	Mail     time.Duration
	Rcpt     time.Duration
	Dot      time.Duration // before the answer to the final dot
}

// Stage is a moment of a session at which an account's server can fall silent.
type Stage string

// The stages of Stall. StageLogin means AUTH and LOGIN; StageSelect and StageFetch are IMAP's, the others SMTP's.
const (
	StageLogin  Stage = "login"
	StageMail   Stage = "mail"
	StageRcpt   Stage = "rcpt"
	StageDot    Stage = "dot"
	StageStatus Stage = "status"
	StageSelect Stage = "select"
	StageFetch  Stage = "fetch"
)

// Stall lets the servers fall silent for one user at the given stage: the connection stays open and no answer comes. An empty stage
// ends it for later sessions.
func (w *World) Stall(user string, at Stage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stalls[strings.ToLower(user)] = at
}

func (w *World) stalled(user string, at Stage) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stalls[user] == at
}

// errGone ends a session whose client has left.
var errGone = errors.New("client left")

// hang reads and drops what the client says until it leaves or the world closes.
func hang(c net.Conn) error {
	_ = c.SetDeadline(time.Time{})
	_, _ = io.Copy(io.Discard, c)
	return errGone
}

// fault is what the words in a recipient's local part ask for. Words are what lies between characters other than letters and digits:
// "ann.c450@x.example" is refused at RCPT with 450.
type fault struct {
	rcpt int           // c450, c550, c421, …: that code at RCPT; 421 also cuts
	dot  int           // d451, d552, d421, …: that code after the final dot
	cut  string        // droprcpt, dropdata, dropmid, dropdot: the connection ends there, the message is not kept
	hang string        // hangrcpt, hangdot: no answer from there on
	slow time.Duration // slow5: five seconds before the answer to the dot
	lost bool          // dupok: accepted, but the connection ends before the client is told
}

// faultOf reads the words of an address.
func faultOf(address string) fault {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	var f fault
	for _, word := range strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch word {
		case "droprcpt", "dropdata", "dropmid", "dropdot":
			f.cut = word
		case "hangrcpt", "hangdot":
			f.hang = word
		case "dupok":
			f.lost = true
		default:
			f.readNumber(word)
		}
	}
	return f
}

func (f *fault) readNumber(word string) {
	if seconds, found := strings.CutPrefix(word, "slow"); found {
		if n, err := strconv.Atoi(seconds); err == nil {
			f.slow = time.Duration(n) * time.Second
		}
		return
	}
	if len(word) != 4 {
		return
	}
	code, err := strconv.Atoi(word[1:])
	if err != nil || code < 400 || code > 599 {
		return
	}
	switch word[0] {
	case 'c':
		f.rcpt = code
	case 'd':
		f.dot = code
	}
}
