// watchdog runs a program and ends it when it has stopped working, so that Docker's restart policy starts it again:
// Docker itself leaves a container alone that hangs.
//
//	watchdog -url http://127.0.0.1:8000/health -- node server.mjs
//
// It passes signals on, and ends as the program does. As a container's first process it also reaps what others leave.
// Where the guard's lock is mounted, the program is not started before the guard's rules hold.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

const (
	wrongUsage   = 64
	cannotStart  = 127
	signalOffset = 128
)

func main() {
	url := flag.String("url", "", "address that the program answers, with any status")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: watchdog [-url URL] -- PROGRAM [ARGUMENT ...]")
		os.Exit(wrongUsage)
	}
	os.Exit(run(flag.Args(), newWatch(*url), guardLock{"/run/guard", 30 * time.Second}))
}

// run gives the program's exit code, or as a shell does 128 and the number of the signal that ended it.
func run(command []string, watch *watch, guard guardLock) int {
	program := exec.Command(command[0], command[1:]...)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1,
		syscall.SIGUSR2, syscall.SIGWINCH)
	if ended := guard.wait(signals); ended != nil {
		return signalOffset + int(ended.(syscall.Signal))
	}
	if err := program.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "watchdog:", err)
		return cannotStart
	}
	pid := program.Process.Pid
	go func() {
		for one := range signals {
			_ = program.Process.Signal(one) // it may have ended just now
		}
	}()
	go func() {
		for range time.Tick(interval) {
			if reason := watch.observe(pid); reason != "" {
				fmt.Fprintf(os.Stderr, "watchdog: %s %s: ended, to be started again\n", command[0], reason)
				kill(pid)
				return
			}
		}
	}()
	return waitFor(pid)
}

// waitFor reaps every child, as orphans become those of a container's first process.
func waitFor(pid int) int {
	for {
		var status syscall.WaitStatus
		ended, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return cannotStart
		case ended == pid && status.Signaled():
			return signalOffset + int(status.Signal())
		case ended == pid && status.Exited():
			return status.ExitStatus()
		}
	}
}

// kill ends the program with all that it has started; its children first, so that none is left without a parent.
func kill(pid int) {
	for _, one := range family(pid) {
		_ = syscall.Kill(one.pid, syscall.SIGKILL) // it may have ended just now
	}
}
