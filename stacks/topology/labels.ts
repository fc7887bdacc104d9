/** Labels by which everything of a project is found again. */
export const PROJECT_LABEL = 'btc-watcher.project';
/** Its name is older than the word "service": it is on what users have deployed. */
export const SERVICE_LABEL = 'btc-watcher.component';
/** Id of the checkout that deployed it: on the project's marker volume, as a container's labels replace it. */
export const DEPLOYMENT_LABEL = 'btc-watcher.deployment';
/** Of the marker volume: its project, the folder that was deployed from, and when (ISO). */
export const MARKER_LABEL = 'btc-watcher.deployment-of';
export const FOLDER_LABEL = 'btc-watcher.deployed-from';
export const TIME_LABEL = 'btc-watcher.deployed-at';

/** Stands for the service on a volume that several of them mount. */
export const SHARED = 'shared';
/** Of an image that is built here: when the oldest of its packages were fetched (ISO). Its containers have it, too. */
export const PACKAGES_LABEL = 'btc-watcher.packages';

/** On a container that runs to completion. */
export const ONE_OFF_LABEL = 'btc-watcher.one-off';

type Labels = Readonly<Record<string, string>>;

/** @param service name of the service, `network` or `shared` */
export const labelsOf = (project: string, service: string): Labels => ({
  [SERVICE_LABEL]: service,
  [PROJECT_LABEL]: project,
});

/** Those of a service's container; its own cannot replace this package's. */
export const containerLabels = (project: string, { name, labels, oneOff }: Labelled): Labels => ({
  ...labels,
  ...(oneOff && { [ONE_OFF_LABEL]: 'true' }),
  ...labelsOf(project, name),
});

interface Labelled {
  readonly name: string;
  readonly labels: Labels;
  readonly oneOff: boolean;
}
