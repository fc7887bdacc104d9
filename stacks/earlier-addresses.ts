/**
 * Addresses that earlier commits gave to volumes, for states that were deployed then. Without these blocks Terraform
 * would create the volume under its new address, which takes over what is there, and delete it under its old one:
 * the same volume.
 */

/** Configuration volumes until 2026-11-22. */
export const MOVED = [
  ['Backend_Config_Volume_78CF083A', 'Backend_Config_Storage_Volume_41B29C82'],
  ['Frpc_Config_Volume_92FAB900', 'Frpc_Config_Storage_Volume_B527F794'],
  ['Frps_Config_Volume_DA69ED1E', 'Frps_Config_Storage_Volume_EF8E3D6E'],
  ['Gateway_Config_Volume_2ADEB0D3', 'Gateway_Config_Storage_Volume_7CEF2B71'],
].map(([from, to]) => ({ from: `docker_volume.${from}`, to: `docker_volume.${to}` }));

/** Volumes with data, which are no longer resources; they stay where they are. */
export const NO_LONGER_MANAGED = [
  'Backend_Data_AD12DE1A',
  'Backend_Data_Volume_5A469E92',
  'Frpc_Log_Volume_5751DE2B',
].map((name) => ({ from: `docker_volume.${name}`, lifecycle: [{ destroy: false }] }));
