package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Suppress makes sure that an address or a domain (lower case) is never mailed. It reports whether it was new; an older entry stays as it is.
func (s *Store) Suppress(ctx context.Context, value string, reason outreach.SuppressionReason, source string) (bool, error) {
	doc := &outreach.Suppression{ID: bson.NewObjectID(), Value: value, Reason: reason, Source: source, At: s.Now(), CreatedAt: s.Now(), UpdatedAt: s.Now()}
	err := s.insert(ctx, Suppressions, doc)
	if IsDuplicate(err) {
		return false, nil
	}
	return err == nil, err
}

// Suppressed finds what forbids mailing an address: an entry for it or for its domain or a parent domain. It returns nil if nothing does.
func (s *Store) Suppressed(ctx context.Context, email string) (*outreach.Suppression, error) {
	q := Query{Collection: Suppressions, Filter: bson.D{{Key: "value", Value: bson.D{{Key: "$in", Value: suppressionKeys(email)}}}}}
	found, err := first[outreach.Suppression](ctx, s, q)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return found, err
}

// suppressionKeys are the values that would suppress an address: itself, its domain, and the parents of that but the last label.
func suppressionKeys(email string) []string {
	email = strings.ToLower(strings.TrimSpace(email))
	keys := []string{email}
	_, domain, ok := strings.Cut(email, "@")
	for ok && strings.Contains(domain, ".") {
		keys = append(keys, domain)
		_, domain, ok = strings.Cut(domain, ".")
	}
	return keys
}

// SuppressionsAmong lists the entries whose value is one of the given ones.
func (s *Store) SuppressionsAmong(ctx context.Context, values []string) ([]outreach.Suppression, error) {
	if len(values) == 0 {
		return nil, nil
	}
	return find[outreach.Suppression](ctx, s, entriesOf(values))
}

func entriesOf(values []string) Query {
	return Query{Collection: Suppressions, Filter: bson.D{{Key: "value", Value: bson.D{{Key: "$in", Value: values}}}}}
}

// Unsuppress removes an entry and reports whether there was one.
func (s *Store) Unsuppress(ctx context.Context, value string) (bool, error) {
	n, err := s.remove(ctx, Suppressions, bson.D{{Key: "value", Value: value}})
	return n > 0, err
}

// SuppressedAmong finds which of the addresses are never to be mailed, and by which entry each. Concurrent callers share their requests: each is
// told what was read after it asked.
func (s *Store) SuppressedAmong(ctx context.Context, emails []string) (map[string]*outreach.Suppression, error) {
	a := &asking{emails: emails}
	if err := s.suppressed.Do(ctx, a); err != nil {
		return nil, err
	}
	return a.found, a.err
}

// asking is one caller's addresses in a group, and those of them that are suppressed.
type asking struct {
	emails []string
	found  map[string]*outreach.Suppression
	err    error
}

// askTogether answers a group of callers with one request. It heeds no caller's context: the group is not one caller's.
func (s *Store) askTogether(group []*asking) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	var emails []string
	for _, a := range group {
		emails = append(emails, a.emails...)
	}
	found, err := s.suppressedBy(ctx, emails)
	for _, a := range group {
		a.found, a.err = map[string]*outreach.Suppression{}, err
		for _, email := range a.emails {
			if entry := found[email]; entry != nil {
				a.found[email] = entry
			}
		}
	}
}

// suppressedBy is SuppressedAmong for one caller alone.
func (s *Store) suppressedBy(ctx context.Context, emails []string) (suppressions, error) {
	found := suppressions{}
	if len(emails) == 0 {
		return found, nil
	}
	owners := suppressible(emails)
	err := s.engine.Find(ctx, owners.query(), func(doc bson.Raw) error { return found.add(owners, doc) })
	return found, err
}

// owners are addresses by the entries that would suppress them: their own, and those of their domains.
type owners map[string][]string

func suppressible(emails []string) owners {
	o := make(owners, 2*len(emails))
	for _, email := range emails {
		for _, key := range suppressionKeys(email) {
			o[key] = append(o[key], email)
		}
	}
	return o
}

// query asks for the entries.
func (o owners) query() Query { return entriesOf(slices.Collect(maps.Keys(o))) }

// suppressions are entries by the addresses that they suppress.
type suppressions map[string]*outreach.Suppression

func (s suppressions) add(o owners, doc bson.Raw) error {
	entry := new(outreach.Suppression)
	if err := bson.Unmarshal(doc, entry); err != nil {
		return fmt.Errorf("read %s %v: %w", Suppressions, doc.Lookup("_id"), err)
	}
	for _, email := range o[entry.Value] {
		s[email] = entry
	}
	return nil
}
