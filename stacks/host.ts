/** What synthesis has to know of the Docker host; gathered by scripts/lib/host.ts, so that constructs stay pure. */
export interface HostFacts {
  /** Gateway of Docker's default bridge. @example '172.17.0.1' */
  readonly bridgeGateway: string;
  /** Its subnet. @example '172.17.0.0/16' */
  readonly bridgeSubnet: string;
  /** Its network interface. @example 'docker0' */
  readonly bridgeDevice: string;
  /** Docker Engine API version. @example '1.41' */
  readonly engineApi: string;
  /** The host's time zone: midnight, where a day's log ends. @example 'Asia/Shanghai' @default - UTC */
  readonly timeZone?: string;
}
