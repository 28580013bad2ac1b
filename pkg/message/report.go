package message

import "strings"

// LooksLikeReport tells from a header alone whether a message may be a bounce or a complaint, so that its body is worth reading. It errs on
// the side of reading: what the message is, Read decides.
func LooksLikeReport(h Header) bool {
	kind := strings.ToLower(h.Raw("Content-Type"))
	if strings.Contains(kind, "report") || strings.Contains(kind, "feedback") || h.Has("X-Failed-Recipients") {
		return true
	}
	if h.Has("Return-Path") && nullPath().MatchString(h.Raw("Return-Path")) {
		return true
	}
	for _, from := range ParseAddresses(h.Get("From")) {
		local, _, _ := strings.Cut(from.Address, "@")
		if isDaemon(local) || isDaemon(from.Name) {
			return true
		}
	}
	return isBounceSubject(h.Get("Subject"))
}
