package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// demoCounts is what `demo --json` prints.
type demoCounts struct {
	Recipients map[outreach.State]int         `json:"recipients"`
	Replies    map[outreach.Kind]int          `json:"replies"`
	Runs       []outreach.CronRunLog          `json:"runs"`
	History    map[outreach.HistoryStatus]int `json:"history"`
}

// demoData is everything that the demo left in its store.
type demoData struct {
	recipients []outreach.Recipient
	replies    []outreach.Reply
	history    []outreach.History
	sequences  map[bson.ObjectID]string
}

func (d *demo) data(ctx context.Context) (*demoData, error) {
	all := store.Page{Number: 1, Size: 10 * demoRecipients}
	out := &demoData{sequences: map[bson.ObjectID]string{}}
	var err error
	if out.recipients, _, err = d.store.ListRecipients(ctx, store.Filter{}, all); err != nil {
		return nil, err
	}
	if out.replies, _, err = d.store.ListReplies(ctx, store.Filter{}, all); err != nil {
		return nil, err
	}
	if out.history, _, err = d.store.ListHistory(ctx, store.Filter{}, all); err != nil {
		return nil, err
	}
	sequences, err := d.store.AllSequences(ctx)
	for i := range sequences {
		out.sequences[sequences[i].ID] = sequences[i].Name
	}
	slices.SortFunc(out.replies, func(a, b outreach.Reply) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return out, err
}

func (d *demo) printJSON(ctx context.Context) error {
	data, err := d.data(ctx)
	if err != nil {
		return err
	}
	counts := demoCounts{Recipients: map[outreach.State]int{}, Replies: map[outreach.Kind]int{}, Runs: d.runs, History: map[outreach.HistoryStatus]int{}}
	for i := range data.recipients {
		counts.Recipients[data.recipients[i].State]++
	}
	for i := range data.replies {
		counts.Replies[data.replies[i].Kind]++
	}
	for i := range data.history {
		counts.History[data.history[i].Status]++
	}
	return d.a.printJSON(counts)
}

// show prints what happened so that a newcomer understands it.
func (d *demo) show(ctx context.Context) error {
	data, err := d.data(ctx)
	if err != nil {
		return err
	}
	d.showSum(data)
	d.showOutcomes(data)
	if err := d.showThread(ctx, data); err != nil {
		return err
	}
	d.showRuns()
	d.a.say(demoNext)
	return nil
}

const demoNext = `What to do next for real use:
  mailrun init                       a .env with fresh keys
  mailrun mailboxes add              your mailbox; then: mailrun mailboxes test ADDRESS
  mailrun sequences apply -f FILE    what to send; configs/sequence.yaml is a sample
  mailrun recipients import FILE --sequence NAME
  mailrun sequences activate NAME
  mailrun crontab                    the two lines for cron`

func (d *demo) showSum(data *demoData) {
	states := map[outreach.State]int{}
	for i := range data.recipients {
		states[data.recipients[i].State]++
	}
	sent := 0
	for i := range data.history {
		if data.history[i].SentAt != nil {
			sent++
		}
	}
	days := int(time.Duration(d.clock.ahead.Load()).Hours() / 24)
	d.a.say("%d days went by on the demo's clock. %d mailboxes sent %d messages to %d people, and %d messages came back.",
		days, len(demoAccounts), sent, len(data.recipients), len(data.replies))
	var parts []string
	for _, s := range []outreach.State{
		outreach.StateReplied, outreach.StateCompleted, outreach.StateUnsubscribed, outreach.StateBounced, outreach.StateFailed, outreach.StateHeld,
		outreach.StateActive, outreach.StateQueued,
	} {
		if states[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", states[s], s))
		}
	}
	d.a.say("Where they stand now: %s. Nobody got a step twice: %d duplicates.\n", strings.Join(parts, ", "), len(d.world.Duplicates()))
}

// showOutcomes lists one message that came back of each kind and intent, and what mailrun made of it.
func (d *demo) showOutcomes(data *demoData) {
	d.a.say("What came back, and what mailrun did about it (one of each):\n")
	g := d.a.grid("kind", "intent", "from", "wrote", "so the recipient is")
	seen := map[string]bool{}
	for i := range data.replies {
		r := &data.replies[i]
		intent := "-"
		if r.Classification != nil && r.Classification.Intent != "" {
			intent = string(r.Classification.Intent)
		}
		key := string(r.Kind) + intent
		if seen[key] {
			continue
		}
		seen[key] = true
		g.row(string(r.Kind), intent, clean(r.From.Address, 30), clean(r.Snippet, 44), d.standing(data, r.SequenceRecipientID))
	}
	for i := range data.history {
		if h := &data.history[i]; h.Status == outreach.HistoryBounced && h.SentAt == nil {
			g.row("refused", "-", "the server of "+clean(outreach.DomainOf(h.To), 20), clean(h.SMTPResponse, 44), d.standing(data, h.SequenceRecipientID))
			break
		}
	}
	g.print()
	d.a.say("")
}

func (d *demo) standing(data *demoData, id bson.ObjectID) string {
	for i := range data.recipients {
		if r := &data.recipients[i]; r.ID == id {
			if r.Reason != "" {
				return string(r.State) + " (" + clean(r.Reason, 28) + ")"
			}
			return string(r.State)
		}
	}
	return "-"
}

// showThread prints one conversation: what we sent and what came back.
func (d *demo) showThread(ctx context.Context, data *demoData) error {
	for i := range data.replies {
		r := &data.replies[i]
		if r.Kind != outreach.KindHuman || r.Step == 0 {
			continue
		}
		d.a.say("A thread, as `mailrun threads show` prints it:\n")
		view, err := viewThread(ctx, d.store, r.ThreadID.Hex())
		if err != nil {
			return err
		}
		d.a.printConversation(view)
		d.a.say("")
		return nil
	}
	return nil
}

// showRuns lists the first runs that did something.
func (d *demo) showRuns() {
	d.a.say("The first run logs, as `mailrun logs` lists them (%d runs in all):\n", len(d.runs))
	g := d.a.grid("job", "status", "took", "did")
	shown := 0
	for i := range d.runs {
		if words := statsInWords(&d.runs[i]); words != "" && shown < 6 {
			g.row(string(d.runs[i].JobName), string(d.runs[i].Status), fmt.Sprintf("%d ms", d.runs[i].DurationMs), clean(words, 80))
			shown++
		}
	}
	g.print()
	d.a.say("")
}
