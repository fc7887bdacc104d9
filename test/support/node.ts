/** Node.js in other versions than the one that runs the tests. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/**
 * A folder with the newest Node.js of a major version; fetched once.
 * @returns the one to put into PATH
 */
export async function nodeFolder(major: string): Promise<string> {
  const folder = join(process.cwd(), '.build/nodes', major);
  const name = `node-linux-${process.arch}`;
  const programs = join(folder, 'node_modules', name, 'bin');
  if (existsSync(programs)) return programs;
  await execa('npm', ['install', '--no-save', '--prefix', folder, `${name}@${major}`]);
  return programs;
}
