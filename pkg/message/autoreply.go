package message

import (
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"mailrun/pkg/outreach"
)

// autoReply decides whether a message was answered by a machine, which kind of answer it is, when the person is back, and whether the person
// has left for good. The proof is one of:
//   - a header that only machines write (RFC 3834 section 5, and those of programs older than it). X-Auto-Response-Suppress is none: it asks
//     others not to answer by machine, and people's mail carries it;
//   - a subject that begins as those of absence notes do, without an answer's prefix before it;
//   - words of absence or receipt together with a second sign: a weak header, the statement that this is automatic, or what only notes
//     say ("in urgent cases", "limited access to e-mail") where nothing shows a person at work.
//
// So "thanks for contacting us, I'd love a demo", and a person who tells that a colleague has left, stay human.
func autoReply(m *Message, visible string, received time.Time) (kind outreach.Kind, returnDate *time.Time, left bool, ok bool) {
	if m.Calendar != nil || optOutSubject(m) {
		return "", nil, false, false // somebody pressed a button, and a program (Apple Mail) calls what it sent then automatic
	}
	e := gatherAutoEvidence(m, visible)
	if !e.proves() {
		return "", nil, false, false
	}
	kind = e.kind()
	if kind == outreach.KindOutOfOffice {
		returnDate = FindReturnDate(m.Subject+".\n"+visible, received)
	}
	return kind, returnDate, (e.left || e.ownLeft) && !e.absent, true
}

// headerProof is how much the header of a message says of a machine.
type headerProof uint8

const (
	noProof    headerProof = iota
	weakProof              // bulk mail, an empty return path: lists and newsletters have them too
	machine                // auto-generated: no answer, but no person either
	autoAnswer             // auto-replied
)

// autoEvidence is what speaks for an automatic answer.
type autoEvidence struct {
	header    headerProof
	subject   bool // begins as the subject of an automatic answer
	answering bool // has the prefix of an answer before that
	absent    bool // words of absence
	receipt   bool // words of receipt: tickets, acknowledgements
	challenge bool // the sender is to prove that it is a person
	automatic bool // says of itself that it is automatic
	aside     bool // says what only notes say
	engaged   bool // asks or wants something
	left      bool // somebody has left
	ownLeft   bool // it is the sender, or the address itself, that has gone
}

// maxAutoBytes of the visible text are read: notes say at once what they are.
const maxAutoBytes = 3000

func gatherAutoEvidence(m *Message, visible string) autoEvidence {
	body := foldWords(clip(visible, maxAutoBytes))
	says, titled := bodyIndex().find(body), subjectIndex().find(foldWords(m.Subject))
	e := autoEvidence{
		header:    machineHeader(m.Header),
		absent:    says&saysAbsence != 0 || titled&titledAbsence != 0,
		receipt:   says&saysReceipt != 0 || titled&titledReceipt != 0,
		challenge: (says|titled)&saysChallenge != 0,
		automatic: says&saysAutomatic != 0,
		aside:     says&saysAside != 0,
		engaged:   asks(body) || says&saysEngaged != 0,
	}
	leftAt := leavingAt(body, says)
	e.left = leftAt >= 0
	e.subject, e.answering = autoSubject(m.Subject)
	e.ownLeft = len(body) < 800 && says&saysDead != 0 && deadAddress().MatchString(body) || e.left && namesSender(body[:leftAt], m.From.Name)
	return e
}

// What bodyIndex finds, in the order of its tables; deadStems and the stems of leavings, from saysLeaving on, are only hints that a regular
// expression is worth its time.
const (
	saysChallenge uint32 = 1 << iota
	saysAbsence
	saysReceipt
	saysAutomatic
	saysAside
	saysDead
	saysEngaged
	saysLeaving
)

// bodyIndex is built when the first message is read.
var bodyIndex = sync.OnceValue(func() *wordIndex {
	tables := [][]string{challengeWords, absenceWords, receiptWords, automaticWords, asideWords, deadStems, engagedWords}
	for _, l := range leavings {
		tables = append(tables, l.stems)
	}
	return newWordIndex(false, tables...)
})

// leavingAt is where a text first says that somebody has left for good, -1 if it does not. Says is what bodyIndex found in it.
func leavingAt(body string, says uint32) int {
	first := -1
	for i, l := range leavings {
		if says&(saysLeaving<<i) == 0 {
			continue
		}
		if at := l.phrases().FindStringIndex(body); at != nil && (first < 0 || at[0] < first) {
			first = at[0]
		}
	}
	return first
}

// What subjectIndex finds; the challenge comes first as in bodyIndex.
const (
	titledAbsence uint32 = 1 << (iota + 1)
	titledReceipt
)

var subjectIndex = sync.OnceValue(func() *wordIndex {
	return newWordIndex(false, challengeWords, absenceSubjects, receiptSubjects)
})

// foldWords prepares text for the search of words: lower case, one blank between words, accents of Arabic dropped.
func foldWords(s string) string {
	room, _ := folding.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	*room = appendFolded((*room)[:0], s)
	defer folding.Put(room)
	return string(*room)
}

// folding is room for folded text, for one use after the other.
var folding sync.Pool

func appendFolded(out []byte, s string) []byte {
	blank := false
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			i++
			switch c = foldASCII[c]; {
			case c == ' ':
				blank = len(out) > 0
			case c == 0:
			case blank:
				out, blank = append(out, ' ', c), false
			default:
				out = append(out, c)
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch r = foldRune(r); {
		case r == 0:
			continue
		case r == ' ':
			blank = len(out) > 0
			continue
		case blank:
			out, blank = append(out, ' '), false
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// foldASCII folds the characters that most texts are made of.
var foldASCII = func() (table [utf8.RuneSelf]byte) {
	for c := range table {
		table[c] = byte(c) //nolint:gosec // below 128
	}
	for _, c := range []byte("\t\n\v\f\r") {
		table[c] = ' '
	}
	for c := 'A'; c <= 'Z'; c++ {
		table[c] = byte(c) + 'a' - 'A'
	}
	return table
}()

// foldRune folds one character outside of ASCII; every blank is ' ', and 0 stands for nothing.
func foldRune(r rune) rune {
	if unicode.IsSpace(r) {
		return ' '
	}
	if r = westernDigit(unicode.ToLower(visibleRune(r))); r < 0 {
		return 0
	}
	return r
}

// asks says that a text holds a question mark.
func asks(text string) bool {
	return strings.Contains(text, "?") || strings.Contains(text, "？") || strings.Contains(text, "؟")
}

// proves weighs the evidence.
func (e autoEvidence) proves() bool {
	says := e.absent || e.receipt || e.left || e.challenge
	switch {
	case e.header >= machine, e.subject && !e.answering:
		return true
	case e.subject, e.header == weakProof:
		return says || e.automatic
	case e.automatic:
		return says
	case e.challenge, e.ownLeft:
		return !e.engaged
	}
	return e.absent && e.aside && !e.engaged
}

// kind names a proven answer. An answer by machine that says nothing of receipt is an absence note: that is what the header is for.
func (e autoEvidence) kind() outreach.Kind {
	switch {
	case e.absent:
		return outreach.KindOutOfOffice
	case e.left, e.receipt, e.challenge, e.ownLeft, e.automatic, e.header == machine && !e.subject:
		return outreach.KindAutoReply
	}
	return outreach.KindOutOfOffice
}

// machineHeader reads the header fields that tell of a machine.
func machineHeader(h Header) headerProof {
	submitted := strings.ToLower(h.Get("Auto-Submitted"))
	submitted, _, _ = strings.Cut(submitted, ";")
	submitted = strings.TrimSpace(submitted)
	precedence := strings.ToLower(strings.TrimSpace(h.Get("Precedence")))
	switch {
	case strings.HasPrefix(submitted, "auto-replied"), strings.HasPrefix(submitted, "auto-response"):
		return autoAnswer
	case precedence == "auto_reply" || precedence == "auto-reply" || precedence == "autoreply":
		return autoAnswer
	case hasAutoField(h):
		return autoAnswer
	case submitted != "" && submitted != "no":
		return machine
	case precedence == "bulk" || precedence == "junk", strings.TrimSpace(h.Get("Return-Path")) == "<>":
		return weakProof
	}
	return noProof
}

// autoFields are set by programs that answer by themselves; "no" and "false" take them back.
var autoFields = list(`X-Autoreply, X-Auto-Reply, X-Autorespond, X-Autoresponder, X-Auto-Responder, X-AutoReply-From, X-Mail-Autoreply, X-Autogenerated, X-Auto-Generated, X-AutoResponse, X-Vacation, X-Away`)

func hasAutoField(h Header) bool {
	for _, name := range autoFields {
		if !h.Has(name) {
			continue
		}
		if value := strings.ToLower(strings.TrimSpace(h.Get(name))); value != "no" && value != "false" && value != "0" {
			return true
		}
	}
	return strings.Contains(strings.ToLower(h.Get("Delivered-To")), "autoresponder") || strings.Contains(strings.ToLower(h.Get("X-POST-MessageClass")), "autoresponder")
}

// autoSubject says whether a subject begins as one of an automatic answer, and whether the prefix of an answer stands before it.
func autoSubject(subject string) (found, answering bool) {
	s := foldSubject(subject)
	s = s[subjectTagAt(s):]
	answering = isReplySubject(s)
	s = strings.TrimLeft(foldWords(NormalizeSubject(s)), "[(*- ")
	for _, phrase := range autoSubjects {
		if rest, ok := strings.CutPrefix(s, phrase); ok && (strings.HasSuffix(phrase, ":") || endsPhrase(rest)) {
			return true, answering
		}
	}
	return false, answering
}

// subjectGoesOn are the words after "out of office" that keep it a note; after others it may be anything ("out of office furniture").
var subjectGoesOn = wordSet(`until, till, from, re, reply, response, message, notification, notice, note, autoreply, auto, on, due, today, this, next, back, returning, email, through, and, i, to, alert, mode, for, e-mail,
	bis, vom, ab, antwort, nachricht, am, wegen, von, jusqu, du, le, de, des, hasta, del, desde, el, al, por, fino, dal, até, tot, van, t, do, od, w, с, до, по, på, til, till, från, fra, notis, besked, حتى, من, الى`)

func endsPhrase(rest string) bool {
	first, _ := utf8.DecodeRuneInString(rest)
	if rest == "" || !isWordRune(first) && first != ' ' {
		return true
	}
	if first != ' ' {
		return false
	}
	next := dateTokens(rest)
	return len(next) == 0 || next[0].kind != wordToken || subjectGoesOn[next[0].text]
}

// namesSender says that the words before a text's "is no longer with us" speak of its sender: "Ann Lee", from Ann Lee.
func namesSender(before, name string) bool {
	parts := strings.Fields(foldWords(name))
	if len(parts) < 2 {
		return false
	}
	before = before[max(0, len(before)-80):]
	return hasWord(before, []string{strings.Trim(parts[0], ",")}) && hasWord(before, []string{strings.Trim(parts[len(parts)-1], ",")})
}
