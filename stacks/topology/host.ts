/** What the topology has to know of the Docker host. Plain data: scripts/deployment/host.ts asks for it. */
export interface HostFacts {
  /** Address of Docker's default bridge on the host. @example '172.17.0.1' */
  readonly bridgeGateway: string;
  /** Its subnet. @example '172.17.0.0/16' */
  readonly bridgeSubnet: string;
  /** Its network interface. @example 'docker0' */
  readonly bridgeDevice: string;
  /** Address of the engine that the current Docker context leads to. @default - DOCKER_HOST, else the usual socket */
  readonly engineHost?: string;
  /** Docker Engine API version. @example '1.41' */
  readonly engineApi: string;
  /** One whose timing the health checks keep: that of the engine on which the containers were made. @default - engineApi */
  readonly healthApi?: string;
  /** The host's time zone: midnight, where a day's log ends. @example 'Asia/Shanghai' @default - UTC */
  readonly timeZone?: string;
  /** Absolute path of this package, whose sources dev mode mounts and whose `secrets/` hold the generated secrets. */
  readonly packageFolder: string;
  /** The name that the certificate of the frp server has to be for. @default - its certificate is not pinned */
  readonly frpServerName?: string;
}
