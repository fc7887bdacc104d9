import { messages } from '../../messages/index.ts';
import { SETTING_NAMES, SETTINGS, type SettingName, type Settings } from './definitions.ts';
import { problem } from './problem.ts';

const said = messages.settings.relations;

/** Names and values as they were given, before defaults. */
export type Given = Readonly<Record<string, string>>;

/** Settings of the two applications that a compose file does not say itself. */
const BESIDE_FILE: ReadonlySet<SettingName> = new Set([
  'BTCW_BACKEND_PORT',
  'BTCW_FRONTEND_PORT',
  'BTCW_BACKEND_HEALTH_PATH',
  'BTCW_BACKEND_PATHS',
  'BTCW_BACKEND_ADDRESS',
  'BTCW_FRONTEND_ADDRESS',
  'BTCW_BACKEND_GENERATE',
]);
const isInFile = (name: SettingName): boolean =>
  /^BTCW_(BACKEND|FRONTEND)_/.test(name) && !BESIDE_FILE.has(name);

/** Settings of a part that are about its container. */
const isOfContainer = (name: SettingName, part: 'BACKEND' | 'FRONTEND'): boolean =>
  name.startsWith(`BTCW_${part}_`) && !/_(ADDRESS|PATHS|HEALTH_PATH)$/.test(name);

/** Rules that concern more than one setting. Ports are compared by the topology, which knows who uses them. */
export function relations(settings: Settings, given: Given): string[] {
  const problems: string[] = [];
  const conflict = (name: string, rule: string, got: string, fix = said.unsetOne) =>
    problems.push(problem(name, rule, got, fix));
  /** Of some settings, those that are given and not as they are by default. */
  const conflicts = (names: readonly SettingName[], rule: string, fix?: string) => {
    for (const name of names) {
      const got = given[name];
      if (got && got !== SETTINGS[name].default) conflict(name, rule, got, fix);
    }
  };
  if (settings.BTCW_FRPC_IMAGE && given.BTCW_LOG_KEEP_DAYS) {
    conflict('BTCW_LOG_KEEP_DAYS', said.frpcLog, given.BTCW_LOG_KEEP_DAYS);
  }
  if (!settings.BTCW_FRP_SERVER_ADDR) conflicts(['BTCW_FRP_PROTOCOL'], said.embeddedProtocol);
  if (settings.BTCW_COMPOSE_FILE) {
    const rule = said.composeFile(settings.BTCW_COMPOSE_FILE);
    conflicts(SETTING_NAMES.filter(isInFile), rule, said.sayItThere);
  }
  for (const part of ['BACKEND', 'FRONTEND'] as const) {
    const address = settings[`BTCW_${part}_ADDRESS`];
    if (address) {
      conflicts(
        SETTING_NAMES.filter((name) => isOfContainer(name, part)),
        said.address(`BTCW_${part}_ADDRESS`),
      );
    }
    const [image, folder] = [settings[`BTCW_${part}_IMAGE`], settings[`BTCW_${part}_CONTEXT`]];
    if (image && folder) {
      conflict(
        `BTCW_${part}_CONTEXT`,
        said.image(`BTCW_${part}_IMAGE`),
        given[`BTCW_${part}_CONTEXT`] ?? folder,
      );
    }
    if (part === 'FRONTEND' && settings.BTCW_BACKEND_PATHS.includes('/') && (image || folder || address)) {
      conflict('BTCW_BACKEND_PATHS', said.backendPaths, '/');
    }
    if (part === 'FRONTEND' && settings.BTCW_FRONTEND_MODE === 'dev' && (image || folder)) {
      conflict('BTCW_FRONTEND_MODE', said.devMode, 'dev', said.unset);
    }
  }
  return problems;
}
