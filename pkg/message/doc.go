// Package message turns the bytes of mail into values and back: what a received message says, what kind of message it is, and the bytes
// of one to be sent. It knows no network, no store and no clock.
//
// # Reading
//
// Mail from the wild breaks every rule, and a message that cannot be read is a reply that is lost. So Parse never fails: what is
// malformed is read the way the common mail programs read it, and what stays unreadable is left out. Its work is linear in the size of
// its input and bounded: header bytes, parts, nesting and decoded sizes have limits (see the constants beside Parse), past which a
// message is marked Truncated. All strings are valid UTF-8.
//
// # Kinds
//
// Read decides what a message is, in an order that matters: a bounce (RFC 3464, then the texts of servers that do not follow it),
// a complaint (RFC 5965), an out-of-office note or another automatic answer (RFC 3834), an opt-out in words, and else a human. Bounces come
// first because many say Auto-Submitted too; words count only in the visible text, that is without the quoted history, because our own
// footer comes back in every reply.
package message
