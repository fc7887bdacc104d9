const TIMEOUT_MS = 10_000;

/** An answer of the API that is not a success. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The API answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
  }
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(`/api${path}`, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new ApiError(response.status);
  return (await response.json()) as T;
}

export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'bearer';
  readonly expires_in: number;
}

/** @throws {ApiError} 401 when the user or the password is wrong, 429 after too many attempts. */
export function fetchToken(username: string, password: string): Promise<TokenAnswer> {
  const body = new URLSearchParams({ grant_type: 'password', username, password });
  return request('/v1/auth/token', { method: 'POST', body });
}

export function get<T>(path: string, token: string): Promise<T> {
  return request(path, { headers: { Authorization: `Bearer ${token}` } });
}

/** False only when the server itself refuses the token: a server that is away says nothing about it. */
export async function isTokenValid(token: string): Promise<boolean> {
  try {
    await get('/v1/auth/me', token);
    return true;
  } catch (error) {
    return !(error instanceof ApiError && error.status === 401);
  }
}
