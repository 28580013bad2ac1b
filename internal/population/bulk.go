package population

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// unindexed runs do on an SQLite file whose indexes are taken away, which makes filling it several times faster: an index that is built in
// one go is sorted once, instead of being searched for each of a million entries. The engine makes them again as for a file of an older
// schema, and so does whoever opens the file first after a crash in between.
func unindexed(ctx context.Context, path string, engine interface {
	EnsureIndexes(ctx context.Context) error
}, do func() error) error {
	if err := dropIndexes(ctx, path); err != nil {
		return fmt.Errorf("take the indexes away: %w", err)
	}
	err := do()
	return errors.Join(err, engine.EnsureIndexes(ctx))
}

func dropIndexes(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	names, err := indexNames(ctx, db)
	if err != nil {
		return err
	}
	statements := []string{"PRAGMA busy_timeout = 10000", "PRAGMA user_version = 0"} // 0: the schema is not known to be up to date
	for _, name := range names {
		statements = append(statements, `DROP INDEX "`+strings.ReplaceAll(name, `"`, `""`)+`"`)
	}
	_, err = db.ExecContext(ctx, strings.Join(statements, "; "))
	return err
}

// indexNames lists the indexes that were made by statements; those of primary keys stay.
func indexNames(ctx context.Context, db *sql.DB) (names []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
