import type { EChartsOption } from './echarts.ts';
import type { Palette } from './palette.ts';

/** What all charts have in common. The tooltip's content is the chart's own. */
export function chartFrame(
  colours: Palette,
  formatTooltip: (seriesItems: readonly TooltipItem[]) => HTMLElement,
) {
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 4, right: 4, top: 14, bottom: 0, outerBounds: { left: 0, right: 0, top: 0, bottom: 0 } },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: colours.surface,
      borderColor: colours.line,
      padding: 0,
      axisPointer: { type: 'line', lineStyle: { color: colours['text-soft'], type: 'dashed' } },
      formatter: (items) => formatTooltip(items as unknown as readonly TooltipItem[]),
    },
  } satisfies EChartsOption;
}

export interface TooltipItem {
  readonly seriesIndex: number;
  readonly dataIndex: number;
  readonly value: readonly number[];
}

/** The looks of an axis along the time. */
export function timeAxisLooks(colours: Palette, format: (value: number) => string) {
  return {
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    axisLabel: {
      color: colours['text-soft'],
      hideOverlap: true,
      formatter: (value: number | string) => format(Number(value)),
    },
  };
}

/** The looks of an axis of numbers. */
export function valueAxisLooks(colours: Palette, format: (value: number) => string) {
  return {
    axisLabel: { color: colours['text-soft'], formatter: format },
    splitLine: { lineStyle: { color: colours.line } },
  };
}
