const flockLine = /^\d+:\s+FLOCK\s+\S+\s+\S+\s+(-?\d+)\s+([0-9a-f]+:[0-9a-f]+:\d+)\s/;

/** Pids by the file that they hold a flock on: its device and inode. `->` marks who waits for a lock: that is no holder. */
export function parseFlocks(text: string): Map<string, number[]> {
  const holders = new Map<string, number[]>();
  for (const line of text.split("\n")) {
    const match = flockLine.exec(line);
    if (match === null) continue;
    const key = match[2] ?? "";
    holders.set(key, [...(holders.get(key) ?? []), Number(match[1])]);
  }
  return holders;
}

/** A mount as /proc/self/mountinfo tells it. */
export interface Mount {
  /**
   * As /proc/locks writes it. For a subvolume of btrfs, and for overlayfs over several file systems, stat(2) tells
   * another device.
   */
  readonly device: string;
  readonly fileSystem: string;
}

/** The mount with the id that /proc/self/fdinfo tells of an open file. */
export function findMount(mountinfo: string, fdinfo: string): Mount | undefined {
  const id = /^mnt_id:\s*(\d+)$/m.exec(fdinfo)?.[1];
  const line = mountinfo.split("\n").find((candidate) => candidate.startsWith(`${id} `));
  const match = /^\d+ \d+ (\d+):(\d+) .*? - (\S+) /s.exec(line ?? "");
  if (match === null) return undefined;
  const hex = (value: string | undefined): string => Number(value).toString(16).padStart(2, "0");
  return { device: `${hex(match[1])}:${hex(match[2])}`, fileSystem: match[3] ?? "" };
}

/** Their locks are kept by a server, or by a program: /proc/locks does not show what another host holds. */
const sharedFileSystem =
  /^(nfs4?|cifs|smb3|ceph|9p|afs|gfs2|ocfs2|lustre|beegfs|gpfs|virtiofs|vboxsf|fuse(\..+)?)$/;

export function isShared({ fileSystem }: Mount): boolean {
  return sharedFileSystem.test(fileSystem);
}
