package message

import (
	"bytes"
	"strings"
)

// Calendar is an answer to an invitation (RFC 5546 section 3.2.3, METHOD:REPLY).
type Calendar struct {
	Response string // accepted, declined or tentative
	Attendee string // address of the one who answers
	UID      string // of the event
	Summary  string
}

// maxCalendarBytes bounds what is read of a calendar object. An answer is about 1 KB.
const maxCalendarBytes = 64 << 10

// readCalendar finds the answer to an invitation among the parts.
func readCalendar(parts []Part) *Calendar {
	for i := range parts {
		if t := parts[i].ContentType; t == "text/calendar" || t == "application/ics" {
			if c := parseCalendar(parts[i].Body); c != nil {
				return c
			}
		}
	}
	return nil
}

// parseCalendar reads the first event (RFC 5545). It returns nil for anything but an answer.
func parseCalendar(b []byte) *Calendar {
	c := &Calendar{}
	reply, inEvent := false, false
	for rest := unfoldCalendar(b[:min(len(b), maxCalendarBytes)]); len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		name, params, value := cutContentLine(decodeCharset("", line))
		switch {
		case name == "METHOD":
			reply = strings.EqualFold(value, "REPLY")
		case name == "BEGIN" && strings.EqualFold(value, "VEVENT"):
			inEvent = true
		case name == "END" && strings.EqualFold(value, "VEVENT") && c.Response != "":
			rest = nil
		case inEvent:
			c.read(name, params, value)
		}
	}
	if !reply || c.Response == "" {
		return nil
	}
	return c
}

func (c *Calendar) read(name, params, value string) {
	switch name {
	case "UID":
		c.UID = value
	case "SUMMARY":
		c.Summary = strings.NewReplacer(`\n`, " ", `\N`, " ", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value)
	case "ATTENDEE":
		for _, p := range strings.Split(params, ";") {
			key, status, _ := strings.Cut(p, "=")
			if response := partStat[strings.ToUpper(strings.Trim(status, `" `))]; strings.EqualFold(key, "PARTSTAT") && response != "" {
				c.Response, c.Attendee = response, cleanAddress(value)
			}
		}
	}
}

// partStat names the answers of RFC 5545 section 3.2.12 that say something.
var partStat = map[string]string{"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative"}

// unfoldCalendar joins folded lines (RFC 5545 section 3.1).
func unfoldCalendar(b []byte) []byte {
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	b = bytes.ReplaceAll(b, []byte("\n "), nil)
	return bytes.ReplaceAll(b, []byte("\n\t"), nil)
}

// cutContentLine splits "NAME;PARAMS:VALUE"; a colon in quotes belongs to a parameter.
func cutContentLine(line string) (name, params, value string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == ':' && !quoted:
			name, params, _ = strings.Cut(line[:i], ";")
			return strings.ToUpper(strings.TrimSpace(name)), params, strings.TrimSpace(line[i+1:])
		}
	}
	return "", "", ""
}
