/** The page, as a browser on this host gets it. */
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { localUrl } from '../../../stacks/topology/urls.ts';
import { isOwn } from '../../deployment/profile.ts';
import { pageUpstream } from '../../deployment/routes.ts';
import type { HttpAnswer } from '../../lib/http.ts';
import { type Check, containerName, describeAnswer, logOf, portSettings, setAndDeploy } from './check.ts';
import { deployed } from './host.ts';
import { highestMaxConnections } from './network.ts';
import { upstreams } from './nginx.ts';

const NGINX_ERROR_PAGE = '<center>nginx';

/** Past BTCW_MAX_CONNECTIONS nginx answers 503, to pages and WebSockets alike. */
export const connections = (topology: Topology): Check => ({
  id: 'connections',
  name: 'nginx accepts another connection (503)',
  hop: topology.proxy,
  dependsOn: [upstreams(topology), `${pageUpstream(topology).service}-at-gateway`],
  settings: ['BTCW_MAX_CONNECTIONS'],
  run: (facts) => {
    const { local, foreignHost, remote, tunnel, settings, dockerProxyDescriptors } = facts;
    const answers = [local, foreignHost, ...(tunnel?.up ? [remote] : [])];
    // The upstream itself has answered otherwise, so a 503 is nginx's own. An application of the owner's may have one for
    // its page, which looks otherwise.
    const isOwnPage = isOwn(serviceNamed(topology, pageUpstream(topology).service));
    const isFull = ({ status, body }: HttpAnswer) =>
      status === 503 && (!isOwnPage || body.includes(NGINX_ERROR_PAGE));
    if (!answers.some(isFull)) return { ok: 'no 503' };
    const limit = settings.BTCW_MAX_CONNECTIONS;
    const problem = `nginx answers 503: all ${limit} connections that BTCW_MAX_CONNECTIONS allows are open`;
    const raised = Math.min(2 * limit, highestMaxConnections(dockerProxyDescriptors));
    if (raised > limit) return { problem, fix: setAndDeploy('BTCW_MAX_CONNECTIONS', raised) };
    return {
      problem: `${problem}, and this host supports no more; a restart of nginx closes them`,
      fix: `docker restart ${containerName(facts, topology.proxy)}`,
    };
  },
});

export const localPage = (topology: Topology): Check => ({
  id: 'local-page',
  name: 'the page opens on this host',
  hop: topology.proxy,
  dependsOn: [connections(topology)],
  settings: portSettings(serviceNamed(topology, topology.proxy)),
  run: (facts) => {
    const { local } = facts;
    if (local.status >= 200 && local.status < 400) {
      return { ok: `status ${local.status} in ${local.ms.toFixed(0)} ms` };
    }
    const problem = `${localUrl(facts.topology)} fails (${describeAnswer(local)})`;
    if (local.timedOut) return { problem, fix: logOf(facts, topology.proxy) };
    const page = pageUpstream(topology).service;
    if (local.status > 0 && isOwn(serviceNamed(topology, page))) {
      // A page that asks for a login, or that is not at "/", is none that fails.
      if (local.status < 500) return { ok: `status ${local.status}` };
      return { problem, fix: logOf(facts, page) };
    }
    const dead = local.status === 0 ? ': nginx is running, but its published port is dead' : '';
    return {
      problem: `${problem}${dead}`,
      fix: `docker restart ${containerName(facts, topology.proxy)}`,
    };
  },
});

/** Vite answers 403 to hosts that it does not know, and the tunnel's address is one. */
const viteHosts = (topology: Topology): Check => {
  const { service } = pageUpstream(topology);
  return {
    id: 'vite-hosts',
    name: `${service} accepts any host name (Vite: server.allowedHosts)`,
    hop: service,
    dependsOn: [localPage(topology)],
    run: ({ local, foreignHost, settings }) => {
      if (local.status !== 200 || foreignHost.status === 0) return undefined;
      if (foreignHost.status !== 403) return { ok: `status ${foreignHost.status} for another name` };
      const { BTCW_FRONTEND_CONTEXT: context, BTCW_FRONTEND_IMAGE: image } = settings;
      const isProgram = settings.BTCW_FRONTEND_ADDRESS !== undefined;
      const allow = (folder: string) =>
        `sed -i 's/server: {/server: { allowedHosts: true,/' ${folder}/vite.config.*`;
      return {
        problem: `${service} answers 403 to a request under another host name: Vite refuses hosts that are not in server.allowedHosts, so the page does not open through the tunnel`,
        fix: context
          ? `${allow(context)} && npm run deploy`
          : image
            ? `${allow('your/frontend')} && docker build --tag ${image} your/frontend && npm run deploy`
            : isProgram
              ? `${allow('your/frontend')}, and start it again`
              : 'npm run deploy',
      };
    },
  };
};

/** Vite serves every file of the project to whoever asks, and is not made to face the internet. */
const devMode = (topology: Topology): Check => ({
  id: 'dev-mode',
  name: 'the development server is not public',
  hop: pageUpstream(topology).service,
  dependsOn: [deployed],
  level: 'warning',
  settings: ['BTCW_FRONTEND_MODE', 'BTCW_FRP_SERVER_ADDR'],
  run: ({ settings: { BTCW_FRONTEND_MODE: mode, BTCW_FRP_SERVER_ADDR: server } }) => {
    if (mode === 'static') return { ok: 'the built files are served' };
    if (!server) return { ok: 'it is reached from this host alone' };
    return {
      problem: `Vite's development server, with the sources, is public on ${server}`,
      fix: "sed -i '/^BTCW_FRONTEND_MODE=/d' .env && npm run deploy",
    };
  },
});

export const pageChecks = (topology: Topology): Check[] =>
  [connections, localPage, viteHosts, devMode].map((check) => check(topology));
