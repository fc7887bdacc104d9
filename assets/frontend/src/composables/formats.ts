import { computed } from 'vue';
import { useI18n } from 'vue-i18n';

/** Numbers and times as the chosen language writes them. */
export function useFormats() {
  const { locale } = useI18n();
  return computed(() => formatsFor(locale.value === 'zh' ? 'zh-CN' : 'en-US'));
}

export type Formats = ReturnType<typeof formatsFor>;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function formatsFor(locale: string) {
  const number = (digits: number) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const time = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...options });

  const whole = number(0);
  const tick = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const oneDigit = number(1);
  const twoDigits = number(2);
  const second = time({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const dateAndMinute = time({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

  return {
    count: (value: number) => whole.format(value),
    tick: (value: number) => tick.format(value),
    price: (value: number) => twoDigits.format(value),
    decimal: (value: number) => twoDigits.format(value),
    percent: (value: number) => `${oneDigit.format(value)}%`,
    signedPercent: (value: number) => `${value > 0 ? '+' : ''}${twoDigits.format(value)}%`,
    milliseconds: (value: number) => `${(value < 10 ? oneDigit : whole).format(value)} ms`,
    second: (value: number) => second.format(value),
    /** The time of day, with the date when that is more than half a day ago. */
    moment: (value: number) => (Date.now() - value < 43_200_000 ? second : dateAndMinute).format(value),
    dateAndMinute: (value: number) => dateAndMinute.format(value),
    bytes(value: number): string {
      const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
      return `${(power < 2 ? whole : oneDigit).format(value / 1024 ** power)} ${UNITS[power]}`;
    },
    /** `1:02:03`, or `2d 03:04:05`. */
    duration(seconds: number): string {
      const total = Math.max(0, Math.floor(seconds));
      const days = Math.floor(total / 86_400);
      const clock = [Math.floor(total / 3_600) % 24, Math.floor(total / 60) % 60, total % 60]
        .map((part) => String(part).padStart(2, '0'))
        .join(':');
      return days > 0 ? `${days}d ${clock}` : clock;
    },
  };
}
