package store

import (
	"context"

	"mailrun/pkg/outreach"
)

// SuppressedAmong finds which of the addresses are never to be mailed, and by which entry each: its own, its domain's or a parent domain's.
func (s *Store) SuppressedAmong(ctx context.Context, emails []string) (map[string]*outreach.Suppression, error) {
	values := map[string]bool{}
	for _, email := range emails {
		for _, key := range suppressionKeys(email) {
			values[key] = true
		}
	}
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	entries, err := s.SuppressionsAmong(ctx, keys)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	byValue := make(map[string]*outreach.Suppression, len(entries))
	for i := range entries {
		byValue[entries[i].Value] = &entries[i]
	}
	found := map[string]*outreach.Suppression{}
	for _, email := range emails {
		for _, key := range suppressionKeys(email) {
			if entry := byValue[key]; entry != nil {
				found[email] = entry
				break
			}
		}
	}
	return found, nil
}
