package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"

	"golang.org/x/net/netutil"
)

// maxConnections bounds the connections that are open at once, so that a flood cannot take all file descriptors.
const maxConnections = 1024

// firstSocket is the descriptor of the first socket that systemd hands over (sd_listen_fds(3)).
const firstSocket = 3

// Listen opens what a server answers on: the socket that systemd handed over, else "unix:/path", else "host:port". With a certificate it
// speaks TLS.
func Listen(ctx context.Context, address string, certificate *Certificate) (net.Listener, error) {
	l, err := inherited()
	if l == nil && err == nil {
		l, err = open(ctx, address)
	}
	if err != nil {
		return nil, err
	}
	l = netutil.LimitListener(l, maxConnections)
	if certificate != nil {
		l = tls.NewListener(l, &tls.Config{GetCertificate: certificate.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	return l, nil
}

// inherited is systemd's socket, or nil if there is none for this process.
func inherited() (net.Listener, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) || os.Getenv("LISTEN_FDS") == "" {
		return nil, nil
	}
	f := os.NewFile(firstSocket, "systemd socket")
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		return nil, fmt.Errorf("take over the socket from systemd: %w", err)
	}
	return l, nil
}

func open(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	path, isUnix := strings.CutPrefix(address, "unix:")
	if !isUnix {
		return config.Listen(ctx, "tcp", address)
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := config.Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	// The web server's user is in the group of the folder; nobody else is let in.
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// removeStale removes the socket that a killed process left, but not one that somebody answers on, nor another kind of file.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("listen on %s: there is a file that is no socket", path)
	}
	var dialer net.Dialer
	if c, err := dialer.DialContext(ctx, "unix", path); err == nil {
		_ = c.Close()
		return fmt.Errorf("listen on %s: another process answers there", path)
	}
	return os.Remove(path)
}
