import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RealPool } from "./real-pool.ts";
import { ServedProgram } from "./served-program.ts";

const alertsPerNotification = 20;
const token = "burst-token";

/** `serve` with remediation on, as a burst of notifications meets it. */
export function serveForBurst(pool: RealPool): Promise<ServedProgram> {
  const tokenFile = join(pool.root, "token");
  writeFileSync(tokenFile, token);
  const config = `remediation: { enabled: true, auth: { bearer_token_file: ${tokenFile} } }
collector: { schedule: "*/5 * * * * *" }
`;
  return ServedProgram.start(pool, { config });
}

export const burstHeaders = { "content-type": "application/json", authorization: `Bearer ${token}` };

/** Notification number `index`: 20 firing alerts, so that the slots' turns come round and round. */
export function burstNotification(index: number, slotIds: readonly string[], startsAt: Date): string {
  const alerts = Array.from({ length: alertsPerNotification }, (_, offset) => {
    const slot = slotIds[(index * alertsPerNotification + offset) % slotIds.length] ?? "";
    return { name: "RepoPoolSlotCorrupted", pool: "demo", slot, startsAt };
  });
  return aNotification(alerts, `{}:${index}`);
}

export interface SlotAlert {
  readonly name: string;
  readonly pool: string;
  readonly slot: string;
  readonly startsAt: Date;
}

/** As Alertmanager sends firing alerts that the shipped policies act on. */
export function aNotification(slotAlerts: readonly SlotAlert[], groupKey: string): string {
  const alerts = slotAlerts.map(({ name, pool, slot, startsAt }) => ({
    status: "firing",
    labels: { alertname: name, auto_recover: "true", pool, slot },
    annotations: { summary: "A slot is corrupted." },
    startsAt: startsAt.toISOString(),
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "http://prometheus.example/graph",
    fingerprint: createHash("sha1").update(`${name} ${slot}`).digest("hex").slice(0, 16),
  }));
  const group = { groupKey, truncatedAlerts: 0, receiver: "sidecar", externalURL: "" };
  const labels = { groupLabels: {}, commonLabels: {}, commonAnnotations: {} };
  return JSON.stringify({ version: "4", status: "firing", ...group, ...labels, alerts });
}
