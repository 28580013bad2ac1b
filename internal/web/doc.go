// Package web is `mailrun serve`: the jobs behind HTTP for hosts that can only curl, an admin page, and the pages by which recipients opt
// out. It has no rule of its own: a handler decodes a request, calls what the commands call, and encodes the result. routes.go is the whole
// surface.
//
// What holds everywhere: an error is JSON {"error": "…"}; a body is bounded; a client that is silent or slow is let go; a job that a request
// started goes on when the client goes away; nothing is loaded from another host and no page holds inline script or style.
package web
