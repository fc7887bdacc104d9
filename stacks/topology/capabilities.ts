/**
 * What a container has at Docker's choice, as far as the programs of official images need it to become another user:
 * the kernel's privileges of an application of the owner's.
 */
export const USUAL_CAPABILITIES: readonly string[] = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'NET_BIND_SERVICE'],
].map((name) => `CAP_${name}`);
