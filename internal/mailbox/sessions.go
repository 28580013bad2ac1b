package mailbox

import (
	"context"
	"time"

	"mailrun/pkg/outreach"
)

type SMTPSession struct {
	OnStage func(Stage) error
}

type Reply struct {
	Code     int
	Enhanced string
	Text     string
}

func (d *Dialer) SMTP(ctx context.Context, mb *outreach.Mailbox) (*SMTPSession, error) {
	return nil, ErrUnusable
}
func (s *SMTPSession) Send(ctx context.Context, from, to string, raw []byte) error {
	return ErrUnusable
}
func (s *SMTPSession) LastReply() Reply { return Reply{} }
func (s *SMTPSession) SMTPUTF8() bool   { return false }
func (s *SMTPSession) Usable() bool     { return false }
func (s *SMTPSession) Close() error     { return nil }

type IMAPSession struct {
	Lenient bool
}

type FolderInfo struct {
	Path string
	Role outreach.FolderRole
}

type FolderStatus struct {
	UIDValidity, UIDNext, Messages uint32
}

type Fetched struct {
	UID          uint32
	InternalDate time.Time
	Size         int64
	Raw          []byte
}

func (d *Dialer) IMAP(ctx context.Context, mb *outreach.Mailbox) (*IMAPSession, error) {
	return nil, ErrUnusable
}
func (s *IMAPSession) Folders(ctx context.Context) ([]FolderInfo, error) { return nil, ErrUnusable }
func (s *IMAPSession) Status(ctx context.Context, path string) (FolderStatus, error) {
	return FolderStatus{}, ErrUnusable
}
func (s *IMAPSession) Examine(ctx context.Context, path string) (FolderStatus, error) {
	return FolderStatus{}, ErrUnusable
}
func (s *IMAPSession) Headers(ctx context.Context, from, to uint32) ([]Fetched, error) {
	return nil, ErrUnusable
}
func (s *IMAPSession) Bodies(ctx context.Context, uids []uint32, max int, each func(Fetched) error) error {
	return ErrUnusable
}
func (s *IMAPSession) UIDsSince(ctx context.Context, since time.Time) ([]uint32, error) {
	return nil, ErrUnusable
}
func (s *IMAPSession) FindMessageID(ctx context.Context, path, messageID string) (bool, error) {
	return false, ErrUnusable
}
func (s *IMAPSession) Append(ctx context.Context, path string, raw []byte, at time.Time) error {
	return ErrUnusable
}
func (s *IMAPSession) Gmail() bool  { return false }
func (s *IMAPSession) Close() error { return nil }

type Fault string
type Effect string

const (
	FaultMailbox   Fault = "mailbox"
	FaultRecipient Fault = "recipient"
	FaultTemporary Fault = "temporary"
	FaultMessage   Fault = "message"

	EffectBackOff Effect = "back off"
	EffectRetry   Effect = "retry"
	EffectDefer   Effect = "defer"
	EffectBounce  Effect = "bounce"
	EffectFail    Effect = "fail"
	EffectUnknown Effect = "unknown"
)

type Verdict struct {
	Fault       Fault
	Class       Class
	Effect      Effect
	MaybeTheirs bool
	RetryAfter  time.Duration
}

func Classify(err error) Verdict { return Verdict{} }
