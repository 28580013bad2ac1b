package message

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// feedback builds an abuse report (RFC 5965) of the given type.
func feedback(kind string) *Message {
	return Parse([]byte("From: fbl@provider.example\nTo: me@sender.example\nSubject: FW: Hello\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n" +
		"--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: " + kind + "\nUser-Agent: x/1\nVersion: 1\n" +
		"Original-Rcpt-To: <other@there.example>\n\n--b\nContent-Type: message/rfc822\n" + returnedHeader + "\n--b--\n"))
}

func TestComplaint(t *testing.T) {
	tests := []struct {
		kind string
		want bool
	}{{"abuse", true}, {"fraud", true}, {"opt-out", true}, {"not-spam", false}, {"auth-failure", false}}
	for _, tt := range tests {
		m := feedback(tt.kind)
		if got := isComplaint(m); got != tt.want {
			t.Errorf("%s: complaint %v, want %v", tt.kind, got, tt.want)
		}
		if _, ok := readBounce(m); ok {
			t.Errorf("%s: read as a bounce", tt.kind)
		}
	}
	original := readComplaint(feedback("abuse"))
	if diff := cmp.Diff([]string{"other@there.example", "her@there.example"}, original.recipients); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"<m1@sender.example>"}, original.ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}

func TestComplaintCorpus(t *testing.T) {
	for _, row := range readTSV(t, "bounces/bounces.tsv") {
		reported := len(row["reason"]) >= 8 && row["reason"][:8] == "feedback" && row["file"] != "sisimai__arf-26.eml" // that one is an opt-out by mail
		if got := isComplaint(readCorpus(t, "bounces/"+row["file"])); got != reported {
			t.Errorf("%s: complaint %v, want %v", row["file"], got, reported)
		}
	}
}

func TestSES(t *testing.T) {
	bounce := `{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"her@there.example","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},` +
		`"mail":{"destination":["her@there.example"],"headers":[{"name":"Message-ID","value":"<m1@sender.example>"}]}}`
	got, ok := readBounce(notice("From: no-reply@sns.amazonaws.com\nSubject: AWS Notification Message", bounce+"\n\n--\nIf you wish to stop, visit https://x.example\n"))
	if diff := cmp.Diff([]outcome{{"her@there.example", "hard", "5.1.1", "failed"}}, outcomes(got)); !ok || diff != "" {
		t.Errorf("bounce %v (-want +got):\n%s", ok, diff)
	}
	if diff := cmp.Diff([]string{"<m1@sender.example>"}, got.original.ids); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if _, ok := readBounce(notice("Subject: AWS Notification Message", `{"notificationType":"Delivery","mail":{}}`)); ok {
		t.Error("a delivery was read as a bounce")
	}
	if !isComplaint(notice("Subject: AWS Notification Message", `{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"her@there.example"}]}}`)) {
		t.Error("a complaint was not recognised")
	}
}
