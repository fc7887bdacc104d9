package main

import (
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	dayFormat  = "2006-01-02"
	compressed = ".gz"
	// What is being compressed at the end may take this long; a frpc that has crashed is to start again soon.
	tidyTime = 2 * time.Second
)

// LogFile is a file of lines that is rotated by day and by size. What was rotated away is named `<path>-<day>-<nnnn>`,
// is compressed in the background, and is kept while it is of the newest keepDays days that have lines, and while all
// of it together takes no more than keepDays times maxSize bytes.
type LogFile struct {
	path     string
	maxSize  int64
	keepDays int
	now      func() time.Time
	warn     func(text string) // is told what the file itself cannot tell

	mu     sync.Mutex
	file   *os.File
	day    string // of the lines in the file
	lost   int    // lines that could not be written, and that the file does not tell of yet
	closed bool
	// The last number of each day's rotated files. It is not read from the folder each time: a file that is just being
	// renamed there may be seen under neither name, and the next one would get its number and replace it.
	numbers map[string]int
	untidy  chan struct{}

	tidying sync.Mutex
}

func newLogFile(path string, maxSize int64, keepDays int, now func() time.Time, warn func(string)) *LogFile {
	l := &LogFile{path: path, maxSize: maxSize, keepDays: keepDays, now: now, warn: warn, untidy: make(chan struct{}, 1)}
	l.numbers = map[string]int{}
	for _, old := range l.rotated() {
		l.numbers[old.day] = max(l.numbers[old.day], old.number)
	}
	l.untidy <- struct{}{} // what an earlier run may have left
	return l
}

// Add appends a line. It never fails: a line that cannot be written is counted, and the file tells how many they were
// as soon as it can be written again.
func (l *LogFile) Add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.append(strings.TrimSuffix(line, "\n") + "\n"); err != nil {
		if l.lost == 0 {
			l.warn(fmt.Sprintf("%s cannot be written, going on without it: %v", l.path, err))
		}
		l.lost++
	}
}

// Tick is called now and then, so that a day is rotated away and lost lines are told of though no line comes.
func (l *LogFile) Tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.append("") // nothing is lost by it
}

// Close lets a Tidy that is at work come to its end, and tells of what is lost, in the file or elsewhere.
func (l *LogFile) Close() {
	tidied := make(chan struct{})
	go func() { l.tidying.Lock(); close(tidied) }() // for good: no other one begins
	select {
	case <-tidied:
	case <-time.After(tidyTime):
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.append("") // what is lost is told next
	l.closed = true
	if l.lost > 0 {
		l.warn(fmt.Sprintf("%d lines could not be written to %s", l.lost, l.path))
	}
	l.close()
}

func (l *LogFile) append(text string) error {
	if l.closed {
		return os.ErrClosed // a tick, or a line of a process that outlived the program
	}
	size, err := l.open()
	if err != nil {
		return err
	}
	if l.lost > 0 {
		text = said(l.now(), fmt.Sprintf("%d lines could not be written here", l.lost)) + text
	}
	today := l.now().Format(dayFormat)
	full := text != "" && size+int64(len(text)) > l.maxSize
	// Where it cannot be moved aside the file grows on: no line is lost for that.
	if size > 0 && (full || l.day != today) && l.rotate() == nil {
		if size, err = l.open(); err != nil {
			return err
		}
	}
	if size == 0 {
		l.day = today
	}
	if text == "" {
		return nil
	}
	if _, err := l.file.WriteString(text); err != nil {
		if l.file.Truncate(size) != nil { // half a line is none
			l.close()
		}
		return err
	}
	l.lost = 0
	return nil
}

// open makes l.file what has the path now, as somebody may have removed, renamed or emptied it, and gives its size.
// It is always opened to append, so that a file emptied by hand goes on at 0, without a hole of NUL bytes before it.
func (l *LogFile) open() (int64, error) {
	info, err := os.Stat(l.path)
	if l.file != nil && err == nil {
		if held, err := l.file.Stat(); err == nil && os.SameFile(info, held) {
			return info.Size(), nil
		}
	}
	l.close()
	if err := os.MkdirAll(filepath.Dir(l.path), 0o755); err != nil {
		return 0, err
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return 0, err
	}
	if info, err = file.Stat(); err == nil {
		l.day = info.ModTime().In(l.now().Location()).Format(dayFormat)
	}
	size, err := endLine(file)
	if err != nil {
		file.Close()
		return 0, err
	}
	l.file = file
	return size, nil
}

// endLine ends the half line that a loss of power may have left, and gives the file's size.
func endLine(file *os.File) (int64, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return 0, err
	}
	last := []byte{0}
	if _, err := file.ReadAt(last, size-1); err != nil || last[0] == '\n' {
		return size, err
	}
	_, err = file.WriteString("\n")
	return size + 1, err
}

func (l *LogFile) close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// rotate moves the file aside, under a name that no other has: a rename replaces what is there.
func (l *LogFile) rotate() error {
	number := l.numbers[l.day] + 1
	if err := os.Rename(l.path, fmt.Sprintf("%s-%s-%04d", l.path, l.day, number)); err != nil {
		return err
	}
	l.numbers[l.day] = number
	l.close()
	select {
	case l.untidy <- struct{}{}:
	default:
	}
	return nil
}

type rotatedFile struct {
	path   string
	day    string
	number int
	size   int64
}

var rotatedName = regexp.MustCompile(`^-(\d{4}-\d\d-\d\d)-(\d{4,})(\.gz)?$`)

// rotated gives what was rotated away, the newest first.
func (l *LogFile) rotated() []rotatedFile {
	folder, name := filepath.Split(l.path)
	entries, _ := os.ReadDir(folder)
	var found []rotatedFile
	for _, entry := range entries {
		suffix, ours := strings.CutPrefix(entry.Name(), name)
		match := rotatedName.FindStringSubmatch(suffix)
		info, err := entry.Info()
		if !ours || match == nil || err != nil {
			continue
		}
		number, _ := strconv.Atoi(match[2])
		found = append(found, rotatedFile{filepath.Join(folder, entry.Name()), match[1], number, info.Size()})
	}
	slices.SortFunc(found, func(a, b rotatedFile) int {
		return cmp.Or(cmp.Compare(b.day, a.day), cmp.Compare(b.number, a.number))
	})
	return found
}

// Tidy compresses what was rotated away and removes what is not kept. Stopped anywhere, the next one completes it.
func (l *LogFile) Tidy() error {
	l.tidying.Lock()
	defer l.tidying.Unlock()
	var failed error
	for _, old := range l.rotated() {
		if !strings.HasSuffix(old.path, compressed) {
			failed = errors.Join(failed, compress(old.path))
		}
	}
	days, bytes := map[string]bool{}, int64(0)
	for i, old := range l.rotated() {
		days[old.day] = true
		bytes += old.size
		tooMuch := i > 0 && bytes > int64(l.keepDays)*l.maxSize
		if len(days) > l.keepDays || tooMuch {
			failed = errors.Join(failed, os.Remove(old.path))
		}
	}
	return failed
}

// unfinished is the name of a compressed file that is not whole: a reader's `frpc.log*` does not find it.
func unfinished(path string) string {
	folder, name := filepath.Split(path)
	return folder + "." + name + ".partial"
}

// compress replaces a file by its compressed form. At every moment one file has the lines, whole: first the compressed
// form takes the file's own name, then it gets the ending that tells what it is.
func compress(path string) error {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	done, err := isCompressed(from)
	if err != nil {
		return err
	}
	if done {
		return os.Rename(path, path+compressed) // an earlier run was stopped just before this
	}
	aside := unfinished(path)
	to, err := os.Create(aside)
	if err != nil {
		return err
	}
	packer := gzip.NewWriter(to)
	_, err = io.Copy(packer, from)
	if err := errors.Join(err, packer.Close(), to.Sync(), to.Close()); err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	if err := os.Rename(aside, path); err != nil {
		return err
	}
	return os.Rename(path, path+compressed)
}

// isCompressed tells by gzip's first two bytes, with which no line of text begins, and leaves the file at its start.
func isCompressed(file *os.File) (bool, error) {
	start := make([]byte, 2)
	count, err := file.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	return count == 2 && start[0] == 0x1f && start[1] == 0x8b, nil
}

// said is a line of logrun's own, in the form of frp's.
func said(when time.Time, text string) string {
	return fmt.Sprintf("%s [W] [logrun] %s\n", when.Format("2006-01-02 15:04:05.000"), text)
}
