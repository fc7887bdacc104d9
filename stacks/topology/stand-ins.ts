/**
 * Images that are made here in place of Docker Hub's python, node and nginx, where no registry answers: out of Debian's
 * packages, and of the Node.js that npm's registry has. They are tagged as what they are, never as what they replace.
 */
import { messages } from '../../messages/index.ts';
import type { Settings } from '../settings/definitions.ts';
import { baseImage, type DebianRecipe, type DockerfileRecipe } from './image-source.ts';

/** What is made in place of an image. */
export interface StandIn {
  readonly recipe: DockerfileRecipe;
  /** How it differs from what was asked for. @example 'Python 3.13 instead of 3.12' @default - not in its version */
  readonly differs?: string;
}

type Read = Pick<Settings, 'BTCW_BASE_IMAGE'>;

const bookworm: DebianRecipe = {
  kind: 'debian',
  name: 'base-bookworm',
  packages: 'assets/base/packages.txt',
  suite: 'bookworm',
};

const folder = (name: string): Pick<DockerfileRecipe, 'dockerfile' | 'fromArgument' | 'sources'> => ({
  dockerfile: `assets/stand-ins/${name}/Dockerfile`,
  fromArgument: 'BASE',
  sources: [`assets/stand-ins/${name}`],
});

/** Python as Debian has it: 3.11 in bookworm, 3.13 in trixie. */
function python(version: string, settings: Read): StandIn | undefined {
  const [major = '3', minor = '13'] = version === '' ? [] : version.split('.');
  const asked = Number(minor);
  if (major !== '3' || asked < 8 || asked > 13) return undefined;
  const made = asked <= 11 ? 11 : 13;
  const recipe: DockerfileRecipe = {
    ...{ kind: 'dockerfile', name: `stand-in-python-3.${made}`, ...folder('python') },
    from: made === 11 ? bookworm : baseImage(settings),
  };
  if (made === asked) return { recipe };
  return { recipe, differs: messages.topology.standIns.python(made, asked) };
}

const NEWEST_NODE = '24';
/** npm of the major versions of Node.js whose own npm is not to be had any more. */
const npmFor = (major: number): string => (major < 18 ? '8' : major < 22 ? '10' : '11');

/** Node.js in the very version, as npm's registry has all of them. */
function node(version: string, settings: Read): StandIn | undefined {
  const wanted = version === '' ? NEWEST_NODE : version;
  const major = Number(wanted.split('.')[0]);
  if (major < 16) return undefined;
  const packages = [`node@${wanted}`, `npm@${npmFor(major)}`, 'yarn@1'];
  return {
    recipe: {
      ...{ kind: 'dockerfile', name: `stand-in-node-${wanted}`, ...folder('node') },
      from: baseImage(settings),
      content: [{ kind: 'npm', packages, to: 'npm' }],
    },
  };
}

/** nginx as Debian has it, whichever version is asked for. */
const nginx = (settings: Read): StandIn => ({
  recipe: {
    ...{ kind: 'dockerfile', name: 'stand-in-nginx', ...folder('nginx') },
    from: baseImage(settings),
    content: ['nginx.conf', 'default.conf', 'entrypoint'].map((name) => ({
      ...{ kind: 'copy', path: `assets/stand-ins/nginx/${name}`, to: name },
    })),
  },
});

/** @example versionOf('3.11-slim-bookworm') // '3.11'; versionOf('lts-alpine') // '' */
const versionOf = (tag: string): string => /^\d+(?:\.\d+)*/.exec(tag)?.[0] ?? '';

/**
 * What is made in place of an image.
 * @param reference as a Dockerfile names it. @example 'python:3.11-slim'
 * @returns undefined for an image that there is nothing for
 */
export function standInFor(reference: string, settings: Read): StandIn | undefined {
  const [, name, tag = ''] =
    /^(?:docker\.io\/)?(?:library\/)?(python|node|nginx)(?::([\w.-]+))?$/.exec(reference) ?? [];
  switch (name) {
    case 'python':
      return python(versionOf(tag), settings);
    case 'node':
      return node(versionOf(tag), settings);
    case 'nginx':
      return nginx(settings);
    default:
      return undefined;
  }
}
