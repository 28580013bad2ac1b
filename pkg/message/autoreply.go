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
//   - words of absence or receipt together with a second sign: a weak header, the statement that this is automatic, an address that reads no
//     answers, or what only notes say ("in urgent cases", "limited access to e-mail") where nothing shows a person at work;
//   - the parts of an acknowledgement together: a number given, the receipt, the promise of an answer by an office;
//   - a message that is held, and the click or answer that frees it;
//   - that the sender, named or in the first person, has left for good, and where to turn now.
//
// So "thanks for contacting us, I'd love a demo", and a person who tells that a colleague has left, stay human. What was written with a
// program that only people use is theirs whatever it says, unless it says that it is automatic.
func autoReply(m *Message, visible string, received time.Time) (kind outreach.Kind, returnDate *time.Time, left bool, ok bool) {
	if m.Calendar != nil || optOutSubject(m) {
		return "", nil, false, false // somebody pressed a button, and a program (Apple Mail) calls what it sent then automatic
	}
	e := gatherAutoEvidence(m, visible)
	if !e.proves() {
		return "", nil, false, false
	}
	if kind = e.kind(); kind == outreach.KindOutOfOffice {
		returnDate = FindReturnDate(m.Subject+".\n"+visible, received)
	}
	if returnDate == nil && e.goneForGood() {
		kind = outreach.KindAutoReply
	}
	return kind, returnDate, e.hasLeft() && kind == outreach.KindAutoReply, true
}

// autoEvidence is what speaks for an automatic answer.
type autoEvidence struct {
	header    headerProof
	subject   bool // begins as the subject of an automatic answer
	answering bool // has the prefix of an answer before that
	nobody    bool // comes from an address that reads no answers
	person    bool // comes from a program that people write with, and that answers nothing by itself
	absent    bool // words of absence
	away      bool // and they are in the text
	receipt   receiptSigns
	challenge bool // the sender is to prove that it is a person
	automatic bool // says of itself that it is automatic
	aside     bool // says what only notes say
	handover  bool // says where to turn, or that nobody reads it
	engaged   bool // asks or wants something
	leaving   leaving
	dead      bool // the address is given up
	unread    bool // or at least nobody reads it
}

// hasLeft says that somebody has left, or that the address is given up.
func (e autoEvidence) hasLeft() bool { return e.leaving.found || e.dead }

// mayTellLeaving says that it matters whether somebody has left: where nothing else speaks for a machine it does not, unless the sender is named.
func (e autoEvidence) mayTellLeaving() bool {
	return e.header != noProof || e.subject || e.automatic || e.nobody || e.unread || e.handover && !e.answering
}

// goneForGood says that whoever is absent does not come back: a note of leaving under the subject of an absence, or with such words beside.
func (e autoEvidence) goneForGood() bool {
	return e.leaving.found && (!e.away || (e.leaving.own || e.leaving.first) && !e.leaving.away)
}

// maxAutoBytes of the visible text are read: notes say at once what they are.
const maxAutoBytes = 3000

func gatherAutoEvidence(m *Message, visible string) autoEvidence {
	body, subject := foldWords(clip(visible, maxAutoBytes)), foldWords(clip(m.Subject, maxPhraseField))
	says, titled := bodyIndex().find(body), subjectIndex().find(subject)
	e := autoEvidence{
		header:    machineHeader(m.Header),
		nobody:    isNobody(m.From.Address),
		person:    isPersonsProgram(m.Header),
		away:      says&saysAbsence != 0,
		challenge: (says|titled)&saysChallenge != 0 || says&saysHeld != 0 && (says|titled)&saysProve != 0,
		automatic: says&saysAutomatic != 0,
		aside:     says&saysAside != 0,
		handover:  says&saysHandover != 0,
		engaged:   asks(body) || says&saysEngaged != 0,
	}
	e.receipt = receiptSigns{
		subject: titled&titledReceipt != 0, thanks: titled&titledThanks != 0, words: says&saysReceipt != 0, promise: says&saysPromise != 0,
		number: says&saysNumber != 0 || says&saysUnder != 0 && says&saysRegistered != 0, numbered: isNumbered(subject),
	}
	e.subject, e.answering = autoSubject(m.Subject)
	e.away = e.away || e.aside && says&saysBack != 0
	e.absent = e.away || titled&titledAbsence != 0 && (e.subject || !e.answering) // what is answered may be our offer of a "holiday planner"
	if len(body) < 800 && says&saysDead != 0 {
		e.dead, e.unread = deadAddress().MatchString(body), unreadAddress().MatchString(body)
	}
	told := body
	if !e.subject && !e.answering {
		told = subject + ". " + body
	}
	if e.mayTellLeaving() || namesSender(told, m.From) {
		e.leaving = readLeaving(told, says, m.From)
	}
	return e
}

// What bodyIndex finds, in the order of its tables; deadStems are only hints that a regular expression is worth its time.
const (
	saysChallenge uint32 = 1 << iota
	saysAbsence
	saysReceipt
	saysAutomatic
	saysAside
	saysDead
	saysEngaged
	saysPromise
	saysNumber
	saysHandover
	saysHeld
	saysProve
	saysUnder
	saysRegistered
	saysLeft
	saysBack
)

// bodyIndex is built when the first message is read.
var bodyIndex = sync.OnceValue(func() *wordIndex {
	return newWordIndex(false, challengeWords, absenceWords, receiptWords, automaticWords, asideWords, deadStems, engagedWords,
		promiseWords, numberWords, handoverWords, heldWords, proveWords, underWords, registeredWords, leavingStems, backWords)
})

// What subjectIndex finds; the words of challenges have the places that they have in bodyIndex.
const (
	titledAbsence uint32 = 1 << (iota + 1)
	titledReceipt
	titledThanks
)

var subjectIndex = sync.OnceValue(func() *wordIndex {
	tables := make([][]string, 12) // the last is proveWords
	tables[0], tables[1], tables[2], tables[3], tables[11] = challengeWords, absenceSubjects, receiptSubjects, thanksSubjects, proveWords
	return newWordIndex(false, tables...)
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

// asks says that a text holds a question mark that ends a word: within an address on the web it asks nothing. Those of other scripts are among
// engagedWords.
func asks(text string) bool {
	for i := 0; ; {
		next := strings.IndexByte(text[i:], '?')
		if next < 0 {
			break
		}
		i += next + 1
		if after, _ := utf8.DecodeRuneInString(text[i:]); !isWordRune(after) && (after < '0' || after > '9') && after != '%' && after != '=' {
			return true
		}
	}
	return false
}

// proves weighs the evidence.
func (e autoEvidence) proves() bool {
	says := e.absent || e.receipt.any() || e.leaving.found || e.challenge
	switch {
	case e.header >= machine:
		return true
	case e.person && !e.automatic:
		return false
	case e.subject && !e.answering:
		return true
	case e.subject:
		return (says || e.automatic) && (!e.engaged || e.automatic || e.aside)
	case e.header == weakProof:
		return says || e.automatic
	case e.automatic:
		return says || e.receipt.promise || e.nobody || e.unread
	case e.receipt.certain():
		return true
	case e.engaged:
		return false
	}
	return e.challenge || e.dead || e.unread || e.leaving.own || e.leaving.first && e.handover && !e.answering ||
		e.receipt.proves(e.answering) || e.nobody && (e.receipt.any() || e.leaving.found) || e.absent && e.aside
}

// kind names a proven answer. An answer by machine that says nothing of receipt is an absence note: that is what the header is for.
func (e autoEvidence) kind() outreach.Kind {
	switch {
	case e.absent:
		return outreach.KindOutOfOffice
	case e.hasLeft(), e.unread, e.receipt.any(), e.receipt.promise, e.challenge, e.automatic, e.header == machine && !e.subject:
		return outreach.KindAutoReply
	}
	return outreach.KindOutOfOffice
}

// autoSubject says whether a subject begins as one of an automatic answer, and whether the prefix of an answer stands before it.
func autoSubject(subject string) (found, answering bool) {
	s := foldSubject(subject)
	s = s[subjectTagAt(s):]
	answering = isReplySubject(s)
	s = strings.TrimLeft(foldWords(NormalizeSubject(s)), "[(*- 【（「『")
	if len(s) < 2 {
		return false, answering
	}
	index := autoSubjectIndex()
	for _, phrase := range index.starts[index.start(s[0], s[1])] {
		if rest, ok := strings.CutPrefix(s, phrase.word); ok && (strings.HasSuffix(phrase.word, ":") || endsPhrase(rest)) {
			return true, answering
		}
	}
	return false, answering
}

var autoSubjectIndex = sync.OnceValue(func() *wordIndex { return newWordIndex(true, autoSubjects) })

// subjectGoesOn are the words after "out of office" that keep it a note; after others it may be anything ("out of office furniture").
var subjectGoesOn = wordSet(`until, till, from, re, reply, response, message, notification, notice, note, autoreply, auto, on, due, today, this, next, back, returning, email, through, and, i, to, alert, mode, for, e-mail,
	bis, vom, ab, antwort, nachricht, am, wegen, von, jusqu, du, le, de, des, hasta, del, desde, el, al, por, fino, dal, até, tot, van, t, do, od, w, с, до, по, på, til, till, från, fra, notis, besked, حتى, من, الى`)

// hanGoesOn are such words where none is set apart: a holiday is one, and its administration (休暇管理) is not.
var hanGoesOn = list(`通知, 連絡, 中, 届, 返信, 送信, 回复, 回覆, 回復, 期间, 期間, 及, 自动, 自動, 至, 提醒, 告知, 致`)

// endsPhrase says that what follows the beginning of a subject leaves it a note's.
func endsPhrase(rest string) bool {
	first, _ := utf8.DecodeRuneInString(rest)
	switch {
	case unicode.Is(unicode.Han, first):
		return hasAnyPrefix(rest, hanGoesOn)
	case rest == "" || !isWordRune(first) && first != ' ':
		return true
	}
	if first != ' ' {
		return false
	}
	next := dateTokens(rest)
	return len(next) == 0 || next[0].kind != wordToken || subjectGoesOn[next[0].text]
}
