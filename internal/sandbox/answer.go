package sandbox

import (
	"math/rand/v2"
	"strings"
	"time"
)

// answer is one reaction to one message, about to be written down.
type answer struct {
	person   Person
	act      Act
	original *original
	at       time.Time // in the person's zone
	random   *rand.Rand
}

// defaultAway is how long people are out of office.
const defaultAway = 10 * 24 * time.Hour

// compose returns the envelope sender, the address that the answer is for, and the raw message.
func (a *answer) compose() (from, to string, raw []byte) {
	switch a.act.Do {
	case LateBounce, Delayed:
		return "", a.original.envelope, a.deliveryReport()
	case Complaint:
		return "feedback@" + a.person.domain(), a.original.envelope, a.abuseReport()
	case OutOfOffice, AutoReply, LeftCompany:
		return "", a.original.envelope, a.automatic()
	case UnsubscribeButton:
		if a.original.optOut != "" {
			return a.person.Email, a.original.optOut, a.optOutRequest()
		}
	}
	return a.person.Email, a.original.replyTo, a.byHand()
}

// byHand is an answer that a person typed.
func (a *answer) byHand() []byte {
	text := a.words()
	switch a.person.Client {
	case Outlook:
		return a.outlook(text)
	case AppleMail:
		return a.apple(text)
	default:
		return a.gmail(text)
	}
}

// words is what the answer says: the act's own text or a stock one, with names filled in.
func (a *answer) words() string {
	text := a.act.Text
	if text == "" {
		text = a.stock()
	}
	sender, _, _ := strings.Cut(a.original.from.Name, " ")
	if sender == "" {
		sender, _, _ = strings.Cut(a.original.from.Address, "@")
	}
	return strings.NewReplacer(
		"{sender}", sender, "{me}", a.person.FirstName(), "{name}", a.person.Name, "{company}", a.person.Company,
		"{subject}", a.original.bareSubject(), "{colleague}", a.colleague(), "{return}", a.locale().day(a.returnDate()),
	).Replace(text)
}

func (a *answer) stock() string {
	do := a.act.Do
	if do == UnsubscribeButton { // the message offered none
		do = Unsubscribe
	}
	texts := stockTexts[do]
	choice := texts[a.person.Language]
	if len(choice) == 0 {
		choice = texts["en"]
	}
	if len(choice) == 0 {
		return ""
	}
	return choice[a.random.IntN(len(choice))]
}

func (a *answer) returnDate() time.Time {
	away := a.act.Away
	if away == 0 {
		away = defaultAway
	}
	return a.at.Add(away)
}

// colleague is whom a person names instead, at the same company.
func (a *answer) colleague() string {
	names := []string{"Noor", "Jonas", "Camille", "Tomas", "Ines", "Maya"}
	name := names[a.random.IntN(len(names))]
	return name + " (" + strings.ToLower(name) + "@" + a.person.domain() + ")"
}
