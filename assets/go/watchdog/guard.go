package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

const guardAskedEvery = 50 * time.Millisecond

// guardLock is a folder that the guard keeps locked while its rules hold. The kernel lets go of the lock when the guard
// ends, so that nothing of an earlier boot counts.
type guardLock struct {
	folder string
	// A service that starts late beats one that does not start.
	within time.Duration
}

// wait returns when the guard's rules hold, when there is no lock to wait for, or with a signal that asks to end.
func (g guardLock) wait(signals <-chan os.Signal) os.Signal {
	deadline := time.After(g.within)
	for !g.isHeld() {
		select {
		case one := <-signals:
			if one == syscall.SIGTERM || one == syscall.SIGINT || one == syscall.SIGQUIT {
				return one
			}
		case <-deadline:
			fmt.Fprintf(os.Stderr, "watchdog: the guard is not there after %s: started without it\n", g.within)
			return nil
		case <-time.After(guardAskedEvery):
		}
	}
	return nil
}

// isHeld is also true where there is no such folder.
func (g guardLock) isHeld() bool {
	folder, err := os.Open(g.folder)
	if err != nil {
		return true
	}
	defer folder.Close()
	return syscall.Flock(int(folder.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == syscall.EWOULDBLOCK
}
