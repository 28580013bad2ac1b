package message

// decodeHeader decodes encoded words and raw 8-bit bytes of a header value.
func decodeHeader(raw string) string { return raw }
