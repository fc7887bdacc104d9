/** Files that another user has made, as root's deployment is to a user of the group "docker". */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';

const said = messages.lib.access;

/** @param users what /etc/passwd holds @returns the number where the user has no name there */
export const userName = (uid: number, users: string): string =>
  users
    .split('\n')
    .find((line) => line.split(':')[2] === String(uid))
    ?.split(':')[0] ?? String(uid);

/** The nearest folder or file on the way to a path that this user may look at. */
function nearest(path: string): string {
  try {
    statSync(path);
    return path;
  } catch {
    return dirname(path) === path ? path : nearest(dirname(path));
  }
}

/** What is said instead of the system's "permission denied". */
export function forbidden(path: string): UserError {
  const { uid } = statSync(nearest(path));
  if (uid === process.getuid?.()) return new UserError(said.forbidden(path));
  const owner = userName(uid, readFileSync('/etc/passwd', 'utf8'));
  return new UserError(said.ofAnother(path, owner), said.ofAnotherFix(owner));
}

/** The error as a user's, where a file's permissions are what is wrong. */
export function asForbidden(error: unknown): UserError | undefined {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  return (code === 'EACCES' || code === 'EPERM') && path ? forbidden(path) : undefined;
}
