import { describe, expect, it } from 'vitest';
import { contextHost, unsuitableEngine } from '../../scripts/docker/engine.ts';
import { HOST, type Json, synthesise } from '../support/stack.ts';

/** As `docker context inspect` prints it. */
const context = (host: string, tls: readonly string[] = []) =>
  JSON.stringify([
    {
      Name: 'nas',
      Metadata: {},
      Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
      TLSMaterial: tls.length > 0 ? { docker: tls } : {},
      Storage: { MetadataPath: '/meta', TLSPath: '/tls' },
    },
  ]);

describe('the engine that a Docker context leads to', () => {
  it('is the usual socket for the default context, and where none is printed', () => {
    expect(contextHost(context('unix:///var/run/docker.sock'))).toBeUndefined();
    expect(contextHost('')).toBeUndefined();
    expect(contextHost('[]')).toBeUndefined();
  });

  it.each(['ssh://user@nas', 'unix:///run/user/1000/docker.sock', 'tcp://192.0.2.7:2375'])(
    'is %s',
    (host) => {
      expect(contextHost(context(host))).toBe(host);
    },
  );

  it('fails for one with TLS files, with the environment that has the same effect', () => {
    const broken = () => contextHost(context('tcp://192.0.2.7:2376', ['ca.pem', 'cert.pem', 'key.pem']));
    expect(broken).toThrow(/context "nas" has TLS files/);
    expect(broken).toThrow(/DOCKER_HOST=tcp:\/\/192\.0\.2\.7:2376 .*DOCKER_CERT_PATH=\/tls\/docker/);
  });

  it("is handed to Terraform's provider, which knows of no contexts", () => {
    const provider = (json: Json) => json.provider.docker[0];
    const { json } = synthesise({}, { ...HOST, engineHost: 'ssh://user@nas' });
    expect(provider(json)).toEqual({ host: 'ssh://user@nas' });
    expect(provider(synthesise().json)).toEqual({});
  });
});

describe('an engine on which the topology cannot work', () => {
  const info = (fields: object) => JSON.stringify({ OperatingSystem: 'Debian GNU/Linux 12', ...fields });
  const version = (name: string) => JSON.stringify({ Server: { Components: [{ Name: name }] } });
  const DOCKER = version('Engine');

  it('is none of the usual ones, nor one that prints nothing', () => {
    const options = ['name=apparmor', 'name=seccomp,profile=default', 'name=userns'];
    expect(unsuitableEngine(info({ SecurityOptions: options }), DOCKER)).toBeUndefined();
    expect(unsuitableEngine(info({ SecurityOptions: null }), JSON.stringify({ Server: {} }))).toBeUndefined();
    expect(unsuitableEngine('', '')).toBeUndefined();
  });

  it.each([
    [
      'a rootless engine',
      info({ SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] }),
      DOCKER,
    ],
    ['Docker Desktop', info({ OperatingSystem: 'Docker Desktop' }), DOCKER],
    ['Podman', info({}), version('Podman Engine')],
  ])('is %s, in one sentence with what to do', (name, engineInfo, engineVersion) => {
    const problem = unsuitableEngine(engineInfo, engineVersion);
    expect(problem?.what).toContain(name);
    expect(problem?.fix).toMatch(/docker/i);
  });
});
