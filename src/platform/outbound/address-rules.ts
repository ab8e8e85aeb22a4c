import { BlockList, isIPv4, isIPv6 } from 'node:net';

type Subnet = readonly [network: string, prefix: number];

/** Nobody may be called there, whoever names it: the cloud's metadata, other hosts by accident, nobody at all. */
const NEVER: readonly Subnet[] = [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** This machine and the networks behind a router: only where the operator names the host. */
const OURS: readonly Subnet[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
];
const OURS_6: readonly Subnet[] = [
  ['::1', 128],
  ['fc00::', 7],
];
const GLOBAL_6: Subnet = ['2000::', 3];
/** Within the global range, but made for other ends or with an IPv4 address inside (Teredo, 6to4). */
const NOT_GLOBAL_6: readonly Subnet[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const list = (subnets: readonly Subnet[], family: 'ipv4' | 'ipv6'): BlockList => {
  const blocks = new BlockList();
  for (const [network, prefix] of subnets) blocks.addSubnet(network, prefix, family);
  return blocks;
};

const never = list(NEVER, 'ipv4');
const ours = list(OURS, 'ipv4');
const ours6 = list(OURS_6, 'ipv6');
const global6 = list([GLOBAL_6], 'ipv6');
const notGlobal6 = list(NOT_GLOBAL_6, 'ipv6');

export type AddressKind = 'public' | 'private' | 'forbidden';

/**
 * What an address is, written as the resolver or the socket gives it. IPv6 addresses that carry an IPv4 address (mapped,
 * NAT64, 6to4, Teredo) are forbidden whatever they carry, and so is one with a zone.
 */
export function kindOfAddress(address: string): AddressKind {
  if (isIPv4(address)) {
    if (never.check(address, 'ipv4')) return 'forbidden';
    return ours.check(address, 'ipv4') ? 'private' : 'public';
  }
  if (!isIPv6(address) || address.includes('%')) return 'forbidden';
  // BlockList would look at the address inside.
  if (/^::ffff:/i.test(address) || address.includes('.')) return 'forbidden';
  if (ours6.check(address, 'ipv6')) return 'private';
  const isGlobal = global6.check(address, 'ipv6') && !notGlobal6.check(address, 'ipv6');
  return isGlobal ? 'public' : 'forbidden';
}
