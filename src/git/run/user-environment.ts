import { homedir } from "node:os";
import { isAbsolute } from "node:path";

/** The environment of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where git and the libraries that it loads look for the settings of a user and of the system. */
const settingsNames = /^(?:HOME|XDG_CONFIG_HOME|GIT_CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM))$/;

/** Git's own variables that say how a remote is reached. Its others name repositories, or what git prints. */
const networkNames =
  /^GIT_(?:ASKPASS|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|HTTP_\w+|PROXY_\w+|SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+)$/;

/** With these alone git reads the settings of our own user and of the system, which may name helpers and filters. */
export function readSettingsEnvironment(environment: Environment): Record<string, string> {
  return select(environment, (name) => settingsNames.test(name));
}

/**
 * What git needs of the service's environment to reach a remote as every other git of that service does. A helper that
 * asks for a password, or ssh, may read any variable; only those of git that have nothing to do with the network stay
 * behind.
 */
export function readNetworkEnvironment(environment: Environment): Record<string, string> {
  return select(environment, (name) => !name.startsWith("GIT_") || networkNames.test(name));
}

/** A relative directory of PATH would be one of the repository in which git runs. */
function select(environment: Environment, isWanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || !isWanted(name)) return [];
    if (name !== "PATH") return [[name, value]];
    const directories = value.split(":").filter((directory) => isAbsolute(directory));
    return directories.length === 0 ? [] : [[name, directories.join(":")]];
  });
  // A service may be started without HOME.
  return { HOME: homedir(), ...Object.fromEntries(entries) };
}

/**
 * Of a command that reads the user's settings: those that would shape a slot are as git has them by itself, so that a
 * slot is the same with any user's settings, and local commands, which read none, see it as it was made.
 */
export const neutralSettings = [
  ...["branch.autoSetupMerge=true", "branch.autoSetupRebase=never"],
  ...["clone.defaultRemoteName=origin", "clone.rejectShallow=false"],
  ...[
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=native",
    // It marks every file of the first checkout as one that git need not look at again.
    "core.ignoreStat=false",
    "core.preferSymlinkRefs=false",
    "core.sharedRepository=umask",
  ],
  ...["core.splitIndex=false", "core.symlinks=true", "core.untrackedCache=false"],
  ...["feature.manyFiles=false", "index.skipHash=false", "index.version=2"],
  ...[
    "fetch.prune=false",
    "fetch.pruneTags=false",
    "fetch.writeCommitGraph=false",
    "submodule.recurse=false",
  ],
  ...["init.defaultObjectFormat=sha1", "init.defaultRefFormat=files"],
] as const;

/**
 * Git 2.54 runs hooks that the user's configuration names, wherever `core.hooksPath` leads. A clone or a fetch of the sidecar
 * is not the user's: one that such a hook vetoes would fail, and one that writes would write beside a slot. An older git
 * reads none of these. Source: git-hook(1) of 2.55.
 */
export const withoutHooksSettings = [
  "hook.post-checkout.enabled=false",
  "hook.post-index-change.enabled=false",
  "hook.reference-transaction.enabled=false",
] as const;

/** A transfer slower than this many bytes a second for this many seconds has ended, whatever the other side says. */
export const stalledTransferSettings = ["http.lowSpeedLimit=1000", "http.lowSpeedTime=60"] as const;
