/** The declared deployment, as far as a container can be compared with it: read out of the synthesised configuration. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPONENT_LABEL } from '../../stacks/constructs/labels.ts';

/** A container as it is declared. */
export interface DeclaredContainer {
  readonly name: string;
  /** @example 'nginx' */
  readonly component: string;
  readonly address: string;
  /** Address of the resource that fills its configuration volume. */
  readonly configAddress?: string;
  /** Address of the resource that limits its processes. */
  readonly limitAddress: string;
  /** Tag of its image. @example 'btc-watcher/nginx:1f0c3c2b9a77' */
  readonly image: string;
  readonly environment: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** @example ['127.0.0.1:8501->8501'] */
  readonly ports: readonly string[];
  /** @example ['btc-watcher-nginx-config->/etc/nginx ro'] */
  readonly mounts: readonly string[];
  readonly network: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly restart: string;
  readonly readOnly: boolean;
  /** Added ones. */
  readonly capabilities: readonly string[];
  readonly memoryMiB: number;
  readonly pidsLimit: number;
  readonly logOptions: Readonly<Record<string, string>>;
  readonly healthcheck: readonly string[];
  readonly config?: DeclaredConfig;
}

/** The configuration files of a container. */
export interface DeclaredConfig {
  readonly mountPath: string;
  readonly activation: 'reload' | 'restart' | 'none';
  /** Written by a script out of the file it names; its content cannot be compared. */
  readonly environmentFile: string;
  readonly files: readonly {
    readonly path: string;
    readonly content?: string;
    readonly secretFile?: string;
  }[];
}

// biome-ignore lint/suspicious/noExplicitAny: Terraform's own JSON, read where it is used
type Json = any;

const PIDS_LIMIT = /^docker update --pids-limit (\d+) \$\{(docker_container\.\w+)\.id\}$/;

/** Replaces references to other resources' names by the names. */
function resolver(resources: Json): (text: string) => string {
  return (text) =>
    text.replace(/\$\{(\w+)\.(\w+)\.(name|image_id)\}/g, (_, type, id) => resources[type]?.[id]?.name ?? '');
}

/** @param folder the synthesised stack */
export function readDeclared(folder: string): DeclaredContainer[] {
  const resources: Json = JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8')).resource;
  const resolve = resolver(resources);
  const configs = new Map<string, { address: string; spec: DeclaredConfig }>();
  const limits = new Map<string, { address: string; pidsLimit: number }>();
  for (const [id, data] of Object.entries(resources.terraform_data as Record<string, Json>)) {
    const program = data.provisioner?.[0]?.['local-exec'];
    const address = `terraform_data.${id}`;
    const spec = program?.environment?.APPLY_CONFIG;
    if (spec) configs.set(JSON.parse(spec).container, { address, spec: JSON.parse(spec) });
    const limit = PIDS_LIMIT.exec(program?.command ?? '');
    if (limit) limits.set(limit[2] ?? '', { address, pidsLimit: Number(limit[1]) });
  }
  return Object.entries(resources.docker_container as Record<string, Json>)
    .map(([id, one]) => {
      const address = `docker_container.${id}`;
      const config = configs.get(one.name);
      const labels = Object.fromEntries(one.labels.map((entry: Json) => [entry.label, entry.value]));
      return {
        name: one.name,
        component: labels[COMPONENT_LABEL],
        address,
        limitAddress: limits.get(address)?.address ?? '',
        image: resolve(one.image),
        environment: one.env ?? [],
        labels,
        ports: (one.ports ?? []).map((port: Json) => `${port.ip}:${port.external}->${port.internal}`).sort(),
        mounts: (one.volumes ?? [])
          .map((volume: Json) => {
            const source = volume.host_path ?? resolve(volume.volume_name);
            return `${source}->${volume.container_path} ${volume.read_only ? 'ro' : 'rw'}`;
          })
          .sort(),
        network: resolve(one.network_mode),
        ...(one.user && { user: one.user }),
        ...(one.entrypoint && { entrypoint: one.entrypoint }),
        restart: one.restart,
        readOnly: one.read_only,
        capabilities: one.capabilities.add ?? [],
        memoryMiB: one.memory,
        pidsLimit: limits.get(address)?.pidsLimit ?? 0,
        logOptions: one.log_opts,
        healthcheck: one.healthcheck.test,
        ...(config && { configAddress: config.address, config: config.spec }),
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}
