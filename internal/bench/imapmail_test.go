package bench

import (
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"
	"time"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// letter is one message of a mailbox: some 7 KB of text and HTML with the header that a large provider leaves on it, as an answer in a
// thread or as mail of its own.
func letter(rnd *rand.Rand, from, to, answers string, n int) []byte {
	var b strings.Builder
	date := time.Now().Add(-time.Minute).UTC().Format(time.RFC1123Z)
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	line("Return-Path: <%s>", from)
	line("Delivered-To: %s", to)
	line("Received: from mx%d.corp.example (mx%d.corp.example [192.0.2.%d])\r\n\tby mx.us.example (Postfix) with ESMTPS id %X\r\n\tfor <%s>; %s", n%9, n%9, n%250, n, to, date)
	line("Received: by 2002:a05:6402:%x with SMTP id %x;\r\n\t%s", rnd.Int32(), rnd.Int64(), date)
	line("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=corp.example; s=s1;\r\n\th=to:subject:message-id:date:from;\r\n\tb=%s", strings.Repeat("Zm9vYmFy", 40))
	line("From: \"Pat Doe %d\" <%s>", n, from)
	line("To: %s", to)
	line("Date: %s", date)
	line("Message-ID: <%x.%d@corp.example>", rnd.Int64(), n)
	line("Subject: Re: Question about Corp %d", n)
	if answers != "" {
		line("In-Reply-To: %s\r\nReferences: %s", answers, answers)
	}
	line("MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"=_b%016x\"\r\n", n)
	text, quoted := prose(rnd, 1200), prose(rnd, 600)
	intro := fmt.Sprintf("On Mon, Nov 2, 2026 at 3:04 PM, %s wrote:", to)
	line("--=_b%016x\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n", n)
	line("%s", quotedPrintable(text+"\r\n\r\n"+intro+"\r\n> "+strings.ReplaceAll(quoted, "\r\n", "\r\n> ")))
	line("--=_b%016x\r\nContent-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n", n)
	paragraph := `<p style="font-family:Arial,sans-serif;font-size:14px">`
	line("%s", quotedPrintable("<html><body><div dir=\"ltr\">"+paragraph+strings.ReplaceAll(text, "\r\n", "</p>\r\n"+paragraph)+"</p></div>"+
		`<div class="gmail_quote"><div dir="ltr" class="gmail_attr">`+intro+`<br></div><blockquote class="gmail_quote">`+quoted+"</blockquote></div></body></html>"))
	line("--=_b%016x--", n)
	return []byte(b.String())
}

var vocabulary = strings.Fields("the of and to a in for is on that by this with you it not or be are from at as your all have new more an was we will home " +
	"can us about if page my has search free but our one other do no information time they site he up may what which their news out use any see only so his " +
	"café naïve déjà Zürich résumé façade here business who web also now help get view online first been would how were services some these click")

// prose is lines of words.
func prose(rnd *rand.Rand, size int) string {
	var b strings.Builder
	for column := 0; b.Len() < size; {
		word := vocabulary[rnd.IntN(len(vocabulary))]
		b.WriteString(word)
		if column += len(word) + 1; column > 300 {
			b.WriteString(".\r\n")
			column = 0
			continue
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func quotedPrintable(s string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a strings.Builder takes everything
	_ = w.Close()
	return b.String()
}

// writtenTo enrols n people whom the first mailbox wrote to an hour ago and returns the Message-IDs of what they got.
func (d *data) writtenTo(b *testing.B, engine store.Engine, keys *mailbox.Keyring, n int) []string {
	b.Helper()
	ids := make([]string, n)
	sent, us := store.Millis(time.Now().Add(-time.Hour)), d.boxes[0]
	var writes []store.Write
	for i := range ids {
		rec := person(d.seq.ID, i, sent.Add(72*time.Hour))
		rec.State, rec.Step, rec.MailboxID, rec.LastSentAt, rec.CreatedAt, rec.UpdatedAt = outreach.StateActive, 1, us.ID, &sent, sent, sent
		h := &outreach.History{
			ID: outreach.HistoryID(rec.ID, 0), SequenceRecipientID: rec.ID, SequenceID: d.seq.ID, MailboxID: us.ID, To: rec.Email, From: us.Email,
			Subject: fmt.Sprintf("Question about Corp %d", i), Status: outreach.HistorySent, SentAt: &sent, Attempts: 1, CreatedAt: sent, UpdatedAt: sent,
		}
		h.MessageID = keys.MessageID(h.ID, "us.example")
		ids[i] = h.MessageID
		writes = append(writes,
			store.Write{Kind: store.Insert, Collection: store.Recipients, Document: &rec}, store.Write{Kind: store.Insert, Collection: store.History, Document: h})
	}
	for batch := range slices.Chunk(writes, 2000) {
		if _, err := engine.Write(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	return ids
}
