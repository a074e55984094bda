import { z } from "zod";
import { findPatternFault } from "../pool/sources/path-pattern.ts";
import { sourcePermissions } from "../pool/pool.ts";
import { findPreset, presetNames } from "../pool/sources/presets.ts";
import { sourceKinds, workspacesSourceName, type SourceKind } from "../pool/sources/source.ts";
import { durationSchema as duration } from "./duration-schema.ts";
import { parseStorageLimit, sizePattern } from "./storage-limit.ts";

const aSize = "expected a size such as 200GiB";
const size = z
  .string({ error: aSize })
  .transform((written, context) => {
    const limit = parseStorageLimit(written);
    if (limit?.kind === "bytes") return limit.bytes;
    context.addIssue({ code: "custom", message: aSize });
    return z.NEVER;
  })
  .meta({ pattern: sizePattern.source });

const reclaim = z.strictObject({
  max_age: duration
    .optional()
    .describe("`reclaim` without a path takes slots that have been idle for longer"),
  max_bytes: size
    .optional()
    .describe("such as `200GiB`; the least recently active slots are reclaimed until the rest fits"),
  quarantine_dir: z
    .string()
    .regex(/^(?:\/|~\/)/, "expected an absolute path, or one that begins with ~/")
    .optional()
    .describe("where reclaimed slots go, if the state directory is on another file system"),
});

const aSourceName = "expected letters, digits, `.`, `_` and `-`, at most 60";
const pathPattern = z
  .string()
  .min(1)
  .superRefine((written, context) => {
    const fault = findPatternFault(written);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });
const absolutePattern = pathPattern.refine(
  (written) => written.startsWith("/") || written.startsWith("~/"),
  "expected an absolute path, or one that begins with ~/",
);

/** One entry of `sources`. */
export const sourceSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, aSourceName)
      .describe("required; begins the names of its pools"),
    kind: z
      .enum(sourceKinds)
      .describe(
        "required; `managed`: the workspaces directory, `worktrees`: the linked work trees of repositories, `checkouts`: repositories with a work tree",
      ),
    preset: z
      .enum(presetNames)
      .optional()
      .describe(
        "where a tool keeps its work trees, and how its running jobs are recognised: see `sources presets`. `include` and `paths` replace those of the preset",
      ),
    repositories: z
      .array(absolutePattern)
      .optional()
      .describe("required for `worktrees`: the repositories; `*` and `?` stand for characters of one name"),
    include: z
      .array(pathPattern)
      .optional()
      .describe("for `worktrees`: which work trees, relative to the repository's directory; all without it"),
    paths: z
      .array(absolutePattern)
      .optional()
      .describe("for `checkouts`, required without a preset: the directories, as patterns too"),
    idle_after: duration
      .optional()
      .describe("a slot without activity for longer is `idle_too_long`; `24h` without it"),
    allow: z
      .array(z.enum(sourcePermissions))
      .optional()
      .describe(
        "what may be done to its slots: `report`, `move_git_lock`, `repair`, `reclaim`; only `report` without it",
      ),
    reclaim: reclaim.optional(),
  })
  .superRefine((written, context) => {
    const allowed = ["name", "kind", ...keysOfSource[written.kind]];
    for (const key of Object.keys(written))
      if (!allowed.includes(key))
        context.addIssue({
          code: "custom",
          path: [key],
          message: `a source of kind ${written.kind} has no such key`,
        });
    const preset = written.preset === undefined ? undefined : findPreset(written.preset);
    if (preset !== undefined && preset.kind !== written.kind)
      context.addIssue({
        code: "custom",
        path: ["preset"],
        message: `${String(written.preset)} is a preset of kind ${preset.kind}`,
      });
    const required = preset?.paths === undefined ? requiredOfSource[written.kind] : undefined;
    const value =
      required === undefined ? [""] : Object.entries(written).find(([key]) => key === required)?.[1];
    if (required !== undefined && !(Array.isArray(value) && value.length > 0))
      context.addIssue({ code: "custom", path: [required], message: `needed for kind: ${written.kind}` });
  });

/** Which keys a source of each kind has, beside its name and kind. */
const keysOfSource: Readonly<Record<SourceKind, readonly string[]>> = {
  managed: [],
  worktrees: ["preset", "repositories", "include", "idle_after", "allow", "reclaim"],
  checkouts: ["preset", "paths", "idle_after", "allow", "reclaim"],
};
const requiredOfSource: Readonly<Record<SourceKind, string | undefined>> = {
  managed: undefined,
  worktrees: "repositories",
  checkouts: "paths",
};

/** The name of a source is part of its pools' names, and `managed` has the pools of one directory alone. */
export function refuseUnclearSources(
  sources: readonly { readonly name: string; readonly kind: SourceKind }[],
  context: z.RefinementCtx,
): void {
  sources.forEach(({ name, kind }, index) => {
    const refuse = (key: string, message: string): void => {
      context.addIssue({ code: "custom", path: [index, key], message });
    };
    const before = sources.slice(0, index);
    if (name === workspacesSourceName && kind !== "managed")
      refuse("name", `${name} is the name of the workspaces directory`);
    if (before.some((other) => other.name === name)) refuse("name", `another source is named ${name}`);
    if (kind === "managed" && before.some((other) => other.kind === kind))
      refuse("kind", "another source is the workspaces directory already");
  });
}
