package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

var noGuard = guardLock{"/no/such/folder", time.Minute}

func TestNothingIsWaitedForWhereThereIsNoLock(t *testing.T) {
	started := time.Now()
	if ended := noGuard.wait(nil); ended != nil || time.Since(started) > 10*time.Second {
		t.Fatalf("waited %s, %v", time.Since(started), ended)
	}
}

func TestAGuardThatComesIsWaitedFor(t *testing.T) {
	folder := t.TempDir()
	go func() {
		time.Sleep(300 * time.Millisecond)
		guard, err := os.Open(folder)
		if err == nil {
			err = syscall.Flock(int(guard.Fd()), syscall.LOCK_EX)
		}
		if err != nil {
			panic(err)
		}
		time.Sleep(time.Minute)
		guard.Close()
	}()
	started := time.Now()
	lock := guardLock{folder, time.Minute}
	if ended := lock.wait(nil); ended != nil {
		t.Fatal(ended)
	}
	if waited := time.Since(started); waited < 300*time.Millisecond || waited > 30*time.Second {
		t.Fatalf("waited %s", waited)
	}
}

func TestAGuardThatStaysAwayHoldsNothingUp(t *testing.T) {
	lock := guardLock{t.TempDir(), 200 * time.Millisecond}
	if ended := lock.wait(nil); ended != nil {
		t.Fatal(ended)
	}
}

func TestTheWaitEndsWhenItIsAskedTo(t *testing.T) {
	signals := make(chan os.Signal, 2)
	signals <- syscall.SIGHUP
	signals <- syscall.SIGTERM
	lock := guardLock{t.TempDir(), time.Minute}
	if ended := lock.wait(signals); ended != syscall.SIGTERM {
		t.Fatal(ended)
	}
}
