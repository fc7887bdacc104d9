/** The frontend: the user's own, or the reference application, built or served by Vite. */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { USUAL_CAPABILITIES } from './capabilities.ts';
import { chosen } from './chosen.ts';
import { anyHttpHealth, httpHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { type ImageSource, ownImage, runtimeImage } from './image-source.ts';
import { gatewayOf } from './network.ts';
import { nginxImage } from './nginx.ts';
import type { ServiceDefinition } from './service.ts';
import { USERS } from './users.ts';
import { afterGuard, watched } from './watchdog.ts';

const PORT = 3000;
const SOURCES = [
  'src',
  'public',
  'index.html',
  'package.json',
  'vite.config.ts',
  'nginx.conf',
  'Dockerfile',
].map((path) => `assets/frontend/${path}`);

/** The built files, served by the nginx built here, whatever the reverse proxy runs. */
const builtImage = (settings: Settings): ImageSource => ({
  kind: 'dockerfile',
  name: 'frontend',
  dockerfile: 'assets/frontend/Dockerfile',
  from: nginxImage(settings),
  fromArgument: 'NGINX',
  sources: SOURCES,
  packages: { workspace: 'assets/frontend' },
  build: 'assets/frontend',
  content: ['nginx.conf', 'dist'].map((name) => ({
    kind: 'copy',
    path: `assets/frontend/${name}`,
    to: name,
  })),
});

/** Vite's dev server. Only the programs are in this image: the sources and packages it serves are mounted. */
const viteImage = (settings: Settings): ImageSource => ({
  kind: 'dockerfile',
  name: 'frontend-dev',
  dockerfile: 'assets/frontend/Dockerfile.dev',
  from: runtimeImage(settings),
  fromArgument: 'BASE',
  sources: ['assets/frontend/Dockerfile.dev'],
  // The Node binary, which is a dependency of the backend's.
  packages: { workspace: 'assets/backend', only: 'node_modules/node-linux-' },
  content: [{ kind: 'node', to: 'node' }],
});

/** What differs between the ways to serve the frontend. */
function modeOf(
  settings: Settings,
  { packageFolder }: HostFacts,
): Pick<ServiceDefinition, 'image' | 'health' | 'limits'> & Partial<ServiceDefinition> & { port?: number } {
  const own = ownImage(settings.BTCW_FRONTEND_IMAGE, settings.BTCW_FRONTEND_CONTEXT);
  if (own) {
    const port = settings.BTCW_FRONTEND_CONTAINER_PORT;
    return {
      image: own,
      port,
      health: anyHttpHealth(port, '/'),
      // An image made from nginx starts as root and becomes another user.
      capabilities: USUAL_CAPABILITIES,
      limits: { memoryMiB: 512, pids: 256 },
      readOnlyRoot: false,
      init: true,
    };
  }
  if (settings.BTCW_FRONTEND_MODE === 'static') {
    return {
      image: builtImage(settings),
      entrypoint: watched(['nginx', '-g', 'daemon off;'], `http://127.0.0.1:${PORT}/healthz`),
      user: USERS.nginx,
      volumes: afterGuard(settings),
      health: httpHealth(PORT, '/healthz'),
      limits: { memoryMiB: 64, pids: 64 },
    };
  }
  return {
    image: viteImage(settings),
    user: USERS.vite,
    health: httpHealth(PORT, '/'),
    limits: { memoryMiB: 1536, pids: 256 },
    // Vite keeps the packages it has bundled there.
    tmpMiB: 256,
    binds: [
      { source: `${packageFolder}/node_modules`, path: '/app/node_modules' },
      { source: `${packageFolder}/assets/frontend`, path: '/app/assets/frontend' },
    ],
  };
}

/** Published on loopback and on the bridge, where nginx reaches it. */
export function frontend(settings: Settings, host: HostFacts): ServiceDefinition {
  const { port = PORT, limits, ...mode } = modeOf(settings, host);
  return {
    name: 'frontend',
    id: 'Frontend',
    ports: [
      {
        container: port,
        host: settings.BTCW_FRONTEND_PORT,
        addresses: ['127.0.0.1', gatewayOf(settings, host)],
        setting: 'BTCW_FRONTEND_PORT',
      },
    ],
    routes: ['/'],
    environment: { HOST: '0.0.0.0', PORT: String(port) },
    disruption: messages.topology.disruption.frontend,
    ...mode,
    ...chosen('FRONTEND', settings, limits),
  };
}
