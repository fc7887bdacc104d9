/**
 * All that is used of cdktf and of the Docker provider's bindings. The only file that imports them: cdktf was archived
 * on 2025-12-10, and its heir (https://github.com/open-constructs/cdk-terrain) has the same names.
 */
import { Container } from '@cdktf/provider-docker/lib/container/index.js';
import { Image } from '@cdktf/provider-docker/lib/image/index.js';
import { Network } from '@cdktf/provider-docker/lib/network/index.js';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { App, DataResource, type ITerraformDependable, type TerraformResource, TerraformStack } from 'cdktf';

export type { ITerraformDependable };
export { App, Container, DataResource, DockerProvider, Image, Network, TerraformStack, Volume };

/** Also in scripts/bootstrap/engine.mjs, which runs before any import can; a unit test holds the two together. */
export const PROVIDER_SOURCE = 'registry.terraform.io/kreuzwerker/docker';
export const PROVIDER_VERSION = '4.6.0';

/** A resource's address in plan and state. @example 'docker_container.Gateway_Service_Container_9957C216' */
export const addressOf = (resource: TerraformResource): string =>
  `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;

/** Labels as the provider's bindings take them. */
export const labelBlocks = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([label, value]) => ({ label, value }));
