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

// fill has the scope stand for one message, whatever it stood for before.
func (s *scope) fill(in Input, fallbacks map[string]string) {
	if s.given == nil {
		s.given, s.columns = map[string]string{}, map[string]string{}
	}
	r, m := in.Recipient, in.Mailbox
	s.given[varEmail], s.given[varFirstName], s.given[varLastName], s.given[varCompany] = r.Email, r.FirstName, r.LastName, r.Company
	s.given[varSenderName], s.given[varSenderEmail], s.given[varSignature] = m.FromName, m.Email, m.Signature
	s.given[varUnsubscribe] = in.UnsubscribeURL
	if in.UnsubscribeURL == "" {
		s.given[varUnsubscribe] = "mailto:" + m.Email + "?subject=unsubscribe"
	}
	s.fallbacks = fallbacks
	clear(s.columns)
	for name, value := range r.Variables {
		folded := outreach.FoldName(name)
		// Of two columns with one name, the one that sorts last: any rule does, as long as a retry has the same.
		if have, twice := s.columns[folded]; !twice || value > have {
			s.columns[folded] = value
		}
	}
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
