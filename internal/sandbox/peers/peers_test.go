package peers

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

const ann = "ann@peers.example"

func loginIMAP(t *testing.T, c *imapclient.Client, err error) *imapclient.Client {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(ann, Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestDovecot reads a delivered message through all three doors; the secured ones are refused without the authority.
func TestDovecot(t *testing.T) {
	d := Dovecot(t, DovecotOptions{})
	d.Deliver(t, ann, []byte("Subject: hello\r\nMessage-ID: <1@x.example>\r\n\r\nhello\r\n"))
	plain, secured := fmt.Sprintf("localhost:%d", d.Port), fmt.Sprintf("localhost:%d", d.TLSPort)
	trust := &imapclient.Options{TLSConfig: &tls.Config{RootCAs: d.RootCAs(), ServerName: "localhost", NextProtos: []string{}}}
	doors := map[string]func(*imapclient.Options) (*imapclient.Client, error){
		"clear":    func(o *imapclient.Options) (*imapclient.Client, error) { return imapclient.DialInsecure(plain, o) },
		"starttls": func(o *imapclient.Options) (*imapclient.Client, error) { return imapclient.DialStartTLS(plain, o) },
		"tls":      func(o *imapclient.Options) (*imapclient.Client, error) { return imapclient.DialTLS(secured, o) },
	}
	for name, dial := range doors {
		t.Run(name, func(t *testing.T) {
			c, err := dial(trust)
			c = loginIMAP(t, c, err)
			data, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
			if err != nil || data.NumMessages != 1 {
				t.Fatalf("select: %+v, %v", data, err)
			}
			if name == "clear" {
				return
			}
			c, err = dial(&imapclient.Options{TLSConfig: &tls.Config{ServerName: "localhost", NextProtos: []string{}}})
			var unknown x509.UnknownAuthorityError
			if !errors.As(err, &unknown) {
				t.Errorf("without the authority: %v", err)
			}
			if c != nil {
				_ = c.Close()
			}
		})
	}
}

// TestDovecotRoles: the folders that a sync looks for are there and say what they are.
func TestDovecotRoles(t *testing.T) {
	d := Dovecot(t, DovecotOptions{})
	c, err := imapclient.DialInsecure(fmt.Sprintf("localhost:%d", d.Port), nil)
	c = loginIMAP(t, c, err)
	folders, err := c.List("", "*", &imap.ListOptions{ReturnSpecialUse: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]imap.MailboxAttr{"Junk": imap.MailboxAttrJunk, "Sent": imap.MailboxAttrSent} {
		if !slices.ContainsFunc(folders, func(f *imap.ListData) bool { return f.Mailbox == name && slices.Contains(f.Attrs, role) }) {
			t.Errorf("no folder %s with role %s", name, role)
		}
	}
}
