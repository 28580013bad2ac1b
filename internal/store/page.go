package store

import "context"

// MaxPageSize bounds a page of any listing.
const MaxPageSize = 200

// Page is a piece of a listing: Number counts from 1, Size from 1 to MaxPageSize.
type Page struct{ Number, Size int }

// page reads one page of matches and counts all of them.
func page[T any](ctx context.Context, s *Store, q Query, p Page) ([]T, int64, error) {
	total, err := s.engine.Count(ctx, q.Collection, q.Filter)
	if err != nil {
		return nil, 0, err
	}
	q.Skip, q.Limit = int64(p.Number-1)*int64(p.Size), int64(p.Size)
	items, err := find[T](ctx, s, q)
	return items, total, err
}
