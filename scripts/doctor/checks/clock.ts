/** The clocks along the way of a request. */
import type { Topology } from '../../../stacks/topology/topology.ts';
import { apiUpstream } from '../../deployment/routes.ts';
import type { AppProfile } from '../../lib/app-profile.ts';
import { span } from '../../lib/text.ts';
import { type Check, sudo } from './check.ts';

const SKEW_MS = 30_000;
/** The Date header has whole seconds. */
const DATE_TOLERANCE_MS = 2_000;

/** To a clock that is off, a good token has expired and a certificate is not yet valid. */
const clock = (topology: Topology, profile: AppProfile): Check => ({
  id: 'clock',
  name: "this host's clock agrees with the other clocks",
  hop: 'host',
  dependsOn: [],
  run: ({ engine, socket, remote, local }) => {
    const clocks = [
      { where: 'the Docker engine', skewMs: engine.skewMs },
      { where: `the ${apiUpstream(topology, profile).service}`, skewMs: socket?.greeting?.skewMs },
      { where: 'the public address', skewMs: remote.skewMs },
      { where: topology.proxy, skewMs: local.skewMs },
    ].flatMap(({ where, skewMs }) => (skewMs === undefined ? [] : [{ where, skewMs }]));
    if (clocks.length === 0) return undefined;
    const wrong = clocks.find(({ skewMs }) => Math.abs(skewMs) > SKEW_MS + DATE_TOLERANCE_MS);
    if (!wrong) {
      return { ok: `within ${SKEW_MS / 1000} s of ${clocks.map(({ where }) => where).join(', ')}` };
    }
    const { where, skewMs } = wrong;
    return {
      problem: `this host's clock is ${span(skewMs)} ${skewMs > 0 ? 'behind' : 'ahead of'} that of ${where}: tokens and certificates will not be valid`,
      fix: sudo('timedatectl set-ntp true'),
    };
  },
});

export const clockChecks = (topology: Topology, profile: AppProfile): Check[] => [clock(topology, profile)];
