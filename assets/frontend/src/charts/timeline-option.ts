import type { EChartsOption } from './echarts.ts';
import { chartFrame, timeAxisLooks, valueAxisLooks } from './frame.ts';
import type { Palette } from './palette.ts';
import { tooltipContent } from './tooltip.ts';

export interface Axis {
  readonly format: (value: number) => string;
  /** The lowest upper end; the axis grows beyond it when the values do. */
  readonly atLeast: number;
}

export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly format: (value: number) => string;
  /** Time in milliseconds, and the value. */
  readonly points: readonly (readonly [number, number])[];
  /** @default 0 - the left axis */
  readonly axis?: 0 | 1;
}

export interface Timeline {
  readonly lines: readonly Line[];
  readonly axes: readonly [Axis] | readonly [Axis, Axis];
  readonly colours: Palette;
  readonly formatTime: (value: number) => string;
}

const MIN_SPAN_MS = 30_000;
/** All value axes have as many steps, so that the grid lines of two axes fall together. */
const STEPS = 4;

/** Where a value axis ends: a number that its steps divide without a rest. */
export function axisEnd(atLeast: number, values: readonly number[]): number {
  const highest = Math.max(0, ...values);
  return highest <= atLeast ? atLeast : Math.ceil(highest / STEPS) * STEPS;
}

/** Lines over the last minutes. */
export function timelineOption({ lines, axes, colours, formatTime }: Timeline): EChartsOption {
  return {
    ...chartFrame(colours, (items) =>
      tooltipContent(
        formatTime(items[0]?.value[0] ?? 0),
        items.flatMap(({ seriesIndex, value }) => {
          const line = lines[seriesIndex];
          return line ? [{ ...line, value: line.format(value[1] ?? 0) }] : [];
        }),
      ),
    ),
    xAxis: {
      ...timeAxisLooks(colours, formatTime),
      type: 'time',
      splitNumber: 3,
      // Never narrower than this, so that the first seconds do not look like a whole history.
      min: ({ min, max }) => Math.min(min, max - MIN_SPAN_MS),
    },
    yAxis: axes.map(({ format, atLeast }, index) => {
      const onAxis = lines.filter(({ axis = 0 }) => axis === index);
      const max = axisEnd(
        atLeast,
        onAxis.flatMap(({ points }) => points.map(([, value]) => value)),
      );
      return { ...valueAxisLooks(colours, format), type: 'value', min: 0, max, interval: max / STEPS };
    }),
    series: lines.map(({ name, colour, points, axis = 0 }) => ({
      type: 'line',
      name,
      yAxisIndex: axis,
      data: points as [number, number][],
      showSymbol: points.length === 1,
      color: colour,
      lineStyle: { width: 2 },
      areaStyle: { opacity: axis === 0 ? 0.08 : 0 },
      emphasis: { disabled: true },
    })),
  };
}
