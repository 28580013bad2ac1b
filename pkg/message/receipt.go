package message

import (
	"strings"
	"unicode/utf8"
)

// receiptSigns are the parts of an acknowledgement. A person may write any one of them.
type receiptSigns struct {
	subject  bool // the subject says that the message has been received
	thanks   bool // or thanks for it
	words    bool // the text says so
	promise  bool // an answer will come in so many days
	number   bool // the message has been given a number
	numbered bool // and the subject bears one
}

// any says that something speaks of a receipt.
func (r receiptSigns) any() bool { return r.subject || r.thanks || r.words || r.number }

// proves says that the parts together are more than a person writes.
func (r receiptSigns) proves(answering bool) bool {
	switch {
	case r.number:
		return r.words || r.subject || r.promise && (r.thanks || r.numbered)
	case r.subject && !answering:
		return r.words || r.promise
	case r.thanks && !answering, r.numbered:
		return r.words && r.promise
	}
	return false
}

// certain says that no question or offer beside ("any questions? we are happy to help") makes a person of it.
func (r receiptSigns) certain() bool { return r.number && r.words && (r.promise || r.subject) }

// isNumbered says that a subject bears the number of a case: "[KL-2093]", "(case 77120)", "#48213", "Ticket 4711".
func isNumbered(subject string) bool {
	for rest := subject; ; {
		at := strings.IndexAny(rest, "#[(【（")
		if at < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(rest[at:])
		rest = rest[at+size:]
		tag, _, _ := strings.Cut(rest, "]")
		if tag, _, _ = strings.Cut(tag, ")"); caseNumber(tag) {
			return true
		}
	}
	for _, noun := range caseNouns {
		if at := strings.Index(subject, noun); at >= 0 && wordAt(subject, at, len(noun)) && caseNumber(subject[at+len(noun):]) {
			return true
		}
	}
	return false
}

// caseNouns stand before the number of a case.
var caseNouns = list(`ticket, case, request, anfrage, vorgang, vorgangsnummer, ticketnummer, demande, dossier, caso, solicitud, consulta, richiesta, pratica, segnalazione, protocolo, chamado, pedido, zaak, melding,
	zgłoszenie, sprawa, обращение, заявка, запрос, ärende, sag, sak, sagsnummer, saksnummer, pyyntö, požadavek, tiket, talep, 受付番号, お問い合わせ番号, 工单, 工單, 문의번호, 접수번호, رقم, تذكرة, طلب`)

// caseNumber says that a number of at least three digits stands within the first few characters.
func caseNumber(s string) bool {
	digits := 0
	for _, c := range []byte(s[:min(len(s), 24)]) {
		if c >= '0' && c <= '9' {
			if digits++; digits == 3 {
				return true
			}
		} else if c != '-' && c != '/' && c != '.' {
			digits = 0
		}
	}
	return false
}
