// Package mailbox is a mailbox's two doors: its sealed secrets and OAuth tokens, and the SMTP and IMAP sessions opened with them.
//
// The libraries behind the doors (go-simple-mail for SMTP, imapclient for IMAP) set no deadlines, know no contexts, and forget in which
// stage a connection broke. So this package dials, upgrades to TLS and logs in itself, and hands a finished connection to the library.
// Three layers make that connection safe to wait on:
//
//   - wire, at the bottom: every read and write has an idle deadline, capped by the context's; the bytes of a session are bounded; a
//     cancelled context closes the socket, which ends every wait at once.
//   - TLS, where configured. STARTTLS is an upgrade that must succeed: nothing is said in clear that belongs behind it.
//   - the protocol's own layer on top. For SMTP it reads whole replies, bounded, and knows from what was written which stage the
//     transaction is in, so that a broken line tells whether the final dot may have left. For IMAP it bounds lines and literals and
//     keeps the server's last words, which imapclient drops (BYE, ALERT).
//
// Every failure is a value. Opening a session fails with *Error (whose Class says what is wrong with the mailbox), sending fails with
// *SendError, and Classify tells for either who is at fault and what to do: the table in faults.go, printed in faults.md.
package mailbox
