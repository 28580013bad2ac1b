package population

import (
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// delays are the days before each step; the texts of the steps.
var (
	delays = []int{0, 3, 4, 7}
	texts  = []string{
		"Hi {{ firstName | default: \"there\" }},\n\n{I saw|I noticed} that {{ company }} plans its routes by hand. We cut empty miles by a fifth for teams of your size.\n\nWorth ten minutes next week?\n\n{{ senderName }}",
		"Hi {{ firstName | default: \"there\" }},\n\nDid my note reach you? Happy to send a one-page summary.\n\n{{ senderName }}",
		"Hi {{ firstName | default: \"there\" }},\n\nTwo companies near {{ company }} began last month. May I show you what changed for them?\n\n{{ senderName }}",
		"Hi {{ firstName | default: \"there\" }},\n\nThis is my last note. If {{ company }} looks at routing again, I am an e-mail away.\n\n{{ senderName }}",
	}
)

// nobodys is a mailbox on servers that cannot exist.
func nobodys(i int) outreach.Mailbox {
	domain := fmt.Sprintf("sender%d.example", i/3)
	server := func(kind string, port int) outreach.Server {
		return outreach.Server{Host: kind + "." + fmt.Sprintf("sender%d.invalid", i/3), Port: port, Security: outreach.SecurityTLS, Username: fmt.Sprintf("box%d@%s", i, domain), Auth: outreach.AuthPassword}
	}
	return outreach.Mailbox{Email: fmt.Sprintf("box%d@%s", i, domain), FromName: name(i), SMTP: server("smtp", 465), IMAP: server("imap", 993)}
}

// makeMailboxes makes the mailboxes: in every fifty one is paused and one has trouble logging in; the others read their folders minutes ago.
func (f *filler) makeMailboxes() []outreach.Mailbox {
	dice := rand.New(rand.NewPCG(f.Seed, 1))
	boxes := make([]outreach.Mailbox, f.Mailboxes)
	began := f.Now.AddDate(0, 0, -f.Days)
	for i := range boxes {
		mb := f.Mailbox(i)
		mb.ID, mb.Status, mb.CreatedAt, mb.UpdatedAt = idAt(began), outreach.MailboxActive, began, f.Now
		mb.NextSendAt = f.at(-time.Duration(dice.Int64N(int64(time.Hour))))
		mb.NextSyncAt = f.at(f.Quiet + time.Duration(dice.Int64N(int64(10*time.Minute))))
		mb.LastSentAt, mb.LastActivityAt = mb.NextSendAt, mb.NextSendAt
		mb.LastSyncAt = f.at(-time.Duration(dice.Int64N(int64(10 * time.Minute))))
		mb.LastSyncOKAt = mb.LastSyncAt
		mb.SentToday = outreach.DayCount{Date: outreach.LocalDay(f.Now, mb.Location()), Count: dice.IntN(20)}
		if len(mb.Folders) == 0 {
			mb.Folders = folders(dice)
		}
		switch i % 50 {
		case 48:
			mb.Status, mb.StatusReason = outreach.MailboxPaused, "paused by hand"
		case 49:
			mb.Status, mb.ConsecutiveFailures = outreach.MailboxFailing, 12
			mb.LastError = &outreach.Fault{Class: "auth", Message: "535 5.7.8 authentication failed", At: f.Now.Add(-3 * time.Hour)}
		}
		boxes[i] = mb
	}
	return boxes
}

func folders(dice *rand.Rand) []outreach.Folder {
	cursor := func(path string, role outreach.FolderRole, uid int) outreach.Folder {
		return outreach.Folder{Path: path, Role: role, UIDValidity: 1 + dice.Uint32N(1<<30), LastUID: uint32(1 + dice.IntN(uid)), Backfill: &outreach.Backfill{Done: true}} //nolint:gosec // small
	}
	return []outreach.Folder{cursor("INBOX", outreach.RoleInbox, 5000), cursor("Junk", outreach.RoleJunk, 300)}
}

// makeSequences makes the sequences: they began one after another over the whole time, the oldest are archived, a few paused.
func (f *filler) makeSequences() []outreach.Sequence {
	out := make([]outreach.Sequence, f.Sequences)
	for i := range out {
		began := f.began(i)
		seq := outreach.Sequence{
			ID: idAt(began), Name: fmt.Sprintf("Route planning %s, wave %d", began.Format("January 2006"), i+1), Status: outreach.SequenceActive,
			MailboxIDs: f.senders(i), Timezone: "UTC", Window: &outreach.Window{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"},
			ActivatedAt: &began, LastRunAt: f.at(-time.Minute), CreatedAt: began, UpdatedAt: f.Now,
		}
		for k, text := range texts[:f.Steps] {
			step := outreach.Step{ID: fmt.Sprint(k + 1), Text: text, Delay: fmt.Sprintf("%dd", delays[k])}
			if k == 0 {
				step.Subject, step.Delay = "{Routes|Trips} at {{ company }}", ""
				step.Variants = []outreach.Variant{{ID: "a", Weight: 1}, {ID: "b", Weight: 1, Subject: "{{ firstName | default: \"Hello\" }}, a question about {{ company }}"}}
			}
			seq.Steps = append(seq.Steps, step)
		}
		switch {
		case i < f.Sequences/10:
			seq.Status = outreach.SequenceArchived
		case i%20 == 19:
			seq.Status, seq.StatusReason, seq.PausedAt = outreach.SequencePaused, "paused by hand", f.at(-48*time.Hour)
		}
		out[i] = seq
	}
	return out
}

// began is when a sequence was started: the first one when all began, the last one a week ago.
func (f *filler) began(i int) time.Time {
	apart := time.Duration(f.Days-7) * 24 * time.Hour / time.Duration(max(f.Sequences-1, 1))
	return f.Now.AddDate(0, 0, -f.Days).Add(time.Duration(i) * apart).Truncate(time.Millisecond)
}

// senders are a sequence's mailboxes: each mailbox works for two sequences at a time, or for all where there are few.
func (f *filler) senders(i int) []bson.ObjectID {
	n := min(max(2*len(f.mailboxes)/f.Sequences, 3), len(f.mailboxes))
	ids := make([]bson.ObjectID, n)
	for k := range ids {
		ids[k] = f.mailboxes[(i*n/2+k)%len(f.mailboxes)].ID
	}
	return ids
}

// at is a time beside now.
func (f *filler) at(d time.Duration) *time.Time {
	t := f.Now.Add(d).Truncate(time.Millisecond)
	return &t
}
