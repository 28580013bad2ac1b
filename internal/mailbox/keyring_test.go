package mailbox

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func newRing(t testing.TB, keys ...string) *Keyring {
	t.Helper()
	if len(keys) == 0 {
		keys = []string{NewKey()}
	}
	ring, err := ParseKeys(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// addrConn is a connection of which only the other side's address is known.
type addrConn struct {
	net.Conn
	addr string
}

func (c addrConn) RemoteAddr() net.Addr { return stringAddr(c.addr) }

type stringAddr string

func (stringAddr) Network() string  { return "tcp" }
func (a stringAddr) String() string { return string(a) }

func TestSealAndOpen(t *testing.T) {
	id := bson.NewObjectID()
	key, older := NewKey(), NewKey()
	old := newRing(t, older)
	ring := newRing(t, key, older)
	oldSealed, _ := old.Seal(id, "p\x00ä")
	sealed, err := ring.Seal(id, "p\x00ä")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"the first key": sealed, "an older key": oldSealed} {
		if plain, err := ring.Open(id, text); err != nil || plain != "p\x00ä" {
			t.Errorf("sealed by %s: %q, %v", name, plain, err)
		}
	}
	if ring.NeedsReseal(sealed) || !ring.NeedsReseal(oldSealed) {
		t.Error("what the first key sealed needs no resealing, what an older one sealed does")
	}
	flipped := sealed[:len(sealed)-2] + string(sealed[len(sealed)-2]^1) + sealed[len(sealed)-1:]
	bad := map[string]struct {
		ring *Keyring
		id   bson.ObjectID
		text string
	}{
		"another mailbox": {ring, bson.NewObjectID(), sealed},
		"another key":     {newRing(t), id, sealed},
		"changed":         {ring, id, flipped},
		"cut":             {ring, id, sealed[:len(sealed)-8]},
		"not sealed":      {ring, id, "secret"},
		"another version": {ring, id, "v9" + sealed[2:]},
	}
	for name, c := range bad {
		if plain, err := c.ring.Open(c.id, c.text); !errors.Is(err, ErrWrongKey) || plain != "" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if _, err := (*Keyring)(nil).Open(id, sealed); !errors.Is(err, ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	if shown := fmt.Sprintf("%v %+v %#v", ring, ring, ring); strings.Contains(shown, key) || shown != "[keyring] [keyring] [keyring]" {
		t.Errorf("the keyring shows %s", shown)
	}
}

func TestParseKeys(t *testing.T) {
	key := NewKey()
	for _, good := range []string{"", "  ", key, strings.TrimRight(key, "="), key + ", " + NewKey(), strings.NewReplacer("+", "-", "/", "_").Replace(key)} {
		if _, err := ParseKeys(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"x", key[:20], key + ",", key + key, "*" + key[1:]} {
		if _, err := ParseKeys(bad); err == nil || strings.Contains(err.Error(), key[:8]) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	key := NewKey()
	ring, rotated := newRing(t, key), newRing(t, NewKey(), key)
	id := bson.NewObjectID()
	mid := ring.MessageID(id, "Example.COM")
	if mid != ring.MessageID(id, "example.com") || len(mid) != len("<>.@example.com")+36 || strings.ToLower(mid) != mid {
		t.Errorf("Message-ID %s", mid)
	}
	inner := strings.Trim(mid, "<>")
	for name, text := range map[string]string{
		"as it is":         mid,
		"without brackets": inner,
		"upper case":       strings.ToUpper(mid),
		"another domain":   strings.Replace(mid, "example.com", "eu-west.amazonses.com", 1),
		"wrapped":          "<SN6PR0.1." + inner + ".outlook@mx.example.net>",
		"in a header":      "<a@b> \r\n\t" + mid + " <c@d>",
	} {
		for _, r := range []*Keyring{ring, rotated} {
			if got, ok := r.VerifyMessageID(text); !ok || got != id {
				t.Errorf("%s: %v %v", name, got, ok)
			}
		}
	}
	swapped := inner[:5] + map[bool]string{true: "b", false: "a"}[inner[5] == 'a'] + inner[6:]
	for name, text := range map[string]string{
		"forged": swapped, "foreign": "<abc.def@example.com>", "empty": "", "cut": inner[:30], "only dots": strings.Repeat(".", 5000),
		"without a key": (&Keyring{}).MessageID(id, "example.com"), "another key": newRing(t).MessageID(id, "example.com"),
	} {
		if _, ok := ring.VerifyMessageID(text); ok {
			t.Errorf("%s verifies: %s", name, text)
		}
	}
	if _, ok := (*Keyring)(nil).VerifyMessageID(mid); ok {
		t.Error("verifies without a key")
	}
}

func TestOptOutTokens(t *testing.T) {
	key := NewKey()
	ring, rotated := newRing(t, key), newRing(t, NewKey(), key)
	id := bson.NewObjectID()
	token := ring.OptOutToken(id)
	if len(token) != 36 || strings.Trim(token, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("token %q", token)
	}
	for _, text := range []string{token, strings.ToUpper(token), "unsubscribe " + token, "ann+" + token + "@example.com", "/u/" + token + "?x=1"} {
		if got, ok := rotated.VerifyOptOutToken(text); !ok || got != id {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
	mid := ring.MessageID(id, "example.com")
	for _, text := range []string{"", token + "a", token[1:], newRing(t).OptOutToken(id), strings.ReplaceAll(mid, ".", "")} {
		if _, ok := ring.VerifyOptOutToken(text); ok {
			t.Errorf("%q verifies", text)
		}
	}
	if (*Keyring)(nil).OptOutToken(id) != "" {
		t.Error("a token without a key")
	}
}
