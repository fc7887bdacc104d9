/** Ports: what the file publishes, and what it says its programs listen on. */
import { z } from 'zod';
import { messages } from '../../messages/index.ts';
import type { KeyReader, PublishedPort } from './draft.ts';
import type { Node } from './node.ts';
import { type Reader, read } from './values.ts';

const said = messages.compose.ports;

const ALL_ADDRESSES = new Set(['', '0.0.0.0', '::', '[::]', '*']);

const portIn = (text: string): number | undefined => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65535 ? value : undefined;
};

/** @returns undefined for all; reports what is no IPv4 address */
function address(node: Node, text: string, { report }: Reader): string | undefined {
  if (ALL_ADDRESSES.has(text)) return undefined;
  if (!z.ipv4().safeParse(text).success) report.problem(node, said.address(text));
  return text;
}

function shortPort(node: Node, reader: Reader): PublishedPort | undefined {
  const text = reader.text(node, messages.compose.values.aPort);
  if (text === undefined) return undefined;
  const refuse = (problem: string): undefined => reader.report.problem(node, problem) as undefined;
  const [, mapping = '', protocol = 'tcp'] = /^(.*?)(?:\/(\w+))?$/.exec(text) ?? [];
  if (protocol !== 'tcp') return refuse(said.udpIn(text));
  const [, ip = '', hostText = '', containerText = ''] =
    /^(?:(?:(\[[^\]]*\]|[^:]*):)?([^:]*):)?([^:]*)$/.exec(mapping) ?? [];
  if (/^\d+-\d+$/.test(hostText) || /^\d+-\d+$/.test(containerText)) return refuse(said.rangeIn(text));
  const [host, container] = [portIn(hostText), portIn(containerText)];
  if (!container || (hostText && !host)) return refuse(said.form(text));
  return { node, container, host, address: address(node, ip, reader) };
}

function longPort(node: Node, reader: Reader): PublishedPort | undefined {
  const { report } = reader;
  const fields = reader.fields(node, [
    'target',
    'published',
    'host_ip',
    'protocol',
    'mode',
    'name',
    'app_protocol',
  ]);
  const protocol = read(fields, 'protocol', (entry) => reader.text(entry));
  if (protocol && protocol !== 'tcp') report.problem(fields.get('protocol') ?? node, said.udp);
  const published = fields.get('published');
  if (published && /^\d+-\d+$/.test(reader.text(published) ?? '')) {
    report.problem(published, said.range);
    return undefined;
  }
  // "ingress" is a swarm's load balancer; for one container it is the same.
  read(fields, 'mode', (entry) => reader.word(entry, ['host', 'ingress']));
  const container = read(fields, 'target', (entry) => reader.port(entry));
  if (!fields.has('target')) report.problem(node, said.noTarget);
  if (!container) return undefined;
  return {
    node,
    container,
    host: published && reader.port(published),
    address: read(fields, 'host_ip', (entry) => address(entry, reader.text(entry) ?? '', reader)),
  };
}

export const ports: KeyReader = (node, draft, { reader }) => {
  draft.ports = reader
    .list(node)
    .flatMap((item) => (item.kind === 'map' ? longPort(item, reader) : shortPort(item, reader)) ?? []);
};

export const expose: KeyReader = (node, draft, { reader }) => {
  for (const item of reader.list(node)) {
    const text = reader.text(item)?.replace(/\/tcp$/, '');
    const port = text && portIn(text);
    if (port) draft.exposed.push(port);
    else if (text) reader.report.problem(item, said.one(text));
  }
};
