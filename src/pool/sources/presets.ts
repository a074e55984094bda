import type { JobProcess } from "../pool.ts";
import type { SourceKind } from "./source.ts";

/** Where a tool keeps work trees, according to its documentation or source. */
export interface SourcePreset {
  readonly kind: Exclude<SourceKind, "managed">;
  /** What it was read from, with the version. */
  readonly readFrom: string;
  /** Of `worktrees`. */
  readonly include?: readonly string[];
  /** Of `checkouts`: where the tool keeps them unless it is told otherwise. */
  readonly paths?: readonly string[];
  /** Names of what lies beside checkouts and is none. */
  readonly except?: readonly string[];
  readonly jobProcess?: JobProcess;
  /** What besides says that a work tree is in use. */
  readonly use: string;
  /** What to add to the tool, so that it says when it uses a work tree. */
  readonly hooks: readonly string[];
}

const held = (path: string, duration: string, owner: string, redirection = ""): string =>
  `repo-pool-sidecar hold "${path}" --for ${duration} --owner "${owner}"${redirection} || true`;
const released = (path: string): string => `repo-pool-sidecar release "${path}" || true`;

/** Source: Claude Code's hooks reference. */
const claudeHook = (command: string): string =>
  `[{ "hooks": [{ "type": "command", "command": ${JSON.stringify(command)} }] }]`;

export const sourcePresets = {
  "claude-code": {
    kind: "worktrees",
    readFrom: "Claude Code 2.1.240, its documentation and changelog",
    include: [".claude/worktrees/*"],
    use: "git's worktree lock, whose text names the process: evidence git_lock",
    hooks: [
      "# .claude/settings.json; what a SessionStart hook prints would be told to the agent",
      '{ "hooks": {',
      `  "SessionStart": ${claudeHook(held(".", "12h", "claude", " >/dev/null"))},`,
      `  "SessionEnd": ${claudeHook(released("."))}`,
      "} }",
    ],
  },
  codex: {
    kind: "worktrees",
    readFrom: "Codex app 260203.1501, its documentation and issue reports",
    include: ["~/.codex/worktrees/*/*"],
    use: "a process inside: evidence process",
    hooks: ["# around a command that works in a work tree", held(".", "12h", "codex"), released(".")],
  },
  worktrunk: {
    kind: "worktrees",
    readFrom: "worktrunk 0.74, its source",
    include: ["../*.*"],
    use: "a process inside: evidence process",
    hooks: ["# around a command that works in a work tree", held(".", "12h", "$USER"), released(".")],
  },
  gtr: {
    kind: "worktrees",
    readFrom: "gtr 2.11, its source",
    include: ["../*-worktrees/*"],
    use: "a process inside: evidence process",
    hooks: ["# around a command that works in a work tree", held(".", "12h", "$USER"), released(".")],
  },
  "github-actions-runner": {
    kind: "checkouts",
    readFrom: "GitHub Actions runner 2.336.0, its source",
    paths: ["~/actions-runner/_work/*/*"],
    except: ["_*"],
    jobProcess: { command: "Runner.Worker", reach: "installation" },
    use: "a Runner.Worker of the runner that has the work directory: evidence runner",
    hooks: [
      "# the scripts of ACTIONS_RUNNER_HOOK_JOB_STARTED and ACTIONS_RUNNER_HOOK_JOB_COMPLETED",
      held("$GITHUB_WORKSPACE", "6h", "job $GITHUB_RUN_ID"),
      released("$GITHUB_WORKSPACE"),
    ],
  },
  "gitlab-runner": {
    kind: "checkouts",
    readFrom: "GitLab Runner 19.4.0, its source",
    paths: [2, 3, 4].map((depth) => `/home/gitlab-runner/builds/*/*${"/*".repeat(depth)}`),
    except: ["*.tmp", "*-empty"],
    use: "a process of the job inside (shell executor): evidence process. Jobs in containers are not seen: let them hold",
    hooks: [
      "# config.toml: pre_build_script and post_build_script; the latter is skipped after a failure, and the hold then ends by itself",
      held("$CI_PROJECT_DIR", "2h", "job $CI_JOB_ID"),
      released("$CI_PROJECT_DIR"),
    ],
  },
  jenkins: {
    kind: "checkouts",
    readFrom: "Jenkins, WorkspaceList.java at commit 00c7c075a606",
    paths: ["/var/lib/jenkins/workspace/*", "/var/lib/jenkins/workspace/*/*"],
    except: ["*@tmp", "*@script"],
    use: "a process of the build inside: evidence process. What the controller has allocated is in its memory alone",
    hooks: [
      "# a pipeline: in the first stage, and in post { always { … } }",
      `sh 'repo-pool-sidecar hold . --for 6h --owner "$BUILD_TAG" || true'`,
      "sh 'repo-pool-sidecar release . || true'",
    ],
  },
  buildkite: {
    kind: "checkouts",
    readFrom: "Buildkite agent 4.0.0-beta.15, its source",
    paths: ["/var/lib/buildkite-agent/builds/*/*/*", "~/.buildkite-agent/builds/*/*/*"],
    jobProcess: { command: "buildkite-agent", argument: "bootstrap", reach: "machine" },
    use: "a `buildkite-agent bootstrap` anywhere on the machine, which does not tell its checkout: evidence runner",
    hooks: [
      "# the agent's hooks pre-command and pre-exit",
      held("$BUILDKITE_BUILD_CHECKOUT_PATH", "6h", "job $BUILDKITE_JOB_ID"),
      released("$BUILDKITE_BUILD_CHECKOUT_PATH"),
    ],
  },
} as const satisfies Readonly<Record<string, SourcePreset>>;

export type PresetName = keyof typeof sourcePresets;
export const presetNames = Object.keys(sourcePresets) as [PresetName, ...PresetName[]];

export function findPreset(name: PresetName): SourcePreset {
  return sourcePresets[name];
}
