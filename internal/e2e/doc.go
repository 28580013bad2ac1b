// Package e2e holds tests of both jobs together against real mail servers: a Postfix that takes mail over TLS, delivers and bounces it,
// and a Dovecot that both sides read from. It has no code of its own.
package e2e
