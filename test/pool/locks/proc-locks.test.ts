import { expect, test } from "vitest";
import { findMount, isShared, parseFlocks } from "../../../src/pool/locks/proc-locks.ts";

test("the holders of flocks are told by device and inode, without those who wait and those of fcntl", () => {
  const text = [
    "1: FLOCK  ADVISORY  WRITE 1984 00:2b:2572656 0 EOF",
    "1: -> FLOCK  ADVISORY  WRITE 77 00:2b:2572656 0 EOF",
    "2: FLOCK  ADVISORY  READ  12 fe:00:257 0 EOF",
    "3: FLOCK  ADVISORY  READ  13 fe:00:257 0 EOF",
    "4: POSIX  ADVISORY  WRITE 14 fe:00:258 0 EOF",
    "5: FLOCK  ADVISORY  WRITE -1 fe:100:9 0 EOF",
  ];
  expect([...parseFlocks(text.join("\n"))]).toEqual([
    ["00:2b:2572656", [1984]],
    ["fe:00:257", [12, 13]],
    ["fe:100:9", [-1]],
  ]);
});

const mountinfo = [
  "22 27 0:21 / /proc rw,nosuid shared:5 - proc proc rw",
  "48 27 0:40 /sub /srv/a\\040-\\040b rw,relatime shared:1 master:2 - btrfs /dev/loop0 rw,subvol=/sub",
  "4 27 259:260 / / rw - ext4 - rw",
  "480 27 0:56 / /mnt rw - nfs4 server:/export - rw",
].join("\n");

test.each([
  ["of a subvolume, whose number starts a longer one", 48, { device: "00:28", fileSystem: "btrfs" }],
  ["of a disk, without optional fields or a source", 4, { device: "103:104", fileSystem: "ext4" }],
  ["of another host", 480, { device: "00:38", fileSystem: "nfs4" }],
  ["that is not listed", 8, undefined],
])("the mount is found that the descriptor names: one %s", (_, id, expected) => {
  expect(findMount(mountinfo, `pos:\t0\nflags:\t0100000\nmnt_id:\t${id}\nino:\t257\n`)).toEqual(expected);
});

test.each(["nfs", "nfs4", "cifs", "ceph", "9p", "virtiofs", "fuse", "fuse.sshfs", "fuse.glusterfs"])(
  "other hosts may hold locks on %s, which do not show here",
  (fileSystem) => {
    expect(isShared({ device: "00:28", fileSystem })).toBe(true);
  },
);

test.each(["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", "fuseblk"])(
  "nobody but this host holds locks on %s",
  (fileSystem) => {
    expect(isShared({ device: "00:28", fileSystem })).toBe(false);
  },
);
