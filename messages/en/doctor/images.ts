export const images = {
  ageName: (days: number) => `Debian's packages in the images are at most ${days} days old`,
  notBuiltHere: 'no container runs an image that is built here',
  oldest: (span: string) => `fetched ${span} ago`,
  old: (services: string, span: string) =>
    `images without the security updates of late: ${services}; packages were fetched ${span} ago`,
};
