import { type Ref, ref } from 'vue';

/** Whether a media query holds, as it changes. Lasts as long as the page. */
export function mediaQuery(query: string): Ref<boolean> {
  const list = matchMedia(query);
  const matches = ref(list.matches);
  list.addEventListener('change', () => {
    matches.value = list.matches;
  });
  return matches;
}
