export const deployment = {};
