/** The application in test/apps/trader as its owner has it: a folder of its own, with an environment file filled in. */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCE = 'test/apps/trader';
/** As .env.example has them: it is refused until the owner has replaced them. */
const PLACEHOLDER = /^(\w+)=change-this.*$/gm;

export const TOPICS = ['monitoring', 'strategies', 'capacity'];

export class Trader {
  readonly folder: string;
  /** The secrets of its environment file, by name. */
  readonly secrets: Record<string, string> = {};

  /** @param name of the copy, so that tests do not share one */
  constructor(name: string) {
    this.folder = join(process.cwd(), '.build/apps', name);
  }

  /** Copies it, and fills its environment file in. @param values instead of the example's */
  create(values: Readonly<Record<string, string>> = {}): void {
    this.remove();
    mkdirSync(join(this.folder, '..'), { recursive: true });
    cpSync(SOURCE, this.folder, { recursive: true });
    const example = this.read('.env.example').replace(PLACEHOLDER, (_, name: string) => {
      // Of letters and digits alone: the compose file puts them into URLs.
      this.secrets[name] = randomBytes(24).toString('hex');
      return `${name}=${this.secrets[name]}`;
    });
    const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`);
    const chosen = new RegExp(`^(${Object.keys(values).join('|') || '-'})=.*\n`, 'gm');
    writeFileSync(this.passwordFile, `${this.password}\n`, { mode: 0o600 });
    writeFileSync(this.path('.env'), example.replace(chosen, '') + lines.join(''), { mode: 0o600 });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Of its user `admin`. */
  get password(): string {
    return this.secrets.ADMIN_PASSWORD ?? '';
  }

  /** What verify and doctor log in with. */
  get passwordFile(): string {
    return this.path('admin-password');
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Changes what the API calls itself in its sources: a change that shows in /openapi.json. */
  setVersion(version: string): void {
    const source = this.read('backend/app/main.py');
    writeFileSync(
      this.path('backend/app/main.py'),
      source.replace(/version="[^"]+"/, `version="${version}"`),
    );
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What its page asks of its API, at an address. */
export class TraderApi {
  readonly base: string;
  private readonly password: string;

  constructor(base: string, password: string) {
    this.base = base;
    this.password = password;
  }

  private async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(this.base + path, { ...init, signal: AbortSignal.timeout(20_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  private async headers(): Promise<Record<string, string>> {
    const body = new URLSearchParams({ username: 'admin', password: this.password });
    const response = await this.ask('/api/v1/auth/token', { method: 'POST', body });
    const { access_token } = (await response.json()) as { access_token: string };
    return { Authorization: `Bearer ${access_token}` };
  }

  async version(): Promise<string> {
    const response = await this.ask('/openapi.json');
    return ((await response.json()) as { info: { version: string } }).info.version;
  }

  /** When the user was made: another one than before is another user. */
  async userSince(): Promise<string> {
    const response = await this.ask('/api/v1/auth/me', { headers: await this.headers() });
    return ((await response.json()) as { created_at: string }).created_at;
  }

  async upload(name: string, text: string): Promise<void> {
    const body = new FormData();
    body.append('file', new Blob([text]), name);
    await this.ask('/api/v1/upload', { method: 'POST', headers: await this.headers(), body });
  }

  async download(name: string): Promise<string> {
    return (await this.ask(`/api/v1/uploads/${name}`, { headers: await this.headers() })).text();
  }

  /** What the database knows of uploads. */
  async uploads(): Promise<string[]> {
    const response = await this.ask('/api/v1/uploads', { headers: await this.headers() });
    return ((await response.json()) as { name: string }[]).map(({ name }) => name);
  }
}
