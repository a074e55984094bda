import { parseSlotId } from "../pool/slot-id.ts";
import type { Labels } from "../remediation/alerts/notification.ts";
import type { RegisteredHost } from "./host-registry.ts";

export type AlertRoute =
  | { readonly kind: "host"; readonly host: RegisteredHost }
  | { readonly kind: "not_ours" }
  /** Several hosts could be meant: none is guessed. */
  | { readonly kind: "ambiguous"; readonly sidecars: readonly string[] };

/** Finds the host of an alert by what the hosts have registered. */
export class HostDirectory {
  readonly hosts: readonly RegisteredHost[];
  readonly #byInstance = new Map<string, RegisteredHost[]>();
  readonly #byPool = new Map<string, RegisteredHost[]>();
  readonly #byStraySlot = new Map<string, RegisteredHost[]>();

  constructor(hosts: readonly RegisteredHost[]) {
    this.hosts = hosts;
    for (const host of hosts) {
      if (host.instance !== undefined) add(this.#byInstance, host.instance, host);
      for (const pool of host.pools) add(this.#byPool, pool, host);
      for (const slot of host.orphanLockSlots) add(this.#byStraySlot, slot, host);
    }
  }

  /** A registered `instance` decides; else the pool, among hosts that have registered no other instance. */
  route(labels: Labels): AlertRoute {
    const instance = labels.get("instance") ?? "";
    const named = this.#byInstance.get(instance) ?? [];
    if (named.length > 0) return onlyOne(named);
    const owners = this.#ownersOf(labels);
    return onlyOne(owners.filter((host) => instance === "" || host.instance === undefined));
  }

  /** Names of pools that more than one host has. */
  sharedPools(): readonly string[] {
    return [...this.#byPool].filter(([, hosts]) => hosts.length > 1).map(([pool]) => pool);
  }

  /** Hosts of one instance label: alerts with it reach none of them. */
  sharedInstances(): readonly string[] {
    return [...this.#byInstance].filter(([, hosts]) => hosts.length > 1).map(([instance]) => instance);
  }

  #ownersOf(labels: Labels): readonly RegisteredHost[] {
    const slotId = labels.get("slot") ?? "";
    const strays = this.#byStraySlot.get(slotId) ?? [];
    if (strays.length > 0) return strays;
    const pool = labels.get("pool") ?? "";
    return this.#byPool.get(pool === "" ? (parseSlotId(slotId)?.repoName ?? "") : pool) ?? [];
  }
}

function onlyOne(hosts: readonly RegisteredHost[]): AlertRoute {
  const [host, second] = hosts;
  if (host === undefined) return { kind: "not_ours" };
  if (second === undefined) return { kind: "host", host };
  return { kind: "ambiguous", sidecars: hosts.map(({ sidecar }) => sidecar).sort() };
}

function add(map: Map<string, RegisteredHost[]>, key: string, host: RegisteredHost): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [host]);
  else known.push(host);
}

/** The target as a key: two alerts about it are told apart by their firing. */
export function labelTarget(labels: Labels): string {
  const [slot, pool] = [labels.get("slot") ?? "", labels.get("pool") ?? ""];
  if (slot !== "") return `slot:${slot}`;
  return pool === "" ? "all" : `pool:${pool}`;
}
