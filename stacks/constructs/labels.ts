/** Labels by which everything of a project is found again. */
export const PROJECT_LABEL = 'btc-watcher.project';
export const COMPONENT_LABEL = 'btc-watcher.component';

export const projectLabels = (project: string, component: string) => [
  { label: COMPONENT_LABEL, value: component },
  { label: PROJECT_LABEL, value: project },
];
