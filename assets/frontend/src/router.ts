import { createRouter, createWebHistory } from 'vue-router';
import { useUserStore } from './stores/user.ts';

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/login', name: 'login', component: () => import('./views/LoginView.vue') },
    { path: '/', name: 'dashboard', component: () => import('./views/DashboardView.vue') },
    { path: '/:other(.*)', redirect: { name: 'dashboard' } },
  ],
});

router.beforeEach((to) => {
  const { isLoggedIn } = useUserStore();
  if (!isLoggedIn && to.name !== 'login') return { name: 'login' };
  if (isLoggedIn && to.name === 'login') return { name: 'dashboard' };
  return true;
});
