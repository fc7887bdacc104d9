package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	kib = 1 << 10
	big = 1 << 20
)

// clock is a time that stands still until it is set.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }
func at(text string) *clock {
	when, err := time.ParseInLocation("2006-01-02 15:04", text, time.Local)
	if err != nil {
		panic(err)
	}
	return &clock{when}
}
func (c *clock) set(text string) { c.Time = at(text).Time }

// testLog is a log whose warnings are kept, in a folder of its own.
type testLog struct {
	*LogFile
	t        *testing.T
	folder   string
	warnings []string
}

func newTestLog(t *testing.T, maxSize int64, keepDays int, c *clock) *testLog {
	return reopened(t, t.TempDir(), maxSize, keepDays, c)
}

func reopened(t *testing.T, folder string, maxSize int64, keepDays int, c *clock) *testLog {
	log := &testLog{t: t, folder: folder}
	warn := func(text string) { log.warnings = append(log.warnings, text) }
	log.LogFile = newLogFile(filepath.Join(folder, "frpc.log"), maxSize, keepDays, c.now, warn)
	t.Cleanup(log.close)
	return log
}

func (l *testLog) tidy() {
	l.t.Helper()
	if err := l.Tidy(); err != nil {
		l.t.Fatal(err)
	}
}

// names gives the files of the folder, by name: that is, by age, the current one first.
func (l *testLog) names() []string {
	entries, err := os.ReadDir(l.folder)
	if err != nil {
		l.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (l *testLog) read(name string) string {
	l.t.Helper()
	content, err := os.ReadFile(filepath.Join(l.folder, name))
	if err != nil {
		l.t.Fatal(err)
	}
	if strings.HasSuffix(name, ".gz") {
		unpacked, err := gzip.NewReader(bytes.NewReader(content))
		if err != nil {
			l.t.Fatal(err)
		}
		if content, err = io.ReadAll(unpacked); err != nil {
			l.t.Fatal(err)
		}
	}
	return string(content)
}

// all gives the lines of all files, the oldest first.
func (l *testLog) all() []string {
	names := l.names()
	var text strings.Builder
	for _, name := range append(names[1:], names[0]) {
		text.WriteString(l.read(name))
	}
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
}

func expect[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %#v\nwant %#v", got, want)
	}
}

func TestNoLineIsLostOrDoubledAcrossRotationsDaysAndRestarts(t *testing.T) {
	c := at("2025-10-29 12:00")
	log := newTestLog(t, 20*kib, 365, c)
	var want []string
	for i := range 100_000 {
		if i%30_000 == 29_999 { // four days
			c.Time = c.AddDate(0, 0, 1)
		}
		if i%25_000 == 24_999 { // three restarts
			log.Close()
			if err := os.Chtimes(log.path, c.Time, c.Time); err != nil {
				t.Fatal(err)
			}
			log = reopened(t, log.folder, 20*kib, 365, c)
		}
		if i%10_000 == 0 {
			log.tidy()
		}
		want = append(want, fmt.Sprintf("line %d", i))
		log.Add(want[i] + "\n")
	}
	log.tidy()
	got := log.all()
	if !slices.Equal(got, want) {
		t.Fatalf("%d lines written, %d found", len(want), len(got))
	}
	rotations := 0
	for _, name := range log.names()[1:] {
		if !strings.HasSuffix(name, ".gz") {
			t.Fatalf("%s is not compressed", name)
		}
		if rotations++; len(log.read(name)) > 20*kib {
			t.Fatalf("%s is larger than the bound", name)
		}
	}
	if rotations < 20 {
		t.Fatalf("only %d rotations", rotations)
	}
	t.Logf("%d lines in %d rotated files and the current one", len(got), rotations)
}

func TestNoLineIsLostWhileAnotherFileIsCompressed(t *testing.T) {
	log := newTestLog(t, kib, 365, at("2025-10-29 12:00"))
	done, tidied := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(tidied)
		for {
			select {
			case <-done:
				return
			default:
				_ = log.Tidy()
			}
		}
	}()
	var want []string
	for i := range 20_000 {
		want = append(want, fmt.Sprintf("line %d", i))
		log.Add(want[i])
	}
	close(done)
	<-tidied
	if got := log.all(); !slices.Equal(got, want) {
		t.Fatalf("%d lines written, %d found", len(want), len(got))
	}
}

func TestADayIsRotatedAwayAtMidnightAndNamedByItself(t *testing.T) {
	c := at("2025-10-29 23:59")
	log := newTestLog(t, big, 7, c)
	log.Add("before")
	c.set("2025-10-30 00:00")
	log.Add("after")
	expect(t, log.names(), []string{"frpc.log", "frpc.log-2025-10-29-0001"})
	expect(t, log.all(), []string{"before", "after"})
}

func TestADayIsRotatedAwayThoughNoLineComes(t *testing.T) {
	c := at("2025-10-29 23:59")
	log := newTestLog(t, big, 7, c)
	log.Add("before")
	log.Tick()
	expect(t, log.names(), []string{"frpc.log"})
	c.set("2025-10-30 00:00")
	log.Tick()
	expect(t, log.names(), []string{"frpc.log", "frpc.log-2025-10-29-0001"})
	expect(t, log.read("frpc.log"), "")
}

func TestEmptyDaysAreSkipped(t *testing.T) {
	c := at("2025-10-01 08:00")
	log := newTestLog(t, big, 2, c)
	log.Add("the only line of October")
	for range 20 {
		c.Time = c.AddDate(0, 0, 1)
		log.Tick()
		log.tidy()
	}
	expect(t, log.names(), []string{"frpc.log", "frpc.log-2025-10-01-0001.gz"})
}

func TestTheNewestDaysAreKept(t *testing.T) {
	c := at("2025-10-29 08:00")
	log := newTestLog(t, kib, 3, c)
	other := filepath.Join(log.folder, "frpc.log-notes")
	if err := os.WriteFile(other, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	for day := range 6 {
		log.Add(fmt.Sprint("first of ", day) + strings.Repeat(".", 600))
		log.Add(fmt.Sprint("second of ", day) + strings.Repeat(".", 600))
		c.Time = c.AddDate(0, 0, 1)
	}
	log.Tick()
	log.tidy()
	expect(t, log.names(), []string{"frpc.log",
		"frpc.log-2025-11-01-0001.gz", "frpc.log-2025-11-01-0002.gz",
		"frpc.log-2025-11-02-0001.gz", "frpc.log-2025-11-02-0002.gz",
		"frpc.log-2025-11-03-0001.gz", "frpc.log-2025-11-03-0002.gz", "frpc.log-notes"})
}

func TestAFloodOnOneDayTakesNoMoreThanTheDaysTogether(t *testing.T) {
	log := newTestLog(t, 4*kib, 3, at("2025-10-29 08:00"))
	for i := range 200 {
		log.Add(fmt.Sprintf("%d %x", i, incompressible(500, byte(i))))
	}
	log.tidy()
	var bytes int64
	for _, old := range log.rotated() {
		bytes += old.size
	}
	if kept := len(log.rotated()); kept < 3 || bytes > 3*4*kib {
		t.Fatalf("%d files of %d bytes in all are kept", kept, bytes)
	}
	newest := log.rotated()[0]
	if newest.number < 20 || len(log.names()) != len(log.rotated())+1 {
		t.Fatalf("kept are %q", log.names())
	}
}

func incompressible(size int, seed byte) []byte {
	random, state := make([]byte, size), uint32(seed)+1
	for i := range random {
		state = state*1664525 + 1013904223
		random[i] = byte(state >> 24)
	}
	return random
}

func TestAMissingFileIsMadeAgain(t *testing.T) {
	log := newTestLog(t, big, 7, at("2025-10-29 12:00"))
	log.Add("one")
	if err := os.RemoveAll(log.folder); err != nil {
		t.Fatal(err)
	}
	log.Add("two")
	expect(t, log.all(), []string{"two"})
	if err := os.Remove(log.path); err != nil {
		t.Fatal(err)
	}
	log.Tick()
	expect(t, log.names(), []string{"frpc.log"})
	expect(t, len(log.warnings), 0)
}

func TestAFileMovedAwayByAnotherProgramIsLeftToIt(t *testing.T) {
	log := newTestLog(t, big, 7, at("2025-10-29 12:00"))
	log.Add("one")
	if err := os.Rename(log.path, log.path+".1"); err != nil {
		t.Fatal(err)
	}
	log.Add("two")
	expect(t, log.read("frpc.log.1"), "one\n")
	expect(t, log.read("frpc.log"), "two\n")
}

func TestAFileEmptiedByHandHasNoHole(t *testing.T) {
	log := newTestLog(t, kib, 7, at("2025-10-29 12:00"))
	for i := range 50 { // the file is one made by a rotation, too
		log.Add(fmt.Sprintf("a line of some length, number %d", i))
	}
	if err := os.Truncate(log.path, 0); err != nil {
		t.Fatal(err)
	}
	log.Add("after")
	expect(t, log.read("frpc.log"), "after\n")
}

func TestHalfALineOfALostMachineIsEnded(t *testing.T) {
	log := newTestLog(t, big, 7, at("2025-10-29 12:00"))
	if err := os.WriteFile(log.path, []byte("whole\nha"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(log.path, log.now(), log.now()); err != nil {
		t.Fatal(err)
	}
	log.Add("next")
	expect(t, log.read("frpc.log"), "whole\nha\nnext\n")
}

func TestAnExistingFileIsAppendedToOrBelongsToItsDay(t *testing.T) {
	c := at("2025-10-29 12:00")
	log := newTestLog(t, big, 7, c)
	log.Add("one")
	log.Close()
	if err := os.Chtimes(log.path, c.Time, c.Time); err != nil {
		t.Fatal(err)
	}
	c.set("2025-10-29 18:00")
	log = reopened(t, log.folder, big, 7, c)
	log.Add("two")
	expect(t, log.read("frpc.log"), "one\ntwo\n")
	log.Close()
	if err := os.Chtimes(log.path, c.Time, c.Time); err != nil {
		t.Fatal(err)
	}
	c.set("2025-10-31 06:00")
	log = reopened(t, log.folder, big, 7, c)
	log.Add("three")
	expect(t, log.names(), []string{"frpc.log", "frpc.log-2025-10-29-0001"})
	expect(t, log.all(), []string{"one", "two", "three"})
}

func TestNothingIsReplacedWhenTheClockGoesBack(t *testing.T) {
	c := at("2025-10-29 12:00")
	log := newTestLog(t, big, 7, c)
	for _, day := range []string{"2025-10-29 12:00", "2025-10-30 12:00", "2025-10-29 12:00", "2025-10-30 12:00", "2025-10-31 12:00"} {
		c.set(day)
		log.Add(day)
		log.tidy()
	}
	expect(t, log.names(), []string{"frpc.log", "frpc.log-2025-10-29-0001.gz", "frpc.log-2025-10-29-0002.gz",
		"frpc.log-2025-10-30-0001.gz", "frpc.log-2025-10-30-0002.gz"})
}

func TestATidyThatWasStoppedIsCompletedByTheNext(t *testing.T) {
	log := newTestLog(t, kib, 7, at("2025-10-29 12:00"))
	for i := range 4 {
		log.Add(fmt.Sprint(i) + strings.Repeat(".", 800))
	}
	// Stopped while the first was compressed, and just before the second got its ending.
	half := unfinished(log.path + "-2025-10-29-0001")
	if err := os.WriteFile(half, []byte("\x1f\x8b half"), 0o644); err != nil {
		t.Fatal(err)
	}
	second := log.path + "-2025-10-29-0002"
	if err := compress(second); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(second+compressed, second); err != nil {
		t.Fatal(err)
	}
	log.tidy()
	expect(t, log.names(), []string{"frpc.log", "frpc.log-2025-10-29-0001.gz", "frpc.log-2025-10-29-0002.gz",
		"frpc.log-2025-10-29-0003.gz"})
	expect(t, len(log.all()), 4)
}

func TestTheEndWaitsForWhatIsBeingCompressed(t *testing.T) {
	log := newTestLog(t, kib, 7, at("2025-10-29 12:00"))
	log.Add(string(bytes.ReplaceAll(incompressible(big, 1), []byte("\n"), []byte("x"))))
	log.Add("next")
	go log.Tidy()
	plain := log.path + "-2025-10-29-0001"
	for {
		if _, err := os.Stat(unfinished(plain)); err == nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	log.Close()
	expect(t, log.names(), []string{"frpc.log", "frpc.log-2025-10-29-0001.gz"})
}

// A limit on the size of files fails as a full disk does: what still fits is written, then the rest is refused.
func withFileLimit(t *testing.T, bytes uint64, work func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)
	work()
}

func TestWhatAFullDiskRefusesIsCountedAndToldOnceThereIsRoom(t *testing.T) {
	log := newTestLog(t, big, 7, at("2025-10-29 12:00"))
	withFileLimit(t, 35, func() {
		for i := range 10 {
			log.Add(fmt.Sprintf("line %d.", i)) // 8 bytes with its end: four fit, and 3 bytes of the fifth
		}
		expect(t, log.read("frpc.log"), "line 0.\nline 1.\nline 2.\nline 3.\n")
		expect(t, len(log.warnings), 1)
		log.Tick()
		expect(t, log.lost, 6)
	})
	log.Add("room again")
	log.Add("and on")
	expect(t, log.all()[4:], []string{
		"2025-10-29 12:00:00.000 [W] [logrun] 6 lines could not be written here", "room again", "and on"})
}

func TestWhatIsStillLostAtTheEndIsToldElsewhere(t *testing.T) {
	log := newTestLog(t, big, 7, at("2025-10-29 12:00"))
	withFileLimit(t, 4, func() {
		log.Add("too long")
		log.Close()
	})
	expect(t, len(log.warnings), 2)
	expect(t, strings.HasPrefix(log.warnings[1], "1 lines could not be written to "), true)
}

func TestACompressionWithoutRoomLeavesTheLinesAsTheyAre(t *testing.T) {
	log := newTestLog(t, 4*kib, 7, at("2025-10-29 12:00"))
	for i := range 20 {
		log.Add(fmt.Sprintf("%d %x", i, incompressible(500, byte(i))))
	}
	before := log.all()
	withFileLimit(t, 100, func() {
		if err := log.Tidy(); err == nil {
			t.Fatal("the limit did not show")
		}
	})
	expect(t, log.all(), before)
	log.tidy()
	expect(t, log.all(), before)
}

func TestALineLargerThanTheBoundIsKeptWhole(t *testing.T) {
	log := newTestLog(t, kib, 7, at("2025-10-29 12:00"))
	long := strings.Repeat("x", 5*kib)
	for _, line := range []string{"one", long, "two"} {
		log.Add(line)
	}
	expect(t, log.all(), []string{"one", long, "two"})
}
