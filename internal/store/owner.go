package store

import (
	"fmt"
	"os"
	"strconv"
	"strings"
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
	return Owner{Host: host, Boot: bootID(), Namespace: pidNamespace(), PID: pid, Start: startTime(pid)}
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

// Sees tells for certain that another owner is gone: it was a process of this host before the last boot, or of this PID namespace and is
// not there any more. Of what it cannot see it says false; such leases run out by time.
func (o Owner) Sees(other Owner) (dead bool) {
	if o.Host != other.Host || o.Boot == "" || other.Boot == "" {
		return false
	}
	if o.Boot != other.Boot {
		return true
	}
	return o.Namespace == other.Namespace && startTime(other.PID) != other.Start
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

// pidNamespace is "pid:[4026531836]" or the like; empty where the system does not tell.
func pidNamespace() string {
	ns, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return ns
}

// startTime is when a process started, in clock ticks since boot (proc(5), field 22 of stat); empty if there is no such process.
func startTime(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The second field is the command in parentheses and may hold blanks and parentheses itself.
	_, rest, ok := cutLast(string(stat), ")")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	return fields[19]
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
