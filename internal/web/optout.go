package web

import (
	"context"
	"errors"
	"io"
	"net/http"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// optOutSource is what a suppression by a link says about its origin.
const optOutSource = "list-unsubscribe"

// endedByOptOut are the states that an opt-out ends, or changes the meaning of: whoever answered or got everything may still opt out.
var endedByOptOut = []outreach.State{
	outreach.StateQueued, outreach.StateActive, outreach.StateHeld, outreach.StatePaused, outreach.StateCompleted, outreach.StateReplied,
}

// optOutPage asks for a confirmation and changes nothing: programs that look at the links in a mail come here too.
func (s *Server) optOutPage(w http.ResponseWriter, r *http.Request) {
	state := "ask"
	if _, ok := s.Keyring.VerifyOptOutToken(r.PathValue("token")); !ok {
		state = "unknown"
	}
	s.showOptOut(w, r, state)
}

// optOut unsubscribes, for a person who confirmed and for a mail provider's one-click request (RFC 8058 section 3.2), which brings neither
// cookies nor patience for redirects. A token that is not ours and one whose recipient is gone look the same.
func (s *Server) optOut(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		badBody(w, err)
		return
	}
	known, err := s.unsubscribe(r.Context(), r.PathValue("token"))
	switch {
	case err != nil:
		s.broken(w, r, err)
	case known:
		s.showOptOut(w, r, "done")
	default:
		s.showOptOut(w, r, "unknown")
	}
}

// unsubscribe suppresses the address that a token stands for and ends all its sequences. Done twice it changes nothing more.
func (s *Server) unsubscribe(ctx context.Context, token string) (known bool, err error) {
	id, ok := s.Keyring.VerifyOptOutToken(token)
	if !ok {
		return false, nil
	}
	who, err := s.Store.Recipient(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		s.Log.Warn("opt-out for a recipient who is not there any more", "recipient", id.Hex())
		return false, nil
	}
	if err != nil {
		return false, err
	}
	enrolments, err := s.Store.RecipientsByEmail(ctx, who.Email)
	if err != nil {
		return false, err
	}
	batch := s.Store.NewBatch()
	batch.Suppress(who.Email, outreach.SuppressUnsubscribe, optOutSource)
	for i := range enrolments {
		batch.StopRecipient(&enrolments[i], endedByOptOut, outreach.StateUnsubscribed, string(outreach.SuppressUnsubscribe))
	}
	return true, batch.Commit(ctx)
}
