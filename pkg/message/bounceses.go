package message

import (
	"encoding/json"
	"strings"
)

// sesNotice is the JSON in which Amazon SES reports through SNS, directly or wrapped in the SNS envelope. Fields that other kinds of
// notification have are left out.
type sesNotice struct {
	Message          string `json:"Message"` // the SNS envelope's content
	NotificationType string `json:"notificationType"`
	EventType        string `json:"eventType"`
	Mail             struct {
		MessageID   string   `json:"messageId"`
		Destination []string `json:"destination"`
		Headers     []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"headers"`
		CommonHeaders struct {
			MessageID string `json:"messageId"`
		} `json:"commonHeaders"`
	} `json:"mail"`
	Bounce struct {
		BounceType string `json:"bounceType"`
		Recipients []struct {
			Address    string `json:"emailAddress"`
			Action     string `json:"action"`
			Status     string `json:"status"`
			Diagnostic string `json:"diagnosticCode"`
		} `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Recipients []struct {
			Address string `json:"emailAddress"`
		} `json:"complainedRecipients"`
	} `json:"complaint"`
}

// readSES reads the notification at the beginning of a text; ok says that there is one.
func readSES(text string) (n sesNotice, ok bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") || !strings.Contains(text, "otificationType") && !strings.Contains(text, `"eventType"`) {
		return n, false
	}
	return decodeSES(text)
}

func decodeSES(text string) (n sesNotice, ok bool) {
	if decodeFirst(text, &n) != nil {
		return n, false
	}
	if n.kind() == "" && strings.HasPrefix(n.Message, "{") && decodeFirst(n.Message, &n) != nil {
		return n, false
	}
	return n, n.kind() != ""
}

// decodeFirst decodes the JSON value at the beginning of s; SNS writes a footer below it, and mail programs break its lines inside strings.
func decodeFirst(s string, into any) error {
	return json.NewDecoder(strings.NewReader(strings.ReplaceAll(s, "\n", ""))).Decode(into)
}

// kind is Bounce, Complaint, Delivery or "".
func (n *sesNotice) kind() string {
	if n.NotificationType != "" {
		return n.NotificationType
	}
	return n.EventType
}

// reports turns a bounce into the blocks of a delivery status notification.
func (n *sesNotice) reports() []report {
	var reports []report
	for _, r := range n.Bounce.Recipients {
		if len(reports) == maxRecipients {
			break
		}
		action, status := "failed", findStatus(r.Status)
		if n.Bounce.BounceType == "Transient" && status == "" {
			status = "4.0.0"
		}
		if r.Action != "" {
			action = normalAction(r.Action)
		}
		reports = append(reports, report{
			final: recipientOf(r.Address), action: action, status: status, diagnostic: cleanDiagnostic(afterType(r.Diagnostic)),
		})
	}
	return withRecipient(reports)
}

// returned lists what the notification says about the original.
func (n *sesNotice) returned() returned {
	var r returned
	for _, h := range n.Mail.Headers {
		if strings.EqualFold(h.Name, "Message-ID") {
			r.addIDs(idsOrToken(h.Value))
		}
	}
	r.addIDs(idsOrToken(n.Mail.CommonHeaders.MessageID))
	for _, c := range n.Complaint.Recipients {
		r.addRecipient(recipientOf(c.Address))
	}
	for _, d := range n.Mail.Destination {
		r.addRecipient(recipientOf(d))
	}
	return r
}

// cleanDiagnostic makes words from outside one bounded line of valid UTF-8.
func cleanDiagnostic(s string) string {
	return foldDiagnostic(strings.ToValidUTF8(cleanControls(s), "\uFFFD"))
}
