/** The processes of a group: what a program has started and not waited for. */
import { readdirSync, readFileSync } from 'node:fs';

/** State and group, after the name, which may hold blanks and brackets. */
const STAT = /^\d+ \(.*\) (\S) \d+ (\d+) /s;

/** Whether a process of the group is running; one that has ended and that nobody has taken note of is not. */
export function isGroupRunning(group: number): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [, state = 'Z', pgrp] = STAT.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      return Number(pgrp) === group && state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  });
}
