import { Construct } from 'constructs';
import { messages } from '../messages/index.ts';
import { ConfigVolume } from './constructs/config-volume.ts';
import { DataVolume } from './constructs/data-volume.ts';
import { Image } from './constructs/image.ts';
import { ProjectNetwork } from './constructs/project-network.ts';
import { ServiceContainer } from './constructs/service-container.ts';
import { MOVED, NO_LONGER_MANAGED } from './earlier-addresses.ts';
import {
  addressOf,
  DockerProvider,
  type ITerraformDependable,
  PROVIDER_SOURCE,
  PROVIDER_VERSION,
  TerraformStack,
} from './provider.ts';
import type { HostFacts } from './topology/host.ts';
import { SHARED } from './topology/labels.ts';
import { configVolumeName, type Service, type ServiceVolume } from './topology/service.ts';
import { serviceNamed, type Topology } from './topology/topology.ts';

const said = messages.topology.resources;

/** An image as the stack needs it. */
export interface StackImage {
  /** @example 'btc-watcher/nginx:1f0c3c2b9a77' */
  readonly reference: string;
  /** Name by which the `images` command builds it. @default - not built here */
  readonly buildName?: string;
}

export interface StackProps {
  readonly topology: Topology;
  readonly host: HostFacts;
  /** The image of each service, by the service's name. */
  readonly images: ReadonlyMap<string, StackImage>;
  /** What stands for a secret file in plan and state. */
  readonly fingerprint: (file: string) => string;
  /** This package's folder, as seen from the one terraform runs in. @example '../../..' */
  readonly packageFolder: string;
}

/** Addresses, in plan and state, of what makes up a service. */
export interface ServiceAddresses {
  readonly container: string;
  /** What fills its configuration volume; undefined where it has none. */
  readonly config: string | undefined;
  /** What limits its processes. */
  readonly limit: string;
  /** What runs it to completion; undefined where it is to go on running. */
  readonly run?: string;
}

/** @example capitalised('backend') // 'Backend' */
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Ids that a service's other resources have. */
const RESERVED_IDS = ['Config', 'Service'];

/** A whole topology. The stack is named after the project, and so are its state file and output folder. */
export class BtcWatcherStack extends TerraformStack {
  /** By the service's name. */
  readonly addresses = new Map<string, ServiceAddresses>();
  /** What resources are called for people, by their addresses; those that are of no interest have no name. */
  readonly names = new Map<string, string>();
  /** Of the volumes that Terraform manages, by the name of the volume. */
  readonly volumes = new Map<string, string>();
  private readonly networks = new Map<string, string>();
  private readonly scopes = new Map<string, Construct>();
  private readonly dataVolumes = new Map<string, DataVolume>();
  /** What the services that depend on a service wait for, by its name. */
  private readonly made = new Map<string, ITerraformDependable>();
  private readonly props: StackProps;

  constructor(scope: Construct, props: StackProps) {
    super(scope, props.topology.project);
    this.props = props;
    const { topology } = props;
    const { engineHost } = props.host;
    new DockerProvider(this, 'Docker', { ...(engineHost && { host: engineHost }) });
    // The bindings carry an older provider's number; with 3.x a mere refresh deletes a stopped container
    // (https://github.com/kreuzwerker/terraform-provider-docker/issues/590). The source is spelt out because
    // OpenTofu would look in its own registry.
    this.addOverride('terraform.required_providers.docker', {
      source: PROVIDER_SOURCE,
      version: PROVIDER_VERSION,
    });
    // Where cdktf would keep it, but relative, so that the checkout can be moved.
    const state = `${props.packageFolder}/terraform.${topology.project}.tfstate`;
    this.addOverride('terraform.backend.local.path', state);
    this.addOverride('moved', MOVED);
    this.addOverride('removed', NO_LONGER_MANAGED);
    for (const network of topology.networks) {
      const id = network.key === 'bridge' ? 'Bridge' : `Network-${network.key}`;
      const { reference, resource } = new ProjectNetwork(this, id, { project: topology.project, network });
      this.networks.set(network.key, reference);
      if (resource) this.names.set(addressOf(resource), said.network(network.name));
    }
    for (const { name } of topology.services) this.serviceOf(name);
  }

  /** Makes a service's resources, after those of the services it depends on. */
  private serviceOf(name: string): ITerraformDependable {
    const known = this.made.get(name);
    if (known) return known;
    const service = serviceNamed(this.props.topology, name);
    const dependsOn = service.dependsOn.map((other) => this.serviceOf(other));
    const made = this.addService(service, dependsOn);
    this.made.set(name, made);
    return made;
  }

  /** What a service's resources are in. */
  private scopeOf(name: string): Construct {
    const known = this.scopes.get(name);
    if (known) return known;
    const scope = new Construct(this, serviceNamed(this.props.topology, name).id);
    this.scopes.set(name, scope);
    return scope;
  }

  /** Each volume is made once; a shared one belongs to no service. */
  private volumeOf({ name: service }: Service, mount: ServiceVolume): DataVolume {
    const { purpose, name, shared, of = service } = mount;
    const made = this.dataVolumes.get(name);
    if (made) return made;
    const { project } = this.props.topology;
    const id = RESERVED_IDS.includes(capitalised(purpose)) ? `Volume-${purpose}` : capitalised(purpose);
    const volume = shared
      ? new DataVolume(this, `Shared-${purpose}`, { project, service: SHARED, name })
      : new DataVolume(this.scopeOf(of), id, { project, service: of, name });
    this.dataVolumes.set(name, volume);
    return volume;
  }

  private addService(service: Service, dependsOn: readonly ITerraformDependable[]): ITerraformDependable {
    const { topology, host, images, fingerprint, packageFolder } = this.props;
    const { project } = topology;
    const planned = images.get(service.name);
    if (!planned) throw new Error(`No image is planned for the service "${service.name}".`);
    const image = new Image(this, `${capitalised(service.name)}Image`, { ...planned, packageFolder });
    const scope = this.scopeOf(service.name);
    const config =
      service.config &&
      new ConfigVolume(scope, 'Config', {
        ...{ project, host, service, image, fingerprint, packageFolder },
        config: service.config,
      });
    const volumes = service.volumes.map((mount) => this.volumeOf(service, mount));
    const networks = service.networks.map(({ network, name }) => this.networks.get(network) ?? name);
    const { container, limit, run } = new ServiceContainer(scope, 'Service', {
      ...{ project, host, service, image, networks, config, volumes, dependsOn, packageFolder },
    });
    this.addresses.set(service.name, {
      container: addressOf(container),
      config: config && addressOf(config.files),
      limit: addressOf(limit),
      ...(run && { run: addressOf(run) }),
    });
    this.names.set(addressOf(container), service.containerName);
    if (run) this.names.set(addressOf(run), said.run(service.containerName));
    this.names.set(addressOf(image.resource), said.image(planned.reference));
    if (config) this.names.set(addressOf(config.files), said.configuration(service.containerName));
    if (config) {
      const name = configVolumeName(service);
      this.names.set(addressOf(config.volume.resource), said.volume(name));
      this.volumes.set(name, addressOf(config.volume.resource));
    }
    return run ?? container;
  }
}
