package bench

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// reference is a loop over a library alone that a figure is compared with.
type reference struct {
	SMTP *bareSMTP `json:",omitempty"`
	IMAP *bareLook `json:",omitempty"`
}

// referenceVariable has this program be nothing but a reference, which its standard input describes.
const referenceVariable = "MAILRUN_BENCH_REFERENCE"

// apart runs a reference in a process of its own, as the program is one: in the process of the server every answer would be at hand without a
// switch between processes. It returns how long the loop took, without the process's start.
func apart(b *testing.B, r reference) time.Duration {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	described, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.CommandContext(b.Context(), self)
	cmd.Env, cmd.Stdin, cmd.Stderr = append(os.Environ(), referenceVariable+"=1"), bytes.NewReader(described), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("reference: %v", err)
	}
	took, err := time.ParseDuration(string(bytes.TrimSpace(out)))
	if err != nil {
		b.Fatal(err)
	}
	return took
}

func TestMain(m *testing.M) {
	if os.Getenv(referenceVariable) == "" {
		os.Exit(m.Run())
	}
	var r reference
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	loop := r.IMAP.run
	if r.SMTP != nil {
		loop = r.SMTP.run
	}
	began := time.Now()
	if err := loop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(time.Since(began))
}

// trusting is TLS with a server on this machine whose certificate roots in PEM have signed, nil without these. Sessions are resumed, as the
// program does.
func trusting(roots string) *tls.Config {
	if roots == "" {
		return nil
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(roots))
	return &tls.Config{ServerName: "127.0.0.1", RootCAs: pool, MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
}
