package mailbox

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// KeySize is the size of an encryption key in bytes.
const KeySize = 32

const sealVersion = "v1"

// The purposes for which keys are derived (HKDF, RFC 5869). Changing one invalidates everything made under it.
const (
	purposeSeal      = "mailrun/v1/seal"
	purposeKeyID     = "mailrun/v1/key-id"
	purposeMessageID = "mailrun/v1/message-id"
	purposeOptOut    = "mailrun/v1/opt-out"
)

// ErrNoKey says that there is no key to seal or open with.
var ErrNoKey = errors.New("MAILBOX_ENCRYPTION_KEY is not set")

// ErrWrongKey says that no key of the keyring opens a sealed text: another key sealed it, or it belongs to another mailbox, or it was
// changed.
var ErrWrongKey = errors.New("no key in MAILBOX_ENCRYPTION_KEY opens it")

// Keyring seals mailbox secrets and signs Message-IDs and opt-out tokens. The first key seals and signs, all of them open and verify, so
// that keys can be rotated. A nil or empty keyring opens nothing.
type Keyring struct {
	keys []ringKey
}

// ringKey is one key of the ring, split by purpose. Its id is a hint in the sealed text for finding it again.
type ringKey struct {
	id        string
	seal      cipher.AEAD
	messageID []byte
	optOut    []byte
}

// NewKey returns a fresh random key in the form that ParseKeys reads.
func NewKey() string {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails (Go 1.24)
	return base64.StdEncoding.EncodeToString(key)
}

// ParseKeys reads comma-separated base64 keys of 32 bytes each, standard or URL alphabet, padded or not. An empty text is an empty
// keyring. Errors name the key by its place and never show it.
func ParseKeys(s string) (*Keyring, error) {
	ring := &Keyring{}
	if strings.TrimSpace(s) == "" {
		return ring, nil
	}
	for i, part := range strings.Split(s, ",") {
		raw, err := decodeKey(part)
		if err != nil {
			return nil, fmt.Errorf("encryption key %d: %w", i+1, err)
		}
		key, err := newRingKey(raw)
		if err != nil {
			return nil, fmt.Errorf("encryption key %d: %w", i+1, err)
		}
		ring.keys = append(ring.keys, key)
	}
	return ring, nil
}

func decodeKey(s string) ([]byte, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil, errors.New("is not base64")
	}
	if len(raw) != KeySize {
		return nil, fmt.Errorf("has %d bytes, want %d", len(raw), KeySize)
	}
	return raw, nil
}

func newRingKey(raw []byte) (ringKey, error) {
	derived := make(map[string][]byte)
	for _, purpose := range []string{purposeSeal, purposeKeyID, purposeMessageID, purposeOptOut} {
		sub, err := hkdf.Key(sha256.New, raw, nil, purpose, KeySize)
		if err != nil {
			return ringKey{}, fmt.Errorf("derive: %w", err)
		}
		derived[purpose] = sub
	}
	block, err := aes.NewCipher(derived[purposeSeal])
	if err != nil {
		return ringKey{}, fmt.Errorf("derive: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return ringKey{}, fmt.Errorf("derive: %w", err)
	}
	return ringKey{
		id:        hex.EncodeToString(derived[purposeKeyID][:4]),
		seal:      aead,
		messageID: derived[purposeMessageID],
		optOut:    derived[purposeOptOut],
	}, nil
}

// Empty tells whether there is no key.
func (k *Keyring) Empty() bool { return k == nil || len(k.keys) == 0 }

// String hides the keys from logs.
func (k *Keyring) String() string { return "[keyring]" }

// GoString hides the keys from %#v.
func (k *Keyring) GoString() string { return "[keyring]" }

// Seal encrypts a secret of the mailbox with this id: AES-256-GCM under a random nonce, the id authenticated with it, so that a sealed
// text copied into another mailbox's document does not open. The form is "v1.<key id>.<base64url>".
func (k *Keyring) Seal(id bson.ObjectID, plain string) (string, error) {
	if k.Empty() {
		return "", ErrNoKey
	}
	key := k.keys[0]
	box := key.seal.Seal(nil, nil, []byte(plain), sealedFor(id))
	return sealVersion + "." + key.id + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

// Open decrypts what Seal made for the mailbox with this id. It fails with ErrNoKey or ErrWrongKey.
func (k *Keyring) Open(id bson.ObjectID, sealed string) (string, error) {
	if k.Empty() {
		return "", ErrNoKey
	}
	version, rest, _ := strings.Cut(sealed, ".")
	keyID, text, ok := strings.Cut(rest, ".")
	if !ok || version != sealVersion {
		return "", fmt.Errorf("sealed text has an unknown form: %w", ErrWrongKey)
	}
	box, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("sealed text is not base64: %w", ErrWrongKey)
	}
	for _, key := range k.keys {
		if key.id != keyID {
			continue
		}
		if plain, err := key.seal.Open(nil, nil, box, sealedFor(id)); err == nil {
			return string(plain), nil
		}
	}
	return "", ErrWrongKey
}

// NeedsReseal tells whether a sealed text was made by another key than the one that seals now.
func (k *Keyring) NeedsReseal(sealed string) bool {
	return !k.Empty() && !strings.HasPrefix(sealed, sealVersion+"."+k.keys[0].id+".")
}

func sealedFor(id bson.ObjectID) []byte {
	return append([]byte("mailrun mailbox secret\x00"), id[:]...)
}
