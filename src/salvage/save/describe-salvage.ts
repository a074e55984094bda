import { listOperations } from "../../git/operations.ts";
import type { NamedTip } from "../../git/refs/tips.ts";
import { salvageManifestFormat, type SalvageManifest } from "../salvage-manifest.ts";
import type { ImportedFiles } from "./import-files.ts";
import type { SavedRepository } from "./save-repository.ts";
import type { SalvageSource } from "./salvage-source.ts";
import { shownPath } from "./saved-file.ts";

export type SalvageSubject = Pick<
  SalvageManifest,
  "id" | "slot_id" | "repo_name" | "repo_url" | "created_at" | "reason"
>;

const mostListed = 1_000;

/** What the manifest of a salvage says, apart from its size. */
export function describeSalvage(
  parts: {
    readonly source: SalvageSource;
    readonly subject: SalvageSubject;
    readonly saved: SavedRepository;
    readonly imported: ImportedFiles;
  },
  objectFormat: SalvageManifest["object_format"],
): Omit<SalvageManifest, "bytes"> {
  const { source, subject, imported, saved } = parts;
  const { tips, history, staged } = saved;
  const named = (refs: readonly NamedTip[]) => refs.map(({ name, objectId }) => ({ name, object: objectId }));
  const told = (kind: "special" | "unreadable") =>
    imported.obstacles
      .filter((obstacle) => obstacle.kind === kind)
      .map(({ root, path, found }) => ({ path: shownPath(root, path), found }));
  const absent = [...(history?.absentIds ?? [])];
  const { directories } = source;
  return {
    schema_version: salvageManifestFormat.version,
    ...subject,
    source: source.path,
    complete: true,
    object_format: objectFormat,
    branch: tips.branch ?? null,
    commit: history?.commit ?? null,
    base_commits: saved.baseCommits,
    history: saved.kind,
    refs: named(history?.refs ?? []),
    refs_not_saved: named(history?.otherRefs ?? []).slice(0, mostListed),
    stashes: (history?.stashes ?? []).map(({ objectId, message }) => ({ object: objectId, message })),
    index: staged.kind === "read" ? "saved" : staged.kind,
    operations_in_progress: directories === undefined ? [] : listOperations(directories.gitDirectory),
    files: countFiles(imported),
    excluded: saved.excluded.map((path) => shownPath("work", path)),
    special_files: told("special"),
    unreadable_files: told("unreadable"),
    missing_objects: { count: absent.length, first: absent.slice(0, mostListed) },
    damage: saved.damage,
  };
}

function countFiles({ files, unchangedTotal }: ImportedFiles): SalvageManifest["files"] {
  const ofWork = files.filter(({ root, kind }) => root === "work" && kind !== "directory");
  const bytes = ofWork.reduce((sum, { bytes: ofFile = 0 }) => sum + ofFile, unchangedTotal.bytes);
  return { count: ofWork.length + unchangedTotal.count, bytes };
}
