/** What connections are counted by, and the names of the counts in nginx.conf. */
const ZONES = [
  { key: '$server_port', name: 'gateway', kib: 64 },
  { key: '$hostname', name: 'all', kib: 64 },
  { key: '$body', name: 'bodies', kib: 64 },
  { key: '$upload', name: 'uploads', kib: 64 },
  { key: '$client', name: 'client', kib: 4096 },
];

/**
 * Renders the script that writes the zones that count connections. Each run gives them the other of two sizes, which
 * makes nginx count anew.
 */
export const renderNginxZones = (): string => `#!/bin/sh
more=0
grep -qs :64k /tmp/zones.conf && more=4
cat > /tmp/zones.conf <<END
${ZONES.map(({ key, name, kib }) => `limit_conn_zone \\${key} zone=${name}:$((${kib} + more))k;`).join('\n')}
END
`;

/**
 * Renders the command that reloads nginx. A reload leaves the old worker to its open WebSockets, and their memory with
 * it: before there is one more than allowed, the oldest is ended, and its clients connect again.
 * @param oldWorkers that there may be
 * @param zones path of the script that has connections counted anew
 */
export const renderNginxReload = (oldWorkers: number, zones: string): string => `#!/bin/sh
# Field 22 of stat is the time of the start. No pattern of grep's own command line begins like that of a worker.
ended=$(for process in /proc/[0-9]*; do
  grep -qs '^nginx: worker process is shutting down' "$process/cmdline" && cut -d ' ' -f 1,22 "$process/stat"
done 2>/dev/null | sort -n -k 2 | head -n -${oldWorkers - 1} | while read -r pid started; do kill "$pid" && echo "$pid"; done)
# nginx goes on counting the connections of a worker that was ended. The price of counting anew is that those of the
# other old workers are not counted any more.
[ -z "$ended" ] || sh ${zones}
exec nginx -s reload
`;
