import { createI18n } from 'vue-i18n';
import en from './locales/en.ts';
import zh from './locales/zh.ts';

type Language = 'en' | 'zh';

const STORAGE_KEY = 'language';

function preferredLanguage(stored: string | null, browser: readonly string[]): Language {
  if (stored === 'en' || stored === 'zh') return stored;
  return browser[0]?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const i18n = createI18n({
  legacy: false,
  locale: preferredLanguage(localStorage.getItem(STORAGE_KEY), navigator.languages),
  fallbackLocale: 'en',
  messages: { en, zh },
});

function applyToDocument(): void {
  document.documentElement.lang = i18n.global.locale.value === 'zh' ? 'zh-CN' : 'en';
}

export function switchLanguage(): void {
  const next: Language = i18n.global.locale.value === 'zh' ? 'en' : 'zh';
  i18n.global.locale.value = next;
  localStorage.setItem(STORAGE_KEY, next);
  applyToDocument();
}

applyToDocument();
