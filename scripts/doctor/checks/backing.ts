/** What an application of the owner's connects to, and what its limits end. */
import { messages } from '../../../messages/index.ts';
import type { Service } from '../../../stacks/topology/service.ts';
import type { Topology } from '../../../stacks/topology/topology.ts';
import { backingProblem } from '../../deployment/backing-services.ts';
import { isOwn } from '../../deployment/profile.ts';
import { type Check, hopOf } from './check.ts';
import { deployed, engine } from './host.ts';

const said = messages.doctor.backing;

/** A database that does not answer keeps an application from working that is healthy. */
const connects = (topology: Topology, service: Service): Check => ({
  id: `connects-${service.name}`,
  name: said.name(service.name),
  hop: hopOf(topology, service),
  dependsOn: [engine, deployed],
  settings: service.reads,
  run: ({ backing }) => {
    const answers = backing[service.name];
    if (!answers) return undefined;
    if (answers.length === 0) return { ok: said.none };
    const failures = answers.flatMap((answer) => {
      const problem = backingProblem(answer);
      return problem ? [{ problem, variable: answer.variable }] : [];
    });
    const [first] = failures;
    if (!first) {
      return { ok: answers.map(({ variable, host, port }) => `${variable}: ${host}:${port}`).join(', ') };
    }
    const problem = failures.map((failure) => failure.problem).join(messages.doctor.check.semicolon);
    return { problem, fix: said.fix(first.variable, service.name) };
  },
});

export const backingChecks = (topology: Topology): Check[] =>
  topology.services.filter(isOwn).map((service) => connects(topology, service));
