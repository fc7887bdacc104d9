package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// ran is what a shell script left behind.
type ran struct {
	code           int
	stdout, stderr string
	log            *testLog
}

func runScript(t *testing.T, script string) ran {
	log := newTestLog(t, big, 7, &clock{time.Now()})
	var stdout, stderr bytes.Buffer
	code := run([]string{"sh", "-c", script}, log.LogFile, &stdout, &stderr)
	return ran{code, stdout.String(), stderr.String(), log}
}

func TestBothStreamsAreCopiedAndLogged(t *testing.T) {
	got := runScript(t, "echo out; echo err >&2")
	expect(t, got.code, 0)
	expect(t, got.stdout, "out\n")
	expect(t, got.stderr, "err\n")
	text := got.log.read("frpc.log")
	if len(got.log.all()) != 2 || !strings.Contains(text, "out\n") || !strings.Contains(text, "err\n") {
		t.Fatalf("the log has %q", text)
	}
}

func TestTheExitCodeIsTheProgramsOwn(t *testing.T) {
	expect(t, runScript(t, "exit 42").code, 42)
	expect(t, runScript(t, "kill -KILL $$").code, 137)
}

func TestSignalsReachTheProgram(t *testing.T) {
	// $PPID is this process, as logrun is the program's parent.
	got := runScript(t, `trap 'echo told; exit 7' TERM; kill -TERM $PPID; while :; do sleep 0.05; done`)
	expect(t, got.code, 7)
	expect(t, got.log.all(), []string{"told"})
}

func TestALastLineWithoutAnEndIsLogged(t *testing.T) {
	got := runScript(t, "printf 'panic: half'; exit 2")
	expect(t, got.stdout, "panic: half")
	expect(t, got.log.read("frpc.log"), "panic: half\n")
}

func TestAProcessThatKeepsTheOutputOpenDoesNotKeepLogrun(t *testing.T) {
	started := time.Now()
	got := runScript(t, "sleep 30 & echo $!; exit 3")
	expect(t, got.code, 3)
	if took := time.Since(started); took > 2*drainTime {
		t.Fatalf("ended after %s", took)
	}
	runScript(t, "kill "+strings.TrimSpace(got.stdout))
}

func TestALineWithoutAnEndTakesNoMemory(t *testing.T) {
	got := runScript(t, "head -c 300000 /dev/zero | tr '\\0' x")
	expect(t, len(got.stdout), 300_000)
	pieces := got.log.all()
	expect(t, len(strings.Join(pieces, "")), 300_000)
	expect(t, len(pieces), 5)
}

func TestAProgramThatCannotBeStartedIsTold(t *testing.T) {
	log := newTestLog(t, big, 7, &clock{time.Now()})
	var stderr bytes.Buffer
	expect(t, run([]string{"/nowhere/frpc"}, log.LogFile, &bytes.Buffer{}, &stderr), 127)
	for _, text := range []string{stderr.String(), log.read("frpc.log")} {
		if !strings.Contains(text, "/nowhere/frpc") {
			t.Fatalf("told is %q", text)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestTheLogGoesOnWhenNobodyReadsTheOutput(t *testing.T) {
	log := newTestLog(t, big, 7, &clock{time.Now()})
	expect(t, run([]string{"sh", "-c", "echo one; echo two"}, log.LogFile, broken{}, broken{}), 0)
	expect(t, log.all(), []string{"one", "two"})
}

func TestSizesAreReadAsDockerReadsThem(t *testing.T) {
	for text, want := range map[string]int64{"1k": 1024, "10m": 10 << 20, "2g": 2 << 30} {
		if got, err := parseSize(text); got != want || err != nil {
			t.Errorf("%s is %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "10", "0m", "10 MB", "-1k", "1.5m"} {
		if _, err := parseSize(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
