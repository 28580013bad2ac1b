package content

import (
	"strings"

	"mailrun/pkg/outreach"
)

// The variables that mailrun gives besides the columns of a list, by their folded names.
const (
	varEmail       = "email"
	varFirstName   = "firstname"
	varLastName    = "lastname"
	varCompany     = "company"
	varSenderName  = "sendername"
	varSenderEmail = "senderemail"
	varSignature   = "signature"
	varUnsubscribe = "unsubscribeurl"
)

// builtin are the names that every template may use: those of mailrun and the fields of a recipient.
var builtin = map[string]bool{
	varEmail: true, varFirstName: true, varLastName: true, varCompany: true,
	varSenderName: true, varSenderEmail: true, varSignature: true, varUnsubscribe: true,
}

// scope is what the variables of one message stand for. A name is looked up without regard to case and separators; what mailrun gives
// goes before the recipient's own fields, these before its columns, and these before the step's fallbacks. Blank counts as none.
type scope struct {
	given     map[string]string
	columns   map[string]string
	fallbacks map[string]string
}

func newScope(in Input, fallbacks map[string]string) *scope {
	r, m := in.Recipient, in.Mailbox
	s := &scope{fallbacks: fallbacks, columns: make(map[string]string, len(r.Variables)), given: map[string]string{
		varEmail: r.Email, varFirstName: r.FirstName, varLastName: r.LastName, varCompany: r.Company,
		varSenderName: m.FromName, varSenderEmail: m.Email, varSignature: m.Signature, varUnsubscribe: in.UnsubscribeURL,
	}}
	if in.UnsubscribeURL == "" {
		s.given[varUnsubscribe] = "mailto:" + m.Email + "?subject=unsubscribe"
	}
	for name, value := range r.Variables {
		folded := outreach.FoldName(name)
		// Of two columns with one name, the one that sorts last: any rule does, as long as a retry has the same.
		if have, twice := s.columns[folded]; !twice || value > have {
			s.columns[folded] = value
		}
	}
	return s
}

// value is what a folded name stands for, cleaned of what has no place in a message.
func (s *scope) value(folded string) (string, bool) {
	for _, m := range [...]map[string]string{s.given, s.columns, s.fallbacks} {
		if v := clean(m[folded]); strings.TrimSpace(v) != "" {
			return v, true
		}
	}
	return "", false
}

// clean removes what cannot be written in a message: control characters other than line ends and tabs, and broken UTF-8.
func clean(s string) string {
	if strings.IndexFunc(s, isForbidden) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isForbidden(r) {
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
}

func isForbidden(r rune) bool {
	return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == '\uFFFD'
}
