import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../kit/free-port.ts";
import { readShellCommands } from "../kit/code-blocks.ts";
import { sampleOf } from "../kit/sample.ts";
import { ThrowawayRoot } from "../kit/throwaway-root.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));

const hasKubectl = spawnSync("kubectl", ["version", "--client"]).error === undefined;

/** What a test machine cannot do, and why. */
const notRun: readonly (readonly [RegExp, string])[] = [
  ...(hasKubectl ? [] : [[/^kubectl /, "kubectl is not installed"] as const]),
  [/^systemctl /, "no systemd is running"],
  [/^apt-get install /, "the packages are installed"],
  [/^(?:repo-pool-sidecar serve|prometheus|prometheus-alertmanager) /, "other tests serve"],
  [/^docker /, "no container engine is running"],
  [/^kubectl (?:apply|delete) /, "no cluster is at hand"],
];

let scratch: string;
let tarball: string;
let root: ThrowawayRoot | undefined;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-readme-"));
  const packed = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", scratch],
    { cwd: project },
  );
  tarball = join(scratch, packed.toString().trim());
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Runs the commands of a page from its folder, and returns those that were left out. */
function follow(page: string, replace: (command: string) => string = (command) => command): string[] {
  root = ThrowawayRoot.create();
  if (root === undefined) {
    console.log(`${page}: not followed, a throwaway root file system needs root and overlayfs`);
    return readShellCommands(join(project, page));
  }
  const cwd = join(project, page, "..");
  const left: string[] = [];
  const script: string[] = [];
  try {
    for (const command of readShellCommands(join(project, page))) {
      const reason = notRun.find(([pattern]) => pattern.test(command))?.[1];
      if (reason === undefined) script.push(replace(command));
      else left.push(`${command} (${reason})`);
    }
    const { status, output } = root.run(script.join("\n"), {
      cwd,
      env: { npm_config_prefer_offline: "true", npm_config_prefix: "/usr/local" },
    });
    expect({ page, status, output: status === 0 ? "" : output }).toEqual({ page, status: 0, output: "" });
  } finally {
    root.destroy();
  }
  return left;
}

const guides: readonly (readonly [what: string, walk: () => void | Promise<void>])[] = [
  [
    "the commands for systemd install, check, serve, upgrade and remove the sidecar",
    async () => {
      const port = await freePort();
      const unit = readFileSync(join(project, "deploy/systemd/repo-pool-sidecar.service"), "utf8");
      const watchOnly = readFileSync(join(project, "deploy/systemd/watch-only.conf"), "utf8");
      // What systemd would start, as the user that the unit names, until it was asked whether it is ready.
      const start = (file: string): string => {
        const exec = /^ExecStart=(.+)$/m.exec(file)?.[1] ?? "";
        const user = /^User=(.+)$/m.exec(file)?.[1] ?? "";
        return `setpriv --reuid ${user} --regid repo-pools --init-groups env REPO_POOL_SIDECAR_WEB_LISTEN_ADDRESS=127.0.0.1:${port} ${exec} > /tmp/serve.log 2>&1 & sidecar=$!`;
      };
      const ready = `--retry 100 --retry-delay 1 --retry-all-errors --output /dev/null http://127.0.0.1:${port}`;
      const ask = `curl -fsS ${ready}/-/ready`;
      // As StateDirectory= does.
      const makeState =
        "install --directory --mode 0700 --owner repo-pools-watch /var/lib/repo-pool-sidecar-watch";
      const seen = `curl -fsS http://127.0.0.1:${port}/metrics | grep -qx 'repo_pool_up{pool="demo"} 1'`;
      const manualPage = "/usr/local/share/man/man1/repo-pool-sidecar.1";
      const stop = "kill $sidecar; wait $sidecar";
      const asUser = "runuser -u repo-pools -- git -c user.name=a -c user.email=a@example.invalid";
      const origin = `${asUser} init -q -b main /tmp/demo.git && ${asUser} -C /tmp/demo.git commit -q --allow-empty -m first`;
      const left = follow("deploy/systemd/README.md", (command) => {
        const local = command.replace(/~\/repo-pool-sidecar-\*\.tgz$/, tarball);
        // With its manual page; the upgrade would install the same tarball again.
        if (command.startsWith("npm install"))
          return `test -e ${manualPage} || ${local}\ntest -e ${manualPage}`;
        if (command.includes("pool create"))
          return `${origin}\n${command.replace(/https:\S+/, "file:///tmp/demo.git")}`;
        if (command.includes("watch-only.conf "))
          return [command, makeState, start(watchOnly), ask, seen, stop].join("\n");
        if (!command.startsWith("curl")) return command;
        return [start(unit), command.replace("http://127.0.0.1:10469", ready), stop].join("\n");
      });
      expect(left.every((command) => command.startsWith("systemctl"))).toBe(true);
      console.log(`Not run: ${left.join("; ")}`);
    },
  ],
  [
    "the commands for Prometheus, Alertmanager and Grafana put each file where its reader looks for it",
    () => {
      const prepare = [
        `package=${project}`,
        "head -c 32 /dev/urandom | base64 > /tmp/token && install -D --mode 0400 /tmp/token /etc/repo-pool-sidecar/token",
        "install -D /dev/null /var/lib/repo-pools/workspaces/demo/slot2/.git/HEAD",
      ];
      const readAs = (user: string, file: string) =>
        `setpriv --reuid ${user} --regid ${user} --clear-groups cat ${file} > /dev/null`;
      const credentials = `$(sed -n 's/^ *credentials_file: //p' /etc/prometheus/alertmanager.yml)`;
      const dashboards = `$(sed -n 's/^ *path: //p' /etc/grafana/provisioning/dashboards/repo-pool.yaml)`;
      const ruleFiles = readdirSync(join(project, "alerts")).filter((name) => name.endsWith(".yaml"));
      const left = follow("docs/alerts.md", (command) => {
        if (command.startsWith("package=")) return prepare.join("\n");
        if (command.startsWith("mkdir")) return `cd ${project}\ncp /tmp/token token\n${command}`;
        if (command.startsWith("promtool")) return `${command} | grep "${ruleFiles.length} rule files found"`;
        if (command.startsWith("amtool")) return `${command}\n${readAs("prometheus", credentials)}`;
        if (command.includes("/datasources/*.yaml"))
          return `${command}\ntest -e ${dashboards}/repo-pool-fleet.json`;
        return command;
      });
      expect(
        left.every((command) =>
          /^(?:systemctl|apt-get install|repo-pool-sidecar serve|prometheus\S*) /.test(command),
        ),
      ).toBe(true);
      console.log(`Not run: ${left.join("; ")}`);
    },
  ],
  [
    "the commands for containers and Kubernetes run as far as no engine and no cluster are needed",
    () => {
      const left = [...follow("deploy/container/README.md"), ...follow("deploy/kubernetes/README.md")];
      expect(left.every((command) => /^(?:docker|kubectl) /.test(command))).toBe(true);
      console.log(`Not run: ${left.join("; ")}`);
    },
  ],
  [
    "the image's own commands build the program in a clean directory, and it runs for a user without rights",
    () => {
      const image = ThrowawayRoot.create();
      if (image === undefined) return;
      const lines = readFileSync(join(project, "deploy/container/Dockerfile"), "utf8")
        .replaceAll("\\\n", " ")
        .split("\n");
      const [build = [], final = []] = splitStages(lines);
      const script = [
        "rm -rf /app /build-app; mkdir /app; cd /app",
        ...build.flatMap((line) => translate(line, project)),
        "mv /app /build-app; mkdir /app; cd /app",
        ...final.filter((line) => line.startsWith("COPY")).flatMap((line) => translate(line, project)),
        "test ! -e /app/node_modules/typescript; rm /node_modules",
        "exec setpriv --reuid 1000 --regid 1000 --clear-groups node /app/dist/main.js --version",
      ];
      try {
        for (const command of Object.keys(quickly)) expect(build).toContain(`RUN ${command}`);
        const { status, output } = image.run(script.join("\n"), {
          env: { npm_config_prefer_offline: "true" },
        });
        expect(status, output).toBe(0);
        expect(output).toMatch(/repo-pool-sidecar, version \d+\.\d+\.\d+/);
      } finally {
        image.destroy();
      }
    },
  ],
];

test.each(sampleOf(guides, 2, "guides to an installation"))("%s", async (_what, walk) => {
  await walk();
});

/**
 * The packages that build are those of this checkout, which `npm ci` has installed from the same lock file: what is
 * installed here are those that the image keeps.
 */
const quickly: Readonly<Record<string, string>> = {
  "npm ci --ignore-scripts": `ln -s ${project}node_modules /node_modules`,
  "npm prune --omit=dev": "npm ci --ignore-scripts --omit=dev",
};

function splitStages(lines: readonly string[]): string[][] {
  const stages: string[][] = [];
  for (const line of lines) {
    if (line.startsWith("FROM ")) stages.push([]);
    else stages.at(-1)?.push(line);
  }
  return stages;
}

/** ARG, COPY and RUN of a Dockerfile as a shell does them; what only describes the image is left out. */
function translate(line: string, context: string): string[] {
  const run = /^RUN (.*)$/.exec(line)?.[1];
  if (run !== undefined) return [quickly[run] ?? run];
  const argument = /^ARG (\w+=\S+)$/.exec(line)?.[1];
  if (argument !== undefined) return [argument];
  const copy = /^COPY (--from=build )?(.*) (\S+)$/.exec(line);
  if (copy === null) return [];
  const [, fromBuild, sources = "", target = ""] = copy;
  const from = sources
    .split(" ")
    .map((source) =>
      fromBuild === undefined ? join(context, source) : source.replace("/app/", "/build-app/"),
    );
  return [`mkdir -p "$(dirname "${target}")"`, `cp -r ${from.join(" ")} ${target}`];
}
