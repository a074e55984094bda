/** Names that git leaves out in one repository, beside what its .gitignore files say. */
export function excludePath(commonDirectory: string): string {
  return `${commonDirectory}/info/exclude`;
}

/** Pure: the file with a line that holds this pattern; undefined if it has one. Bytes that are no UTF-8 stay as they are. */
export function withExcludePattern(content: Buffer, pattern: string): Buffer | undefined {
  const lines = content.toString("latin1").split("\n");
  if (lines.some((line) => line.replace(/\r$/, "") === pattern)) return undefined;
  const isOpen = content.length > 0 && content.at(-1) !== 0x0a;
  return Buffer.concat([content, Buffer.from(`${isOpen ? "\n" : ""}${pattern}\n`, "latin1")]);
}
