package store_test

import (
	"os/exec"
	"testing"

	"mailrun/internal/store"
)

// sleeper is another process as an owner.
func sleeper(t *testing.T) (store.Owner, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Skip("there is no process to look at: ", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	o := store.Self()
	o.PID = cmd.Process.Pid
	start, err := store.StartTime(o.PID)
	if err != nil {
		t.Skip("the system does not tell of its processes: ", err)
	}
	o.Start = start
	return o, cmd
}

// Only what is certain counts as dead.
func TestSees(t *testing.T) {
	living, _ := sleeper(t)
	killed, cmd := sleeper(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	with := func(o store.Owner, change func(*store.Owner)) store.Owner {
		change(&o)
		return o
	}
	self := store.Self()
	tests := []struct {
		name  string
		other store.Owner
		want  bool
	}{
		{"itself", self, false},
		{"a living process", living, false},
		{"a killed process", killed, true},
		{"a process whose PID another one has", with(living, func(o *store.Owner) { o.Start = "1" }), true},
		{"a living process that could not tell its start", with(living, func(o *store.Owner) { o.Start = "" }), false},
		{"a killed process that could not tell its start", with(killed, func(o *store.Owner) { o.Start = "" }), true},
		{"of another host", with(killed, func(o *store.Owner) { o.Host = "elsewhere" }), false},
		{"of another container", with(killed, func(o *store.Owner) { o.Namespace = "pid:[1]" }), false},
		{"of a container that does not know itself", with(killed, func(o *store.Owner) { o.Namespace = "" }), false},
		{"of another boot, or of another host with this name", with(killed, func(o *store.Owner) { o.Boot = "0" }), false},
	}
	for _, tt := range tests {
		if got := self.Sees(tt.other); got != tt.want {
			t.Errorf("%s: dead = %t, want %t", tt.name, got, tt.want)
		}
		if back, err := store.ParseOwner(tt.other.String()); err != nil || back != tt.other {
			t.Errorf("%s: read back as %+v, %v", tt.name, back, err)
		}
	}
	if blind := with(self, func(o *store.Owner) { o.Namespace = "" }); blind.Sees(with(killed, func(o *store.Owner) { o.Namespace = "" })) {
		t.Error("who does not know his own container says who is dead")
	}
}

// A process that was killed and not yet waited for is dead.
func TestSeesZombie(t *testing.T) {
	zombie, cmd := sleeper(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for {
		if start, err := store.StartTime(zombie.PID); err != nil || start == "" {
			break
		}
	}
	if !store.Self().Sees(zombie) {
		t.Error("a zombie counts as living")
	}
}
