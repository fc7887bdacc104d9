export const check = {
  /** Between two details in brackets, and between two problems. */
  comma: ', ',
  semicolon: '; ',
  /** Between names. */
  list: ', ',
  and: (others: string, last: string) => `${others} and ${last}`,
  refused: 'connection refused',
  reset: 'connection reset',
  status: (status: number) => `status ${status}`,
};
