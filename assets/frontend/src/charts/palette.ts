import { shallowRef, watch } from 'vue';
import { isDark } from '../composables/theme.ts';

const NAMES = [
  'surface',
  'line',
  'text',
  'text-soft',
  'up',
  'down',
  'series-1',
  'series-2',
  'series-3',
] as const;
export type Colour = (typeof NAMES)[number];
export type Palette = Readonly<Record<Colour, string>>;

function readStyleSheet(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`)])) as Palette;
}

/** The style sheet's colours, for the canvas. */
export const palette = shallowRef(readStyleSheet());

watch(isDark, () => {
  palette.value = readStyleSheet();
});
