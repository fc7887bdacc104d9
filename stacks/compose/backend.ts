/** What the settings hand to the file's backend, as they do to one without a file. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import type { HostFacts } from '../topology/host.ts';
import { postgresUrl } from '../topology/postgres.ts';
import { redisUrl } from '../topology/redis.ts';
import { generatedSecret } from '../topology/secrets.ts';
import { addSecrets, type Draft } from './draft.ts';
import type { Report } from './node.ts';

/** @returns the services of the settings that it waits for */
export function handToBackend(
  drafts: readonly Draft[],
  settings: Settings,
  host: HostFacts,
  report: Report,
): readonly string[] {
  const { BTCW_BACKEND_GENERATE: generated, BTCW_POSTGRES, BTCW_REDIS, BTCW_PROJECT: project } = settings;
  const databases = [
    ...(BTCW_POSTGRES === 'on' ? ['postgres'] : []),
    ...(BTCW_REDIS === 'on' ? ['redis'] : []),
  ];
  const given = [
    ...generated.map((name) => ({ name, secretFile: generatedSecret(name, project, host.packageFolder) })),
    ...postgresUrl(settings, host),
    ...redisUrl(settings, host),
  ];
  if (given.length === 0) return databases;
  const backend = drafts.find(({ name }) => name === 'backend');
  const [first] = drafts;
  if (backend) addSecrets(backend, ...given);
  else if (first) {
    const names = given.flatMap((source) => ('name' in source ? source.name : [])).join(', ');
    report.problem(
      { source: first.node.source, line: 1, key: 'services' },
      messages.compose.backend.noBackend(names),
    );
  }
  return databases;
}
