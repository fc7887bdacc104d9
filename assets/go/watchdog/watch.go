package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	interval = time.Second
	// Observations one after the other, by which a process counts as stopped. One that only waits for a CPU is none.
	stoppedFor = 5
	// A host that has far more to do than it can leaves requests without an answer for long.
	silentFor  = time.Minute
	askedEvery = 5 * time.Second
	answerTime = 4 * time.Second
)

// watch has the observations of one program.
type watch struct {
	url      string
	client   *http.Client
	now      func() time.Time
	stopped  int       // observations in a row
	asked    time.Time // the last time
	answered time.Time // the last time; the zero time before the first answer
}

func newWatch(url string) *watch {
	return &watch{url: url, client: &http.Client{Timeout: answerTime}, now: time.Now}
}

// observe gives the reason why the program has to be ended, or "".
func (w *watch) observe(pid int) string {
	w.stopped++
	if !anyStopped(family(pid)) {
		w.stopped = 0
	}
	if w.stopped >= stoppedFor {
		return fmt.Sprintf("was stopped for %d s", w.stopped)
	}
	return w.ask()
}

// ask says nothing of a program that has never answered: how long a start may take is the deployment's to decide.
func (w *watch) ask() string {
	if w.url == "" || w.now().Sub(w.asked) < askedEvery {
		return ""
	}
	w.asked = w.now()
	if w.answers() {
		w.answered = w.now()
	}
	if silence := w.now().Sub(w.answered); !w.answered.IsZero() && silence >= silentFor {
		return fmt.Sprintf("gave no answer for %.0f s", silence.Seconds())
	}
	return ""
}

func (w *watch) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		return false
	}
	response, err := w.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is used again
	return true
}

// process is what /proc tells of one.
type process struct {
	pid, parent int
	state       string
}

// processes leaves out those that end meanwhile.
func processes() []process {
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	found := make([]process, 0, len(files))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// pid (name) state parent …, where the name may hold anything
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 2 {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parent, _ := strconv.Atoi(fields[1])
		found = append(found, process{pid, parent, fields[0]})
	}
	return found
}

// family is a process with all that it has started, and that has; the youngest generation first.
func family(pid int) []process {
	all := processes()
	var of func(one process) []process
	of = func(one process) []process {
		var members []process
		for _, other := range all {
			if other.parent == one.pid {
				members = append(members, of(other)...)
			}
		}
		return append(members, one)
	}
	for _, one := range all {
		if one.pid == pid {
			return of(one)
		}
	}
	return nil
}

// anyStopped tells whether one of them is stopped by a signal (T), which a debugger's (t) are not.
func anyStopped(members []process) bool {
	for _, one := range members {
		if one.state == "T" {
			return true
		}
	}
	return false
}
