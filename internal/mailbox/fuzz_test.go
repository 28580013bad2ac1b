package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		"250 ok\r\n", "250-mx\r\n250-SIZE 10\r\n250 AUTH PLAIN\r\n", "550 5.1.1 no\n", "421\r\n", "250-\r\n250 \r\n", "25", "250-a\r\n550 b\r\n",
		"354 go\r\n250 2.0.0 queued\r\n", "999 x\r\n", "250 \xff\x00\x1b[31m\r\n", "550 " + strings.Repeat("x", 5000) + "\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		br := bufio.NewReaderSize(bytes.NewReader(data), replyBuffer)
		reply, err := readReply(br)
		if err != nil {
			return
		}
		text := reply.Text()
		if reply.Code < 200 || reply.Code > 599 || len(text) > 2*maxReplyText+100 || !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00\x1b") {
			t.Errorf("%q reads as %d %q", data, reply.Code, text)
		}
		again, err := readReply(bufio.NewReaderSize(bytes.NewReader(reply.wire()), replyBuffer))
		if err != nil || again.Code != reply.Code || again.Enhanced != reply.Enhanced {
			t.Errorf("what the library is told differs: %+v, %v; was %+v", again, err, reply)
		}
		extensions(reply)
	})
}

// FuzzIMAP plays a server that answers each line of the client with the next piece of the input; pieces are separated by a zero byte and
// $TAG stands for the tag of the line.
func FuzzIMAP(f *testing.F) {
	const login = "* OK [CAPABILITY IMAP4rev1 SPECIAL-USE LIST-EXTENDED] hi\r\n\x00$TAG OK [CAPABILITY IMAP4rev1 SPECIAL-USE] in\r\n\x00"
	header := fetchAnswer("UID FETCH", "11:13 (UID INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])")
	for _, seed := range []string{
		login + "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 14] ok\r\n$TAG OK done\r\n\x00* SEARCH 11 12 13\r\n$TAG OK done\r\n\x00" + header + "$TAG OK done\r\n",
		login + "* 3 EXISTS\r\n$TAG OK done\r\n",
		login + "$TAG NO [NONEXISTENT] no\r\n\x00* BYE Suggested Backoff Time: 5 seconds\r\n",
		login + "* OK [UIDVALIDITY 7] x\r\n* 9 EXISTS\r\n$TAG OK x\r\n\x00* 9 FETCH (UID 13)\r\n$TAG OK x\r\n\x00* SEARCH 13\r\n$TAG OK x\r\n\x00* 9 FETCH (BODY[HEADER] {3}\r\nabc UID 13)\r\n$TAG OK x\r\n",
		"* BYE no\r\n", "* PREAUTH x\r\n\x00* CAPABILITY IMAP4rev1\r\n$TAG OK x\r\n", "* OK {5}\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		client, server := net.Pipe()
		played := make(chan struct{})
		go func() {
			defer close(played)
			play(server, data)
		}()
		d := &Dialer{MaxBytes: 1 << 20, IdleTimeout: 20 * time.Millisecond, Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil }}
		mb := &outreach.Mailbox{Email: "ann@example.com", ClearIMAPPassword: "horse"}
		if s, err := d.IMAP(ctx, mb); err == nil {
			_, _ = s.Examine(ctx, "INBOX")
			got, _ := s.Headers(ctx, 11, 13)
			for _, m := range got {
				if m.UID < 11 || m.UID > 13 || m.Raw == nil || len(m.Raw) > maxHeader {
					t.Errorf("UID %d with %d bytes", m.UID, len(m.Raw))
				}
			}
			_, _ = s.Folders(ctx)
			s.Close()
		}
		client.Close()
		<-played
		if ctx.Err() != nil {
			t.Error("the session hangs")
		}
	})
}

func play(conn net.Conn, data []byte) {
	defer conn.Close()
	br := bufio.NewReader(conn)
	tag := "*"
	for piece := range bytes.SplitSeq(data, []byte{0}) {
		if _, err := conn.Write(bytes.ReplaceAll(piece, []byte("$TAG"), []byte(tag))); err != nil {
			break
		}
		line, err := br.ReadString('\n')
		if err != nil {
			break
		}
		tag, _, _ = strings.Cut(line, " ")
	}
}

func FuzzSignatures(f *testing.F) {
	ring := newRing(f, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	id := bson.NewObjectID()
	f.Add(ring.MessageID(id, "example.com"))
	f.Add(ring.OptOutToken(id))
	f.Add("....................................")
	f.Fuzz(func(t *testing.T, s string) {
		if id, ok := ring.VerifyMessageID(s); ok && !strings.Contains(strings.ToLower(s), lower32(id[:11])[:17]) {
			t.Errorf("%q verifies as %s", s, id)
		}
		ring.VerifyOptOutToken(s)
		_, _ = ring.Open(id, s)
	})
}
