/** The clocks along the way of a request. */
import { messages } from '../../../messages/index.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { apiUpstream } from '../../deployment/routes.ts';
import type { AppProfile } from '../../lib/app-profile.ts';
import { span } from '../../lib/text.ts';
import { type Check, sudo } from './check.ts';

const said = messages.doctor.clock;

const SKEW_MS = 30_000;
/** The Date header has whole seconds. */
const DATE_TOLERANCE_MS = 2_000;

/** To a clock that is off, a good token has expired and a certificate is not yet valid. */
const clock = (topology: Topology, profile: AppProfile): Check => ({
  id: 'clock',
  name: said.name,
  hop: 'host',
  dependsOn: [],
  run: ({ engine, socket, remote, local }) => {
    const clocks = [
      { where: said.engine, skewMs: engine.skewMs },
      { where: said.service(apiUpstream(topology, profile).service), skewMs: socket?.greeting?.skewMs },
      { where: said.publicAddress, skewMs: remote.skewMs },
      { where: topology.proxy, skewMs: local.skewMs },
    ].flatMap(({ where, skewMs }) => (skewMs === undefined ? [] : [{ where, skewMs }]));
    if (clocks.length === 0) return undefined;
    const wrong = clocks.find(({ skewMs }) => Math.abs(skewMs) > SKEW_MS + DATE_TOLERANCE_MS);
    if (!wrong) {
      return {
        ok: said.within(SKEW_MS / 1000, clocks.map(({ where }) => where).join(messages.doctor.check.list)),
      };
    }
    const { where, skewMs } = wrong;
    return {
      problem: skewMs > 0 ? said.behind(span(skewMs), where) : said.ahead(span(skewMs), where),
      fix: sudo('timedatectl set-ntp true'),
    };
  },
});

export const clockChecks = (topology: Topology, profile: AppProfile): Check[] => [clock(topology, profile)];
