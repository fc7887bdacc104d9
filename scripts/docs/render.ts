/** Writes the settings' documentation from their definitions: pure functions to text. */
import { floodLimits, renderFloodRules } from '../../stacks/render/flood-rules.ts';
import {
  type Definition,
  SETTING_GROUPS,
  SETTINGS,
  type SettingGroup,
} from '../../stacks/settings/definitions.ts';

export type Definitions = Readonly<Record<string, Definition>>;
type Language = 'en' | 'zh';

const HEADER = `# Settings of the btc-watcher deployment. Copy to .env, and take the "#" off what you set.
# The environment wins over .env; an empty value means the default.
`;

/** `.env.example`: every setting, commented out, with its default. */
export function renderEnvExample(definitions: Definitions): string {
  const settings = Object.entries(definitions);
  const groups = (Object.keys(SETTING_GROUPS) as SettingGroup[]).map((group) => {
    const members = settings
      .filter(([, definition]) => definition.group === group)
      .map(([name, definition]) => `# ${definition.en}\n#${name}=${definition.default}\n`);
    return [`# ---- ${SETTING_GROUPS[group]} ----\n`, ...members].join('\n');
  });
  return [HEADER, ...groups].join('\n');
}

/** Chinese characters and punctuation, which take two columns in a fixed-width font. */
const WIDE = /[\p{Script=Han}\u3000-\u303f\uff01-\uff60]/gu;

/** @example columnsOf('端口 1') // 6 */
export const columnsOf = (text: string): number => text.replace(WIDE, '  ').length;

function renderRow(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - columnsOf(cell)));
  return `| ${padded.join(' | ')} |`;
}

/** A Markdown table whose columns line up. The first row is its head. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((cell, index) =>
    Math.max(...[cell, ...body.map((row) => row[index] ?? '')].map(columnsOf)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  return [head, rule, ...body].map((row) => renderRow(row, widths)).join('\n');
}

const HEADS: Readonly<Record<Language, readonly string[]>> = {
  en: ['setting', 'default', 'meaning'],
  zh: ['设置', '默认', '含义'],
};
const code = (text: string): string => (text ? `\`${text}\`` : '');

/** The table of all settings in one language. */
export const renderSettingsTable = (definitions: Definitions, language: Language): string =>
  renderTable([
    HEADS[language],
    ...Object.entries(definitions).map(([name, definition]) => [
      code(name),
      code(definition.default),
      definition[language],
    ]),
  ]);

const BEGIN = '<!-- settings: written by npm run docs -->';
const END = '<!-- /settings -->';

/**
 * Puts a table between the two marks of a page.
 * @throws {Error} where the page does not have each mark once, in this order
 */
export function replaceTable(page: string, table: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  const once = begin === page.lastIndexOf(BEGIN) && end === page.lastIndexOf(END);
  if (begin < 0 || end < begin || !once) {
    throw new Error(`The page should have "${BEGIN}" and "${END}" once each.`);
  }
  return `${page.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${page.slice(end)}`;
}

/** A file that is written from the definitions, as a whole or in part. */
export interface Page {
  readonly file: string;
  /** @param current what the file has now */
  render(current: string): string;
}

/** Rules for a server of the user's own that runs frps: those that the guard has for the embedded one. */
export function renderServerLimits(): string {
  const port = Number(SETTINGS.BTCW_FRP_REMOTE_PORT.default);
  const limits = floodLimits(Number(SETTINGS.BTCW_MAX_CONNECTIONS.default));
  const rules = renderFloodRules({ port, ...limits, families: ['ip', 'ip6'] });
  return `#!/usr/sbin/nft -f
# Keeps a flood from frps: for the server that it runs on. How to install it: docs/security.md. Written by \`npm run docs\`.
# ${port} is BTCW_FRP_REMOTE_PORT; ${limits.inAll} connections in all are to be less than BTCW_MAX_CONNECTIONS.

# Loaded again, it replaces itself
table inet frps-limits
delete table inet frps-limits

table inet frps-limits {
${rules}
}
`;
}

export const PAGES: readonly Page[] = [
  { file: 'docs/examples/frps-limits.nft', render: renderServerLimits },
  { file: '.env.example', render: () => renderEnvExample(SETTINGS) },
  { file: 'README.md', render: (current) => replaceTable(current, renderSettingsTable(SETTINGS, 'en')) },
  {
    file: 'README.zh-CN.md',
    render: (current) => replaceTable(current, renderSettingsTable(SETTINGS, 'zh')),
  },
];
