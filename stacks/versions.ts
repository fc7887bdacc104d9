/** What is pinned outside package.json and go.mod. */

/** Also in scripts/bootstrap/engine.mjs, which runs before any import can; a unit test holds the two together. */
export const PROVIDER_SOURCE = 'registry.terraform.io/kreuzwerker/docker';
export const PROVIDER_VERSION = '4.6.0';

/** Fixed inside the containers; settings choose the ports on the host. */
export const CONTAINER_PORT = { nginx: 8501, nginxStatus: 8502, backend: 8000, frontend: 3000 } as const;
