/** Cuts output into lines as it comes. A last line without an end is not delivered. */
export function byLine(onLine: (line: string) => void): (chunk: Buffer) => void {
  return bySeparator("\n", onLine);
}

/** Cuts the output of a command with `-z` into its entries as it comes, as bytes in latin1. */
export function byEntry(onEntry: (entry: string) => void): (chunk: Buffer) => void {
  return bySeparator("\0", onEntry);
}

function bySeparator(separator: string, onPart: (part: string) => void): (chunk: Buffer) => void {
  let rest = "";
  return (chunk) => {
    const parts = (rest + chunk.toString("latin1")).split(separator);
    rest = parts.pop() ?? "";
    for (const part of parts) onPart(part);
  };
}

/** For the output of `git check-attr -z` about one attribute: its value for each path, both as bytes in latin1. */
export function byAttribute(onValue: (value: string, path: string) => void): (chunk: Buffer) => void {
  let fieldCount = 0;
  let path = "";
  // Path, attribute and value in turn.
  return byEntry((field) => {
    const place = fieldCount++ % 3;
    if (place === 0) path = field;
    else if (place === 2) onValue(field, path);
  });
}
