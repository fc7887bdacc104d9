/** The variables that a compose file is given, as they are read from the disk. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentBeside, loadServices } from '../../scripts/deployment/compose.ts';
import { assumedHost } from '../../scripts/deployment/host.ts';
import { settingsOf } from '../support/topology.ts';

const COMPOSE = `
services:
  backend:
    image: api:1
    environment: { SECRET_KEY: "\${SECRET_KEY}", DEBUG: "\${DEBUG:-false}" }
  frontend:
    image: page:1
  db:
    image: postgres:16-alpine
`;

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'btcw-compose-'));
  file = join(folder, 'compose.yaml');
  writeFileSync(file, COMPOSE);
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = (environment: string, settings: Record<string, string> = {}) => {
  writeFileSync(join(folder, '.env'), environment);
  return loadServices(settingsOf({ ...settings, BTCW_COMPOSE_FILE: file }), assumedHost([]));
};

describe('the file beside a compose file', () => {
  it('has its variables', () => {
    expect(environmentBeside(file)).toBe(join(folder, '.env'));
    const { services } = load('SECRET_KEY=k3y\n');
    expect(JSON.stringify(services.find(({ name }) => name === 'backend')?.secretEnvironment)).toContain(
      'k3y',
    );
  });

  it('fails when a secret in it is the placeholder of an example, naming its line and not its value', () => {
    const refused = () => load('DEBUG=true\nSECRET_KEY=change-this-to-a-random-string\n');
    expect(refused).toThrow(`${join(folder, '.env')}, line 2: SECRET_KEY has the placeholder of an example`);
    expect(refused).not.toThrow(/random-string/);
  });

  it('may have placeholders that the compose file does not name', () => {
    expect(() => load('SECRET_KEY=k3y\nSMTP_PASSWORD=your-password\nSECRET=change-this\n')).not.toThrow();
  });
});

describe('PostgreSQL of Docker Hub', () => {
  const imageOf = (settings: Record<string, string>) => {
    const { services, notices } = load('SECRET_KEY=k3y\n', settings);
    return { image: services.find(({ name }) => name === 'db')?.image, notices };
  };

  it('is the image of the file', () => {
    expect(imageOf({}).image).toEqual({ kind: 'reference', reference: 'postgres:16-alpine' });
  });

  it('is made here with stand-ins, which is told', () => {
    const { image, notices } = imageOf({ BTCW_STAND_INS: 'on' });
    expect(image).toMatchObject({ kind: 'dockerfile', name: 'postgres' });
    expect(notices.join('\n')).toContain(
      'db: runs PostgreSQL 17 of this package in the place of postgres:16-alpine (BTCW_STAND_INS)',
    );
  });
});
