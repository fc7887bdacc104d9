/** The command that makes a volume where there is none; one that is there stays as it is. */
export const createVolume = (name: string, labels: Readonly<Record<string, string>>): string[] => [
  'volume',
  'create',
  ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
  name,
];
