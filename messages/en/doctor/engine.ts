export const engine = {
  noAnswer: (why: string) => `The Docker engine does not answer: ${why}`,
  noAnswerTwice: (why: string) => `The Docker engine does not answer: ${why}, asked twice`,
  notInstalled: 'The docker program is not installed.',
};
