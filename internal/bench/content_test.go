package bench

import (
	"testing"
	"time"

	"github.com/osteele/liquid"
	mail "github.com/xhit/go-simple-mail/v2"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/content"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// each is the time that one of many calls takes.
func each(b *testing.B, n int, call func() error) time.Duration {
	b.Helper()
	began := time.Now()
	for range n {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(began) / time.Duration(n)
}

// composing makes a message of text and HTML, some 6 KB, as the SMTP library makes one.
func composing(b *testing.B, r *report) {
	draft := message.Draft{
		From: outreach.Address{Name: "Sam Sender", Address: "s0@us.example"}, To: outreach.Address{Name: "Pat Doe", Address: "p0@c0.example"},
		Subject: "Question about Corp", Text: textBody, HTML: htmlBody, MessageID: "<0@us.example>", Date: time.Now(),
	}
	n := r.pick(20_000, 4000)
	ours := each(b, n, func() error { _, err := message.Compose(draft); return err })
	theirs := each(b, n/4, func() error { // it takes long
		m := mail.NewMSG().SetFrom("Sam Sender <s0@us.example>").AddTo("Pat Doe <p0@c0.example>").SetSubject("Question about Corp")
		m.SetBody(mail.TextPlain, textBody).AddAlternative(mail.TextHTML, htmlBody)
		_ = m.GetMessage()
		return m.Error
	})
	r.add(b, row{
		figure: "composing text and HTML of 6 KB", ours: span(ours), reference: span(theirs) + " go-simple-mail", ratio: times(ours, theirs), goal: "≤ 100 µs",
	})
}

// rendering fills in a template with five variables, parsed before, as the template library does.
func rendering(b *testing.B, r *report) {
	const source = "Hello {{ firstName }},\n\n{{ company }} is hiring in {{ city }}, {{ lastName }} wrote.\n\nYours,\n{{ senderName }}"
	seq := &outreach.Sequence{Name: "bench", Steps: []outreach.Step{{ID: "1", Subject: "Hello", Text: source}}}
	templates, err := content.Compile(seq)
	if err != nil {
		b.Fatal(err)
	}
	rec := person(bson.NewObjectID(), 1, time.Now())
	in := content.Input{Recipient: &rec, Mailbox: &outreach.Mailbox{Email: "s0@us.example", FromName: "Sam Sender"}, HistoryID: bson.NewObjectID()}
	n := r.pick(100_000, 20_000)
	ours := each(b, n, func() error { _, err := templates.Render(in); return err })
	parsed, parseErr := liquid.NewEngine().ParseString(source)
	if parseErr != nil {
		b.Fatal(parseErr)
	}
	values := liquid.Bindings{"firstName": "Pat", "lastName": "Doe", "company": "Corp", "city": "Paris", "senderName": "Sam Sender"}
	theirs := each(b, n, func() error {
		if _, err := parsed.RenderString(values); err != nil {
			return err
		}
		return nil
	})
	r.add(b, row{
		figure: "rendering a template of five variables", ours: span(ours), reference: span(theirs) + " liquid alone",
		ratio: times(ours, theirs), goal: "≤ 50 µs",
	})
}
