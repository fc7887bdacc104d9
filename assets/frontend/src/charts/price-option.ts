import type { Candle, Signal } from '../utils/protocol.ts';
import type { EChartsOption } from './echarts.ts';
import { chartFrame, timeAxisLooks, valueAxisLooks } from './frame.ts';
import type { Palette } from './palette.ts';
import { type TooltipRow, tooltipContent } from './tooltip.ts';

export type PriceStyle = 'candles' | 'line';

export interface PriceChart {
  readonly candles: readonly Candle[];
  readonly signals: readonly Signal[];
  readonly style: PriceStyle;
  readonly colours: Palette;
  readonly formatPrice: (value: number) => string;
  readonly formatTick: (value: number) => string;
  readonly formatTime: (value: number) => string;
  readonly texts: Readonly<Record<'open' | 'high' | 'low' | 'close' | 'buy' | 'sell', string>>;
}

/** The candle that gave a signal: it closed at the signal's time, when the next one began. */
export function candleBehind(candles: readonly Candle[], signal: Signal): number {
  return candles.findLastIndex((candle) => candle.time < signal.time);
}

/** Candles, or a line through their closes, with a triangle at each signal. */
export function priceOption(chart: PriceChart): EChartsOption {
  const { candles, colours } = chart;
  return {
    ...chartFrame(colours, ([item]) => {
      const index = item?.dataIndex ?? 0;
      const candle = candles[index];
      return candle
        ? tooltipContent(chart.formatTime(candle.time), tooltipRows(chart, index, candle))
        : document.createElement('div');
    }),
    xAxis: {
      ...timeAxisLooks(colours, chart.formatTime),
      type: 'category',
      data: candles.map((candle) => candle.time),
    },
    yAxis: {
      ...valueAxisLooks(colours, chart.formatTick),
      type: 'value',
      scale: true,
      position: 'right',
    },
    series: [priceSeries(chart), signalSeries(chart, 'buy'), signalSeries(chart, 'sell')],
  };
}

function priceSeries({ candles, style, colours }: PriceChart) {
  if (style === 'line') {
    return {
      type: 'line' as const,
      data: candles.map((candle) => candle.close),
      showSymbol: false,
      color: colours['series-1'],
      lineStyle: { width: 2 },
      areaStyle: { opacity: 0.08, origin: 'start' as const },
      emphasis: { disabled: true },
    };
  }
  return {
    type: 'candlestick' as const,
    data: candles.map(({ open, close, low, high }) => [open, close, low, high]),
    itemStyle: {
      color: colours.up,
      borderColor: colours.up,
      color0: colours.down,
      borderColor0: colours.down,
    },
  };
}

function signalSeries({ candles, signals, style, colours }: PriceChart, side: Signal['side']) {
  const isBuy = side === 'buy';
  const points = signals
    .filter((signal) => signal.side === side)
    .flatMap((signal) => {
      const index = candleBehind(candles, signal);
      const candle = candles[index];
      if (!candle) return [];
      if (style === 'line') return [[index, candle.close]];
      return [[index, isBuy ? candle.low : candle.high]];
    });
  return {
    type: 'scatter' as const,
    data: points,
    symbol: 'triangle',
    symbolRotate: isBuy ? 0 : 180,
    symbolSize: 11,
    symbolOffset: [0, isBuy ? 12 : -12],
    color: isBuy ? colours.up : colours.down,
    tooltip: { show: false },
    z: 5,
  };
}

function tooltipRows(chart: PriceChart, index: number, candle: Candle): TooltipRow[] {
  const { candles, colours, formatPrice, texts } = chart;
  const colour = candle.close >= candle.open ? colours.up : colours.down;
  const prices = (['open', 'high', 'low', 'close'] as const).map((key) => ({
    colour,
    name: texts[key],
    value: formatPrice(candle[key]),
  }));
  const signals = chart.signals
    .filter((signal) => candleBehind(candles, signal) === index)
    .map((signal) => ({
      colour: signal.side === 'buy' ? colours.up : colours.down,
      name: `${texts[signal.side]} · ${signal.strategy}`,
      value: formatPrice(signal.price),
    }));
  return [...prices, ...signals];
}
