package outreach

import (
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// friday is a Friday at noon.
var friday = instant("2026-05-01T12:00:00Z")

// situation is one in which everything allows a send; each test spoils something.
func situation(step int) Situation {
	id := bson.ObjectID{7}
	return Situation{
		Now:       friday,
		Recipient: &Recipient{State: StateActive, Step: step, NextSendAt: new(friday.Add(-time.Hour)), MailboxID: id},
		Sequence: &Sequence{
			Status: SequenceActive, Steps: make([]Step, 3), ActivatedAt: new(friday.Add(-time.Hour)),
			Window: &Window{Days: []string{"mon", "fri"}, Start: "09:00", End: "17:00"},
		},
		Mailbox: &Mailbox{ID: id, Status: MailboxActive, IMAP: Server{Host: "imap.example.com"}, LastSyncOKAt: new(friday.Add(-time.Minute))},
		Policy:  Policy{FollowUpMaxSyncAge: 30 * time.Minute, StaleAfter: 7 * 24 * time.Hour, SyncEnabled: true},
	}
}

func TestVerdict(t *testing.T) {
	const monday = "2026-05-04T09:00:00Z"
	ago := func(d time.Duration) *time.Time { return new(friday.Add(-d)) }
	for _, tc := range []struct {
		name   string
		step   int
		spoil  func(*Situation)
		action Action
		reason string
		until  string
	}{
		{"a follow-up", 1, func(*Situation) {}, Send, "", ""},
		{"a new recipient", 0, func(*Situation) {}, Send, "", ""},
		{"replied", 1, func(in *Situation) { in.Recipient.State = StateReplied }, Stop, "replied", ""},
		{"unsubscribed", 1, func(in *Situation) { in.Recipient.State = StateUnsubscribed }, Stop, "unsubscribed", ""},
		{"suppressed", 1, func(in *Situation) { in.Suppressed = true }, Stop, ReasonSuppressed, ""},
		{"suppressed in a paused sequence", 1, func(in *Situation) { in.Suppressed = true; in.Sequence.Status = SequencePaused }, Stop, ReasonSuppressed, ""},
		{"no step left", 3, func(*Situation) {}, Stop, ReasonCompleted, ""},
		{"draft", 0, func(in *Situation) { in.Sequence.Status = SequenceDraft }, Wait, ReasonSequenceDraft, ""},
		{"paused", 0, func(in *Situation) { in.Sequence.Status = SequencePaused }, Wait, ReasonSequencePaused, ""},
		{"archived", 0, func(in *Situation) { in.Sequence.Status = SequenceArchived }, Wait, ReasonSequenceArchived, ""},
		{"held", 1, func(in *Situation) { in.Recipient.State, in.Recipient.Reason = StateHeld, ReasonDeliveryUnknown }, Wait, ReasonDeliveryUnknown, ""},
		{"held for no reason", 1, func(in *Situation) { in.Recipient.State = StateHeld }, Wait, ReasonHeld, ""},
		{"recipient paused", 1, func(in *Situation) { in.Recipient.State = StatePaused }, Wait, ReasonRecipientPaused, ""},
		{"recipient paused until", 1, func(in *Situation) { in.Recipient.PausedUntil = new(friday.Add(time.Hour)) }, Wait, ReasonRecipientPaused, "2026-05-01T13:00:00Z"},
		{"a pause that is over", 1, func(in *Situation) { in.Recipient.State, in.Recipient.PausedUntil = StatePaused, ago(time.Hour) }, Send, "", ""},
		{"not due", 1, func(in *Situation) { in.Recipient.NextSendAt = new(friday.Add(time.Minute)) }, Wait, ReasonNotDue, "2026-05-01T12:01:00Z"},
		{"enrolled without a date", 0, func(in *Situation) { in.Recipient.NextSendAt, in.Recipient.CreatedAt = nil, *ago(time.Hour) }, Send, "", ""},
		{"no mailbox", 0, func(in *Situation) { in.Mailbox = nil }, Wait, ReasonNoMailbox, ""},
		{"another mailbox", 1, func(in *Situation) { in.Recipient.MailboxID = bson.ObjectID{8} }, Wait, ReasonOtherMailbox, ""},
		{"mailbox paused", 1, func(in *Situation) { in.Mailbox.Status = MailboxPaused }, Wait, ReasonMailboxPaused, ""},
		{"mailbox failing", 1, func(in *Situation) { in.Mailbox.Status = MailboxFailing }, Wait, ReasonMailboxError, ""},
		{"a daily limit of none", 1, func(in *Situation) { in.Mailbox.DailyLimit = new(0) }, Wait, ReasonDailyLimit, ""},
		{"stale follow-up", 1, func(in *Situation) { in.Recipient.NextSendAt = ago(8 * 24 * time.Hour) }, Hold, ReasonStale, ""},
		{"exactly at the stale limit", 1, func(in *Situation) { in.Recipient.NextSendAt = ago(7 * 24 * time.Hour) }, Send, "", ""},
		{"stale switched off", 1, func(in *Situation) { in.Recipient.NextSendAt = ago(99 * 24 * time.Hour); in.Policy.StaleAfter = 0 }, Send, "", ""},
		{"old but just activated", 0, func(in *Situation) { in.Recipient.NextSendAt = ago(99 * 24 * time.Hour) }, Send, "", ""},
		{"old behind a running campaign", 0, func(in *Situation) {
			in.Recipient.NextSendAt, in.Sequence.ActivatedAt, in.Sequence.LastRunAt = ago(99*24*time.Hour), ago(98*24*time.Hour), ago(time.Hour)
		}, Send, "", ""},
		{"a copied database", 0, func(in *Situation) {
			in.Recipient.NextSendAt, in.Sequence.ActivatedAt, in.Sequence.LastRunAt = ago(99*24*time.Hour), ago(98*24*time.Hour), ago(8*24*time.Hour)
		}, Hold, ReasonStale, ""},
		{"a mailbox paused for long is not stale yet", 1, func(in *Situation) {
			in.Recipient.NextSendAt, in.Mailbox.Status = ago(8*24*time.Hour), MailboxPaused
		}, Wait, ReasonMailboxPaused, ""},
		{"at night", 1, func(in *Situation) { in.Now = friday.Add(6 * time.Hour) }, Wait, ReasonOutsideWindow, monday},
		{"in the recipient's night", 1, func(in *Situation) { in.Recipient.Timezone = "Asia/Tokyo" }, Wait, ReasonOutsideWindow, "2026-05-04T00:00:00Z"},
		{"on a holiday", 1, func(in *Situation) { in.Sequence.Holidays = []string{"2026-05-01"} }, Wait, ReasonHoliday, monday},
		{"an unreadable window", 1, func(in *Situation) { in.Sequence.Window.Start = "early" }, Wait, ReasonOutsideWindow, ""},
		{"inbox not read", 1, func(in *Situation) { in.Mailbox.LastSyncOKAt = ago(31 * time.Minute) }, Wait, ReasonInboxNotSynced, ""},
		{"inbox never read", 1, func(in *Situation) { in.Mailbox.LastSyncOKAt = nil }, Wait, ReasonInboxNotSynced, ""},
		{"inbox not read, a first step", 0, func(in *Situation) { in.Mailbox.LastSyncOKAt = nil }, Send, "", ""},
		{"inbox not read, sync off", 1, func(in *Situation) { in.Mailbox.LastSyncOKAt, in.Policy.SyncEnabled = nil, false }, Send, "", ""},
		{"inbox not read, rule off", 1, func(in *Situation) { in.Mailbox.LastSyncOKAt, in.Policy.FollowUpMaxSyncAge = nil, 0 }, Send, "", ""},
		{"no inbox", 1, func(in *Situation) { in.Mailbox.LastSyncOKAt, in.Mailbox.IMAP.Host = nil, "" }, Send, "", ""},
		{"inbox not read tells more than the gap", 1, func(in *Situation) {
			in.Mailbox.LastSyncOKAt, in.Mailbox.NextSendAt = nil, new(friday.Add(time.Minute))
		}, Wait, ReasonInboxNotSynced, ""},
		{"gap", 1, func(in *Situation) { in.Mailbox.NextSendAt = new(friday.Add(time.Minute)) }, Wait, ReasonGap, "2026-05-01T12:01:00Z"},
		{"a gap that ends at night", 1, func(in *Situation) { in.Mailbox.NextSendAt = new(friday.Add(5 * time.Hour)) }, Wait, ReasonGap, monday},
		{"daily limit", 1, func(in *Situation) { in.Mailbox.SentToday = DayCount{"2026-05-01", 40} }, Wait, ReasonDailyLimit, monday},
		{"sequence limit", 1, func(in *Situation) { in.Sequence.DailyLimit, in.SequenceSentToday = 5, 5 }, Wait, ReasonSequenceDailyLimit, monday},
		{"new per day", 0, func(in *Situation) { in.Sequence.NewPerDay, in.SequenceNewToday = 5, 5 }, Wait, ReasonNewPerDay, monday},
		{"new per day, a follow-up", 1, func(in *Situation) { in.Sequence.NewPerDay, in.SequenceNewToday = 5, 5 }, Send, "", ""},
		{"domain limit", 1, func(in *Situation) { in.Policy.DomainLimit, in.DomainSentToday = 3, 3 }, Wait, ReasonDomainLimit, monday},
		{"below every limit", 0, func(in *Situation) {
			in.Policy.DomainLimit, in.DomainSentToday = 3, 2
			in.Sequence.NewPerDay, in.SequenceNewToday = 5, 4
			in.Sequence.DailyLimit, in.SequenceSentToday = 5, 4
		}, Send, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := situation(tc.step)
			tc.spoil(&in)
			got := Verdict(in)
			if got.Action != tc.action || got.Reason != tc.reason {
				t.Errorf("got %s %q, want %s %q", got.Action, got.Reason, tc.action, tc.reason)
			}
			if got.Until.IsZero() != (tc.until == "") || tc.until != "" && !got.Until.Equal(instant(tc.until)) {
				t.Errorf("until %s, want %q", got.Until, tc.until)
			}
		})
	}
}

// Whatever the situation: what is sent is inside the window and under every cap, and a wait that ends by itself ends later, inside
// the window.
func TestVerdictKeepsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawSituation(t)
		loc := RecipientLocation(in.Recipient, in.Sequence)
		d := Verdict(in)
		switch d.Action {
		case Send:
			if !isInside(in.Sequence.Window, in.Now, loc, in.Sequence.Holidays) {
				t.Fatalf("sent outside %+v at %s", in.Sequence.Window, in.Now.In(loc))
			}
			if reason, _ := in.Mailbox.Blocked(in.Now); reason != "" {
				t.Fatalf("sent while %s", reason)
			}
			if s := in.Sequence; s.DailyLimit > 0 && in.SequenceSentToday >= s.DailyLimit || in.Recipient.Step == 0 && s.NewPerDay > 0 && in.SequenceNewToday >= s.NewPerDay {
				t.Fatalf("sent above the sequence's caps: %+v", in)
			}
		case Wait:
			if d.Reason == "" {
				t.Fatal("a wait without a reason")
			}
			if d.Until.IsZero() || d.Reason == ReasonNotDue {
				return
			}
			if !d.Until.After(in.Now) || !isInside(in.Sequence.Window, d.Until, loc, in.Sequence.Holidays) {
				t.Fatalf("%s at %s until %s, window %+v", d.Reason, in.Now.In(loc), d.Until.In(loc), in.Sequence.Window)
			}
		}
	})
}

func drawSituation(t *rapid.T) Situation {
	in := situation(rapid.IntRange(0, 1).Draw(t, "step"))
	in.Now = drawInstant(t).Truncate(time.Minute)
	minutes := func(label string, from, to int) *time.Time {
		return new(in.Now.Add(time.Duration(rapid.IntRange(from, to).Draw(t, label)) * time.Minute))
	}
	in.Recipient.NextSendAt = minutes("due", -1000, 10)
	in.Recipient.Timezone = drawZone(t).String()
	in.Sequence.Window = drawWindow(t)
	in.Sequence.Timezone = drawZone(t).String()
	in.Sequence.DailyLimit, in.SequenceSentToday = rapid.IntRange(0, 3).Draw(t, "limit"), rapid.IntRange(0, 3).Draw(t, "sent")
	in.Sequence.NewPerDay, in.SequenceNewToday = rapid.IntRange(0, 3).Draw(t, "newLimit"), rapid.IntRange(0, 3).Draw(t, "new")
	in.Mailbox.Timezone = drawZone(t).String()
	in.Mailbox.NextSendAt = minutes("next", -100, 100)
	in.Mailbox.LastSyncOKAt = minutes("synced", -60, 0)
	in.Mailbox.SentToday = DayCount{LocalDay(in.Now, in.Mailbox.Location()), rapid.IntRange(38, 41).Draw(t, "sentToday")}
	return in
}

// The order is total and does not depend on how the recipients were spread over processes.
func TestCompareDueIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		due := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Recipient {
			return Recipient{
				ID:         bson.ObjectID{rapid.Byte().Draw(t, "id")},
				Step:       rapid.IntRange(0, 2).Draw(t, "step"),
				NextSendAt: new(friday.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "due")) * time.Hour)),
			}
		}), 2, 20, func(r Recipient) bson.ObjectID { return r.ID }).Draw(t, "due")
		order := func(a, b Recipient) int { return CompareDue(&a, &b) }
		sorted := slices.SortedFunc(slices.Values(due), order)
		shuffled := slices.SortedFunc(slices.Values(rapid.Permutation(due).Draw(t, "shuffled")), order)
		for i := range sorted {
			if sorted[i].ID != shuffled[i].ID {
				t.Fatalf("position %d differs", i)
			}
			if i > 0 && order(sorted[i-1], sorted[i]) >= 0 {
				t.Fatalf("%+v and %+v are not in order", sorted[i-1], sorted[i])
			}
			if i > 0 && sorted[i-1].Step == 0 && sorted[i].Step > 0 {
				t.Fatal("a new recipient came before a follow-up")
			}
		}
	})
}

func TestMostIdle(t *testing.T) {
	mailbox := func(id byte, sentAgo time.Duration, today int) *Mailbox {
		m := &Mailbox{ID: bson.ObjectID{id}, Status: MailboxActive, SentToday: DayCount{"2026-05-01", today}}
		if sentAgo > 0 {
			m.LastSentAt = new(friday.Add(-sentAgo))
		}
		return m
	}
	paused := mailbox(1, 0, 0)
	paused.Status = MailboxPaused
	for _, tc := range []struct {
		name      string
		mailboxes []*Mailbox
		want      byte
	}{
		{"none", nil, 0},
		{"none that may send", []*Mailbox{paused, mailbox(2, time.Hour, 40)}, 0},
		{"idle longest", []*Mailbox{mailbox(1, time.Hour, 1), mailbox(2, 2*time.Hour, 30), paused}, 2},
		{"one that never sent", []*Mailbox{mailbox(1, time.Hour, 1), mailbox(2, 0, 0)}, 2},
		{"fewest today", []*Mailbox{mailbox(1, time.Hour, 9), mailbox(2, time.Hour, 8)}, 2},
		{"lowest id", []*Mailbox{mailbox(3, 0, 0), mailbox(2, 0, 0)}, 2},
	} {
		var got byte
		if m := MostIdle(tc.mailboxes, friday); m != nil {
			got = m.ID[0]
		}
		if got != tc.want {
			t.Errorf("%s: mailbox %d, want %d", tc.name, got, tc.want)
		}
	}
}
