// Package bench measures mailrun as a whole: each figure stands beside its reference, measured in the same minute on the same machine,
// because a bare number says more about the machine than about the program. `make bench` prints them as one table, `make bench-quick`
// the same over fewer documents and messages.
//
// What a run of a job costs is measured on the real program in a process of its own; the reference is a bare loop over the library that
// does the protocol's work. MongoDB is the server that MONGODB_TEST_URI names, else storetest's that keeps documents in memory.
// Mail servers are Postfix's smtp-sink and Dovecot where they are installed, else the sandbox's. Nothing is asserted: a slow machine fails no
// build.
package bench
