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
	switch who, err := s.recipientOf(r.Context(), r.PathValue("token")); {
	case err != nil:
		s.broken(w, r, err)
	case who == nil:
		s.showOptOut(w, r, http.StatusNotFound, "unknown")
	default:
		s.showOptOut(w, r, http.StatusOK, "ask")
	}
}

// optOut unsubscribes, for a person who confirmed and for a mail provider's one-click request (RFC 8058 section 3.2), which brings neither
// cookies nor patience for redirects. A token that is not ours and one whose recipient is gone look the same: a page for people, and a status
// that does not tell a provider that somebody was unsubscribed.
func (s *Server) optOut(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		badBody(w, err)
		return
	}
	who, err := s.recipientOf(r.Context(), r.PathValue("token"))
	if err == nil && who != nil {
		err = s.unsubscribe(r.Context(), who.Email)
	}
	switch {
	case err != nil:
		s.broken(w, r, err)
	case who == nil:
		s.showOptOut(w, r, http.StatusNotFound, "unknown")
	default:
		s.showOptOut(w, r, http.StatusOK, "done")
	}
}

// recipientOf is whom a token stands for, nil if that is nobody.
func (s *Server) recipientOf(ctx context.Context, token string) (*outreach.Recipient, error) {
	id, ok := s.Keyring.VerifyOptOutToken(token)
	if !ok {
		return nil, nil
	}
	who, err := s.Store.Recipient(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		s.Log.Warn("opt-out link of a recipient who is not there any more", "recipient", id.Hex())
		return nil, nil
	}
	return who, err
}

// unsubscribe suppresses an address and ends all its sequences. Done twice it changes nothing more.
func (s *Server) unsubscribe(ctx context.Context, email string) error {
	enrolments, err := s.Store.RecipientsByEmail(ctx, email)
	if err != nil {
		return err
	}
	batch := s.Store.NewBatch()
	batch.Suppress(email, outreach.SuppressUnsubscribe, optOutSource)
	for i := range enrolments {
		batch.StopRecipient(&enrolments[i], endedByOptOut, outreach.StateUnsubscribed, string(outreach.SuppressUnsubscribe))
	}
	return batch.Commit(ctx)
}
