import { join } from "node:path";

/** Where saved work is: one directory for each salvage, by its id. */
export function salvageDirectory(stateDir: string): string {
  return join(stateDir, "salvage");
}

/** Where what was moved aside is: one directory for each step, by its id. */
export function quarantineDirectory(stateDir: string): string {
  return join(stateDir, "quarantine");
}

/** True for what can be the name of a directory of either: an id may come from anybody. */
export function isKeptName(id: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(id) && !/^\.+$/.test(id);
}
