#!/usr/bin/env bash
# git-lfs 3.3.0 of Debian 12 (git 2.39): `git lfs prune` deletes the only copy of a file's version that no remote has, if
# the commit that holds it is in a linked worktree with a detached HEAD and a later commit changes the file again. Of such
# a HEAD only the files of its own commit count, while the unpushed commits of a branch count with all their versions.
# The push of the worktree's commits then fails: "missing or corrupt local objects".
# Seen: "on a branch: kept, pushed", "detached: deleted, not pushed".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git-lfs=3.3.0-1+deb12u2 2>/dev/null
dpkg --extract git-lfs_*.deb root
export PATH=$folder/root/usr/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
first=$(echo first | sha256sum | cut --delimiter=' ' --fields=1)
try() {
  mkdir "$1"
  git init --quiet --bare -b main "$1/remote"
  git init --quiet -b main "$1/main"
  git -C "$1/main" lfs install --local >/dev/null
  git -C "$1/main" lfs track '*.bin' >/dev/null
  git -C "$1/main" config lfs.locksVerify false
  git -C "$1/main" add .
  git -C "$1/main" commit --quiet --message base
  git -C "$1/main" remote add origin "file://$folder/$1/remote"
  git -C "$1/main" push --quiet origin main
  git -C "$1/main" worktree add --quiet "${@:2}" ../tree
  for version in first second; do
    echo $version >"$1/tree/file.bin"
    git -C "$1/tree" add .
    git -C "$1/tree" commit --quiet --message $version
  done
  git -C "$1/main" lfs prune >/dev/null
  kept=$([ -n "$(find "$1/main/.git/lfs/objects" -name "$first")" ] && echo kept || echo deleted)
  pushed=$(git -C "$1/tree" push --quiet origin HEAD:refs/heads/topic >/dev/null 2>&1 && echo pushed || echo "not pushed")
  echo "$kept, $pushed"
}
seen="on a branch: $(try branch -b topic)
detached: $(try detached --detach)"
echo "$seen"
[ "$seen" = "on a branch: kept, pushed
detached: deleted, not pushed" ]
