package main

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/intake"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// minPassword is the shortest password, in characters (NIST SP 800-63B section 3.1.1.2 asks for 8 where there is a second factor, 15 where
// there is none; logins are limited per address and account, so 10).
const minPassword = 10

// passwordCost are the parameters of argon2id: OWASP's second choice, 19 MiB, two passes, one thread, so that a cPanel host bears it.
var passwordCost = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

func newUsers(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "users",
		Short: "Who may sign in to `mailrun serve`",
	}, newUsersAdd(a), newUsersList(a), newUsersPasswd(a), newUsersRemove(a))
}

const passwordHelp = "The password is asked for without being shown; off a terminal it is one line of standard input. At least 10 characters."

func newUsersAdd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "add EMAIL",
		Short: "Add an admin",
		Long:  "Add an admin. " + passwordHelp,
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.addUser(cmd.Context(), args[0]) },
	}
}

func (a *app) addUser(ctx context.Context, name string) error {
	email, _, err := intake.Address(name)
	if err != nil {
		return inputError{err}
	}
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	if _, err := s.UserByEmail(ctx, email); err == nil {
		return badInput("%s is there already; `mailrun users passwd` changes the password", email)
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	hash, err := a.newPassword()
	if err != nil {
		return err
	}
	err = s.InsertUser(ctx, &outreach.User{ID: bson.NewObjectID(), Email: email, PasswordHash: hash, Role: "admin"})
	if store.IsDuplicate(err) {
		return badInput("%s was added meanwhile by somebody else", email)
	}
	if err == nil {
		a.say("%s: added", email)
	}
	return err
}

// newPassword asks for a password and returns its argon2id hash.
func (a *app) newPassword() (string, error) {
	password, err := a.readPassword()
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(password) < minPassword {
		return "", badInput("the password is too short: at least %d characters", minPassword)
	}
	return argon2id.CreateHash(password, passwordCost)
}

func (a *app) readPassword() (string, error) {
	if !a.inTTY {
		return readLine(a.in)
	}
	password, err := a.askSecret("Password")
	if err != nil {
		return "", err
	}
	again, err := a.askSecret("Once more")
	if err == nil && again != password {
		err = badInput("the two passwords differ")
	}
	return password, err
}

func newUsersList(a *app) *cobra.Command {
	var list listFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List who may sign in",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, _, p, err := list.open(cmd.Context(), a)
			if err != nil {
				return err
			}
			items, total, err := s.ListUsers(cmd.Context(), p)
			if err != nil {
				return err
			}
			return printList(a, &list, items, total, []string{"email", "role", "since"}, func(u *outreach.User) []string {
				return []string{clean(u.Email, 60), u.Role, local(u.CreatedAt)}
			})
		},
	}
	list.register(cmd)
	return cmd
}

func newUsersPasswd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "passwd EMAIL",
		Short: "Set a new password",
		Long:  "Set a new password. " + passwordHelp,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, err := a.Store(ctx)
			if err != nil {
				return err
			}
			u, err := findUser(ctx, s, args[0])
			if err != nil {
				return err
			}
			hash, err := a.newPassword()
			if err != nil {
				return err
			}
			if err := s.SetPassword(ctx, u.ID, hash); err != nil {
				return err
			}
			a.say("%s: new password set", u.Email)
			return nil
		},
	}
}

func newUsersRemove(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "remove EMAIL",
		Short: "Remove an admin",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, err := a.Store(ctx)
			if err != nil {
				return err
			}
			u, err := findUser(ctx, s, args[0])
			if err != nil {
				return err
			}
			if _, err := s.DeleteUser(ctx, u.Email); err != nil {
				return err
			}
			a.say("%s: removed", u.Email)
			return nil
		},
	}
}
