package sandbox

import (
	"strings"
	"time"
)

// Outcome is what a person, or the server of a person, does with a message.
type Outcome string

// The outcomes. HardBounce and Greylist happen while the message is being handed over; all others afterwards.
const (
	Silence           Outcome = "silence"
	Interested        Outcome = "interested"
	Meeting           Outcome = "meeting"            // asks for a meeting
	Question          Outcome = "question"           // asks for information
	Referral          Outcome = "referral"           // names the colleague to ask
	NotNow            Outcome = "not_now"            // later, perhaps
	NotInterested     Outcome = "not_interested"     // a plain no
	Unsubscribe       Outcome = "unsubscribe"        // an opt-out in words
	UnsubscribeButton Outcome = "unsubscribe_button" // the mail program's button: a message to the List-Unsubscribe address (RFC 2369)
	OutOfOffice       Outcome = "out_of_office"      // an absence notice with a return date
	AutoReply         Outcome = "auto_reply"         // an acknowledgement by a machine
	LeftCompany       Outcome = "left_company"       // "no longer works here"
	HardBounce        Outcome = "hard_bounce"        // 550 5.1.1 at RCPT, every time
	LateBounce        Outcome = "late_bounce"        // accepted, then a report with 5.1.1 (RFC 3464)
	Delayed           Outcome = "delayed"            // accepted, then a report that delivery is late, 4.4.1
	Greylist          Outcome = "greylist"           // 451 4.7.1 at RCPT, once
	Complaint         Outcome = "complaint"          // a spam report (RFC 5965)
)

// Client is the mail program in which a person writes.
type Client string

// The clients whose shape answers take.
const (
	Gmail     Client = "gmail"
	Outlook   Client = "outlook"
	AppleMail Client = "apple"
)

// Act is what happens to one message. After is how long the answer takes on the world's clock.
type Act struct {
	Do    Outcome
	After time.Duration
	Text  string        // what to say instead of one of the stock answers
	Away  time.Duration // OutOfOffice: from the answer until the return; 0 means ten days
	Junk  bool          // the answer lands in Junk
}

// Person is a correspondent. Script holds one act per message received; beyond its end there is silence. Timezone is an IANA name
// ("" is UTC); Language is en, de, fr, es or ar ("" is en).
type Person struct {
	Name     string
	Email    string
	Company  string
	Timezone string
	Language string
	Client   Client
	Script   []Act
}

// FirstName is the first word of the name.
func (p Person) FirstName() string {
	first, _, _ := strings.Cut(p.Name, " ")
	return first
}

// LastName is what follows the first word of the name.
func (p Person) LastName() string {
	_, last, _ := strings.Cut(p.Name, " ")
	return last
}

func (p Person) domain() string {
	_, domain, _ := strings.Cut(p.Email, "@")
	return domain
}

func (p Person) location() *time.Location {
	zone, err := time.LoadLocation(p.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// correspondent is a person and how far the script has been played.
type correspondent struct {
	Person
	next     int
	received int
}

// atRcpt answers RCPT: HardBounce stays for good, Greylist is used up by its one refusal.
func (c *correspondent) atRcpt() Outcome {
	if c.next >= len(c.Script) {
		return Silence
	}
	do := c.Script[c.next].Do
	if do == Greylist {
		c.next++
	}
	return do
}

// take returns the act for the message that was just accepted and its number, counted from 0.
func (c *correspondent) take() (Act, int) {
	number := c.received
	c.received++
	if c.next >= len(c.Script) {
		return Act{Do: Silence}, number
	}
	act := c.Script[c.next]
	c.next++
	return act, number
}
