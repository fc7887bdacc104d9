// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a Dockerfile's variables are written so
import { describe, expect, it } from 'vitest';
import { candidates } from '../../scripts/images/bases.ts';
import { fixFor, usefulLines } from '../../scripts/images/build-output.ts';
import { readDockerfile, rewriteDockerfile } from '../../scripts/images/dockerfile.ts';
import { standInFor } from '../../stacks/topology/stand-ins.ts';

/** @example '1 python:3.11' */
const bases = (text: string, args = {}, target?: string) =>
  readDockerfile(text, args, target).bases.map(({ reference, line }) => `${line} ${reference}`);

describe('the images a Dockerfile begins with', () => {
  it.each<[string, string, string[]]>([
    ['one', 'FROM python:3.11-slim', ['1 python:3.11-slim']],
    ['small letters, comments and blanks', '# x\n\n  from\tpython:3.11 \n', ['3 python:3.11']],
    ['a byte order mark and CRLF', '\uFEFFFROM a:1\r\nRUN x\r\n', ['1 a:1']],
    ['stages', 'FROM node:18 AS build\nFROM nginx:1\nCOPY --from=build /a /b', ['1 node:18', '2 nginx:1']],
    ['a stage built on another', 'FROM a:1 AS base\nFROM base AS x\nFROM BASE', ['1 a:1']],
    ['each once', 'FROM a:1 AS x\nFROM a:1 AS y', ['1 a:1']],
    ['scratch', 'FROM golang:1.25 AS b\nFROM scratch\nCOPY --from=b /x /x', ['1 golang:1.25']],
    ['a stage by its number', 'FROM a:1\nFROM b:1\nCOPY --from=0 /x /x', ['1 a:1', '2 b:1']],
    [
      'an image to copy from',
      'FROM a:1\nCOPY --chown=1:1 --from=ghcr.io/x/uv:1 /uv /uv',
      ['1 a:1', '2 ghcr.io/x/uv:1'],
    ],
    ['an image to mount', 'FROM a:1\nRUN --mount=type=bind,from=b:2,target=/x ls', ['1 a:1', '2 b:2']],
    ['ARG with a default', 'ARG PY=3.11\nFROM python:${PY}-slim', ['2 python:3.11-slim']],
    ['ARG in quotes, of an ARG', 'ARG V="1"\nARG I="a:$V"\nFROM $I', ['3 a:1']],
    ['a default in the line', 'ARG V\nFROM a:${V:-2}', ['2 a:2']],
    ['a platform', 'FROM --platform=$BUILDPLATFORM golang:1 AS b', ['1 golang:1']],
    ['a digest', `FROM a@sha256:${'0'.repeat(64)}`, [`1 a@sha256:${'0'.repeat(64)}`]],
    ['lines that go on', 'FROM \\\n  # why\n  a:1 \\\n  AS x\nRUN y', ['1 a:1']],
    ['another escape', '# escape=`\nFROM a:1\nRUN dir C:\\\nRUN x `\n  FROM b:1', ['2 a:1']],
    ['no FROM in a here-document', 'FROM a:1\nRUN <<EOF\nFROM b:1\nEOF\nCOPY x y', ['1 a:1']],
    ['no FROM in what RUN prints', 'FROM a:1\nRUN echo \\\n  FROM b:1', ['1 a:1']],
    ['no ARG of a stage', 'ARG V=1\nFROM a:$V\nARG V=2\nFROM b:$V', ['2 a:1', '4 b:1']],
  ])('are found: %s', (_, text, expected) => {
    expect(bases(text)).toEqual(expected);
    expect(readDockerfile(text).problems).toEqual([]);
  });

  it('follow from the arguments of the build, and end with its target', () => {
    const text = 'ARG V=1\nFROM a:$V AS one\nFROM b:1 AS two\nFROM c:1';
    expect(bases(text, { V: '2' }, 'Two')).toEqual(['2 a:2', '3 b:1']);
    expect(bases(text, {}, '0')).toEqual(['2 a:1']);
  });

  it.each([
    ['RUN x', 'line 1: there is no FROM'],
    ['ARG V\nFROM $V', 'line 2: "$V" is no name of an image: an ARG before it has no default'],
    ['FROM ${V', 'line 1: "${V" has a brace that is not closed'],
  ])('fail for %j', (text, problem) => {
    expect(readDockerfile(text).problems).toEqual([problem]);
  });

  it('fail where there is no such stage, naming those there are', () => {
    expect(readDockerfile('FROM a:1 AS web\nFROM b:1 AS api', {}, 'app').problems).toEqual([
      'line 1: there is no stage "app" (web, api)',
    ]);
  });
});

it('what only BuildKit can do is named with its line', () => {
  const text =
    'FROM a:1\nRUN --mount=type=secret,id=x pip\nCOPY --chmod=755 a b\nRUN <<EOF\nls\nEOF\nCOPY --chown=1 a b';
  expect(readDockerfile(text).buildKit).toEqual([
    { line: 2, what: 'RUN --mount' },
    { line: 3, what: 'COPY --chmod' },
    { line: 4, what: 'a here-document after RUN' },
  ]);
});

it('what is copied out of the context is known, and what is copied from elsewhere is not', () => {
  const text = 'FROM a:1 AS b\nCOPY x "y z" /\nADD ["p q", "/r"]\nADD https://x/y /\nCOPY --from=b /s /t';
  expect(readDockerfile(text).copied).toEqual(['x', '"y', 'z"', 'p q']);
});

describe('a rewritten Dockerfile', () => {
  const rewrite = (text: string, options: Parameters<typeof rewriteDockerfile>[2]) =>
    rewriteDockerfile(text, readDockerfile(text), options);

  it('has other images and further lines, and else what it had', () => {
    const text =
      '# syntax=docker/dockerfile:1\nARG V=1\nFROM a:$V AS x\nRUN y\nFROM x\nCOPY --chown=1 --from=b:1 /c /d\n';
    const base = (reference: string) => ({ 'a:1': 'made/a:h', 'b:1': 'made/b:h' })[reference];
    expect(rewrite(text, { base, afterFrom: ({ from }) => (from === 'a:1' ? ['ARG Z'] : []) })).toBe(
      '#\nARG V=1\nFROM made/a:h AS x\nARG Z\nRUN y\nFROM x\nCOPY --chown=1 --from=made/b:h /c /d\n',
    );
  });

  it('is the same where nothing is other', () => {
    const text = 'FROM --platform=linux/amd64   a:1   AS x\r\nRUN \\\n  y\n';
    expect(rewrite(text, {})).toBe(text.replace('\r', ''));
  });

  it('does without the caches that a plain builder has not', () => {
    const text =
      'FROM a:1\nRUN --mount=type=cache,target=/x \\\n  pip install y\nCOPY --link --chown=1 c d\n';
    expect(rewrite(text, { plainBuilder: true })).toBe('FROM a:1\nRUN pip install y\n\nCOPY --chown=1 c d\n');
    expect(rewrite(text, {})).toBe(text);
    expect(readDockerfile(text)).toMatchObject({ buildKit: [], isFasterWithBuildKit: true });
  });

  it('asks a plain builder for no platform that it does not know', () => {
    expect(rewrite('FROM --platform=$BUILDPLATFORM a:1', { plainBuilder: true })).toBe('FROM a:1');
  });
});

describe('an image is asked for', () => {
  it.each([
    ['python:3.11', ['m.io/library/python:3.11', 'n.io/hub/library/python:3.11', 'python:3.11']],
    ['bitnami/redis:7', ['m.io/bitnami/redis:7', 'n.io/hub/bitnami/redis:7', 'bitnami/redis:7']],
    ['docker.io/library/a:1', ['m.io/library/a:1', 'n.io/hub/library/a:1', 'docker.io/library/a:1']],
    ['ghcr.io/x/y:1', ['ghcr.io/x/y:1']],
    ['localhost:5000/x:1', ['localhost:5000/x:1']],
  ])('%s: at each mirror of Docker Hub, then where it is', (reference, expected) => {
    expect(candidates(reference, ['m.io', 'n.io/hub'])).toEqual(expected);
  });
});

describe('a stand-in', () => {
  const made = (reference: string) => {
    const standIn = standInFor(reference, { BTCW_BASE_IMAGE: undefined });
    return standIn && [standIn.recipe.name, ...(standIn.differs ? [standIn.differs] : [])];
  };

  it.each([
    ['python:3.11-slim', ['stand-in-python-3.11']],
    ['python:3.11.9-slim-bookworm', ['stand-in-python-3.11']],
    ['docker.io/library/python:3.13', ['stand-in-python-3.13']],
    ['python:3.12-alpine', ['stand-in-python-3.13', 'Python 3.13 instead of 3.12']],
    ['python:3.9', ['stand-in-python-3.11', 'Python 3.11 instead of 3.9']],
    ['python', ['stand-in-python-3.13']],
    ['node:18-alpine', ['stand-in-node-18']],
    ['node:20.11.1-bookworm-slim', ['stand-in-node-20.11.1']],
    ['node:lts', ['stand-in-node-24']],
    ['nginx:alpine', ['stand-in-nginx']],
    ['nginx', ['stand-in-nginx']],
  ])('for %s is %j', (reference, expected) => {
    expect(made(reference)).toEqual(expected);
  });

  it.each([
    'python:2.7',
    'python:3.14',
    'node:8',
    'redis:7',
    'ghcr.io/x/python:3.11',
    'nginxinc/nginx-unprivileged',
  ])('is not there for %s', (reference) => {
    expect(made(reference)).toBeUndefined();
  });
});

describe("a failed build's output", () => {
  const collecting = Array.from({ length: 60 }, (_, index) => `Collecting package-${index}`);

  it('is told by the instruction and the lines with the cause', () => {
    const output = [
      'DEPRECATED: The legacy builder is deprecated and will be removed in a future release.',
      'Step 4/9 : COPY requirements.txt .',
      ' ---> 0a1b2c',
      'Step 5/9 : RUN pip install -r requirements.txt',
      ' ---> Running in 0a1b2c',
      ...collecting,
      'ERROR: Could not find a version that satisfies the requirement nosuch==1 (from versions: none)',
      'ERROR: No matching distribution found for nosuch==1',
      '[notice] A new release of pip is available: 23.0.1 -> 25.3',
      "The command '/bin/sh -c pip install -r requirements.txt' returned a non-zero code: 1",
    ].join('\n');
    expect(usefulLines(output)).toEqual([
      'Step 5/9 : RUN pip install -r requirements.txt',
      'ERROR: Could not find a version that satisfies the requirement nosuch==1 (from versions: none)',
      'ERROR: No matching distribution found for nosuch==1',
    ]);
  });

  it('is told whole where it is short', () => {
    const output = 'Step 2/3 : RUN make\ncc x.c\nx.c:1: expected ;\nnpm error A complete log of this run';
    expect(usefulLines(output)).toEqual(['Step 2/3 : RUN make', 'cc x.c', 'x.c:1: expected ;']);
  });

  it.each([
    ['SSLError(SSLCertVerificationError(1, [SSL: CERTIFICATE_VERIFY_FAILED]', 'BTCW_BUILD_CA='],
    ['npm error code SELF_SIGNED_CERT_IN_CHAIN', 'BTCW_BUILD_CA='],
    ['Get "https://registry-1.docker.io/v2/": dial tcp', 'BTCW_REGISTRY_MIRROR'],
    ['npm error code ETIMEDOUT', 'BTCW_BUILD_ARGS_FILE'],
    ['ReadTimeoutError: HTTPSConnectionPool: Read timed out.', 'BTCW_BUILD_ARGS_FILE'],
    ['write /x: no space left on device', 'docker system df'],
  ])('%j has a way out', (output, fix) => {
    expect(fixFor(output)).toContain(fix);
  });

  it('has none that settings know for an error of the application', () => {
    expect(fixFor('SyntaxError: Unexpected token')).toBeUndefined();
  });
});
