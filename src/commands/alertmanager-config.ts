import { readFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { asError, UsageError } from "../platform/coded-error.ts";

/** A sidecar and how Prometheus names it. */
export interface SidecarHost {
  /** The `instance` label that Prometheus gives to what it scrapes there. */
  readonly instance: string;
  /** Where Alertmanager posts to: `host:port`, or a base URL. */
  readonly address: string;
}

export interface AlertmanagerConfigOptions {
  readonly hosts: readonly SidecarHost[];
  readonly credentialsFile: string;
}

/** Alerts in one notification: far below what the webhook takes, and what is cut off is found by a fresh look. */
const largestNotification = 500;

const fileSdSchema = z.array(
  z.object({ targets: z.array(z.string().min(1)), labels: z.record(z.string(), z.string()).optional() }),
);

/**
 * The hosts of a file of Prometheus' file_sd, JSON or YAML. A target's `instance` label wins over its address, as in
 * Prometheus. @throws UsageError `TARGETS_INVALID`
 */
export async function readTargetsFile(file: string): Promise<SidecarHost[]> {
  try {
    const groups = fileSdSchema.parse(parse(await readFile(file, "utf8"), { maxAliasCount: 0 }));
    return groups.flatMap(({ targets, labels }) =>
      targets.map((target) => ({ instance: labels?.["instance"] ?? target, address: target })),
    );
  } catch (thrown) {
    throw new UsageError(
      "TARGETS_INVALID",
      `${file}: no list of targets as file_sd has it: ${asError(thrown).message}`,
    );
  }
}

/** `host:port`, or `instance=host:port` where Prometheus' label is another. @throws UsageError `TARGETS_INVALID` */
export function parseHost(text: string): SidecarHost {
  const equals = text.indexOf("=");
  const address = text.slice(equals + 1);
  if (!URL.canParse(baseUrlOf(address)) || /[\s"'{}]/.test(text))
    throw new UsageError(
      "TARGETS_INVALID",
      `${JSON.stringify(text)}: expected host:port or instance=host:port`,
    );
  return { instance: equals < 0 ? address : text.slice(0, equals), address };
}

/**
 * `receivers` and `routes` of one receiver per host: an alert that carries `auto_recover="true"` goes to the sidecar of
 * its own `instance`. Pure. @throws UsageError `TARGETS_INVALID` where two hosts have one instance
 */
export function createAlertmanagerConfig({ hosts, credentialsFile }: AlertmanagerConfigOptions): string {
  const instances = hosts.map(({ instance }) => instance);
  const twice = instances.find((instance, index) => instances.indexOf(instance) !== index);
  if (twice !== undefined) throw new UsageError("TARGETS_INVALID", `two hosts have the instance ${twice}`);
  const config = {
    routes: hosts.map(({ instance }) => ({
      receiver: receiverOf(instance),
      matchers: ['auto_recover="true"', `instance=${JSON.stringify(instance)}`],
      group_by: ["alertname", "job", "instance", "pool", "slot"],
      group_wait: "10s",
      group_interval: "1m",
      repeat_interval: "30m",
      continue: true,
    })),
    receivers: hosts.map(({ instance, address }) => ({
      name: receiverOf(instance),
      webhook_configs: [
        {
          url: `${baseUrlOf(address)}/api/v1/alerts`,
          send_resolved: false,
          max_alerts: largestNotification,
          http_config: { authorization: { type: "Bearer", credentials_file: credentialsFile } },
        },
      ],
    })),
  };
  return stringify(config, { lineWidth: 0 }).trimEnd();
}

function receiverOf(instance: string): string {
  return `repo-pool-sidecar ${instance}`;
}

function baseUrlOf(address: string): string {
  return /^https?:\/\//.test(address) ? address.replace(/\/+$/, "") : `http://${address}`;
}
