#!/usr/bin/env bash
# dulwich 0.21.2 of Debian 12 (Python 3.11, git 2.39): a stash that it makes in a linked worktree is the only one of the
# repository. The ref is the one that all worktrees share, and the log that makes a list of it is written below the
# worktree's own directory, where git does not look. `git stash list` is empty, the next stash in another worktree takes
# the ref, and once the first worktree is removed, gc deletes what was stashed in it. dulwich 1.2.17 keeps the list.
# Seen: "git: 2 listed, both kept by gc", "dulwich: 0 listed, second kept by gc".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq python3-dulwich=0.21.2-1+b1 python3-urllib3=1.26.12-1+deb12u4 python3-six=1.16.0-4 2>/dev/null
for package in *.deb; do
  dpkg --extract "$package" root
done
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
with_git() {
  git stash push --quiet
}
with_dulwich() {
  /usr/bin/python3 -c '
from dulwich import porcelain
porcelain.stash_push(".")'
}
# Stashes one edit in each of two worktrees.
try() {
  git init --quiet -b main main
  git -C main commit --quiet --allow-empty --message base
  for name in first second; do
    git -C main worktree add --quiet --detach "../$name"
    cd "$name"
    echo "edit of the $name" >file
    git add file
    "$1"
    cd ..
    git -C main worktree remove --force "../$name"
  done
  listed=$(git -C main stash list | wc -l)
  git -C main gc --quiet --prune=now
  kept=
  for name in first second; do
    blob=$(echo "edit of the $name" | git hash-object --stdin)
    ! git -C main cat-file -e "$blob" 2>/dev/null || kept+=" $name"
  done
  [ "$kept" != " first second" ] || kept=" both"
  echo "$listed listed,$kept kept by gc"
  rm -rf main
}
seen="git: $(try with_git)
dulwich: $(try with_dulwich)"
echo "$seen"
[ "$seen" = "git: 2 listed, both kept by gc
dulwich: 0 listed, second kept by gc" ]
