package message

import (
	"strings"
	"unicode/utf16"
)

// decodeUTF7 reads RFC 2152, which old Exchange servers still send and no library of ours knows. What is malformed is kept as it stands.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] != '+' {
			out.WriteByte(b[i] & 0x7f)
			continue
		}
		end := i + 1
		for end < len(b) && b[end] != '-' && base64Value[b[end]] < 64 {
			end++
		}
		if end == i+1 {
			out.WriteByte('+')
		} else {
			out.WriteString(utf16BigEndian(decodeBase64(b[i+1 : end])))
		}
		i = end - 1
		if end < len(b) && b[end] == '-' {
			i = end
		}
	}
	return out.String()
}

func utf16BigEndian(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return string(utf16.Decode(units))
}
