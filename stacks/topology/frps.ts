/** The embedded frp server: a stand-in for the public one, on loopback, so that the whole chain runs on one machine. */
import { messages } from '../../messages/index.ts';
import { FRP_CONFIG_DIR, FRP_TOKEN_FILE, renderFrpsToml } from '../render/frp-toml.ts';
import type { Settings } from '../settings/definitions.ts';
import { frpMemory, knowingLimit } from './frp-memory.ts';
import { tcpHealth } from './health.ts';
import type { HostFacts } from './host.ts';
import { type ImageSource, runtimeImage } from './image-source.ts';
import { secretFiles } from './secrets.ts';
import type { ServiceDefinition } from './service.ts';
import { USERS } from './users.ts';
import { watched, withWatchdog } from './watchdog.ts';

export const EMBEDDED_SERVER = '127.0.0.1';
const CONFIG_FILE = `${FRP_CONFIG_DIR}/frps.toml`;
const LOGRUN_SOURCES = ['go.mod', 'main.go', 'file.go'].map((name) => `assets/go/logrun/${name}`);

/** One of frp's two programs, built from the Go module proxy; frpc with the program that keeps its log. */
export function frpImage(program: 'frpc' | 'frps', settings: Settings): ImageSource {
  const dockerfile = `assets/frp/Dockerfile.${program}`;
  const client = program === 'frpc';
  return withWatchdog({
    kind: 'dockerfile',
    name: program,
    dockerfile,
    from: runtimeImage(settings),
    fromArgument: 'BASE',
    sources: [dockerfile, 'assets/go/frp', ...(client ? LOGRUN_SOURCES : [])],
    content: [
      {
        kind: 'go',
        module: 'assets/go/frp',
        packagePath: `github.com/fatedier/frp/cmd/${program}`,
        // The module has no built pages of its dashboard
        tags: `${program},noweb`,
        patch: { module: 'github.com/fatedier/frp', file: 'assets/go/frp/window.patch' },
        to: program,
      },
      ...(client
        ? [{ kind: 'go', module: 'assets/go/logrun', packagePath: '.', to: 'logrun' } as const]
        : []),
    ],
  });
}

export function frps(settings: Settings, host: HostFacts): ServiceDefinition {
  const { BTCW_FRP_SERVER_PORT: bindPort, BTCW_FRP_REMOTE_PORT: remotePort } = settings;
  const listens = (port: number) => ({ container: port, host: port, addresses: [EMBEDDED_SERVER] });
  return {
    name: 'frps',
    id: 'Frps',
    image: frpImage('frps', settings),
    networks: [{ network: 'host' }],
    ports: [
      { ...listens(bindPort), setting: 'BTCW_FRP_SERVER_PORT' },
      { ...listens(remotePort), setting: 'BTCW_FRP_REMOTE_PORT', name: 'remote' },
    ],
    user: USERS.frp,
    entrypoint: knowingLimit(watched(['frps', '-c', CONFIG_FILE])),
    health: tcpHealth(bindPort),
    ...frpMemory(settings),
    config: {
      path: FRP_CONFIG_DIR,
      owner: USERS.frp,
      check: ['frps', 'verify', '-c', CONFIG_FILE],
      onChange: 'restart',
      files: [
        {
          path: 'frps.toml',
          content: renderFrpsToml({ bindPort, remotePort, tcpMux: settings.BTCW_FRP_TCP_MUX === 'on' }),
        },
        { path: FRP_TOKEN_FILE, secretFile: secretFiles(settings, host.packageFolder).frpToken },
      ],
    },
    disruption: messages.topology.disruption.tunnel,
  };
}
