/** Labels by which everything of a project is found again. */
export const PROJECT_LABEL = 'btc-watcher.project';
/** Its name is older than the word "service": it is on what users have deployed. */
export const SERVICE_LABEL = 'btc-watcher.component';

/** @param service name of the service, or `network` */
export const labelsOf = (project: string, service: string): Readonly<Record<string, string>> => ({
  [SERVICE_LABEL]: service,
  [PROJECT_LABEL]: project,
});
