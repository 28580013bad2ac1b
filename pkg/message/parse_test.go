package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

func TestHeaderTolerance(t *testing.T) {
	tests := []struct {
		name, raw     string
		subject, body string
	}{
		{"plain", "Subject: a\r\nTo: b\r\n\r\nbody", "a", "body"},
		{"folded", "Subject: a\r\n b\r\n\tc\r\n\r\nbody", "a b c", "body"},
		{"bare LF", "Subject: a\n\nbody", "a", "body"},
		{"bare CR", "Subject: a\rTo: b\r\rbody", "a", "body"},
		{"CR CR LF", "Subject: a\r\r\nTo: b\r\r\n\r\r\nbody", "a", "body"},
		{"mbox line", "From a@b Mon Jan 1 00:00:00 2026\nSubject: a\n\nbody", "a", "body"},
		{"blank lines before", "\r\n\r\nSubject: a\r\n\r\nbody", "a", "body"},
		{"blanks before the first field", "  Subject: a\r\n\r\nbody", "a", "body"},
		{"malformed line between", "X: 1\r\nthis is no field\r\nSubject: a\r\n\r\nbody", "a", "body"},
		{"no empty line before the body", "Subject: a\r\nThis is text, not a field\r\nand more\r\n", "a", "This is text, not a field\nand more\n"},
		{"blank before the colon", "Subject : a\r\n\r\nbody", "a", "body"},
		{"empty line made of blanks", "Subject: a\r\n \r\nbody", "a", "body"},
		{"header only", "Subject: a", "a", ""},
		{"8-bit UTF-8", "Subject: Grüße\r\n\r\nbody", "Grüße", "body"},
		{"8-bit Latin", "Subject: Gr\xfc\xdfe\r\n\r\nbody", "Grüße", "body"},
		{"NUL", "Subject: a\x00b\r\n\r\nbo\x00dy", "a b", "body"},
		{"nothing", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := Parse([]byte(tt.raw))
			if m.Subject != tt.subject || m.Text != tt.body {
				t.Errorf("subject %q, body %q, want %q, %q", m.Subject, m.Text, tt.subject, tt.body)
			}
		})
	}
}

func TestDecodeHeader(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"=?utf-8?q?caf=C3=A9_au_lait?=", "café au lait"},
		{"=?UTF-8?B?w6Q=?= =?UTF-8?B?w7Y=?=", "äö"},
		{"=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"},
		{"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"},
		{"=?utf-8?B?5pel5pw=?= =?utf-8?B?rA==?=", "日本"}, // a character cut in two
		{"=?utf-8?q?with blanks inside?=", "with blanks inside"},
		{"=?nosuchset?q?caf=E9?=", "café"},
		{"=?utf-8?x?a?= =?utf-8?q?b?=", "=?utf-8?x?a?= b"},
		{"=?utf-8?B?w6Q", "ä"},
		{"1 =? 2", "1 =? 2"},
		{"\x1b$BF|K\\\x1b(B", "日本"},
	}
	for _, tt := range tests {
		if got := decodeHeader(tt.raw); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.raw, got, tt.want)
		}
	}
}

func TestDecodeCharset(t *testing.T) {
	tests := []struct{ label, raw, want string }{
		{"koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"},
		{"windows-1251", "\xcf\xf0\xe8", "При"},
		{"win-1251", "\xcf\xf0\xe8", "При"},
		{"ISO_8859-15", "\xa4", "€"},
		{"gb2312", "\xc4\xe3\xba\xc3", "你好"},
		{"big5", "\xa7A\xa6n", "你好"},
		{"Shift_JIS", "\x93\xfa\x96{", "日本"},
		{"ks_c_5601-1987", "\xc7\xd1", "한"},
		{"us-ascii", "\x93a\x94", "“a”"},
		{"iso-8859-1", "é", "é"}, // UTF-8 under a wrong label
		{"utf-8", "caf\xe9", "café"},
		{"unknown-8bit", "caf\xe9", "café"},
		{"utf-7", "Fr+APY-sche 1+-1", "Frösche 1+1"},
		{"", "\xef\xbb\xbfa", "a"},
	}
	for _, tt := range tests {
		if got := decodeCharset(tt.label, []byte(tt.raw)); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.label, tt.raw, got, tt.want)
		}
	}
}

func TestTransferEncodings(t *testing.T) {
	tests := []struct{ encoding, raw, want string }{
		{"quoted-printable", "a=3Db=\r\nc  \r\nd", "a=bc\nd"},
		{"Quoted-Printable", "broken =zz and =", "broken =zz and "},
		{"base64", "aGVs\r\nbG8=", "hello"},
		{"base64", "aGVsbG8", "hello"},
		{"base64", "aGVs*bG8=", "hello"},
		{"base64", "aGk=aG8=", "hiho"},
		{"base64", "aGk= ignored", "hi"},
		{"7-bit", "a=3D", "a=3D"},
		{"x-uuencode", "begin 644 f\n#:&D*\n`\nend\n", "hi\n"},
	}
	for _, tt := range tests {
		if got := string(decodeTransfer(tt.encoding, []byte(tt.raw))); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.encoding, tt.raw, got, tt.want)
		}
	}
}

func TestMediaType(t *testing.T) {
	tests := []struct {
		raw, mediaType string
		params         map[string]string
	}{
		{`text/plain; charset=UTF-8`, "text/plain", map[string]string{"charset": "UTF-8"}},
		{`TEXT/HTML;charset = "utf-8" ;`, "text/html", map[string]string{"charset": "utf-8"}},
		{`text/plain charset=utf-8`, "text/plain", map[string]string{"charset": "utf-8"}},
		{`application/pdf; name=my file.pdf`, "application/pdf", map[string]string{"name": "my file.pdf"}},
		{`application/pdf; name="a\"b;c.pdf"; x`, "application/pdf", map[string]string{"name": `a"b;c.pdf`}},
		{`a/b; name*=UTF-8''%e2%82%ac.txt`, "a/b", map[string]string{"name": "€.txt"}},
		{`a/b; name*1=lo.txt; name*0*=iso-8859-1'de'H%e4l`, "a/b", map[string]string{"name": "Hällo.txt"}},
		{`a/b; name="=?utf-8?q?=C3=A4?=.txt"`, "a/b", map[string]string{"name": "ä.txt"}},
		{`multipart/mixed; boundary="a b"`, "multipart/mixed", map[string]string{"boundary": "a b"}},
		{`a/b; x=1; x=2`, "a/b", map[string]string{"x": "1"}},
		{`text/plain (comment)`, "text/plain", nil},
	}
	for _, tt := range tests {
		mediaType, params := parseMediaType(tt.raw)
		if diff := cmp.Diff(tt.params, params); mediaType != tt.mediaType || diff != "" {
			t.Errorf("%s: %q (-want +got):\n%s", tt.raw, mediaType, diff)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	tests := []struct {
		raw  string
		want []outreach.Address
	}{
		{`a@b.example`, []outreach.Address{{Address: "a@b.example"}}},
		{`A B <a@b.example>, c@d.example`, []outreach.Address{{Name: "A B", Address: "a@b.example"}, {Address: "c@d.example"}}},
		{`"B, A" <a@b.example>`, []outreach.Address{{Name: "B, A", Address: "a@b.example"}}},
		{`B, A <a@b.example>`, []outreach.Address{{Name: "B, A", Address: "a@b.example"}}},
		{`=?utf-8?q?B=2C_=C3=84?= <a@b.example>`, []outreach.Address{{Name: "B, Ä", Address: "a@b.example"}}},
		{`a@b.example (A B)`, []outreach.Address{{Name: "A B", Address: "a@b.example"}}},
		{`Team: a@b.example, c@d.example;`, []outreach.Address{{Address: "a@b.example"}, {Address: "c@d.example"}}},
		{`undisclosed-recipients:;`, nil},
		{`A <a@b.example`, []outreach.Address{{Name: "A", Address: "a@b.example"}}},
		{`"A <a@b.example>`, []outreach.Address{{Name: "A", Address: "a@b.example"}}},
		{`a@b.example; c@d.example`, []outreach.Address{{Address: "a@b.example"}, {Address: "c@d.example"}}},
		{`<mailto:a@b.example>`, []outreach.Address{{Address: "a@b.example"}}},
		{`<@x,@y:a@b.example>`, []outreach.Address{{Address: "a@b.example"}}},
		{`Mail Delivery <MAILER-DAEMON>`, []outreach.Address{{Name: "Mail Delivery", Address: "MAILER-DAEMON"}}},
		{"M\xfcller <a@b.example>", []outreach.Address{{Name: "Müller", Address: "a@b.example"}}},
		{`a@b.example <a@b.example>`, []outreach.Address{{Name: "a@b.example", Address: "a@b.example"}}},
		{``, nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, ParseAddresses(tt.raw)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.raw, diff)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	tests := []struct {
		raw  string
		want []string
	}{
		{"<a@b> <c@d>", []string{"<a@b>", "<c@d>"}},
		{"Message from x of <a@b>", []string{"<a@b>"}},
		{"<a@b><c@d>", []string{"<a@b>", "<c@d>"}},
		{"<broken <a@b>", []string{"<a@b>"}},
		{"a@b", nil},
		{"<>", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, MessageIDs(tt.raw)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.raw, diff)
		}
	}
	if got := Parse([]byte("In-Reply-To: a@b\n\n")).InReplyTo; len(got) != 1 || got[0] != "<a@b>" {
		t.Errorf("an id without brackets: %q", got)
	}
}

func TestParseDate(t *testing.T) {
	want := time.Date(2026, 3, 4, 15, 6, 7, 0, time.UTC)
	for _, raw := range []string{
		"Wed, 4 Mar 2026 16:06:07 +0100", "Wed, 4 Mar 2026 16:06:07 +0100 (CET)", "4 Mar 2026 15:06:07 GMT", "Wed Mar  4 15:06:07 2026", "2026-03-04T15:06:07Z",
		"Wednesday, 4 March 2026 15:06:07 +0000",
	} {
		if got := parseDate(raw); !got.Equal(want) {
			t.Errorf("%s: %v", raw, got)
		}
	}
	for _, raw := range []string{"", "yesterday", "Wed, 4 Mar 1826 16:06:07 +0100", strings.Repeat("1", 500)} {
		if got := parseDate(raw); !got.IsZero() {
			t.Errorf("%q: %v", raw, got)
		}
	}
}

func TestMultipart(t *testing.T) {
	tests := []struct {
		name, raw, text string
		attachments     []outreach.Attachment
	}{
		{
			"alternative in mixed", "Content-Type: multipart/mixed; boundary=o\n\npreamble\n--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain\n\nplain\n--i\nContent-Type: text/html\n\n<p>html</p>\n--i--\n--o\nContent-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--o--\nepilogue",
			"plain", []outreach.Attachment{{Filename: "a.pdf", ContentType: "application/pdf", Size: 5}},
		},
		{"wrong boundary", "Content-Type: multipart/mixed; boundary=x\n\n--y\nContent-Type: text/plain\n\nhi\n--y--\n", "hi", nil},
		{"no boundary", "Content-Type: multipart/mixed\n\n--y\nContent-Type: text/plain\n\nhi\n--y--\n", "hi", nil},
		{"no parts", "Content-Type: multipart/mixed; boundary=x\n\njust text\n", "just text\n", nil},
		{
			"boundary that ends as the end does", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: multipart/alternative; boundary=\"x--\"\n\n" +
				"--x--\nContent-Type: text/plain\n\nhi\n--x--\nContent-Type: text/html\n\n<p>hi</p>\n--x----\n--x\nContent-Type: image/png\n\n123\n--x--\n",
			"hi", []outreach.Attachment{{ContentType: "image/png", Size: 3}},
		},
		{"cut off", "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nhal", "hal", nil},
		{"part without header", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nhi\n--x--\n", "hi", nil},
		{"blanks behind the boundary", "Content-Type: multipart/mixed; boundary=x\n\n--x  \n\nhi\n--x--  \n", "hi", nil},
		{"HTML only", "Content-Type: text/html\n\n<p>a&amp;b</p><script>x</script><p>c</p>", "a&b\n\nc", nil},
		{"HTML that names its charset", "Content-Type: text/html\n\n<meta charset=koi8-r><p>\xf0\xd2\xc9</p>", "При", nil},
		{"message in a message", "Content-Type: message/rfc822\n\nSubject: in\n\ninner", "inner", []outreach.Attachment{{ContentType: "message/rfc822", Size: 18}}},
		{"text between files", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\none\n--x\nContent-Type: image/png\n\n123\n--x\n\ntwo\n--x--\n", "one\ntwo", []outreach.Attachment{{ContentType: "image/png", Size: 3}}},
		{"only an attached text", "Content-Type: text/plain; name=a.txt\nContent-Disposition: attachment\n\nhi", "hi", []outreach.Attachment{{Filename: "a.txt", ContentType: "text/plain", Size: 2}}},
		{"type that is none", "Content-Type: foo\n\nhi", "hi", nil},
		{"uuencoded file", "Subject: x\n\nsee\nbegin 644 f.txt\n#:&D*\n`\nend\n", "see\n", []outreach.Attachment{{Filename: "f.txt", ContentType: "application/octet-stream", Size: 3}}},
		{"path in a file name", "Content-Type: application/pdf; name=\"../../etc/a.pdf\"\n\n1", "", []outreach.Attachment{{Filename: "a.pdf", ContentType: "application/pdf", Size: 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := Parse([]byte(tt.raw))
			if diff := cmp.Diff(tt.attachments, m.Attachments); m.Text != tt.text || diff != "" {
				t.Errorf("text %q, want %q; attachments (-want +got):\n%s", m.Text, tt.text, diff)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	nested := strings.Builder{}
	for i := range 60 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	tests := []struct{ name, raw string }{
		{"depth", nested.String() + "\nhi"},
		{"parts", "Content-Type: multipart/mixed; boundary=x\n\n" + strings.Repeat("--x\n\na\n", 2*maxParts)},
		{"fields", strings.Repeat("X: y\n", 2*maxFields) + "\nhi"},
		{"header bytes", "X: " + strings.Repeat("y", 2*maxHeaderBytes) + "\n\nhi"},
		{"folds", "X: y\n" + strings.Repeat(" yyyyyyyy\n", maxHeaderBytes/4) + "\nhi"},
		{"part", "X: y\n\n" + strings.Repeat("a", 3*maxPartBytes)},
	}
	for _, tt := range tests {
		m := Parse([]byte(tt.raw))
		if !m.Truncated {
			t.Errorf("%s: not marked as truncated", tt.name)
		}
		if len(m.Parts) > maxParts || len(m.Text) > maxTextBytes || len(m.Header.fields) > maxFields {
			t.Errorf("%s: %d parts, %d bytes of text, %d fields", tt.name, len(m.Parts), len(m.Text), len(m.Header.fields))
		}
	}
}

func TestHTMLToText(t *testing.T) {
	tests := []struct{ html, want string }{
		{"a<br>b", "a\nb"},
		{"<div>a</div><div>b</div>", "a\nb"},
		{"<p>a  \n b</p><p>c</p>", "a b\n\nc"},
		{"<ul><li>a<li>b</ul>", "- a\n- b"},
		{"<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"},
		{`<a href="https://x.example/p">here</a> you go`, "here <https://x.example/p> you go"},
		{`<a href="https://x.example">x.example</a>`, "x.example"},
		{`<a href="mailto:a@b.example">a@b.example</a>`, "a@b.example"},
		{`<a href="javascript:x()">a</a>`, "a"},
		{"<style>p{}</style><script>var x</script>a<!-- c -->", "a"},
		{"<head><title>t</title><body>a", "a"},
		{"<pre>a\n  b</pre>c", "a\n  b\nc"},
		{"a&nbsp;b &lt;c&gt; &euro;", "a b <c> €"},
		{"<p>unclosed <b>tags", "unclosed tags"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := htmlToText(tt.html); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.html, got, tt.want)
		}
	}
}

func TestCalendarReply(t *testing.T) {
	event := "BEGIN:VCALENDAR\r\nMETHOD:%s\r\nBEGIN:VEVENT\r\nUID:u1\r\nSUMMARY:Talk\\, briefly\r\nATTENDEE;PARTSTAT=%s;CN=\"Her: Name\":mailto:her@the\r\n re.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	tests := []struct {
		method, status string
		want           *Calendar
	}{
		{"REPLY", "ACCEPTED", &Calendar{Response: "accepted", Attendee: "her@there.example", UID: "u1", Summary: "Talk, briefly"}},
		{"REPLY", "DECLINED", &Calendar{Response: "declined", Attendee: "her@there.example", UID: "u1", Summary: "Talk, briefly"}},
		{"REPLY", "TENTATIVE", &Calendar{Response: "tentative", Attendee: "her@there.example", UID: "u1", Summary: "Talk, briefly"}},
		{"REPLY", "NEEDS-ACTION", nil},
		{"REQUEST", "ACCEPTED", nil},
	}
	for _, tt := range tests {
		m := Parse([]byte("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nok\r\n--x\r\nContent-Type: text/calendar; method=" + tt.method + "\r\n\r\n" +
			fmt.Sprintf(event, tt.method, tt.status) + "--x--\r\n"))
		if diff := cmp.Diff(tt.want, m.Calendar); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.method, tt.status, diff)
		}
	}
}
