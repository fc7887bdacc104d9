/**
 * Prints bindings of the Docker provider, for cdktf or its heir, from the provider's own schema: of what
 * stacks/provider.ts uses of them, and nothing else (docs/decisions/0021-heir-of-cdktf.md).
 *
 *     npx tsx tools/bindings.ts cdktn > stacks/docker.ts
 *
 * @throws where Terraform or the provider are not there: `./btcw up` brings both
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { PROVIDER } from '../scripts/bootstrap/engine.mjs';
import { terraformEnvironment } from '../scripts/bootstrap/environment.mjs';

const RESOURCES = ['container', 'image', 'network', 'volume'];

/** https://developer.hashicorp.com/terraform/cli/commands/providers/schema */
type Type =
  | 'string'
  | 'number'
  | 'bool'
  | readonly ['list' | 'set' | 'map', Type]
  | readonly ['object', unknown];
interface Attribute {
  readonly type: Type;
  readonly description?: string;
  readonly required?: boolean;
  readonly optional?: boolean;
}
interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, BlockType>>;
}
interface BlockType {
  readonly nesting_mode: 'single' | 'list' | 'set';
  readonly min_items?: number;
  readonly max_items?: number;
  readonly block: Block;
}
interface Schema {
  readonly provider: { readonly block: Block };
  readonly resource_schemas: Readonly<Record<string, { readonly block: Block }>>;
}

async function schemaOfProvider(): Promise<Schema> {
  const folder = mkdtempSync(join(tmpdir(), 'btcw-schema-'));
  try {
    const terraform = { required_providers: { docker: PROVIDER } };
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ terraform }));
    const options = { cwd: folder, env: terraformEnvironment(), extendEnv: false, preferLocal: true };
    const local = { ...options, localDir: process.cwd() };
    await execa('terraform', ['init', '-input=false'], local);
    const { stdout } = await execa('terraform', ['providers', 'schema', '-json'], local);
    return JSON.parse(stdout).provider_schemas[PROVIDER.source];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @example camelCase('wait_timeout') // 'waitTimeout' */
const camelCase = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());
const pascalCase = (name: string): string => camelCase(`_${name}`);

/** What can be set in a block: an attribute that is only computed cannot. */
const settable = ({ attributes = {} }: Block): [string, Attribute][] =>
  Object.entries(attributes).filter(([, { required, optional }]) => required || optional);

function typeOf(type: Type): string {
  if (type === 'bool') return 'boolean';
  if (typeof type === 'string') return type;
  if (type[0] === 'object') throw new Error('An object that can be set is not provided for.');
  const element = typeOf(type[1]);
  return type[0] === 'map' ? `Readonly<Record<string, ${element}>>` : `readonly ${element}[]`;
}

const isSingle = ({ nesting_mode, max_items }: BlockType): boolean =>
  nesting_mode === 'single' || max_items === 1;

const comment = (text: string): string =>
  `  /** ${text.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /')} */\n`;

/** The interface of a block, after those of the blocks in it. */
function interfaceOf(name: string, block: Block, parent = ''): string {
  const blocks = Object.entries(block.block_types ?? {});
  const nested = blocks.map(([key, { block: inner }]) => interfaceOf(name + pascalCase(key), inner));
  const attributes = settable(block).map(([key, { type, required, description }]) => {
    const field = `  readonly ${camelCase(key)}${required ? '' : '?'}: ${typeOf(type)};\n`;
    return (description ? comment(description) : '') + field;
  });
  const fields = blocks.map(([key, type]) => {
    const optional = type.min_items ? '' : '?';
    const one = name + pascalCase(key);
    return `  readonly ${camelCase(key)}${optional}: ${isSingle(type) ? one : `readonly ${one}[]`};\n`;
  });
  const head = `export interface ${name}${parent && ` extends ${parent}`}`;
  return `${nested.join('')}${head} {\n${[...attributes, ...fields].join('')}}\n\n`;
}

type Fields = { readonly [name: string]: readonly [string] | readonly [string, Fields] };

/** Names in the configuration of Terraform, by those in TypeScript. */
function fieldsOf(block: Block): Fields {
  const blocks = Object.entries(block.block_types ?? {});
  return Object.fromEntries([
    ...settable(block).map(([key]) => [camelCase(key), [key]]),
    ...blocks.map(([key, { block: inner }]) => [camelCase(key), [key, fieldsOf(inner)]]),
  ]);
}

/** What Terraform knows of a resource, as a reference. */
function references({ attributes = {} }: Block): string {
  const getters = { string: 'String', number: 'Number', bool: 'Boolean' };
  const simple = Object.entries(attributes).flatMap(([key, { type }]) =>
    typeof type === 'string' ? [{ key, type }] : [],
  );
  return simple
    .map(({ key, type }) => {
      const returned = type === 'bool' ? 'IResolvable' : type;
      return `  get ${camelCase(key)}(): ${returned} {\n    return this.get${getters[type]}Attribute('${key}');\n  }\n`;
    })
    .join('');
}

const CONVERT = `type Fields = { readonly [name: string]: readonly [string] | readonly [string, Fields] };

function convert(config: object, fields: Fields): Record<string, unknown> {
  const entries = Object.entries(config).flatMap(([name, value]) => {
    const [key, inner] = fields[name] ?? [];
    if (!key || value === undefined) return [];
    if (!inner) return [[key, value]];
    return [[key, Array.isArray(value) ? value.map((one) => convert(one, inner)) : convert(value, inner)]];
  });
  return Object.fromEntries(entries);
}
`;

const classOf = (name: string, config: string, parent: string, options: string, block: Block): string =>
  `const ${name}Fields = ${JSON.stringify(fieldsOf(block))} as unknown as Fields;

export class ${name} extends ${parent} {
  private readonly config: ${config};

  constructor(scope: Construct, id: string, config: ${config}) {
    super(scope, id, { ...config, ${options} });
    this.config = config;
  }
${parent === 'TerraformResource' ? references(block) : ''}
  protected override synthesizeAttributes(): Record<string, unknown> {
    return convert(this.config, ${name}Fields);
  }
}

`;

const schema = await schemaOfProvider();
const [library = 'cdktn'] = process.argv.slice(2);
const metadata = `terraformGeneratorMetadata: { providerName: 'docker', providerVersion: '${PROVIDER.version}' }`;
const resources = RESOURCES.map((resource) => {
  const type = `docker_${resource}`;
  const block = schema.resource_schemas[type]?.block;
  if (!block) throw new Error(`The provider has no ${type} any more.`);
  const [name, config] = [pascalCase(resource), `${pascalCase(resource)}Config`];
  const options = `terraformResourceType: '${type}', ${metadata}`;
  return (
    interfaceOf(config, block, 'TerraformMetaArguments') +
    classOf(name, config, 'TerraformResource', options, block)
  );
});
const provider = `terraformResourceType: 'docker', terraformProviderSource: '${PROVIDER.source}', ${metadata}`;
console.log(`// Of ${PROVIDER.source} ${PROVIDER.version}, as tools/bindings.ts has written it.
import type { Construct } from 'constructs';
import { type IResolvable, type TerraformMetaArguments, TerraformProvider, TerraformResource } from '${library}';

${CONVERT}
${interfaceOf('DockerProviderConfig', schema.provider.block)}${classOf('DockerProvider', 'DockerProviderConfig', 'TerraformProvider', provider, schema.provider.block)}${resources.join('')}`);
