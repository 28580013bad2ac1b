// Package hosts holds tests of many processes and of many hosts on one database: the real program side by side with itself, in network
// namespaces with addresses of their own where one is cut off from the store, and with clocks that are wrong. It has no code of its own.
package hosts
