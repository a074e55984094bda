import { readFileSync, statSync } from "node:fs";
import { mayUse } from "../http/auth/role.ts";
import { asError } from "../platform/coded-error.ts";
import type { SidecarConfig } from "./sidecar-config.ts";

/** What an HTTP header cannot carry. */
const unusable = /[^\x20-\x7e]/;

export type AuthSettings = SidecarConfig["remediation"]["auth"];

/** Each token file that nobody could use, with its key and why. */
export function findTokenProblems({ bearerTokenFile, credentials }: AuthSettings): string[] {
  const keys = credentials.map(
    ({ tokenFile }, index) => [`credentials.${index}.token_file`, tokenFile] as const,
  );
  return [["bearer_token_file", bearerTokenFile] as const, ...keys].flatMap(([key, file]) => {
    const fault = file === undefined ? undefined : findTokenFault(file);
    return fault === undefined ? [] : [`remediation.auth.${key}: ${fault}`];
  });
}

/** Whether a token exists that Alertmanager can send. */
export function takesAlertsByToken({ bearerTokenFile, credentials }: AuthSettings): boolean {
  return (
    bearerTokenFile !== undefined ||
    credentials.some(({ tokenFile, role }) => tokenFile !== undefined && mayUse(role, "webhook"))
  );
}

/**
 * Says why nobody could prove who they are by the token of this file, else undefined. Not for slots: the operator names
 * the file, so links are followed.
 */
function findTokenFault(path: string): string | undefined {
  try {
    // A FIFO or a device would keep the reader waiting.
    if (!statSync(path).isFile()) return `${path} is not a file`;
    const token = readFileSync(path, "utf8").trim();
    if (token === "") return `${path} is empty`;
    return unusable.test(token) ? `${path} holds more than one line of plain characters` : undefined;
  } catch (thrown) {
    return asError(thrown).message;
  }
}
