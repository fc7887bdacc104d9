/** What a deployment's databases hold, asked as the backend would: by the addresses that it is given. */
import type { TestDeployment } from './deployment.ts';

export class TestDatabases {
  private readonly deployment: TestDeployment;

  constructor(deployment: TestDeployment) {
    this.deployment = deployment;
  }

  private exec(service: string, ...command: string[]): Promise<string> {
    return this.deployment.docker('exec', this.deployment.container(service), ...command);
  }

  /** A variable that the backend is started with. */
  private variable(name: string): Promise<string> {
    return this.exec('backend', '/bin/sh', '/run/secrets/start', 'sh', '-c', `printf %s "$${name}"`);
  }

  /** Over the network of the services, with the password. */
  async sql(query: string, url?: string): Promise<string> {
    return this.exec('postgres', 'psql', url ?? (await this.variable('DATABASE_URL')), '-XAtqc', query);
  }

  async redis(...command: string[]): Promise<string> {
    const { hostname, port, password } = new URL(await this.variable('REDIS_URL'));
    const server = ['-h', hostname, '-p', port, '--pass', password, '--no-auth-warning'];
    return this.exec('redis', 'redis-cli', ...server, ...command);
  }

  url(): Promise<string> {
    return this.variable('DATABASE_URL');
  }

  /** Puts something everywhere that data is. */
  async fill(): Promise<void> {
    await this.sql(
      "CREATE TABLE trades (id int PRIMARY KEY, note text); INSERT INTO trades VALUES (1, 'für 茶')",
    );
    await this.sql('CREATE ROLE "a reader" LOGIN; GRANT SELECT ON trades TO "a reader"');
    await this.redis('set', 'session', 'für 茶');
    await this.exec('backend', 'sh', '-c', 'echo mine >/data/upload; chmod 0640 /data/upload');
  }

  /** What {@link fill} has put there. */
  async content(): Promise<Record<string, string>> {
    return {
      rows: await this.sql('SELECT * FROM trades'),
      rights: await this.sql("SELECT has_table_privilege('a reader', 'trades', 'SELECT')"),
      key: await this.redis('get', 'session'),
      file: await this.exec('backend', 'sh', '-c', 'cat /data/upload; stat -c "%a %u:%g" /data/upload'),
    };
  }
}

export const CONTENT = { rows: '1|für 茶', rights: 't', key: 'für 茶', file: 'mine\n640 10001:10001' };
