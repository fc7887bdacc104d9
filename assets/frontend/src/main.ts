import './styles/base.css';
import './composables/theme.ts';
import { createPinia } from 'pinia';
import { createApp } from 'vue';
import App from './App.vue';
import { i18n } from './i18n.ts';
import { router } from './router.ts';
import { useUserStore } from './stores/user.ts';

const app = createApp(App).use(createPinia()).use(i18n);
useUserStore().restore();
app.use(router).mount('#app');
