package sandbox

import (
	"bytes"
	"testing"

	"github.com/emersion/go-imap/v2"
)

// FuzzMessage feeds anything as a message to everything in the world that looks inside messages: it must be taken, answered in every
// way, and served in any section.
func FuzzMessage(f *testing.F) {
	f.Add([]byte(mailTo("x@y.example", "<1@sender.example>")), "message-id")
	f.Add([]byte("Subject: a\n b\r\n\tc\n\nbody"), "subject")
	f.Add([]byte("List-Unsubscribe: <mailto:a@b?subject=x&subject>\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--"), "x")
	f.Add([]byte("\r\n\r\n: \r\n"), "")
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		_ = rawField(raw, name)
		for _, item := range []*imap.FetchItemBodySection{
			{}, {Specifier: imap.PartSpecifierHeader}, {Specifier: imap.PartSpecifierText}, {HeaderFields: []string{name}},
			{HeaderFieldsNot: []string{name}}, {Partial: &imap.SectionPartial{Offset: 3, Size: 7}},
		} {
			if got := section(raw, item); len(got) > len(raw)+2 {
				t.Errorf("a section of %d bytes from %d", len(got), len(raw))
			}
		}
		if !bytes.Equal(append(raw[:headerEnd(raw):headerEnd(raw)], raw[headerEnd(raw):]...), raw) {
			t.Error("header and text are not the message")
		}
		_ = headerHas(raw, name, "x")
		for do := range stockTexts {
			answerTo(t, raw, do)
		}
		for _, do := range []Outcome{UnsubscribeButton, LateBounce, Delayed, Complaint} {
			answerTo(t, raw, do)
		}
	})
}

func answerTo(t *testing.T, raw []byte, do Outcome) {
	t.Helper()
	w := worldWithoutServers(t, Person{Name: "Bea Bell", Email: "bea@buyer.example", Client: Outlook, Script: []Act{{Do: do}}})
	w.accept(ann, ann, []string{"bea@buyer.example"}, raw)
	if n := len(w.Mailbox(ann).Messages(Inbox)); n != 1 {
		t.Errorf("%s: %d answers", do, n)
	}
}
