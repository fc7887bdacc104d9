import { computed, ref, watch } from 'vue';
import { mediaQuery } from './media.ts';

const STORAGE_KEY = 'theme';
const prefersDark = mediaQuery('(prefers-color-scheme: dark)');
const choice = ref(localStorage.getItem(STORAGE_KEY));

/** The system's preference until the user chooses otherwise. */
export const isDark = computed(() => (choice.value ? choice.value === 'dark' : prefersDark.value));

export function toggleTheme(): void {
  choice.value = isDark.value ? 'light' : 'dark';
  localStorage.setItem(STORAGE_KEY, choice.value);
}

watch(
  isDark,
  // Element Plus switches its own variables on this class. At once, as the charts read them on the same change.
  (dark) => document.documentElement.classList.toggle('dark', dark),
  { immediate: true, flush: 'sync' },
);
