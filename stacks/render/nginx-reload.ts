/**
 * Renders the command that reloads nginx. A reload leaves the old worker to its open WebSockets, and their memory with
 * it: before there is one more than allowed, the oldest is ended, and its clients connect again.
 * @param oldWorkers that there may be
 */
export const renderNginxReload = (oldWorkers: number): string => `#!/bin/sh
# Field 22 of stat is the time of the start. No pattern of grep's own command line begins like that of a worker.
for process in /proc/[0-9]*; do
  grep -qs '^nginx: worker process is shutting down' "$process/cmdline" && cut -d ' ' -f 1,22 "$process/stat"
done 2>/dev/null | sort -n -k 2 | head -n -${oldWorkers - 1} | while read -r pid started; do kill "$pid"; done
exec nginx -s reload
`;
