package web

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newPEM makes a certificate for this machine, and its key.
func newPEM(t *testing.T, serial int64) (chain, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost", "mail.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// pemFiles are a certificate and its key as a renewal writes them: each at once.
type pemFiles struct{ chain, key string }

func newPEMFiles(t *testing.T) pemFiles {
	dir := t.TempDir()
	return pemFiles{filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")}
}

func (f pemFiles) write(t *testing.T, chain, key []byte) {
	t.Helper()
	for path, content := range map[string][]byte{f.chain: chain, f.key: key} {
		if err := os.WriteFile(path+".new", content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRenewedCertificate: what a handshake shows, step by step through renewals that go well and badly.
func TestRenewedCertificate(t *testing.T) {
	files := newPEMFiles(t)
	chain1, key1 := newPEM(t, 1)
	chain2, key2 := newPEM(t, 2)
	chain3, key3 := newPEM(t, 3)
	files.write(t, chain1, key1)
	var log bytes.Buffer
	c, err := LoadCertificate(files.chain, files.key, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	l, err := Listen(t.Context(), "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, step := range []struct {
		name   string
		change func()
		serial int64
		errors int // in the log by then
	}{
		{"as it was", func() {}, 1, 0},
		{"renewed", func() { files.write(t, chain2, key2) }, 2, 0},
		{"half renewed", func() { files.write(t, chain3, key2) }, 2, 1},
		{"still half", func() {}, 2, 1},
		{"whole", func() { files.write(t, chain3, key3) }, 3, 1},
		{"garbage", func() { files.write(t, []byte("x"), []byte("y")) }, 3, 2},
		{"gone", func() { _ = os.Remove(files.chain) }, 3, 2},
		{"back", func() { files.write(t, chain1, key1) }, 1, 2},
	} {
		step.change()
		if got := serialOf(t, l); got != step.serial {
			t.Errorf("%s: the certificate is number %d, want %d", step.name, got, step.serial)
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != step.errors {
			t.Errorf("%s: %d errors in the log, want %d: %s", step.name, n, step.errors, log.String())
		}
	}
}

// serialOf is the number of the certificate that a listener shows.
func serialOf(t *testing.T, l net.Listener) int64 {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			err = conn.(*tls.Conn).HandshakeContext(t.Context())
			_ = conn.Close()
		}
		done <- err
	}()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // which certificate it is is the question
	conn, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}
