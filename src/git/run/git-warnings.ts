/** What git says on stderr although it has read everything. */
const harmlessLines: readonly RegExp[] = [
  /^ignoring .{4} extension$/,
  /^warning: ignoring dangling symref /,
  /^warning: refname '.*' is ambiguous\.?$/,
  /is not a valid attribute name: /,
  // Git reads neither through a link, wherever it runs.
  /^warning: unable to access '(?:.*\/)?\.git(?:ignore|attributes)': Too many levels of symbolic links$/,
  /^warning: Negative patterns are ignored in git attributes$/,
  /^Use '\\!' for literal leading exclamation\.$/,
];

/**
 * True if git complains of something that it may not have read: a directory deeper than a path can name, one without
 * permission, rules that cannot be opened. It ends with 0 then, as if nothing were there.
 */
export function tellsUnread(stderr: string): boolean {
  return stderr
    .split("\n")
    .some((line) => line.trim() !== "" && !harmlessLines.some((harmless) => harmless.test(line)));
}
