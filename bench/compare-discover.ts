import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { git } from "../test/kit/real-pool.ts";
import { programEnvironment, programFile } from "../test/kit/served-program.ts";
import { compareRounds, medianOf, recordFigure } from "./figure.ts";

const rounds = 3;
const repositoryCount = 10;
const directoriesPerParent = 100;
/** More than any machine takes: what is compared is a search that saw everything. */
const searchSeconds = 600;

/** Prints what `discover` of a home with so many directories, and a few repositories, costs beside `find -type d`. */
export function compareDiscover(directoryCount: number): void {
  const root = mkdtempSync(join(tmpdir(), "bench-discover-"));
  try {
    const home = join(root, "home");
    makeHome(home, directoryCount);
    const place = { root, workspacesDir: join(root, "none") };
    const discover = [programFile, "discover", home, "--json", "--seconds", String(searchSeconds)];
    const find = (): number => timeOf("find", [home, "-type", "d"], process.env);
    const ours = (): number => timeOf(process.execPath, discover, programEnvironment(place));
    find();
    const times = Array.from({ length: rounds }, () => ({ find: find(), ours: ours() }));
    const compared = compareRounds(
      times.map((round) => round.ours),
      times.map((round) => round.find),
    );
    const rival = "find -type d";
    recordFigure({ what: `\`discover\`, ${directoryCount} directories`, rival, unit: "s", ...compared });
    console.log(
      `\n${directoryCount} directories: discover ${compared.ours.toFixed(2)} s, ${rival} ${compared.rivals.toFixed(2)} s, ${medianOf(compared.ratios).toFixed(1)} times as long`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Directories three levels deep, and repositories beside them. */
function makeHome(home: string, directoryCount: number): void {
  for (let index = 0; index < directoryCount; index++) {
    const parent = Math.floor(index / directoriesPerParent);
    const path = [Math.floor(parent / directoriesPerParent), parent, index].map((part) => `directory${part}`);
    mkdirSync(join(home, ...path), { recursive: true });
  }
  for (let number = 1; number <= repositoryCount; number++) {
    const repository = join(home, "src", `repository${number}`);
    mkdirSync(repository, { recursive: true });
    git(repository, "init", "-q", "-b", "main");
    git(repository, "commit", "-q", "--allow-empty", "-m", "first");
  }
}

/** @returns seconds. @throws if it did not look at everything */
function timeOf(command: string, args: readonly string[], env: NodeJS.ProcessEnv): number {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    env,
    encoding: "utf8",
    maxBuffer: 1024 ** 3,
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stdout}${stderr}`);
  return (performance.now() - startedAt) / 1000;
}
