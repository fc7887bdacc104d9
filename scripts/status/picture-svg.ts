/** Draws the picture as SVG: no outside fonts or scripts, readable on light and dark pages. Pure. */
import { messages } from '../../messages/index.ts';
import { cut, localTime, textWidth, wrap as wrapWords } from '../lib/text.ts';
import { BOX, LABEL_LENGTH, type Layout, layoutOf, MARGIN, type Point, type Route } from './layout.ts';
import type { Picture, PictureHop, PictureLink } from './picture.ts';

const said = messages.status.pictureSvg;

const LINE = 19;
/** Pixels for a column of the small monospaced text, with some air. */
const WRAP_COLUMN = 8;
const GROUP_TOP = 50;
/** From the boxes of a group to its frame. */
const GROUP_PADDING = 14;
const GROUP_MARGIN = 12;
const ARROW_LENGTH = 6;
/** Columns that fit into a box: of its title, its address, and its note. */
const TITLE_LENGTH = 15;
const ADDRESS_LENGTH = 18;
const NOTE_LENGTH = 20;
/** An IPv4 address with a port may be this long: it is written smaller. */
const LONGEST_ADDRESS = 21;

const STYLE = `
  .page { fill: #ffffff; stroke: #d0d7de }
  .group { fill: #f6f8fa; stroke: #d0d7de; stroke-dasharray: 4 3 }
  .box { fill: #ffffff; stroke-width: 1.5 }
  .line { fill: none; stroke-width: 1.5 }
  text { font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; font-size: 12px; fill: #57606a }
  .title { font-size: 15px; font-weight: 600; fill: #1f2328 }
  .mono { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace, sans-serif; font-size: 11.5px }
  .small { font-size: 10px }
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

/**
 * Breaks a text as for a terminal, and a word that is longer than a line anywhere.
 * @param width in columns
 */
export const wrap = (text: string, width: number): string[] =>
  wrapWords(text.replace(/\s+/g, ' ').trim(), width).flatMap((line) =>
    textWidth(line) <= width ? [line] : (line.match(new RegExp(`.{1,${width}}`, 'gu')) ?? []),
  );

const text = (x: number, y: number, content: string, classes = '', anchor = 'start'): string =>
  `<text x="${x}" y="${y}"${classes && ` class="${classes}"`} text-anchor="${anchor}">${escapeXml(content)}</text>`;

function box({ title, address, state, note }: PictureHop, { x, y }: Point): string {
  const size = address.length > ADDRESS_LENGTH ? 'mono small' : 'mono';
  return [
    `<g><title>${escapeXml(said.cause(`${title} ${address}`, note))}</title>`,
    `<rect class="box ${state}" x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="8"/>`,
    `<circle class="dot ${state}" cx="${x + 16}" cy="${y + 66}" r="5"/>`,
    text(x + 12, y + 24, cut(title, TITLE_LENGTH), 'title'),
    text(x + 12, y + 44, cut(address, LONGEST_ADDRESS), size),
    text(x + 28, y + 70, cut(note, NOTE_LENGTH)),
    '</g>',
  ].join('');
}

const duration = (ms: number | undefined): string =>
  ms === undefined ? '–' : ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;

const DASHES: Readonly<Record<PictureLink['kind'], string>> = {
  request: '',
  tunnel: ' stroke-dasharray="6 4"',
  dependency: ' stroke-dasharray="2 3"',
};

function link({ kind, label, ms, state }: PictureLink, { start, end, bendX, direction }: Route): string {
  const back = direction === 'right' ? -1 : 1;
  const bend = bendX === undefined ? '' : `H${bendX}V${end.y}`;
  const path = `M${start.x} ${start.y}${bend}H${end.x + back * ARROW_LENGTH}`;
  const middle = ((bendX ?? start.x) + end.x) / 2 - 3;
  const measured = [
    text(middle, end.y - 8, cut(label, LABEL_LENGTH), 'mono', 'middle'),
    text(middle, end.y + 18, duration(ms), 'mono', 'middle'),
  ];
  return [
    `<path class="line ${state}" d="${path}"${DASHES[kind]}/>`,
    `<path class="dot ${state}" stroke="none" d="M${end.x} ${end.y}l${back * 8} -4.5v9z"/>`,
    ...(kind === 'dependency' ? [] : measured),
  ].join('');
}

/** The frames around what runs on one machine. */
function groups({ embedded }: Picture, { columns, width, bottom }: Layout): string {
  const [, servers = 0, clients = 0] = columns;
  const frame = (left: number, right: number, title: string) =>
    `<rect class="group" x="${left}" y="${GROUP_TOP}" width="${right - left}" height="${bottom - GROUP_TOP}" rx="10"/>${text(left + 12, GROUP_TOP + 18, title)}`;
  const thisHost = (firstColumn: number) =>
    frame(firstColumn - GROUP_PADDING, width - GROUP_MARGIN, said.thisHost);
  if (embedded) return thisHost(servers);
  const server = frame(servers - GROUP_PADDING, servers + BOX.width + GROUP_PADDING, said.yourServer);
  return server + thisHost(clients);
}

/** One failed check: its cause in red, and its fix below. */
function problemLines({ hop, cause, fix }: Picture['problems'][number], wrapAt: number) {
  const where = hop === 'host' ? said.thisHost : hop === 'browser' ? messages.status.picture.browser : hop;
  return [
    ...wrap(said.cause(where, cause), wrapAt).map((line) => ({ line, css: 'mono cause' })),
    ...wrap(said.fix(fix), wrapAt).map((line) => ({ line, css: 'mono fix' })),
    { line: '', css: '' },
  ];
}

/** @example problemCount(1) // '1 failed check' */
export const problemCount = (count: number): string =>
  count === 0 ? said.noFailedChecks : count === 1 ? said.oneFailedCheck : said.failedChecks(count);

/** @returns an SVG document */
export function renderPicture(picture: Picture): string {
  const { columns, links, problems, project } = picture;
  const layout = layoutOf(picture);
  const { width, bottom, places, routes } = layout;
  const wrapAt = Math.floor((width - 2 * MARGIN) / WRAP_COLUMN);
  const lines = problems.flatMap((problem) => problemLines(problem, wrapAt)).slice(0, -1);
  const top = bottom + 30;
  const height = lines.length === 0 ? bottom + 16 : top + lines.length * LINE;
  const verdict = said.verdict(project, problemCount(problems.length));
  const drawnLinks = routes.map((route, index) => {
    const drawn = links[index];
    return drawn ? link(drawn, route) : '';
  });
  const drawnBoxes = columns.flat().map((hop) => {
    const place = places.get(hop.hop);
    return place ? box(hop, place) : '';
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(verdict)}">
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>
${text(MARGIN, 31, verdict, 'title')}
${text(width - MARGIN, 31, localTime(picture.drawnAtMs), '', 'end')}
${groups(picture, layout)}
${drawnLinks.join('\n')}
${drawnBoxes.join('\n')}
${lines.map(({ line, css }, index) => text(MARGIN, top + index * LINE, line, css)).join('\n')}
</svg>
`;
}
