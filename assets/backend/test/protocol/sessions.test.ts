import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Backend, Home, PASSWORD } from '../support/backend.ts';
import { handshakeStatus, TestClient, webSocketUrl } from '../support/client.ts';

const home = new Home();
let backend: Backend;

beforeAll(async () => {
  backend = await Backend.start(home);
});
beforeEach(() => writeFileSync(home.passwordFile, PASSWORD));
afterAll(async () => {
  await backend.stop();
  home.remove();
});

const me = (token: string) =>
  backend.fetch('/api/v1/auth/me', { headers: { authorization: `Bearer ${token}` } });

describe('a new password', () => {
  it('ends every session, also those of open WebSockets', async () => {
    const token = backend.token();
    const client = await TestClient.connect(backend, token);
    expect((await me(token)).status).toBe(200);
    writeFileSync(home.passwordFile, 'another password');
    expect(await client.closed).toEqual({ code: 4401, reason: 'password changed: log in again' });
    const answer = await me(token);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: 'invalid_token' });
    expect((await handshakeStatus(webSocketUrl(backend, token))).status).toBe(403);
  });

  it('opens new ones', async () => {
    writeFileSync(home.passwordFile, 'another password');
    const answer = await backend.login({ username: 'admin', password: 'another password' });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    expect((await me(token)).status).toBe(200);
    const client = await TestClient.connect(backend, token);
    await client.find({ type: 'connected' });
    client.socket.close();
  });

  it('that cannot be read ends none', async () => {
    const client = await TestClient.connect(backend);
    writeFileSync(home.passwordFile, '');
    // Two of the backend's looks at it.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    client.send({ type: 'ping', id: 1 });
    await client.find({ type: 'pong', id: 1 });
    client.socket.close();
  });
});
