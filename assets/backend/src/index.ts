/** Entry of the bundle. The server is imported lazily: the health check must start in milliseconds. */
export {};

if (process.argv[2] === 'healthcheck') {
  const { healthcheck } = await import('./healthcheck.ts');
  process.exitCode = await healthcheck(process.env);
} else {
  const { main } = await import('./main.ts');
  await main();
}
