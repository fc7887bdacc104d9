export const diff = {};
