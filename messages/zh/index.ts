import type { en } from '../en/index.ts';
import { backup } from './backup.ts';
import { cli } from './cli.ts';
import { commands } from './commands.ts';
import { compose } from './compose.ts';
import { deployment } from './deployment.ts';
import { diff } from './diff.ts';
import { docker } from './docker.ts';
import { doctor } from './doctor/index.ts';
import { engineHost } from './engine-host.ts';
import { images } from './images.ts';
import { lib } from './lib.ts';
import { settings } from './settings.ts';
import { status } from './status.ts';
import { topology } from './topology.ts';
import { verify } from './verify.ts';

export const zh: typeof en = {
  backup,
  cli,
  commands,
  compose,
  deployment,
  diff,
  docker,
  doctor,
  engineHost,
  images,
  lib,
  settings,
  status,
  topology,
  verify,
};
