import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { messages } from '../../messages/index.ts';
import { UserError } from '../../stacks/errors.mjs';
import { describeMember } from '../backup/manifest.ts';
import { takeBackup } from '../backup/take.ts';
import { loadProject } from '../deployment/project.ts';
import { bytesText } from '../lib/bytes.ts';
import { printJson } from '../lib/json.ts';
import { paint, secondsSince } from '../lib/report.ts';

const said = messages.commands.backup;

export interface BackupOptions {
  readonly json?: boolean;
}

/** Puts databases, volumes, secrets and settings into one archive, while everything goes on serving. */
export async function backup(file: string, options: BackupOptions): Promise<void> {
  const startedMs = Date.now();
  if (existsSync(file)) {
    throw new UserError(said.exists(file), said.existsFix);
  }
  const project = await loadProject();
  if (project.ownership.owner === 'nobody') {
    throw new UserError(said.nothingRuns(project.topology.project), 'npm run deploy');
  }
  mkdirSync(dirname(file), { recursive: true });
  const { manifest, notes } = await takeBackup(project, file);
  const { size } = statSync(file);
  if (options.json) {
    printJson({ file, bytes: size, ...manifest, notes });
    return;
  }
  for (const member of manifest.members)
    console.log(`  ${describeMember(member)} (${bytesText(member.size)})`);
  for (const note of notes) console.error(`${paint('yellow', '!')} ${note}`);
  console.log(`${paint('green', '✓')} ${said.done(file, bytesText(size), secondsSince(startedMs))}`);
  console.log(`  ${said.holdsSecrets}`);
  console.log(`  ${said.restore(file)}`);
}
