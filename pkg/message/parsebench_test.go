package message

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	gomessage "github.com/emersion/go-message"
)

// benchmarkMail is a multipart reply of about 9 kB, as most replies are: text and HTML, quoted-printable, with twenty fields.
func benchmarkMail() []byte {
	var b strings.Builder
	for i := range 8 {
		fmt.Fprintf(&b, "Received: from mx%d.there.example (mx%d.there.example [192.0.2.%d])\r\n\tby relay.example with ESMTPS id abc%d; Mon, 1 Jun 2026 10:00:0%d +0000\r\n", i, i, i, i, i)
	}
	b.WriteString("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=there.example; s=s1;\r\n\th=from:to:subject; bh=" + strings.Repeat("A", 44) + ";\r\n\tb=" + strings.Repeat("B", 300) + "\r\n")
	b.WriteString("From: =?utf-8?q?J=C3=BCrgen?= <j@there.example>\r\nTo: Me <me@sender.example>\r\nSubject: =?utf-8?q?Re=3A_Gr=C3=BC=C3=9Fe?=\r\nDate: Mon, 1 Jun 2026 12:00:00 +0200\r\n" +
		"Message-ID: <r1@there.example>\r\nIn-Reply-To: <m1@sender.example>\r\nReferences: <m0@sender.example> <m1@sender.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/alternative; boundary=\"=_b\"\r\n\r\n")
	line := "Danke f=C3=BCr die Nachricht, das passt gut. Wir sehen uns n=C3=A4chste Woche =\r\nam Dienstag.\r\n"
	b.WriteString("--=_b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + strings.Repeat(line, 28))
	b.WriteString("\r\n--=_b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body>" + strings.Repeat("<p>"+line+"</p>", 38) + "</body></html>\r\n--=_b--\r\n")
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	raw := benchmarkMail()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(raw)
	}
}

// BenchmarkParseReference reads the same message with bare go-message, every part to its end.
func BenchmarkParseReference(b *testing.B) {
	raw := benchmarkMail()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		entity, err := gomessage.Read(bytes.NewReader(raw))
		if err != nil {
			b.Fatal(err)
		}
		err = entity.Walk(func(_ []int, e *gomessage.Entity, err error) error {
			if err == nil && e.MultipartReader() == nil {
				_, err = io.Copy(io.Discard, e.Body)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseHTMLOnly(b *testing.B) {
	raw := []byte("Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>" + strings.Repeat("<div>Thanks, <b>that</b> works for me. <a href=\"https://x.example\">See</a></div>\r\n", 110) + "</body></html>")
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(raw)
	}
}

func BenchmarkReadBounce(b *testing.B) {
	raw := dsn("Final-Recipient: rfc822; a@there.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\n")
	b.ReportAllocs()
	for b.Loop() {
		readBounce(raw)
	}
}
