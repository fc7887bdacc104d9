/** Seconds a health check waits for an answer; below the health check's own timeout. */
const ANSWER_SEC = 3;

/** Asks a path of the container's own port with curl, which every image built here has. */
export const curlHealth = (port: number, path: string): string[] => [
  'CMD',
  'curl',
  '-fsS',
  '-m',
  String(ANSWER_SEC),
  '-o',
  '/dev/null',
  `http://127.0.0.1:${port}${path}`,
];

/** The same for an image of the user's own, with the first of four programs that it has. */
export function anyHealth(port: number, path: string): string[] {
  const url = `http://127.0.0.1:${port}${path}`;
  const tools = [
    ['curl', `curl -fsS -m ${ANSWER_SEC} -o /dev/null ${url}`],
    ['wget', `wget -q -T ${ANSWER_SEC} -O /dev/null ${url}`],
    ['python3', `python3 -c "import urllib.request as r; r.urlopen('${url}', timeout=${ANSWER_SEC})"`],
    ['node', `node -e "fetch('${url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"`],
  ] as const;
  const branches = tools.map(([tool, command], index) => {
    return `${index === 0 ? 'if' : 'elif'} command -v ${tool} >/dev/null; then ${command};`;
  });
  return [
    'CMD-SHELL',
    `${branches.join(' ')} else echo "no curl, wget, python3 or node to check health with"; exit 1; fi`,
  ];
}
