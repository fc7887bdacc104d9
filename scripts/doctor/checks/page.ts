/** The page, as a browser on this host gets it. */
import { messages } from '../../../messages/index.ts';
import { HIGHEST_MAX_CONNECTIONS } from '../../../stacks/settings/definitions.ts';
import { serviceNamed, type Topology } from '../../../stacks/topology/topology.ts';
import { localUrl } from '../../../stacks/topology/urls.ts';
import { isOwn } from '../../deployment/profile.ts';
import { pageUpstream } from '../../deployment/routes.ts';
import { placed } from '../../engine-host/place.ts';
import type { HttpAnswer } from '../../lib/http.ts';
import { type Check, containerName, describeAnswer, logOf, portSettings, setAndDeploy } from './check.ts';
import { deployed } from './host.ts';
import { highestMaxConnections } from './network.ts';
import { upstreams } from './nginx.ts';

const said = messages.doctor.page;

const NGINX_ERROR_PAGE = '<center>nginx';

/** Past one of its limits nginx answers 503, to pages and WebSockets alike. */
export const connections = (topology: Topology): Check => ({
  id: 'connections',
  name: said.connectionsName,
  hop: topology.proxy,
  dependsOn: [upstreams(topology), `${pageUpstream(topology).service}-at-gateway`],
  settings: ['BTCW_MAX_CONNECTIONS', 'BTCW_MAX_CLIENT_CONNECTIONS'],
  run: (facts) => {
    const { local, foreignHost, remote, tunnel, limitedBy, settings, dockerProxyDescriptors } = facts;
    const here = [local, foreignHost];
    const answers = [...here, ...(tunnel?.up ? [remote] : [])];
    // The upstream itself has answered otherwise, so a 503 is nginx's own. An application of the owner's may have one for
    // its page, which looks otherwise.
    const isOwnPage = isOwn(serviceNamed(topology, pageUpstream(topology).service));
    const isFull = ({ status, body }: HttpAnswer) =>
      status === 503 && (!isOwnPage || body.includes(NGINX_ERROR_PAGE));
    if (!answers.some(isFull)) return { ok: said.no503 };
    // This host's own programs are not limited by their address; what comes back through the tunnel is.
    const { BTCW_MAX_CLIENT_CONNECTIONS: ofClient } = settings;
    if (limitedBy === 'client' && !here.some(isFull)) {
      const raised = Math.min(2 * ofClient, HIGHEST_MAX_CONNECTIONS);
      return { problem: said.clientFull(ofClient), fix: setAndDeploy('BTCW_MAX_CLIENT_CONNECTIONS', raised) };
    }
    const limit = settings.BTCW_MAX_CONNECTIONS;
    const raised = Math.min(2 * limit, highestMaxConnections(dockerProxyDescriptors));
    if (raised > limit) {
      return { problem: said.full(limit), fix: setAndDeploy('BTCW_MAX_CONNECTIONS', raised) };
    }
    return {
      problem: said.fullForGood(limit),
      fix: `docker restart ${containerName(facts, topology.proxy)}`,
    };
  },
});

export const localPage = (topology: Topology): Check => ({
  id: 'local-page',
  name: said.localName,
  hop: topology.proxy,
  dependsOn: [connections(topology)],
  settings: portSettings(serviceNamed(topology, topology.proxy)),
  run: (facts) => {
    const { local } = facts;
    if (local.status >= 200 && local.status < 400) {
      return { ok: said.opened(local.status, local.ms.toFixed(0)) };
    }
    const failure = [placed(localUrl(facts.topology), facts.machine), describeAnswer(local)] as const;
    const problem = said.failed(...failure);
    if (local.timedOut) return { problem, fix: logOf(facts, topology.proxy) };
    const page = pageUpstream(topology).service;
    if (local.status > 0 && isOwn(serviceNamed(topology, page))) {
      // A page that asks for a login, or that is not at "/", is none that fails.
      if (local.status < 500) return { ok: said.status(local.status) };
      return { problem, fix: logOf(facts, page) };
    }
    return {
      problem: local.status === 0 ? said.deadPort(...failure) : problem,
      fix: `docker restart ${containerName(facts, topology.proxy)}`,
    };
  },
});

/** Vite answers 403 to hosts that it does not know, and the tunnel's address is one. */
const viteHosts = (topology: Topology): Check => {
  const { service } = pageUpstream(topology);
  return {
    id: 'vite-hosts',
    name: said.viteName(service),
    hop: service,
    dependsOn: [localPage(topology)],
    run: ({ local, foreignHost, settings }) => {
      if (local.status !== 200 || foreignHost.status === 0) return undefined;
      if (foreignHost.status !== 403) return { ok: said.otherName(foreignHost.status) };
      const { BTCW_FRONTEND_CONTEXT: context, BTCW_FRONTEND_IMAGE: image } = settings;
      const isProgram = settings.BTCW_FRONTEND_ADDRESS !== undefined;
      const allow = (folder: string) =>
        `sed -i 's/server: {/server: { allowedHosts: true,/' ${folder}/vite.config.*`;
      return {
        problem: said.viteRefuses(service),
        fix: context
          ? `${allow(context)} && npm run deploy`
          : image
            ? `${allow('your/frontend')} && docker build --tag ${image} your/frontend && npm run deploy`
            : isProgram
              ? said.startAgain(allow('your/frontend'))
              : 'npm run deploy',
      };
    },
  };
};

/** Vite serves every file of the project to whoever asks, and is not made to face the internet. */
const devMode = (topology: Topology): Check => ({
  id: 'dev-mode',
  name: said.devName,
  hop: pageUpstream(topology).service,
  dependsOn: [deployed],
  level: 'warning',
  settings: ['BTCW_FRONTEND_MODE', 'BTCW_FRP_SERVER_ADDR'],
  run: ({ settings: { BTCW_FRONTEND_MODE: mode, BTCW_FRP_SERVER_ADDR: server } }) => {
    if (mode === 'static') return { ok: said.built };
    if (!server) return { ok: said.fromHereAlone };
    return {
      problem: said.devPublic(server),
      fix: "sed -i '/^BTCW_FRONTEND_MODE=/d' .env && npm run deploy",
    };
  },
});

export const pageChecks = (topology: Topology): Check[] =>
  [connections, localPage, viteHosts, devMode].map((check) => check(topology));
