// Package sandbox is a small world of mail on loopback: an SMTP server, an IMAP server, the mailboxes that send, and people who answer
// as people do. The demo shows it and tests talk to it; nothing in it reaches another machine.
//
// A message accepted for a person is answered by that person's script: a keen answer, a question, an opt-out in words, an
// out-of-office notice with a return date, a bounce on the spot or an hour later, silence. Answers are raw messages shaped as Gmail,
// Outlook, Apple Mail, Exchange and Postfix write them, dated on the world's clock, and appear in the sending mailbox when Tick
// passes their time. What is said depends only on the seed, the person and how many messages that person has received.
//
// The world keeps books: who got which Message-ID how often, how many connections were open at once, who logged in, whether a flag of
// a message ever changed. Those books are what a test asserts.
//
// Faults come in two ways. Options and Stall slow down or silence servers. The local part of a recipient's address asks for a refusal
// or a cut at a chosen moment (the words are listed at the type fault), which is how one run meets every failure.
package sandbox
