package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// start runs a program that the test ends.
func start(t *testing.T, command ...string) *exec.Cmd {
	t.Helper()
	program := exec.Command(command[0], command[1:]...)
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-program.Process.Pid, syscall.SIGKILL)
		_ = program.Wait()
	})
	return program
}

// stops waits until a process is stopped, which takes the kernel a moment.
func stops(t *testing.T, pid int) {
	t.Helper()
	for range 200 {
		if anyStopped(family(pid)) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not stop")
}

func TestAStoppedProgramIsEndedAfterSeveralObservations(t *testing.T) {
	pid := start(t, "sleep", "60").Process.Pid
	watch := newWatch("")
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	stops(t, pid)
	for count := 1; count < stoppedFor; count++ {
		if reason := watch.observe(pid); reason != "" {
			t.Fatalf("%q at observation %d", reason, count)
		}
	}
	if watch.observe(pid) == "" {
		t.Fatal("it is not seen")
	}
}

func TestAStoppedChildOfItIsSeenToo(t *testing.T) {
	pid := start(t, "sh", "-c", "sleep 60; true").Process.Pid
	var child int
	for child == 0 {
		if members := family(pid); len(members) == 2 {
			child = members[0].pid
		}
	}
	_ = syscall.Kill(child, syscall.SIGSTOP)
	stops(t, pid)
}

func TestAProgramThatGoesOnIsLeftAlone(t *testing.T) {
	pid := start(t, "sleep", "60").Process.Pid
	watch := newWatch("")
	for count := 1; count < stoppedFor; count++ {
		watch.stopped = count
		if reason := watch.observe(pid); reason != "" || watch.stopped != 0 {
			t.Fatalf("%q, %d", reason, watch.stopped)
		}
	}
}

func TestSilenceCountsFromTheLastAnswer(t *testing.T) {
	status := http.StatusServiceUnavailable
	silent := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if silent {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	now := time.Unix(0, 0).Add(time.Hour)
	watch := newWatch(server.URL)
	watch.now = func() time.Time { return now }
	silent = true
	for range 30 {
		now = now.Add(askedEvery)
		if reason := watch.ask(); reason != "" {
			t.Fatalf("before the first answer: %q", reason)
		}
	}
	silent = false
	now = now.Add(askedEvery)
	watch.ask()
	silent = true
	for passed := askedEvery; passed < silentFor; passed += askedEvery {
		now = now.Add(askedEvery)
		if reason := watch.ask(); reason != "" {
			t.Fatalf("%q after %s", reason, passed)
		}
	}
	now = now.Add(askedEvery)
	if watch.ask() == "" {
		t.Fatal("silence is not noticed")
	}
}

func TestItEndsAsTheProgramDoes(t *testing.T) {
	for command, code := range map[string]int{"exit 7": 7, "kill -TERM $$": 128 + int(syscall.SIGTERM)} {
		if got := run([]string{"sh", "-c", command}, newWatch(""), noGuard); got != code {
			t.Errorf("%s: %d instead of %d", command, got, code)
		}
	}
	if got := run([]string{"/no/such/program"}, newWatch(""), noGuard); got != cannotStart {
		t.Error(got)
	}
}

func TestWhatIsKilledLeavesNothing(t *testing.T) {
	go func() {
		for {
			time.Sleep(100 * time.Millisecond)
			for _, one := range family(os.Getpid()) {
				if one.parent == os.Getpid() && len(family(one.pid)) == 2 {
					kill(one.pid)
					return
				}
			}
		}
	}()
	if got := run([]string{"sh", "-c", "sleep 60; true"}, newWatch(""), noGuard); got != signalOffset+int(syscall.SIGKILL) {
		t.Error(got)
	}
}
