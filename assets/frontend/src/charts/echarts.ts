import { CandlestickChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([CandlestickChart, LineChart, ScatterChart, GridComponent, TooltipComponent, CanvasRenderer]);

export type { EChartsOption } from 'echarts';
export { init };
