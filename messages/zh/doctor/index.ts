import type { doctor as en } from '../../en/doctor/index.ts';
import { backing } from './backing.ts';
import { check } from './check.ts';
import { clock } from './clock.ts';
import { containers } from './containers.ts';
import { diagnose } from './diagnose.ts';
import { engine } from './engine.ts';
import { frpServer } from './frp-server.ts';
import { guard } from './guard.ts';
import { host } from './host.ts';
import { images } from './images.ts';
import { login } from './login.ts';
import { logs } from './logs.ts';
import { network } from './network.ts';
import { nginx } from './nginx.ts';
import { page } from './page.ts';
import { ports } from './ports.ts';
import { tunnel } from './tunnel.ts';

export const doctor: typeof en = {
  backing,
  check,
  clock,
  containers,
  diagnose,
  engine,
  frpServer,
  guard,
  host,
  images,
  login,
  logs,
  network,
  nginx,
  page,
  ports,
  tunnel,
};
