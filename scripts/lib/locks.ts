/** Who holds a file's fcntl lock, which Node cannot ask for: read from /proc. */
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The processes that hold fcntl locks on files with this inode number, whatever their file system. */
function holders(inode: number, proc: string): number[] {
  const lines = readFileSync(`${proc}/locks`, 'utf8').split('\n');
  return lines.flatMap((line) => {
    // 1: POSIX  ADVISORY  WRITE 2790 fe:00:3375583 0 EOF
    const match = /^\d+: POSIX +\S+ +WRITE +(\d+) \w+:\w+:(\d+) /.exec(line);
    return match && Number(match[2]) === inode ? [Number(match[1])] : [];
  });
}

/** Whether a process has the file open; undefined where this user may not see it. */
function hasOpen(pid: number, file: { dev: number; ino: number }, proc: string): boolean | undefined {
  const folder = `${proc}/${pid}/fd`;
  try {
    return readdirSync(folder).some((descriptor) => {
      try {
        const { dev, ino } = statSync(`${folder}/${descriptor}`);
        return dev === file.dev && ino === file.ino;
      } catch {
        return false;
      }
    });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? false : undefined;
  }
}

/**
 * Whether a process holds a write lock on the file.
 * @param proc where the kernel's tables are
 * @returns undefined where this host does not tell
 */
export function isWriteLocked(path: string, proc = '/proc'): boolean | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  if (!file) return false;
  try {
    return holders(file.ino, proc).some((pid) => hasOpen(pid, file, proc) ?? true);
  } catch {
    return undefined;
  }
}
