/** The tunnel, from the frp server to the public page. */
import { SETTINGS } from '../../../stacks/settings.ts';
import { publicUrl, serverAddress } from '../../lib/tunnel.ts';
import { WRONG_NAME } from '../facts.ts';
import { type Check, nameOf, seen, setAndDeploy } from './check.ts';
import { localPage } from './nginx.ts';

/** The usual one of an frp server. */
const FRP_PORT = Number(SETTINGS.BTCW_FRP_SERVER_PORT.default);

/** FAQ "本地测试成功，但远程连接失败", first: is there such a server? */
export const frpName: Check = {
  id: 'frp-name',
  name: "the frp server's name is known",
  hop: 'frps',
  after: [],
  look: ({ frpServer, settings }) => {
    const name = settings.BTCW_FRP_SERVER_ADDR ?? '127.0.0.1';
    if (frpServer.resolved) return { ok: name };
    return {
      wrong: `no name server knows ${name}`,
      fix: "sed -i 's/^BTCW_FRP_SERVER_ADDR=.*/BTCW_FRP_SERVER_ADDR=your.server/' .env && npm run deploy",
    };
  },
};

const FRPS = ['frp-name', 'container-frps', 'port-frps'];

/** FAQ "本地测试成功，但远程连接失败": frps away, or its firewall closed for the frp port. */
export const frpReachable: Check = {
  id: 'frp-server',
  name: 'the frp server answers on its port',
  hop: 'frps',
  after: FRPS,
  look: (facts) => {
    const { frpServer, settings } = facts;
    const address = serverAddress(settings);
    if (frpServer.connectMs !== undefined)
      return { ok: `${address} in ${frpServer.connectMs.toFixed(1)} ms` };
    if (!settings.BTCW_FRP_SERVER_ADDR) {
      return { wrong: `${address}: ${frpServer.error}`, fix: `docker restart ${nameOf(facts, 'frps')}` };
    }
    const ssh = (command: string) => `ssh ${settings.BTCW_FRP_SERVER_ADDR} ${command}`;
    return frpServer.error === 'ECONNREFUSED'
      ? {
          wrong: `nothing listens on ${address}: frps is not running there`,
          fix: ssh('sudo systemctl restart frps'),
        }
      : {
          wrong: `${address} does not answer (${frpServer.error}): its firewall is closed for that port`,
          fix: ssh(`sudo ufw allow ${settings.BTCW_FRP_SERVER_PORT}/tcp`),
        };
  },
};

const TUNNEL = ['docker', 'container-frpc', 'log-readable-frpc', 'frp-server', ...FRPS];

/** Looked at by doctor itself: frpc says no more than that the session was shut down. */
export const frpCertificate: Check = {
  id: 'frp-certificate',
  name: "the frp server's certificate fits BTCW_FRP_TLS_CA_FILE",
  hop: 'frps',
  after: TUNNEL,
  look: ({ tunnel, frpServer: { certificate }, settings }) => {
    const { BTCW_FRP_TLS_CA_FILE: file, BTCW_FRP_SERVER_ADDR: server } = settings;
    if (!file) return { ok: 'not checked' };
    if (!tunnel || !certificate) return undefined;
    if (tunnel.up) return { ok: file };
    const { problem, names } = certificate;
    if (!problem) {
      if (tunnel.cause !== 'hung-up') return { ok: file };
      return {
        wrong: `frpc refuses the frp server's certificate, which fits ${file}: that has changed since the last deploy`,
        fix: 'npm run deploy',
      };
    }
    const unset = "sed -i '/^BTCW_FRP_TLS_CA_FILE=/d' .env && npm run deploy";
    if (!server) {
      return {
        wrong: 'the embedded frp server makes its certificate anew at each start: no CA file fits it',
        fix: unset,
      };
    }
    if (problem === WRONG_NAME) {
      const name = names.find((one) => !one.includes('*'));
      return {
        wrong: `the frp server's certificate is for ${names.join(', ') || 'no name at all (subjectAltName)'}, not for ${server}`,
        fix: name ? setAndDeploy('BTCW_FRP_SERVER_ADDR', name) : unset,
      };
    }
    if (problem === 'CERT_HAS_EXPIRED') {
      return {
        wrong: "the frp server's certificate has expired; frps reads a renewed one when it starts",
        fix: `ssh ${server} sudo systemctl restart frps`,
      };
    }
    return {
      wrong: `the frp server's certificate is not of the CA in ${file} (${problem})`,
      fix: `scp ${server}:/etc/frp/ca.crt ${file} && npm run deploy`,
    };
  },
};

/** The frp server's own reasons; FAQ "FRP日志：cat /tmp/frpc.log". */
export const frpToken: Check = {
  id: 'frp-token',
  name: 'the frp server accepts the token',
  hop: 'frpc',
  after: TUNNEL,
  look: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    if (tunnel.cause !== 'token') return { ok: 'not refused' };
    if (!settings.BTCW_FRP_SERVER_ADDR) {
      return {
        wrong: 'the embedded frp server refuses the token: frps and frpc have different ones',
        fix: 'npm run deploy',
      };
    }
    return {
      wrong:
        'the frp server refuses the token: it should be its auth.token, in the file BTCW_FRP_TOKEN_FILE names',
      fix: 'npm run deploy',
    };
  },
};

export const frpProxyName: Check = {
  id: 'frp-proxy-name',
  name: 'the proxy name is free on the frp server',
  hop: 'frpc',
  after: TUNNEL,
  look: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    const name = settings.BTCW_FRP_PROXY_NAME;
    if (tunnel.cause !== 'proxy-name') return { ok: name };
    return {
      wrong: `another client of the frp server has a proxy named ${name}`,
      fix: setAndDeploy('BTCW_FRP_PROXY_NAME', `${name}-2`),
    };
  },
};

export const frpRemotePort: Check = {
  id: 'frp-remote-port',
  name: 'the remote port is to be had on the frp server',
  hop: 'frps',
  after: [...TUNNEL, 'port-remote'],
  look: ({ tunnel, settings }) => {
    if (!tunnel) return undefined;
    const number = settings.BTCW_FRP_REMOTE_PORT;
    const fix = setAndDeploy('BTCW_FRP_REMOTE_PORT', number + 1);
    if (tunnel.cause === 'remote-port') return { wrong: `port ${number} is taken on the frp server`, fix };
    if (tunnel.cause === 'port-not-allowed') {
      // The embedded server's were written by deploy.
      return {
        wrong: `the frp server's allowPorts leaves port ${number} out`,
        fix: settings.BTCW_FRP_SERVER_ADDR ? fix : 'npm run deploy',
      };
    }
    return { ok: String(number) };
  },
};

/** The seed's "期望看到: start proxy success". */
export const tunnelUp: Check = {
  id: 'tunnel',
  name: 'frpc says: start proxy success',
  hop: 'frpc',
  after: [...TUNNEL, 'frp-certificate', 'frp-token', 'frp-proxy-name', 'frp-remote-port', 'port-remote'],
  look: (facts) => {
    const { tunnel, settings } = facts;
    if (!tunnel) return undefined;
    if (tunnel.up) return { ok: `[${settings.BTCW_FRP_PROXY_NAME}] start proxy success` };
    if (tunnel.cause === 'no-frps') {
      const number = settings.BTCW_FRP_SERVER_PORT;
      const who = `ssh ${settings.BTCW_FRP_SERVER_ADDR} sudo ss -ltnp sport = :${number}`;
      const fix = number === FRP_PORT ? who : setAndDeploy('BTCW_FRP_SERVER_PORT', FRP_PORT);
      return { wrong: tunnel.reason, fix };
    }
    return { wrong: tunnel.reason, fix: `docker restart ${nameOf(facts, 'frpc')}` };
  },
};

/** FAQ "防火墙是否开放60001端口": local works, the tunnel is up, and still the public port gives nothing. */
export const publicPort: Check = {
  id: 'public-port',
  name: 'the page opens through the tunnel',
  hop: 'frps',
  after: [...tunnelUp.after, 'tunnel', ...localPage.after, 'local-page'],
  look: ({ remote, settings, local }) => {
    const url = publicUrl(settings);
    if (remote.status > 0 && remote.status < 500) {
      return { ok: `${url} in ${remote.ms.toFixed(0)} ms` };
    }
    const allow = `sudo ufw allow ${settings.BTCW_FRP_REMOTE_PORT}/tcp`;
    const server = settings.BTCW_FRP_SERVER_ADDR;
    return {
      wrong: `local works (status ${local.status}), ${url} does not (${seen(remote)}), though the tunnel is up: the server's firewall is closed for port ${settings.BTCW_FRP_REMOTE_PORT}`,
      fix: server ? `ssh ${server} ${allow}` : allow,
    };
  },
};
