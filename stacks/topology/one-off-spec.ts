/** What Terraform hands to `run-one-off`. */
export interface OneOffSpec {
  /** Name of the container. */
  readonly container: string;
  /** Seconds in which it has to end. */
  readonly deadlineSec: number;
}
