export interface TooltipRow {
  readonly colour: string;
  readonly name: string;
  readonly value: string;
}

/** Built as elements: ECharts' own HTML has inline styles, which the page's CSP refuses. */
export function tooltipContent(title: string, rows: readonly TooltipRow[]): HTMLElement {
  const content = document.createElement('div');
  content.className = 'chart-tooltip';
  content.append(Object.assign(document.createElement('strong'), { textContent: title }));
  for (const { colour, name, value } of rows) {
    const row = document.createElement('div');
    const dot = document.createElement('i');
    dot.style.background = colour;
    row.append(dot, name, Object.assign(document.createElement('b'), { textContent: value }));
    content.append(row);
  }
  return content;
}
