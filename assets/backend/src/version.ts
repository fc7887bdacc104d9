declare const BACKEND_VERSION: string | undefined;

/** From package.json, put in by the build. */
export const VERSION = typeof BACKEND_VERSION === 'string' ? BACKEND_VERSION : 'development';
