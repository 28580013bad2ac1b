package store

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Owner names one process on one host for as long as it lives: host, boot id, PID namespace, PID and the process's start time. Together
// they tell a dead owner from a living one that got the same PID, on a host that rebooted or in another container.
type Owner struct {
	Host, Boot, Namespace string
	PID                   int
	Start                 string
}

// Self is this process as an owner.
func Self() Owner {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	pid := os.Getpid()
	start, _ := startTime(pid) // empty where the system does not tell
	return Owner{Host: host, Boot: bootID(), Namespace: pidNamespace(), PID: pid, Start: start}
}

// String is the owner as leases and run logs carry it.
func (o Owner) String() string {
	return strings.Join([]string{o.Host, o.Boot, o.Namespace, strconv.Itoa(o.PID), o.Start}, "|")
}

// ParseOwner reads what String wrote.
func ParseOwner(s string) (Owner, error) {
	parts := strings.Split(s, "|")
	if len(parts) != 5 {
		return Owner{}, fmt.Errorf("owner %q: want host|boot|namespace|pid|start", s)
	}
	pid, err := strconv.Atoi(parts[3])
	if err != nil || pid <= 0 {
		return Owner{}, fmt.Errorf("owner %q: bad process id", s)
	}
	return Owner{Host: parts[0], Boot: parts[1], Namespace: parts[2], PID: pid, Start: parts[4]}, nil
}

// Sees tells for certain that another owner is gone: it was a process of this PID namespace and is not there any more. Whatever else two
// processes share or do not share, a network namespace for one, does not matter. Of what it cannot see it says false; such leases run out
// by time. That holds for a process of another boot too: it may be of another machine with the same name.
func (o Owner) Sees(other Owner) (dead bool) {
	if o.Boot == "" || o.Namespace == "" || o.Host != other.Host || o.Boot != other.Boot || o.Namespace != other.Namespace {
		return false
	}
	return gone(other.PID, other.Start)
}

// Dead lists those of the owners that this process knows to be gone.
func (o Owner) Dead(owners []string) []string {
	var dead []string
	for _, s := range owners {
		if other, err := ParseOwner(s); err == nil && o.Sees(other) {
			dead = append(dead, s)
		}
	}
	return dead
}

// bootID changes at each boot; empty where the system does not tell.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// pidNamespace is "pid:[4026531836]" or the like; empty where the system does not tell, or tells of the processes of another namespace, as
// in one that was made without a /proc of its own.
func pidNamespace() string {
	if self, err := os.Readlink("/proc/self"); err != nil || self != strconv.Itoa(os.Getpid()) {
		return ""
	}
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return ns
}

// gone tells for certain that the process which started then is not there any more: another one has its PID, nobody has, or it is dead and
// only not yet waited for. Where /proc hides the processes of other users (proc(5), hidepid), the kernel is asked whether there is one.
func gone(pid int, start string) bool {
	at, err := startTime(pid)
	if err == nil && start != "" {
		return at != start
	}
	p, err := os.FindProcess(pid)
	return err == nil && errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// startTime is when a process started, in clock ticks since boot (proc(5), field 22 of stat); empty if it is dead.
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field is the command in parentheses and may hold blanks and parentheses itself.
	_, rest, _ := cutLast(string(stat), ")")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat: %d fields after the command, want 20 at least", pid, len(fields))
	}
	if fields[0] == "Z" {
		return "", nil
	}
	return fields[19], nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
