#!/usr/bin/env bash
# dulwich 0.21.2 of Debian 12 (Python 3.11, git 2.39): `porcelain.clean`, which calls itself equivalent to `git clean -fd`,
# deletes all files in the subdirectories of linked worktrees and of clones that lie below the work tree, committed or not,
# and keeps those at their top. It passes over the files beside a .git, but not over the directories there, and takes what
# the index of the main worktree does not list for untracked. `git clean -fd` passes over the whole directory.
# Seen: "git: worktree kept/kept, clone kept/kept, other deleted", "dulwich: worktree kept/deleted, clone kept/deleted,
# other deleted" (top/subdirectory).
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
echo 'from dulwich import porcelain; porcelain.clean(".", ".")' >clean.py
state_of() {
  [ -e "$1" ] && echo kept || echo deleted
}
try() {
  git init --quiet -b main repository
  cd repository
  echo committed >file
  git add file
  git commit --quiet --message base
  git worktree add --quiet --detach trees/linked
  git clone --quiet . trees/clone
  for tree in trees/linked trees/clone; do
    mkdir $tree/folder
    echo work >$tree/folder/file
    git -C $tree add .
  done
  echo work >trees/other
  "$@"
  echo "worktree $(state_of trees/linked/file)/$(state_of trees/linked/folder/file)," \
    "clone $(state_of trees/clone/file)/$(state_of trees/clone/folder/file), other $(state_of trees/other)"
  cd ..
  rm -rf repository
}
seen="git: $(try git clean --quiet -f -d)
dulwich: $(try /usr/bin/python3 ../clean.py)"
echo "$seen"
[ "$seen" = "git: worktree kept/kept, clone kept/kept, other deleted
dulwich: worktree kept/deleted, clone kept/deleted, other deleted" ]
