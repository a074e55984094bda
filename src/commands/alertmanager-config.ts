import { readFile } from "node:fs/promises";
import { asError, describeUnreadFile, UsageError } from "../platform/coded-error.ts";
import type { CommandContext, CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";

interface AlertmanagerConfigOptions extends CommonOptions {
  readonly targets?: string;
  readonly credentialsFile: string;
}

/** A sidecar and how Prometheus names it. */
export interface SidecarHost {
  /** The `instance` label that Prometheus gives to what it scrapes there. */
  readonly instance: string;
  /** Where Alertmanager posts to: `host:port`, or a base URL. */
  readonly address: string;
}

/** Alerts in one notification: far below what the webhook takes, and what is cut off is found by a fresh look. */
const largestNotification = 500;

export const defineAlertmanagerConfig: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Print the receivers and routes that bring each host's alerts to its own sidecar.")
    .argument("[hosts...]", "host:port, or instance=host:port if Prometheus has another instance label")
    .option("--targets <file>", "a file of Prometheus' file_sd, JSON or YAML")
    .option(
      "--credentials-file <file>",
      "where Alertmanager finds the bearer token",
      "/etc/prometheus/repo-pool-sidecar.token",
    )
    .action((hosts: string[], options: AlertmanagerConfigOptions) =>
      printAlertmanagerConfig(hosts, options, context),
    );
  withExamples(command, [
    ["alertmanager-config build1:10469 build2:10469", "one receiver for each of two hosts"],
  ]);
};

/** Prints YAML to be put into Alertmanager's own configuration. */
async function printAlertmanagerConfig(
  hosts: readonly string[],
  { targets, credentialsFile }: AlertmanagerConfigOptions,
  context: CommandContext,
): Promise<void> {
  const fromFile = targets === undefined ? [] : await readTargetsFile(targets);
  const all = [...fromFile, ...hosts.map(parseHost)];
  if (all.length === 0) throw new UsageError("TARGETS_INVALID", "name a host, or a file with --targets FILE");
  const { stringify } = await import("yaml");
  context.print(stringify(createAlertmanagerConfig(all, credentialsFile), { lineWidth: 0 }).trimEnd());
}

/**
 * The hosts of a file of Prometheus' file_sd, JSON or YAML. A target's `instance` label wins over its address, as in
 * Prometheus. @throws UsageError `TARGETS_INVALID`
 */
async function readTargetsFile(file: string): Promise<SidecarHost[]> {
  const [{ parse }, { z }] = await Promise.all([import("yaml"), import("zod")]);
  const labels = z.record(z.string(), z.string()).optional();
  const fileSdSchema = z.array(z.object({ targets: z.array(z.string().min(1)), labels }));
  const text = await readFile(file, "utf8").catch((thrown: unknown) => {
    throw new UsageError("TARGETS_INVALID", `${file}: ${describeUnreadFile(asError(thrown))}`);
  });
  try {
    const groups = fileSdSchema.parse(parse(text, { maxAliasCount: 0 }));
    return groups.flatMap((group) =>
      group.targets.map((target) => ({ instance: group.labels?.["instance"] ?? target, address: target })),
    );
  } catch (thrown) {
    throw new UsageError(
      "TARGETS_INVALID",
      `${file}: not a list of targets in the form of file_sd: ${asError(thrown).message}`,
    );
  }
}

/** `host:port`, or `instance=host:port` if Prometheus' label is another. @throws UsageError `TARGETS_INVALID` */
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
 * its own `instance`. @throws UsageError `TARGETS_INVALID` if two hosts have one instance
 */
export function createAlertmanagerConfig(hosts: readonly SidecarHost[], credentialsFile: string) {
  const instances = hosts.map(({ instance }) => instance);
  const twice = instances.find((instance, index) => instances.indexOf(instance) !== index);
  if (twice !== undefined) throw new UsageError("TARGETS_INVALID", `two hosts have the instance ${twice}`);
  return {
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
}

function receiverOf(instance: string): string {
  return `repo-pool-sidecar ${instance}`;
}

function baseUrlOf(address: string): string {
  return /^https?:\/\//.test(address) ? address.replace(/\/+$/, "") : `http://${address}`;
}
