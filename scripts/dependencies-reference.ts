import { format } from "prettier";

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** package-lock.json, as far as the page reads it: packages by their path, the project itself at "". */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** For each package that the program installs: what it does here, and why it and not something else. */
const reasons: Readonly<Record<string, { use: string; why: string }>> = {
  bcryptjs: {
    use: "checks the passwords of `basic_auth_users`",
    why: "Prometheus' web configuration has bcrypt hashes and Node.js has no bcrypt. In JavaScript: the `bcrypt` package compiles or downloads a binary when it is installed.",
  },
  "cli-progress": {
    use: "the progress line of long commands on a terminal",
    why: "It redraws a line within the width of the terminal. Node.js only moves the cursor.",
  },
  "cli-table3": {
    use: "tables on a terminal",
    why: "It measures wide characters and colours, and wraps cells. `console.table` does neither.",
  },
  commander: {
    use: "commands, options, `--help`",
    why: "The manual page, the completions and [cli.md](cli.md) come from the same definitions. `util.parseArgs` has no subcommands and no help.",
  },
  express: {
    use: "the HTTP server",
    why: "Routing and its errors. It is most of the packages: `node:http` alone would need a router, and parsers of conditional requests and bodies.",
  },
  koffi: {
    use: "libc's `flock` and `statx`",
    why: "Slot locks must exclude Python's `filelock` ([decision 4](decisions/0004-flock-through-koffi.md)). Its binaries are npm packages. If it does not load, the `flock` program and `lstat` do the work.",
  },
  "node-cron": {
    use: "reads cron expressions and names the times that they mean",
    why: "Schedules are cron expressions with seconds in a time zone. What happens at a time is decided here ([strategies](strategies.md)): a timer that sleeps through a clock change must not lose a run.",
  },
  "p-queue": {
    use: "how many recoveries run at once",
    why: "Limit, order and abort in one tested place. Part of the built file.",
  },
  "p-retry": {
    use: "repeats clone and fetch with growing pauses",
    why: "Backoff with jitter and abort. Part of the built file.",
  },
  pino: {
    use: "logs in JSON",
    why: "Levels, child loggers and errors as JSON. Its destination is standard error itself: no worker threads.",
  },
  "prom-client": {
    use: "counters, histograms, process metrics and the registry",
    why: "The gauges of slots are rendered from a snapshot beside it ([decision 5](decisions/0005-own-exposition.md)): it renders every series again at each scrape.",
  },
  "proper-lockfile": {
    use: "which of several `serve` on one state directory leads",
    why: "A lease that is renewed and found compromised. `flock` is bound to a process and cannot tell of a holder that is stuck.",
  },
  "simple-git": {
    use: "short commands of git",
    why: "One of two doors to git ([decision 1](decisions/0001-two-doors-to-git.md)).",
  },
  yaml: {
    use: "reads and prints YAML",
    why: "It names line and column of a mistake and bounds aliases. It keeps YAML 1.2: `no` is a string.",
  },
  zod: {
    use: "one schema for each configuration, stored file and request",
    why: "Types, defaults, validation, JSON Schema and the reference pages come from the same schema.",
  },
};

const introduction = `# Dependencies

<!-- Generated from package-lock.json and scripts/dependencies-reference.ts by \`npm run docs:generate\`; do not edit. -->

What an installation brings with it, and the reason for each package. Versions are exact and the lock file is committed. Updates are made by hand, with the whole test suite.
`;

const closing = `## What was replaced or left out

- **\`prom-client\` for every series**: each scrape would render thousands of unchanged gauges again ([decision 5](decisions/0005-own-exposition.md)).
- **\`fs-ext\`, \`os-lock\`**: one is compiled at install time, the other takes locks that \`flock\` does not see ([decision 4](decisions/0004-flock-through-koffi.md)).
- **isomorphic-git and libgit2's bindings**: what git itself says is right, so git is asked. The first reading of a slot parses a few small files and starts no process ([detection](detection.md)).
- **\`pg\` and \`pg-boss\`** are optional peers: only a [fleet](fleet.md) installs them.

## Size

The package is 3 MB, 7 MB unpacked; with what it depends on, an installation takes about 40 MB on Linux. What \`check\` needs is built into one file: it starts with 1.5 times the CPU of an empty Node.js program (0.10 s beside 0.07 s).

\`npm run sbom\` prints a CycloneDX bill of materials. \`npm audit --omit=dev\` asks the registry about known vulnerabilities; a registry that is only a mirror may not answer it.
`;

/** The page docs/dependencies.md. Throws if a dependency has no reason, or a reason no dependency. */
export function renderDependencies(packages: LockedPackages): Promise<string> {
  const names = Object.keys(packages[""]?.dependencies ?? {});
  requireSame(names, Object.keys(reasons));
  const installed = new Set(names.flatMap((name) => [...withItsOwn(packages, name)]));
  const page = [introduction, renderRows(packages, names), describeAll(packages, installed), closing];
  return format(page.join("\n\n"), { parser: "markdown", printWidth: 110 });
}

function requireSame(names: readonly string[], described: readonly string[]): void {
  const wrong = [
    ...names.filter((name) => !described.includes(name)),
    ...described.filter((name) => !names.includes(name)),
  ];
  if (wrong.length > 0)
    throw new Error(`scripts/dependencies-reference.ts: no reason, or no dependency: ${wrong.join(", ")}`);
}

function renderRows(packages: LockedPackages, names: readonly string[]): string {
  const rows = names.map((name) => {
    const { version, license } = packages[`node_modules/${name}`] ?? {};
    const { use, why } = reasons[name] ?? { use: "", why: "" };
    const brings = withItsOwn(packages, name).size - 1;
    return `| \`${name}\` | ${version} | ${license} | ${brings} | ${use} | ${why} |`;
  });
  return [
    "| package | version | licence | brings | used for | why this one |",
    "| --- | --- | --- | ---: | --- | --- |",
    ...rows,
  ].join("\n");
}

function describeAll(packages: LockedPackages, installed: ReadonlySet<string>): string {
  const licences = [...installed].map((path) => packages[path]?.license ?? "unknown");
  const counts = [...new Set(licences)].sort().map((licence) => {
    const count = licences.filter((other) => other === licence).length;
    return `${count} ${licence}`;
  });
  const scripts = [...installed].filter((path) => packages[path]?.hasInstallScript === true);
  const named = scripts.map((path) => `\`${path.replace("node_modules/", "")}\``).join(", ");
  return `"Brings" counts the packages below it, shared ones again in each row. Together they are ${installed.size} packages, those for other platforms included, under these licences: ${counts.join(", ")}. With an install script: ${named}. It looks whether the binary for the platform is there, and compiles one only if there is none: npm may skip it.`;
}

/** The paths of a package and of all that it depends on. */
function withItsOwn(packages: LockedPackages, name: string): ReadonlySet<string> {
  const paths = new Set<string>();
  const add = (from: string, dependency: string): void => {
    const path = resolve(packages, from, dependency);
    if (path === undefined || paths.has(path)) return;
    paths.add(path);
    const { dependencies = {}, optionalDependencies = {} } = packages[path] ?? {};
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) add(path, next);
  };
  add("", name);
  return paths;
}

/** As Node.js looks for a package: beside the asking one, then further up. */
function resolve(packages: LockedPackages, from: string, name: string): string | undefined {
  const path = `${from === "" ? "" : `${from}/`}node_modules/${name}`;
  if (path in packages) return path;
  if (from === "") return undefined;
  return resolve(packages, from.slice(0, Math.max(from.lastIndexOf("/node_modules/"), 0)), name);
}
