export const diagnose = {
  causedBy: (check: string) => `skipped: caused by "${check}"`,
  noData: 'skipped: no data',
  skipped: (why: string) => `skipped: ${why}`,
};
