// logrun starts a program and copies what it prints, line by line, to its own output and into a file that it rotates.
// It passes signals on, and ends as the program does.
//
//	logrun -file /var/log/frp/frpc.log -max-size 10m -keep-days 7 -- frpc -c /etc/frp/frpc.toml
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

const (
	tick = 5 * time.Second
	// A longer line is cut in the file, so that one without an end takes no memory.
	longestLine = 64 << 10
	// For what the program leaves in its pipes, which a process that it started may keep open.
	drainTime = 5 * time.Second

	wrongUsage   = 64
	cannotStart  = 127
	signalOffset = 128
)

func main() {
	file := flag.String("file", "", "the log file")
	size := flag.String("max-size", "10m", "size of the log file before it is rotated (k, m or g)")
	days := flag.Int("keep-days", 7, "days with lines that are kept")
	flag.Parse()
	maxSize, err := parseSize(*size)
	if *file == "" || *days < 1 || err != nil || flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: logrun -file FILE [-max-size 10m] [-keep-days 7] -- PROGRAM [ARGUMENT ...]")
		os.Exit(wrongUsage)
	}
	warn := func(text string) { fmt.Fprint(os.Stderr, said(time.Now(), text)) }
	os.Exit(run(flag.Args(), newLogFile(*file, maxSize, *days, time.Now, warn), os.Stdout, os.Stderr))
}

// parseSize reads a size as Docker's log options have it.
func parseSize(text string) (int64, error) {
	match := regexp.MustCompile(`^([1-9]\d{0,8})([kmg])$`).FindStringSubmatch(text)
	if match == nil {
		return 0, fmt.Errorf("not a size: %q", text)
	}
	number, err := strconv.ParseInt(match[1], 10, 64)
	return number << map[string]int{"k": 10, "m": 20, "g": 30}[match[2]], err
}

// run gives the program's exit code, or as a shell does 128 and the number of the signal that ended it.
func run(command []string, log *LogFile, stdout, stderr io.Writer) int {
	go func() {
		for range log.untidy {
			if err := log.Tidy(); err != nil {
				log.warn(err.Error())
			}
		}
	}()
	defer log.Close()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	go func() {
		for range ticker.C {
			log.Tick()
		}
	}()

	out, errOut := &lines{to: stdout, log: log}, &lines{to: stderr, log: log}
	program := exec.Command(command[0], command[1:]...)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, out, errOut
	program.WaitDelay = drainTime
	signals := make(chan os.Signal, 8)
	// SIGPIPE is asked for so that it does not end logrun: the file goes on when nobody reads the output any more.
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1,
		syscall.SIGUSR2, syscall.SIGPIPE)
	if err := program.Start(); err != nil {
		text := said(time.Now(), err.Error())
		_, _ = io.WriteString(stderr, text)
		log.Add(text)
		return cannotStart
	}
	go func() {
		for one := range signals {
			if one != syscall.SIGPIPE {
				_ = program.Process.Signal(one) // it may have ended just now
			}
		}
	}()
	_ = program.Wait() // how it ended is in its state
	out.end()
	errOut.end()
	if status := program.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		return signalOffset + int(status.Signal())
	}
	return program.ProcessState.ExitCode()
}

// lines passes on what it is given as it comes, and gives it to the log line by line.
type lines struct {
	to   io.Writer
	log  *LogFile
	rest []byte // of the line that has not ended yet
}

func (l *lines) Write(chunk []byte) (int, error) {
	_, _ = l.to.Write(chunk) // the log goes on without it
	l.rest = append(l.rest, chunk...)
	for {
		end := bytes.IndexByte(l.rest, '\n') + 1
		if end == 0 && len(l.rest) < longestLine {
			return len(chunk), nil
		}
		if end == 0 {
			end = longestLine
		}
		l.log.Add(string(l.rest[:end]))
		l.rest = l.rest[end:]
	}
}

func (l *lines) end() {
	if len(l.rest) > 0 {
		l.log.Add(string(l.rest))
	}
}
