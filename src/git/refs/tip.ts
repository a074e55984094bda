import { readHead } from "./head.ts";
import { readPackedRefs, resolveRef } from "./refs.ts";

/** What HEAD of a repository says. */
export interface Tip {
  /** The full name of the branch that HEAD is on. */
  readonly ref: string | undefined;
  readonly commit: string | undefined;
}

/** Read from files, without git; what cannot be read is undefined. */
export function readTip(gitDirectory: string): Tip {
  const head = readHead(gitDirectory);
  if (head.kind === "detached") return { ref: undefined, commit: head.commit };
  if (head.kind !== "branch") return { ref: undefined, commit: undefined };
  const packed = readPackedRefs(gitDirectory);
  const ref = resolveRef(gitDirectory, head.ref, packed.kind === "valid" ? packed.refs : new Map());
  return { ref: head.ref, commit: ref.kind === "commit" ? ref.objectId : undefined };
}
