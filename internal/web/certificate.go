package web

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"sync"
)

// Certificate is a certificate in files that somebody renews, such as certbot: the files are looked at with each handshake and read again
// when they have changed. What cannot be used, half a renewal included, is logged once and the certificate before it kept.
type Certificate struct {
	chain, key string
	log        *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	files   [2]os.FileInfo // as they were when they were last read
}

// LoadCertificate reads a certificate chain and its key, both in PEM.
func LoadCertificate(chain, key string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{chain: chain, key: key, log: log}
	if err := c.Reload(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reload reads the files now. If they cannot be used, the certificate stays what it was.
func (c *Certificate) Reload() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	files, err := c.look()
	if err != nil {
		return err
	}
	return c.read(files)
}

// get is the certificate for a handshake.
func (c *Certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	files, err := c.look()
	if err != nil || c.unchanged(files) {
		return c.current, nil // files that are not there are about to be
	}
	if err := c.read(files); err != nil {
		c.log.Error("the new certificate cannot be used; the old one stays", "error", err)
	} else {
		c.log.Info("new certificate", "file", c.chain)
	}
	return c.current, nil
}

// look is what the file system says of the files, links followed.
func (c *Certificate) look() (files [2]os.FileInfo, err error) {
	chain, errChain := os.Stat(c.chain)
	key, errKey := os.Stat(c.key)
	return [2]os.FileInfo{chain, key}, errors.Join(errChain, errKey)
}

func (c *Certificate) unchanged(files [2]os.FileInfo) bool {
	for i, now := range files {
		before := c.files[i]
		if !os.SameFile(now, before) || !now.ModTime().Equal(before.ModTime()) || now.Size() != before.Size() {
			return false
		}
	}
	return true
}

// read takes over what the files hold. Files that change while they are read differ from what was seen of them before, so the next handshake
// reads them again.
func (c *Certificate) read(files [2]os.FileInfo) error {
	c.files = files
	pair, err := tls.LoadX509KeyPair(c.chain, c.key)
	if err != nil {
		return err
	}
	c.current = &pair
	return nil
}
