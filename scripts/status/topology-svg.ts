/** Draws the topology as SVG: no outside fonts or scripts, readable on light and dark pages. Pure. */
import type { Hop } from '../doctor/checks/check.ts';
import type { HopState, PictureHop, Topology } from './topology.ts';

const WIDTH = 1090;
const BOX = { width: 150, height: 84 };
const MARGIN = 24;
const LINE = 19;
/** Characters of the small monospaced text that fit across the picture. */
const WRAP = 130;

/** Left upper corners. Two rows: the applications one above the other, the rest in the middle. */
const PLACES: Readonly<Record<Exclude<Hop, 'host'>, { readonly x: number; readonly y: number }>> = {
  browser: { x: 24, y: 130 },
  frps: { x: 248, y: 130 },
  frpc: { x: 472, y: 130 },
  nginx: { x: 690, y: 130 },
  backend: { x: 916, y: 76 },
  frontend: { x: 916, y: 184 },
};
const DIAGRAM_BOTTOM = 300;
const GROUP_TOP = 50;

const STYLE = `
  .page { fill: #ffffff; stroke: #d0d7de }
  .group { fill: #f6f8fa; stroke: #d0d7de; stroke-dasharray: 4 3 }
  .box { fill: #ffffff; stroke-width: 1.5 }
  .line { fill: none; stroke-width: 1.5 }
  text { font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; font-size: 12px; fill: #57606a }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 11.5px }
  .up { stroke: #1a7f37 } .warning { stroke: #9a6700 } .down { stroke: #cf222e } .unknown { stroke: #8c959f }
  .dot.up { fill: #1a7f37 } .dot.warning { fill: #9a6700 } .dot.down { fill: #cf222e } .dot.unknown { fill: #8c959f }
  .box.down { stroke-width: 2.5; fill: #ffebe9 }
  .cause { fill: #cf222e; font-weight: 600 }
  .fix { fill: #1f2328 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    .group { fill: #151b23; stroke: #3d444d }
    .box { fill: #0d1117 }
    text { fill: #9198a1 }
    .title, .fix { fill: #f0f6fc }
    .up { stroke: #3fb950 } .warning { stroke: #d29922 } .down { stroke: #f85149 } .unknown { stroke: #656c76 }
    .dot.up { fill: #3fb950 } .dot.warning { fill: #d29922 } .dot.down { fill: #f85149 } .dot.unknown { fill: #656c76 }
    .box.down { fill: #3c1618 }
    .cause { fill: #ff7b72 }
  }`;

const ENTITY: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them, and a log line may hold some
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f]/g;
/** Text that XML takes for nothing else. */
export const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN, '').replace(/[&<>"']/g, (character) => ENTITY[character] ?? '');

/** Breaks a text at spaces, and a word that is longer than a line anywhere. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    for (let rest = word; rest !== ''; ) {
      const joined = line === '' ? rest : `${line} ${rest}`;
      if (joined.length <= width) {
        line = joined;
        break;
      }
      if (line !== '') {
        lines.push(line);
        line = '';
      } else {
        lines.push(rest.slice(0, width));
        rest = rest.slice(width);
      }
    }
  }
  return line === '' ? lines : [...lines, line];
}

const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

const text = (x: number, y: number, content: string, classes = '', anchor = 'start'): string =>
  `<text x="${x}" y="${y}"${classes && ` class="${classes}"`} text-anchor="${anchor}">${escapeXml(content)}</text>`;

function box({ hop, title, address, state, note }: PictureHop): string {
  if (hop === 'host') return '';
  const { x, y } = PLACES[hop];
  return [
    `<g><title>${escapeXml(`${title} ${address}: ${note}`)}</title>`,
    `<rect class="box ${state}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="8"/>`,
    `<circle class="dot ${state}" cx="${x + 16}" cy="${y + 66}" r="5"/>`,
    text(x + 12, y + 24, cut(title, 19), 'title'),
    text(x + 12, y + 44, cut(address, 20), 'mono'),
    text(x + 28, y + 70, cut(state === 'down' && note === 'healthy' ? 'broken' : note, 20)),
    '</g>',
  ].join('');
}

const duration = (ms: number | undefined): string =>
  ms === undefined ? '–' : ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;

function link(
  { from, to, label, ms }: Topology['links'][number],
  states: ReadonlyMap<Hop, HopState>,
): string {
  if (from === 'host' || to === 'host') return '';
  const [a, b] = [PLACES[from], PLACES[to]];
  const start = { x: a.x + BOX.width, y: a.y + BOX.height / 2 };
  const end = { x: b.x, y: b.y + BOX.height / 2 };
  const state = states.get(to) === 'down' ? 'down' : ms === undefined ? 'unknown' : 'up';
  const straight = start.y === end.y;
  const bend = start.x + 14;
  const path = straight
    ? `M${start.x} ${start.y}H${end.x - 6}`
    : `M${start.x} ${start.y}H${bend}V${end.y}H${end.x - 6}`;
  const dashes = from === 'frps' ? ' stroke-dasharray="6 4"' : '';
  const middle = ((straight ? start.x : bend) + end.x) / 2 - 3;
  return [
    `<path class="line ${state}" d="${path}"${dashes}/>`,
    `<path class="dot ${state}" stroke="none" d="M${end.x} ${end.y}l-8 -4.5v9z"/>`,
    text(middle, end.y - 8, label, 'mono', 'middle'),
    text(middle, end.y + 18, duration(ms), 'mono', 'middle'),
  ].join('');
}

function group(x: number, right: number, title: string): string {
  return `<rect class="group" x="${x}" y="${GROUP_TOP}" width="${right - x}" height="${DIAGRAM_BOTTOM - GROUP_TOP}" rx="10"/>${text(x + 12, GROUP_TOP + 18, title)}`;
}

/** One broken thing: its cause in red, and below it what mends it. */
function problemLines({ hop, cause, fix }: Topology['problems'][number]): { line: string; css: string }[] {
  const where = hop === 'host' ? 'this host' : hop;
  return [
    ...wrap(`${where}: ${cause}`, WRAP).map((line) => ({ line, css: 'mono cause' })),
    ...wrap(`Fix: ${fix}`, WRAP).map((line) => ({ line, css: 'mono fix' })),
    { line: '', css: '' },
  ];
}

/** @returns an SVG document */
export function renderTopology(picture: Topology): string {
  const { hops, links, problems, project, embedded } = picture;
  const states = new Map(hops.map(({ hop, state }) => [hop, state]));
  const lines = problems.flatMap(problemLines).slice(0, -1);
  const top = DIAGRAM_BOTTOM + 30;
  const height = lines.length === 0 ? DIAGRAM_BOTTOM + 16 : top + lines.length * LINE;
  const when = new Date(picture.drawnAtMs).toISOString().slice(0, 16).replace('T', ' ');
  const verdict = problems.length === 0 ? 'all well' : `${problems.length} broken`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeXml(`${project}: ${verdict}`)}">
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="10"/>
${text(MARGIN, 31, `${project}: ${verdict}`, 'title')}
${text(WIDTH - MARGIN, 31, `${when} UTC`, '', 'end')}
${embedded ? group(234, WIDTH - 12, 'this host') : group(234, 412, 'your server') + group(458, WIDTH - 12, 'this host')}
${links.map((one) => link(one, states)).join('\n')}
${hops.map(box).join('\n')}
${lines.map(({ line, css }, index) => text(MARGIN, top + index * LINE, line, css)).join('\n')}
</svg>
`;
}
