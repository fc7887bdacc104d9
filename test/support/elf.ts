/** The header of a program's file. https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
import { readFileSync } from 'node:fs';
import type { Architecture } from '../../scripts/bootstrap/environment.mjs';

const MACHINES: Readonly<Record<number, Architecture>> = { 62: 'amd64', 183: 'arm64' };
const MACHINE_OFFSET = 18;

/** @returns what it runs on; undefined for another machine @throws where it is no program */
export function machineOf(file: string): Architecture | undefined {
  const bytes = readFileSync(file);
  if (bytes.toString('latin1', 0, 4) !== '\x7fELF') throw new Error(`${file} is no program.`);
  return MACHINES[bytes.readUInt16LE(MACHINE_OFFSET)];
}
