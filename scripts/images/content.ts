/** What is put beside a Dockerfile of this package's. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { messages } from '../../messages/index.ts';
import type { BuildContent } from '../../stacks/topology/image-source.ts';
import { ARCHITECTURE, type Architecture } from '../bootstrap/environment.mjs';
import { goBuild } from '../bootstrap/go.mjs';
import { ensureWorkspace, NPM_FLAGS } from '../bootstrap/packages.mjs';
import { type Progress, run } from './run.ts';

const said = messages.images.build;

const root = process.cwd();

/** Node's own binary, as an npm package brings it: the images' apps run a current release. */
async function nodeBinary(progress: Progress): Promise<string> {
  await ensureWorkspace(root, 'assets/backend', progress);
  return join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node');
}

/** Puts one thing into a build context. @param architecture of the programs */
export async function addContent(
  content: BuildContent,
  folder: string,
  architecture: Architecture,
  progress: Progress,
) {
  const hasNode = content.kind === 'node' || content.kind === 'npm';
  if (hasNode && architecture !== ARCHITECTURE) {
    throw new Error("Another architecture's Node.js is not fetched here.");
  }
  const target = join(folder, content.to);
  switch (content.kind) {
    case 'copy':
      return cpSync(join(root, content.path), target, { recursive: true });
    case 'node':
      return cpSync(await nodeBinary(progress), target);
    case 'npm': {
      const packages = content.packages.map((name) => name.replace(/^node@/, `node-linux-${process.arch}@`));
      const options = ['--no-save', '--no-package-lock', ...NPM_FLAGS, '--omit=dev', '--prefix', target];
      return run(said.nodeJs, 'npm', ['install', ...options, ...packages], progress);
    }
    case 'go': {
      const { module, packagePath, tags, patch } = content;
      return goBuild(
        {
          module: join(root, module),
          packagePath,
          output: target,
          architecture,
          ...(tags && { tags }),
          ...(patch && { patch: { ...patch, file: join(root, patch.file) } }),
        },
        progress,
      );
    }
  }
}
