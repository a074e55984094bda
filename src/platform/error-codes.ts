/** What an error code tells a reader: a row of docs/errors.md. */
export interface ErrorDescription {
  readonly meaning: string;
  /** What to do about it. */
  readonly action: string;
}

type ErrorTable = Readonly<Record<string, ErrorDescription>>;

/** Wrong usage or configuration: the program ends with exit code 2. */
export const usageErrors = {
  CONFIG_INVALID: {
    meaning: "The configuration, or the pool manager's `pools.yaml`, has mistakes.",
    action: "Correct the lines that it lists; `config check FILE` checks without starting.",
  },
  ENVIRONMENT_INVALID: {
    meaning: "A `REPO_POOL_SIDECAR_…` variable has a value that its flag would not take.",
    action: "Correct or unset it; [cli.md](cli.md) lists all.",
  },
  OPTION_MISSING: {
    meaning: "A flag that this use of the command needs was not given.",
    action: "See `--help` of the command.",
  },
  OPTION_INVALID: {
    meaning: "A flag has a value of the wrong form.",
    action: "See `--help` of the command.",
  },
  WEB_CONFIG_INVALID: {
    meaning: "The web configuration has mistakes or keys that are not served.",
    action: "Correct what it lists; [http.md](http.md) has the keys.",
  },
  CERTIFICATE_UNREADABLE: {
    meaning: "A certificate or key of the web configuration cannot be used.",
    action: "Check path, owner and form (PEM).",
  },
  LISTEN_ADDRESS_INVALID: {
    meaning: "`--web.listen-address` is no `host:port`.",
    action: "Write `127.0.0.1:10469`, `[::1]:10469` or `:10469`.",
  },
  LISTEN_FAILED: {
    meaning: "The address is in use, or not this machine's.",
    action: "Choose another, or stop what listens there.",
  },
  SYSTEMD_SOCKET_MISSING: {
    meaning: "`--web.systemd-socket` was given, and systemd has opened no socket.",
    action: "Enable the socket unit that names this service, or use `--web.listen-address`.",
  },
  REMEDIATION_UNAUTHENTICATED: {
    meaning: "`remediation.enabled` is set, and no authentication is configured.",
    action: "Set `remediation.auth.credentials` or `.bearer_token_file`, or users in the web configuration.",
  },
  TOKEN_FILE_UNUSABLE: {
    meaning: "A token file of `remediation.auth` is missing, unreadable or empty.",
    action: "Write one line with the token into it, readable for the program's user.",
  },
  POLICY_INVALID: {
    meaning: "A matcher of a policy cannot be read.",
    action: 'Write it as Alertmanager does: `alertname="RepoPoolSlotCorrupted"`.',
  },
  TARGETS_INVALID: {
    meaning: "The hosts for `alertmanager-config` are no addresses, or two have one instance.",
    action: "Name `host:port` or `instance=host:port`, or a `file_sd` file.",
  },
  POOL_UNKNOWN: {
    meaning: "There is no pool of that name, or it is of a source and the command is for the pool manager's.",
    action: "`status` names all; the message has the nearest, or what to use for a source.",
  },
  POOL_EXISTS: { meaning: "The directory of a new pool is there already.", action: "Choose another name." },
  POOL_NAME_INVALID: {
    meaning: "The name cannot be a directory's.",
    action: "Use 1 to 200 bytes of UTF-8 without `/` and control characters, not beginning with `-` or `.`.",
  },
  SLOT_UNKNOWN: {
    meaning:
      "There is no slot of that id, the path is in no git work tree, or the slot is of a source and the command is for the pool manager's, or the other way round.",
    action:
      "`slots` names all; the message has what to use for a source. A work tree that is gone or has no `.git` is found by the repositories beside it: for others give `--config.file` of the source, or `git worktree repair PATH` in the repository.",
  },
  SLOT_COUNT_INVALID: {
    meaning: "A pool cannot have that many slots.",
    action: "Give a number within the bounds that it names.",
  },
  REPO_URL_MISSING: {
    meaning: "A new pool was given no URL, and `pools.yaml` has none for it.",
    action: "Give `--url`.",
  },
  REPO_URL_UNSAFE: {
    meaning: "The URL is a relative path, an option, a remote helper, or holds a line break.",
    action: "Use `https:`, `ssh:`, `git:`, `file:`, `user@host:path` or an absolute path.",
  },
  PAUSE_DUPLICATE: {
    meaning: "A pause of that name exists.",
    action: "`resume` it first, or choose another name.",
  },
  PAUSE_UNKNOWN: { meaning: "There is no pause of that name.", action: "`pause` without a name lists all." },
  PAUSES_FULL: { meaning: "There are too many pauses.", action: "`resume` one." },
  FLEET_UNCONFIGURED: {
    meaning: "`--role gateway` without `queue.driver: postgres`.",
    action: "Set it, and `queue.postgres.connection_string_file`.",
  },
  FLEET_PACKAGE_MISSING: {
    meaning: "`queue.driver: postgres` needs packages that are not installed.",
    action: "`npm install pg-boss@10.4 pg@8` beside the program, with `--global` if it is installed so.",
  },
  FLEET_PACKAGE_UNSUPPORTED: {
    meaning: "The installed pg-boss is of another version than this program works with.",
    action:
      "`npm install pg-boss@10.4 pg@8` beside the program, with `--global` if it is installed so ([fleet.md](fleet.md) says why).",
  },
  GATEWAY_UNAUTHENTICATED: {
    meaning: "`serve --role gateway` has no authentication configured.",
    action: "Set `remediation.auth.credentials` or `.bearer_token_file`, or users in the web configuration.",
  },
  RECOVERY_UNKNOWN: { meaning: "No recovery of that id waits.", action: "`recoveries list`." },
  RECOVERY_AMBIGUOUS: {
    meaning: "The beginning of an id fits several recoveries.",
    action: "Write more of it; the message lists them.",
  },
  RECOVERY_NOT_WAITING: {
    meaning: "The recovery was decided, has run, or its approval came too late.",
    action: "Start a new one with `recover` if it is still needed.",
  },
  RESTORE_TARGET_UNUSABLE: {
    meaning: "A salvage is restored only to a new or empty directory outside the pools.",
    action: "Name another `--to`.",
  },
} as const satisfies ErrorTable;

/** A broken environment: the program ends with exit code 1. */
export const environmentErrors = {
  WORKSPACES_UNREADABLE: {
    meaning: "The workspaces directory is missing, or it or its directory of locks cannot be listed.",
    action: "Check `--workspaces-dir` and the user's rights.",
  },
  TEMPORARY_DIRECTORY_UNUSABLE: {
    meaning: "The directory for temporary files is missing, or may not be written.",
    action: "Set `TMPDIR` to a directory that the program's user may write.",
  },
  GIT_UNAVAILABLE: { meaning: "`git` cannot be started.", action: "Install it, or set `PATH`." },
  GIT_TOO_OLD: {
    meaning: "git would fetch missing objects by itself, or read what it should not.",
    action: "Install the version that it names, or a newer one.",
  },
  GIT_FILE_LOCKED: {
    meaning: "A file of a slot cannot be written, because git's `.lock` file for it exists.",
    action: "Wait for the git command, or let `recover` move a stale lock aside.",
  },
  FLOCK_UNAVAILABLE: {
    meaning: "Slot locks can be taken neither through koffi nor by the `flock` program.",
    action: "Install util-linux, or use a platform that koffi supports.",
  },
  SLOT_LOCK_UNUSABLE: {
    meaning: "A slot's lock file cannot be opened.",
    action: "Check owner and rights of `<workspaces_dir>/locks`.",
  },
  SLOT_RECORD_UNREADABLE: {
    meaning: "A `slot.json` was written and cannot be read again.",
    action: "Look at the disk; `check` says more.",
  },
  RUN_LOCK_HELD: {
    meaning: "Another recovery is at work.",
    action: "Wait for it, or give `--lock-timeout` more seconds.",
  },
  RUN_LOCK_UNUSABLE: {
    meaning: "The state directory cannot be written, which recovery needs.",
    action: "Check its owner and free space.",
  },
  JOURNAL_UNWRITABLE: {
    meaning: "A line could not be written, so what it would have announced was not done.",
    action: "Check the state directory's free space and its owner.",
  },
  JOURNAL_BUSY: {
    meaning: "Another process holds the journal's lock for longer than any write takes.",
    action: "Look for a stopped process.",
  },
  STORED_FILE_NEWER: {
    meaning: "A newer version of this program wrote a file of the state directory. Nothing was overwritten.",
    action: "Run that version, or move the file that the message names aside.",
  },
  JOURNAL_UNREADABLE: {
    meaning: "A file of the journal is damaged, or its directory may not be read.",
    action: "Move the named file aside, or give the directory back to the program's user.",
  },
  STATE_FILE_BUSY: {
    meaning: "Another process holds the file of pauses or approvals.",
    action: "Try again.",
  },
  QUEUE_FILE_INVALID: {
    meaning: "The saved queue cannot be read.",
    action: "Move it aside to begin with an empty queue: alerts that go on come again.",
  },
  FLEET_UNAVAILABLE: {
    meaning: "The fleet's PostgreSQL does not answer.",
    action: "The sidecar goes on by itself and tries again ([fleet.md](fleet.md)).",
  },
  SALVAGE_UNREADABLE: {
    meaning:
      "The directory of saved work, or the quarantine, is there and cannot be listed, or is no directory.",
    action: "Run the command as the user of the sidecar, and let the directory be a real one.",
  },
  FLEET_CREDENTIALS_UNREADABLE: {
    meaning: "The connection string or the certificate authority cannot be read.",
    action: "Check the files of `queue.postgres`.",
  },
  FLEET_SCHEMA_MISMATCH: {
    meaning: "The database was set up by another version of this program or of pg-boss.",
    action: "Update the older program; the message has both versions.",
  },
  FLEET_NAME_TAKEN: {
    meaning: "Another living host has this name in the fleet.",
    action: "Give each host its own `queue.sidecar`.",
  },
  PAUSES_FILE_INVALID: {
    meaning: "The saved pauses cannot be read.",
    action: "Move the file aside, and pause again.",
  },
  SALVAGE_UNKNOWN: { meaning: "There is no saved work of that id.", action: "`salvage list`." },
  SALVAGE_DAMAGED: {
    meaning: "A salvage lacks a part, or its content does not match its checksums.",
    action: "What is left is in the directory that it names.",
  },
  RESTORE_INCOMPLETE: {
    meaning:
      "A salvage could not be restored to its end. The directory has some of the files, and is no repository.",
    action: "Remove the directory and restore again.",
  },
  PATH_UNSAFE: {
    meaning: "A path that was to be written leads out of the pool. Nothing was written.",
    action: "Look at the links in the slot.",
  },
  SCRATCH_FILE_TOO_LARGE: {
    meaning: "A file of a slot is too large to be copied for git.",
    action: "Look at the file that it names.",
  },
  SCRATCH_INCOMPLETE: {
    meaning: "A file of a slot cannot be copied for git.",
    action: "Correct the error that it names; the slot stays as it is.",
  },
  SCRATCH_UNSAFE: {
    meaning: "A FIFO, socket or device stands among a slot's objects: git would wait for it.",
    action: "`recover` moves it aside.",
  },
  SCRATCH_UNSUPPORTED: {
    meaning: "A slot keeps its refs in a format that cannot be copied, such as reftable.",
    action: "Look at the slot by hand; it stays as it is.",
  },
} as const satisfies ErrorTable;

/** A change of a pool or slot was not made: the code is a `LendingRefusal` in upper case; the exit code is 1. */
export const lendingErrors = {
  ALLOCATED: {
    meaning: "The slot is allocated, so it is not removed.",
    action: "Release it, or remove it with `--force`.",
  },
  CLEANUP_FAILED: {
    meaning: "The slot could not be cleaned. Its unsaved work was saved.",
    action: "`recover` the slot; the message has git's answer.",
  },
  CLONE_FAILED: {
    meaning: "A new slot could not be cloned. Nothing was added to the pool.",
    action: "Check the URL, the credentials and the network; the message has git's answer.",
  },
  CORRUPTED: {
    meaning: "The slot is corrupted, or its record cannot be read.",
    action: "`recover` the slot.",
  },
  ISOLATED: { meaning: "The slot is out of rotation.", action: "`recover` it by name to return it." },
  LOCK_HELD: {
    meaning: "Another process holds the lock of the slot or of the pool.",
    action: "Wait for it; `locks list` names the holder.",
  },
  LOCK_UNUSABLE: {
    meaning: "The lock file of the slot cannot be opened.",
    action: "Check owner and rights of `<workspaces_dir>/locks`.",
  },
  NONE_AVAILABLE: {
    meaning: "No slot of the pool can be allocated.",
    action: "Release a slot or add one; the message says why each available slot was passed over.",
  },
  NEEDED_ELSEWHERE: {
    meaning: "A work tree outside of the slot, or another slot, lives by the repository of the slot.",
    action: "The message names it: remove that work tree first, or make the other slot whole.",
  },
  NOT_ALLOCATED: {
    meaning: "The slot is not allocated, so there is nothing to release.",
    action: "Nothing.",
  },
  NOT_AVAILABLE: {
    meaning: "Another process allocated the slot, or made a slot of that number, first.",
    action: "Try again: another slot, or another number, is chosen.",
  },
  OTHER_FILE_SYSTEM: {
    meaning:
      "The state directory is on another file system than the pools, so nothing can be renamed into place.",
    action: "Set `state_dir` to a directory on the file system of the pools.",
  },
  POOL_METADATA_INVALID: {
    meaning: "The pool's `pool.json` cannot be read, so its slots cannot be counted.",
    action: "`recover --pool NAME` first.",
  },
  DISK_SPACE: {
    meaning:
      "The disk has too little space for the unsaved work (`recovery.min_free_ratio`). Nothing was changed.",
    action: "Free some space, or let `salvage prune` do so, then try again.",
  },
  STATE_UNWRITABLE: {
    meaning:
      "The state directory, or that for temporary files, cannot be written, as the unsaved work must be. Nothing was changed.",
    action: "Give the path that the message names to the program's user, or mount its disk for writing.",
  },
  SALVAGE_INCOMPLETE: {
    meaning: "Unsaved work could not be saved, so nothing was changed that could destroy it.",
    action: "Correct the error that the message names, then try again.",
  },
  UNSAFE_PATH: {
    meaning: "A path of the slot leads out of the pool. Nothing was written.",
    action: "Look at the links in the slot.",
  },
  UNSAFE_URL: {
    meaning: "The pool's `repo_url` is not one that git may be given.",
    action: "Correct it in `pool.json`: use `https:`, `ssh:`, `git:`, `file:` or a path.",
  },
} as const satisfies ErrorTable;

/** Warnings of the Node.js process (`process.on("warning")`): the work goes on. */
export const warningCodes = {
  HEALTH_NOTICE_FAILED: {
    meaning: "The notice of `health_check.webhook_url_file` was not delivered.",
    action: "Check the address in that file, and that it answers within 10 s.",
  },
} as const satisfies ErrorTable;

/** Codes of earlier versions. A code keeps its meaning permanently, so none of these is used again. */
export const retiredErrorCodes = [
  "JOURNAL_NEWER",
  "KNOWN_GOOD_TOO_NEW",
  "PAUSE_EXPIRED",
  "STATE_TOO_NEW",
] as const;

export type UsageErrorCode = keyof typeof usageErrors;
export type EnvironmentErrorCode = keyof typeof environmentErrors;
export type LendingErrorCode = keyof typeof lendingErrors;
/** Every code that an error of this program can have. */
export type ErrorCode = UsageErrorCode | EnvironmentErrorCode | LendingErrorCode;
