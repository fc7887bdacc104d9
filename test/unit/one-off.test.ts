/** What a service that runs to completion is to everything that looks at containers. */
import { describe, expect, it } from 'vitest';
import { isWell } from '../../scripts/deployment/health.ts';
import { compare } from '../../scripts/diff/drift.ts';
import { effects, replacements } from '../../scripts/diff/effects.ts';
import { COMPLETED, type ContainerInspection, healthOf } from '../../scripts/docker/inspect.ts';
import { diagnose } from '../../scripts/doctor/diagnose.ts';
import { ONE_OFF_LABEL } from '../../stacks/topology/labels.ts';
import type { ServiceDefinition } from '../../stacks/topology/service.ts';
import { serviceNamed } from '../../stacks/topology/topology.ts';
import { containerFacts, healthyFacts } from '../support/facts.ts';
import { topologyFor } from '../support/topology.ts';

const migrate: ServiceDefinition = {
  name: 'migrate',
  image: { kind: 'reference', reference: 'app:1' },
  oneOff: true,
  restart: 'always',
  health: undefined,
  limits: { memoryMiB: 64, pids: 16 },
  disruption: 'none',
};
const topology = topologyFor({}, [migrate]);
const service = serviceNamed(topology, 'migrate');
const addresses = { container: 'c', config: undefined, limit: 'l', run: 'r' };

/** As much of a container as its state is known by. */
const container = (Status: string, ExitCode: number) =>
  ({
    State: { Status, ExitCode },
    Config: { Labels: { [ONE_OFF_LABEL]: 'true' } },
    HostConfig: { RestartPolicy: { Name: 'no' }, LogConfig: {} },
    Mounts: [],
    NetworkSettings: { Networks: {} },
    Name: '/btc-watcher-migrate',
  }) as unknown as ContainerInspection;
const stateDifferences = (status: string, code: number) =>
  compare({ project: 'btc-watcher', service, image: 'app:1' }, container(status, code), undefined).filter(
    ({ what }) => what === 'state' || what === 'restart policy',
  );

describe('a one-off service', () => {
  it('is never restarted by Docker, whatever it says', () => {
    expect(service.restart).toBe('no');
  });

  it('is completed where it has exited with 0, and nothing else that has exited is', () => {
    expect(healthOf(container('exited', 0))).toBe(COMPLETED);
    expect(healthOf(container('exited', 1))).toBe('none');
    expect(healthOf({ ...container('exited', 0), Config: { Labels: {} } } as ContainerInspection)).toBe(
      'none',
    );
    expect(isWell({ name: 'x', status: 'exited', health: COMPLETED })).toBe(true);
    expect(isWell({ name: 'x', status: 'exited', health: 'none' })).toBe(false);
  });

  it('differs where it has failed or has not run, and is run again for it', () => {
    expect(stateDifferences('exited', 0)).toEqual([]);
    expect(stateDifferences('running', 0)).toEqual([]);
    const differences = stateDifferences('exited', 3);
    expect(differences).toEqual([
      { what: 'state', detail: 'exited (3) instead of exited (0)', repair: 'run' },
    ]);
    expect(stateDifferences('created', 0)).toHaveLength(1);
    expect(replacements([{ service, addresses, image: 'app:1', differences }])).toEqual(['r']);
  });

  it.each(['c', 'r'])('is run to completion, with no outage, for a change of %s', (address) => {
    const observation = { service, addresses, image: 'app:1', differences: [] };
    const planned = [{ address, action: 'replace' }];
    const [row] = effects([observation], planned, { settings: [], release: undefined }, topology);
    expect(row).toMatchObject({ effect: 'run to completion', outage: 'none' });
    expect(effects([observation], [], { settings: [], release: undefined }, topology)).toEqual([]);
  });

  it.each([
    ['exited', COMPLETED, 0, 'ok', /^exited \(0\)/],
    ['running', 'none', 0, 'ok', /^running for/],
    ['exited', 'none', 3, 'failure', /has failed \(code 3\); last log line: no such table/],
    ['created', 'none', 0, 'failure', /is created/],
  ])('that is %s, %s with code %d is found to be so by doctor', (status, health, exitCode, level, detail) => {
    const facts = healthyFacts({}, {}, [migrate]);
    const changed = containerFacts('migrate', {
      ...{ status, health, exitCode },
      lastLogLine: 'no such table',
    });
    const findings = diagnose({ ...facts, containers: { ...facts.containers, migrate: changed } });
    const found = findings.find(({ id }) => id === 'container-migrate');
    expect(found).toMatchObject({ level, detail: expect.stringMatching(detail) });
    expect(findings.find(({ id }) => id === 'health-checks-migrate')?.level).toBe('skipped');
  });
});
