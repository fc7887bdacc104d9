import { get } from 'node:http';

const TIMEOUT_MS = 2_000;

/**
 * Asks the running backend for its health, as the image's HEALTHCHECK does.
 * @returns the exit code: 0 when /health answers 200 within 2 s, else 1 with the reason on standard error
 */
export function healthcheck(env: NodeJS.ProcessEnv): Promise<0 | 1> {
  const port = env.PORT || '8000';
  return new Promise((resolve) => {
    const fail = (reason: string) => {
      process.stderr.write(`/health on 127.0.0.1:${port}: ${reason}\n`);
      resolve(1);
    };
    const request = get(
      { host: '127.0.0.1', port, path: '/health', agent: false, timeout: TIMEOUT_MS },
      (response) => {
        response.resume();
        if (response.statusCode === 200) resolve(0);
        else fail(`answered ${response.statusCode}`);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', (error) => fail(error.message));
  });
}
