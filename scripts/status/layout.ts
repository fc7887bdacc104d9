/** Where the boxes and lines of the picture are, in pixels. Pure. */
import { textWidth } from '../lib/text.ts';
import type { Picture, PictureLink } from './picture.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The way of one line, from a box's side to another's. */
export interface Route {
  readonly start: Point;
  /** Tip of its arrow. */
  readonly end: Point;
  /** Where it turns up or down; undefined for a straight one. */
  readonly bendX: number | undefined;
  /** Which way its arrow points. */
  readonly direction: 'right' | 'left';
}

export interface Layout {
  readonly width: number;
  /** Lower edge of the part with the boxes. */
  readonly bottom: number;
  /** Left edges of the columns. */
  readonly columns: readonly number[];
  /** Left upper corners of the boxes. */
  readonly places: ReadonlyMap<string, Point>;
  /** In the order of the picture's links. */
  readonly routes: readonly Route[];
}

export const BOX = { width: 150, height: 84 };
export const MARGIN = 24;
/** Columns of a label that are shown; a Chinese character takes two. */
export const LABEL_LENGTH = 24;

/** Space before each column, where its labels need no more. */
const GAPS = [MARGIN, 74, 74, 68, 76, 76];
const ROW_GAP = 24;
/** The picture is never lower than so many rows. */
const LEAST_ROWS = 2;
const BOXES_TOP = 76;
const BELOW_BOXES = 32;
/** From a box to the first line that turns, and from there to the next box's line. */
const BEND = 14;
const LANE = 8;
/** Width of a column of the labels, and what their line needs for its arrow and some air. */
const COLUMN = 7;
const ARROW = 14;
/** From the lines behind the last column to the picture's edge, with the frame between. */
const FRAME = 16;
/** How far beside the middle of a box the lines of dependencies start, and end on its right: no two lie on each other. */
const BESIDE = 18;

const heightOf = (rows: number): number => rows * BOX.height + (rows - 1) * ROW_GAP;

/** A link with the numbers of the columns and of the gap that it turns in; gap 1 is before column 1. */
interface Place {
  readonly link: PictureLink;
  readonly from: number;
  readonly to: number;
  readonly gap: number;
}

function placeLinks({ columns, links }: Picture): Place[] {
  const columnOf = (hop: string) => columns.findIndex((column) => column.some((box) => box.hop === hop));
  return links.map((link) => {
    const [from, to] = [columnOf(link.from), columnOf(link.to)];
    // Leaves on the right, except to an earlier column.
    return { link, from, to, gap: to < from ? from : from + 1 };
  });
}

/** The boxes whose lines turn in a gap: each has a lane of its own there. */
const lanesIn = (gap: number, placed: readonly Place[]): string[] => [
  ...new Set(placed.filter((place) => place.gap === gap).map(({ link }) => link.from)),
];

/** What the lanes and labels of a gap need. */
function roomIn(gap: number, placed: readonly Place[]): number {
  const lanes = lanesIn(gap, placed);
  if (lanes.length === 0) return 0;
  const labels = placed.filter((place) => place.gap === gap).map(({ link }) => textWidth(link.label));
  const label = Math.min(LABEL_LENGTH, Math.max(...labels)) * COLUMN;
  return BEND + (lanes.length - 1) * LANE + label + ARROW;
}

export function layoutOf(picture: Picture): Layout {
  const { columns } = picture;
  const placed = placeLinks(picture);
  const xs: number[] = [];
  for (const index of columns.keys()) {
    const before = index === 0 ? 0 : (xs[index - 1] ?? 0) + BOX.width;
    xs.push(before + Math.max(GAPS[index] ?? 0, roomIn(index, placed)));
  }
  const right = (xs.at(-1) ?? 0) + BOX.width;

  const height = heightOf(Math.max(LEAST_ROWS, ...columns.map((column) => column.length)));
  const places = new Map(
    columns.flatMap((column, index) => {
      const top = BOXES_TOP + (height - heightOf(column.length)) / 2;
      return column.map(
        ({ hop }, row) => [hop, { x: xs[index] ?? 0, y: top + row * (BOX.height + ROW_GAP) }] as const,
      );
    }),
  );

  const routes = placed.map(({ link, from, to, gap }): Route => {
    const [a, b] = [places.get(link.from), places.get(link.to)];
    if (!a || !b) throw new Error(`The picture has no box for ${link.from} or ${link.to}.`);
    const isForward = to > from;
    const isStraight = isForward && a.y === b.y;
    const startOffset = link.kind === 'dependency' && !isStraight ? BESIDE : 0;
    const middle = BOX.height / 2;
    const lane = lanesIn(gap, placed).indexOf(link.from);
    return {
      start: { x: to < from ? a.x : a.x + BOX.width, y: a.y + middle + startOffset },
      end: { x: isForward ? b.x : b.x + BOX.width, y: b.y + middle - (isForward ? 0 : BESIDE) },
      bendX: isStraight ? undefined : (xs[gap - 1] ?? 0) + BOX.width + BEND + lane * LANE,
      direction: isForward ? 'right' : 'left',
    };
  });

  const beyond = roomIn(columns.length, placed);
  return {
    width: right + (beyond === 0 ? MARGIN : beyond + FRAME),
    bottom: BOXES_TOP + height + BELOW_BOXES,
    columns: xs,
    places,
    routes,
  };
}
