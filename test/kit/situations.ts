import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** One pool of two slots and another of one, for one situation alone. */
export class SituationPlace {
  readonly root: string;
  readonly workspacesDir: string;
  readonly pool: string;
  readonly stateDir: string;
  readonly #mountNamespaceOf: number | undefined;

  /** Mounts are made in the namespace of that process. */
  constructor(root: string, mountNamespaceOf: number | undefined) {
    this.root = root;
    this.workspacesDir = join(root, "workspaces");
    this.pool = join(this.workspacesDir, "demo");
    this.stateDir = join(this.workspacesDir, ".repo-pool-sidecar");
    this.#mountNamespaceOf = mountNamespaceOf;
  }

  get elsewhere(): string {
    return join(this.root, "elsewhere");
  }

  slot(number: number): string {
    return join(this.pool, `slot${number}`);
  }

  /** As the owner of the pools. */
  makeDirectory(path: string): void {
    mkdirSync(path);
    const { uid, gid } = statSync(this.root);
    chownSync(path, uid, gid);
  }

  /** Runs a program as root where mounts are seen by the program under test alone. */
  runInNamespace(...command: string[]): void {
    const within = ["-t", String(this.#mountNamespaceOf), "-m", ...command];
    const { status, stderr } = spawnSync("nsenter", within, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  }
}

/** Something that keeps the program from seeing what it watches. */
export interface Situation {
  readonly name: string;
  readonly layout?: "worktree";
  /** It happens to a `serve` that has seen the pools; else before the start. */
  readonly isWhileServing?: boolean;
  /** Only root can arrange it. */
  readonly needsMounts?: boolean;
  /** What the program is given as its workspaces directory. */
  readonly configured?: (place: SituationPlace) => string;
  /** What has to be there before the program is. */
  readonly arrange?: (place: SituationPlace) => void;
  readonly happen: (place: SituationPlace) => void;
}

const away = ({ workspacesDir, elsewhere }: SituationPlace): void => {
  renameSync(workspacesDir, elsewhere);
};

const withMode =
  (mode: number, pathOf: (place: SituationPlace) => string): Situation["happen"] =>
  (place) => {
    chmodSync(pathOf(place), mode);
  };

const workspaces: readonly Situation[] = [
  { name: "workspaces directory missing", happen: away },
  {
    name: "workspaces directory is a file",
    happen(place) {
      away(place);
      writeFileSync(place.workspacesDir, "");
    },
  },
  {
    name: "workspaces directory is a dangling link",
    happen(place) {
      away(place);
      symlinkSync(join(place.root, "nowhere"), place.workspacesDir);
    },
  },
  {
    name: "workspaces directory is an empty mount point",
    happen(place) {
      away(place);
      place.makeDirectory(place.workspacesDir);
    },
  },
  {
    name: "workspaces directory unmounted while serving",
    isWhileServing: true,
    needsMounts: true,
    arrange(place) {
      away(place);
      place.makeDirectory(place.workspacesDir);
      place.runInNamespace("mount", "--bind", place.elsewhere, place.workspacesDir);
    },
    happen(place) {
      place.runInNamespace("umount", "--lazy", place.workspacesDir);
    },
  },
  { name: "workspaces directory renamed while serving", isWhileServing: true, happen: away },
  {
    name: "workspaces directory without permission",
    happen: withMode(0, ({ workspacesDir }) => workspacesDir),
  },
  {
    name: "workspaces directory that can be entered and not listed",
    happen: withMode(0o311, ({ workspacesDir }) => workspacesDir),
  },
  {
    name: "workspaces directory that can be listed and not entered",
    happen: withMode(0o644, ({ workspacesDir }) => workspacesDir),
  },
  {
    name: "workspaces directory mistyped in the configuration",
    configured: ({ root }) => join(root, "workspace"),
    happen: () => undefined,
  },
  {
    name: "workspaces directory configured one level too deep",
    configured: ({ pool }) => pool,
    happen: () => undefined,
  },
];

const pools: readonly Situation[] = [
  {
    name: "pool directory gone while serving",
    isWhileServing: true,
    happen: ({ pool, elsewhere }) => {
      renameSync(pool, elsewhere);
    },
  },
  {
    name: "pool directory renamed between two runs",
    happen: ({ pool }) => {
      renameSync(pool, `${pool}-old`);
    },
  },
  {
    name: "pool directory without permission",
    isWhileServing: true,
    happen: withMode(0, ({ pool }) => pool),
  },
  {
    name: "`pool.json` unreadable",
    happen: withMode(0, ({ pool }) => join(pool, "pool.json")),
  },
  {
    name: "`pool.json` half written",
    happen: ({ pool }) => {
      writeFileSync(join(pool, "pool.json"), '{ "repo_name": ');
    },
  },
  {
    name: "`pool.json` missing",
    happen: ({ pool }) => {
      rmSync(join(pool, "pool.json"));
    },
  },
  {
    name: "every slot broken",
    happen: (place) => {
      for (const number of [1, 2]) writeFileSync(join(place.slot(number), ".git", "HEAD"), "");
    },
  },
  {
    name: "`.main_repo` missing",
    layout: "worktree",
    happen: ({ pool, elsewhere }) => {
      renameSync(join(pool, ".main_repo"), elsewhere);
    },
  },
  {
    name: "`.main_repo` unreadable",
    layout: "worktree",
    happen: withMode(0, ({ pool }) => join(pool, ".main_repo")),
  },
];

const slots: readonly Situation[] = [
  { name: "`slot.json` unreadable", happen: withMode(0, (place) => join(place.slot(1), "slot.json")) },
  {
    name: "slot directory missing",
    happen: (place) => {
      renameSync(place.slot(1), place.elsewhere);
    },
  },
  {
    name: "slot directory is a link to another place",
    happen: (place) => {
      renameSync(place.slot(1), place.elsewhere);
      symlinkSync(place.elsewhere, place.slot(1));
    },
  },
  { name: "slot directory without permission", happen: withMode(0, (place) => place.slot(1)) },
  { name: "`.git` unreadable", happen: withMode(0, (place) => join(place.slot(1), ".git")) },
  { name: "refs unreadable", happen: withMode(0, (place) => join(place.slot(1), ".git", "refs")) },
];

const ownFiles: readonly Situation[] = [
  {
    name: "directory of the slot locks unreadable",
    happen: withMode(0, ({ workspacesDir }) => join(workspacesDir, "locks")),
  },
  { name: "state directory unreadable", happen: withMode(0, ({ stateDir }) => stateDir) },
  {
    name: "state directory on a full disk, a slot broken",
    needsMounts: true,
    happen(place) {
      writeFileSync(join(place.slot(1), ".git", "HEAD"), "");
      const script = `cp -a "$1" "$2"; mount -t tmpfs -o "size=64k,mode=777" tmpfs "$1"
        cp -a "$2/." "$1"; chown --reference "$2" "$1"; cat /dev/zero >"$1/filler" 2>/dev/null || true`;
      place.runInNamespace("sh", "-c", script, "sh", place.stateDir, place.elsewhere);
    },
  },
];

export const situations: readonly Situation[] = [...workspaces, ...pools, ...slots, ...ownFiles];
