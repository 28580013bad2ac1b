package mailbox

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A signed id is an ObjectID (12 bytes) and the first 10 bytes of an HMAC-SHA256 over it: 80 bits that cannot be guessed. Both are
// written in base32, lower case, because mail systems change the case of what they carry; 20 and 16 characters.
const (
	macSize     = 10
	idChars     = 20
	macChars    = 16
	optOutChars = 36 // base32 of the 22 bytes id and MAC together
)

// maxScan bounds how much text is searched for a signed id.
const maxScan = 4096

// MessageID returns the Message-ID of a history document, with angle brackets: <id.mac@domain>. The same document gives the same
// Message-ID on every host that shares the key, which is what lets a later run look for it. Without a key the second part is random and
// VerifyMessageID will not know it.
func (k *Keyring) MessageID(historyID bson.ObjectID, domain string) string {
	mac := make([]byte, macSize)
	if k.Empty() {
		rand.Read(mac)
	} else {
		mac = sign(k.keys[0].messageID, historyID)
	}
	return "<" + lower32(historyID[:]) + "." + lower32(mac) + "@" + strings.ToLower(domain) + ">"
}

// VerifyMessageID finds a Message-ID that a key of the ring signed, anywhere in a text (a header value, an id that a provider wrapped in
// its own), in any case, and returns the history id in it. The domain is not signed: providers rewrite it.
func (k *Keyring) VerifyMessageID(messageID string) (bson.ObjectID, bool) {
	text := strings.ToLower(messageID[:min(len(messageID), maxScan)])
	for dot := strings.IndexByte(text, '.'); dot >= 0; {
		if id, ok := k.verifyAround(text, dot); ok {
			return id, true
		}
		next := strings.IndexByte(text[dot+1:], '.')
		if next < 0 {
			break
		}
		dot += 1 + next
	}
	return bson.NilObjectID, false
}

// verifyAround checks the characters on both sides of a dot.
func (k *Keyring) verifyAround(text string, dot int) (bson.ObjectID, bool) {
	if dot < idChars || len(text) < dot+1+macChars {
		return bson.NilObjectID, false
	}
	raw := make([]byte, 0, 12+macSize)
	raw, ok := append32(raw, text[dot-idChars:dot])
	if !ok {
		return bson.NilObjectID, false
	}
	raw, ok = append32(raw, text[dot+1:dot+1+macChars])
	if !ok {
		return bson.NilObjectID, false
	}
	return k.verify(raw, func(key ringKey) []byte { return key.messageID })
}

// OptOutToken returns the token by which a recipient opts out: 36 characters of [a-z2-7], fit for a URL path and for the local part or
// subject of a mail address, the same for ever. Without a key there are no tokens and it is empty.
func (k *Keyring) OptOutToken(recipientID bson.ObjectID) string {
	if k.Empty() {
		return ""
	}
	return lower32(append(recipientID[:], sign(k.keys[0].optOut, recipientID)...))
}

// VerifyOptOutToken finds an opt-out token that a key of the ring signed in a text (a URL path, a subject, an address), in any case, and
// returns the recipient's id. The token must stand alone: letters or digits directly beside it make it another word.
func (k *Keyring) VerifyOptOutToken(tok string) (bson.ObjectID, bool) {
	if len(tok) < optOutChars {
		return bson.NilObjectID, false // as most words of most subjects
	}
	text := strings.ToLower(tok[:min(len(tok), maxScan)])
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return (r < 'a' || 'z' < r) && (r < '0' || '9' < r) }) {
		if len(word) != optOutChars {
			continue
		}
		raw, ok := append32(nil, word)
		if !ok {
			continue
		}
		if id, ok := k.verify(raw, func(key ringKey) []byte { return key.optOut }); ok {
			return id, true
		}
	}
	return bson.NilObjectID, false
}

// verify compares id and MAC with what each key of the ring would sign. It tries all of them, whichever fits, in constant time each.
func (k *Keyring) verify(raw []byte, purpose func(ringKey) []byte) (bson.ObjectID, bool) {
	if k.Empty() || len(raw) != 12+macSize {
		return bson.NilObjectID, false
	}
	id := bson.ObjectID(raw[:12])
	found := false
	for _, key := range k.keys {
		if hmac.Equal(raw[12:], sign(purpose(key), id)) {
			found = true
		}
	}
	if !found {
		return bson.NilObjectID, false
	}
	return id, true
}

func sign(key []byte, id bson.ObjectID) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(id[:])
	return mac.Sum(nil)[:macSize]
}

func lower32(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// append32 decodes base32 text given in lower case.
func append32(dst []byte, s string) ([]byte, bool) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(s))
	if err != nil {
		return nil, false
	}
	return append(dst, raw...), true
}
