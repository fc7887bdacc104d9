/** nginx, and what is behind it. */
import { HIGHEST_MAX_CONNECTIONS } from '../../../stacks/settings.ts';
import { localUrl } from '../../lib/tunnel.ts';
import type { Facts } from '../facts.ts';
import { type Check, nameOf, recreate, seen, setAndDeploy, sudo } from './check.ts';

const DESCRIPTORS_PER_CONNECTION = 6;
const DEFAULT_HEARTBEAT_SEC = 30;

/** The connections that docker-proxy bears, with some room. */
const bearable = (descriptors: number): number =>
  Math.max(1, Math.floor((descriptors * 0.9) / DESCRIPTORS_PER_CONNECTION));

export const NGINX = ['docker', 'container-nginx'];

/** Design point 12: each connection takes six of docker-proxy's descriptors; at its limit it exits. */
export const proxyCeiling: Check = {
  id: 'docker-proxy',
  name: 'docker-proxy bears BTCW_MAX_CONNECTIONS',
  hop: 'nginx',
  after: ['docker', 'container-nginx'],
  look: ({ proxyDescriptors, settings }) => {
    if (proxyDescriptors === undefined) return { ok: 'there is none to run out of descriptors' };
    const wanted = DESCRIPTORS_PER_CONNECTION * settings.BTCW_MAX_CONNECTIONS;
    if (wanted < proxyDescriptors) return { ok: `${wanted} of its ${proxyDescriptors} descriptors` };
    return {
      wrong: `${settings.BTCW_MAX_CONNECTIONS} connections take ${wanted} descriptors, docker-proxy has ${proxyDescriptors}: at the limit it exits, and port ${settings.BTCW_NGINX_PORT} is dead for everyone`,
      fix: setAndDeploy('BTCW_MAX_CONNECTIONS', bearable(proxyDescriptors)),
    };
  },
};

type Application = 'backend' | 'frontend';
const appPort = (facts: Facts, app: Application): number =>
  app === 'backend' ? facts.settings.BTCW_BACKEND_PORT : facts.settings.BTCW_FRONTEND_PORT;

const dropsPort = (rule: string, number: number): boolean =>
  /-j (DROP|REJECT)\b/.test(rule) &&
  new RegExp(`(--dport|--ctorigdstport) ${number}\\b`).test(rule) &&
  // What keeps neighbours out spares the bridge.
  !/! -i docker0/.test(rule);

/** FAQ "502", "Docker网络是否正常", where the host reaches it and a container does not: a firewall is between them. */
export const firewall = (app: Application): Check => ({
  id: `firewall-${app}`,
  name: `no firewall between nginx and the ${app}`,
  hop: app,
  after: ['docker', 'gateway', 'container-nginx', `container-${app}`],
  look: (facts) => {
    const { inside, settings, firewallRules, ufw, proxyDescriptors } = facts;
    const from = inside[app];
    if (!from) return undefined;
    if (from.curl === 0) return { ok: `${from.ms.toFixed(1)} ms` };
    // The container is well by its own health check, and the host reaches it: what is between is at fault.
    const here = app === 'backend' ? facts.backendAtGateway : facts.frontendAtGateway;
    if (!here || here.status === 0) return undefined;
    const number = appPort(facts, app);
    const address = `${settings.BTCW_GATEWAY}:${number}`;
    const rule = firewallRules?.find((one) => dropsPort(one, number));
    const wrong = `this host reaches the ${app}, containers do not reach it at ${address}: a firewall is in the way${rule ? `: ${rule}` : ''}`;
    if (rule) return { wrong, fix: sudo(`iptables ${rule.replace(' -A ', ' -D ')}`) };
    if (ufw) {
      const rulePart = `to ${settings.BTCW_GATEWAY} port ${number} proto tcp`;
      return { wrong, fix: sudo(`ufw allow in on docker0 ${rulePart}`) };
    }
    // With docker-proxy the packets are for this host itself; without it they are forwarded.
    return {
      wrong,
      fix: sudo(
        proxyDescriptors === undefined
          ? `iptables -I FORWARD -i docker0 -p tcp -m conntrack --ctorigdst ${settings.BTCW_GATEWAY} --ctorigdstport ${number} -j ACCEPT`
          : `iptables -I INPUT -i docker0 -d ${settings.BTCW_GATEWAY} -p tcp --dport ${number} -j ACCEPT`,
      ),
    };
  },
});

/** FAQ "Nginx返回502 Bad Gateway": asked as nginx asks it, from inside its container, at the gateway. */
export const atGateway = (app: Application): Check => ({
  id: `${app}-at-gateway`,
  name: `nginx reaches the ${app} at the gateway (502)`,
  hop: app,
  after: ['docker', 'gateway', 'container-nginx', `container-${app}`, `firewall-${app}`],
  look: (facts) => {
    const from = facts.inside[app];
    if (!from) return undefined;
    const address = `${facts.settings.BTCW_GATEWAY}:${appPort(facts, app)}`;
    const name = nameOf(facts, app);
    const path = app === 'backend' ? facts.settings.BTCW_BACKEND_HEALTH_PATH : '/';
    if (from.status >= 200 && from.status < 400) return { ok: `status ${from.status} from ${address}` };
    if (from.status > 0) {
      return { wrong: `${address}${path} answers ${from.status}`, fix: `docker restart ${name}` };
    }
    if (facts[app].status > 0) {
      return {
        wrong: `${name} is published on 127.0.0.1, but not at ${address}, where nginx asks: browsers get 502`,
        fix: recreate(name),
      };
    }
    return {
      wrong: `nginx gets no answer from ${address} (${from.curl === 7 ? 'refused' : 'nothing came'}), so browsers get 502`,
      fix: `docker restart ${name}`,
    };
  },
});

/** The seed's `nginx -t`: a configuration edited by hand that nginx would refuse at its next start. */
export const nginxValid: Check = {
  id: 'nginx-config',
  name: 'nginx accepts its configuration (nginx -t)',
  hop: 'nginx',
  after: NGINX,
  look: ({ nginx, nginxRefuses }) =>
    nginxRefuses
      ? { wrong: nginxRefuses, fix: 'npm run deploy' }
      : nginx && { ok: `${nginx.locations.length} proxied locations` },
};

/** Section 1 of the seed, "添加WebSocket升级映射": HTTP/1.1, Upgrade, and Connection through the map. */
export const nginxUpgrade: Check = {
  id: 'nginx-upgrade',
  name: 'nginx upgrades WebSockets, and nothing else',
  hop: 'nginx',
  after: [...NGINX, 'nginx-config'],
  look: ({ nginx }) => {
    if (!nginx) return undefined;
    for (const { path, headers, httpVersion } of nginx.locations) {
      const wrong = (what: string) => ({ wrong: `location ${path}: ${what}`, fix: 'npm run deploy' });
      const { connection = '', upgrade } = headers;
      if (httpVersion !== '1.1') return wrong(`proxy_http_version is ${httpVersion}, a WebSocket needs 1.1`);
      if (upgrade !== '$http_upgrade') return wrong('the Upgrade header is not handed on');
      if (!connection) return wrong('the Connection header is not handed on');
      if (!nginx.upgradeMaps.includes(connection)) {
        return wrong(
          `the Connection header is "${connection}" for every request; it should be $connection_upgrade, from a map of $http_upgrade`,
        );
      }
    }
    return { ok: 'map $http_upgrade $connection_upgrade' };
  },
};

/** Section 1 of the seed, "禁用缓冲": with buffering on, messages wait for a full buffer. */
export const nginxBuffering: Check = {
  id: 'nginx-buffering',
  name: 'nginx hands messages on at once',
  hop: 'nginx',
  after: [...NGINX, 'nginx-config'],
  look: ({ nginx }) => {
    const slow = nginx?.locations.find(({ buffering }) => buffering);
    if (slow) return { wrong: `location ${slow.path}: proxy_buffering is on`, fix: 'npm run deploy' };
    return nginx && { ok: 'proxy_buffering off' };
  },
};

/** Section 1 of the seed, "超时设置", against FAQ "WebSocket心跳": a timeout below the heartbeat cuts quiet sockets. */
export const nginxTimeouts: Check = {
  id: 'nginx-timeouts',
  name: "nginx's timeouts are longer than the heartbeat",
  hop: 'nginx',
  after: [...NGINX, 'nginx-config'],
  look: ({ nginx, socket }) => {
    if (!nginx) return undefined;
    const heartbeatSec = socket?.greeting?.heartbeatSec ?? DEFAULT_HEARTBEAT_SEC;
    const read = nginx.locations.map(({ path, readTimeoutSec, sendTimeoutSec }) => ({
      path,
      readTimeoutSec,
      sendTimeoutSec,
    }));
    const short = read.find((one) => Math.min(one.readTimeoutSec, one.sendTimeoutSec) <= heartbeatSec);
    if (!short) return { ok: `heartbeat each ${heartbeatSec} s` };
    const name = short.readTimeoutSec <= heartbeatSec ? 'proxy_read_timeout' : 'proxy_send_timeout';
    return {
      wrong: `location ${short.path}: ${name} is ${Math.min(short.readTimeoutSec, short.sendTimeoutSec)} s, the heartbeat comes each ${heartbeatSec} s: quiet WebSockets are cut`,
      fix: 'npm run deploy',
    };
  },
};

/** Section 1 of the seed, "修复Docker网络地址": host.docker.internal is unknown on Linux. */
export const nginxUpstreams: Check = {
  id: 'nginx-upstreams',
  name: 'nginx asks at the gateway',
  hop: 'nginx',
  after: [...NGINX, 'nginx-config', 'gateway'],
  look: ({ nginx, settings }) => {
    if (!nginx) return undefined;
    const ports = [settings.BTCW_BACKEND_PORT, settings.BTCW_FRONTEND_PORT];
    const wanted = ports.map((number) => `${settings.BTCW_GATEWAY}:${number}`);
    const other = nginx.locations.flatMap(({ path, servers }) =>
      servers.filter((server) => !wanted.includes(server)).map((server) => `location ${path} asks ${server}`),
    );
    if (other.length === 0) return { ok: wanted.join(', ') };
    return { wrong: `${other.join(', ')}; declared are ${wanted.join(' and ')}`, fix: 'npm run deploy' };
  },
};

/** Design point 12's other side: past BTCW_MAX_CONNECTIONS nginx answers 503, to pages and WebSockets alike. */
export const connections: Check = {
  id: 'connections',
  name: 'nginx has room for another connection (503)',
  hop: 'nginx',
  after: [
    ...NGINX,
    'port-nginx',
    'nginx-config',
    'nginx-upstreams',
    'container-frontend',
    'firewall-frontend',
    'frontend-at-gateway',
  ],
  look: ({ local, foreignHost, remote, tunnel, settings, proxyDescriptors }) => {
    const answers = [local, foreignHost, ...(tunnel?.up ? [remote] : [])];
    // The frontend itself has answered otherwise, so a 503 is nginx's own.
    if (answers.every(({ status }) => status !== 503)) return { ok: 'no 503' };
    const limit = settings.BTCW_MAX_CONNECTIONS;
    const wrong = `nginx answers 503: all ${limit} connections that BTCW_MAX_CONNECTIONS allows are open`;
    const ceiling = proxyDescriptors === undefined ? HIGHEST_MAX_CONNECTIONS : bearable(proxyDescriptors);
    const raised = Math.min(2 * limit, ceiling, HIGHEST_MAX_CONNECTIONS);
    if (raised > limit) return { wrong, fix: setAndDeploy('BTCW_MAX_CONNECTIONS', raised) };
    return {
      wrong: `${wrong}, and the host bears no more: a restart of nginx ends them`,
      fix: `docker restart ${settings.BTCW_PROJECT}-nginx`,
    };
  },
};

/** The seed's "本地测试": the page, as a browser on this host gets it. */
export const localPage: Check = {
  id: 'local-page',
  name: 'the page opens on this host',
  hop: 'nginx',
  after: [...connections.after, 'connections'],
  look: (facts) => {
    const { local } = facts;
    if (local.status >= 200 && local.status < 400) {
      return { ok: `status ${local.status} in ${local.ms.toFixed(0)} ms` };
    }
    const dead = local.status === 0 ? ': nginx runs, but its published port is dead' : '';
    return {
      wrong: `${localUrl(facts.settings)} gives: ${seen(local)}${dead}`,
      fix: `docker restart ${nameOf(facts, 'nginx')}`,
    };
  },
};

/** Design point 21: Vite refuses hosts it does not know, so the tunnel's address gets 403. */
export const viteHosts: Check = {
  id: 'vite-hosts',
  name: 'the frontend serves any host name (Vite: allowedHosts)',
  hop: 'frontend',
  after: ['local-page', ...NGINX, 'container-frontend', 'frontend-at-gateway', 'firewall-frontend'],
  look: (facts) => {
    const { local, foreignHost, settings } = facts;
    if (local.status !== 200 || foreignHost.status === 0) return undefined;
    if (foreignHost.status !== 403) return { ok: `status ${foreignHost.status} for another name` };
    const { BTCW_FRONTEND_CONTEXT: context, BTCW_FRONTEND_IMAGE: image } = settings;
    const allow = (folder: string) =>
      `sed -i 's/server: {/server: { allowedHosts: true,/' ${folder}/vite.config.*`;
    return {
      wrong:
        'the frontend answers 403 to a request under another host name: Vite refuses what is not in server.allowedHosts, so the page is refused through the tunnel',
      fix: context
        ? `${allow(context)} && npm run deploy`
        : image
          ? `${allow('your/frontend')} && docker build --tag ${image} your/frontend && npm run deploy`
          : 'npm run deploy',
    };
  },
};
