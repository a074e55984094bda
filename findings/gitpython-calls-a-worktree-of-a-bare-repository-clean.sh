#!/usr/bin/env bash
# GitPython 3.1.30 of Debian 12 (Python 3.11, git 2.39): in a linked worktree of a bare repository, `Repo.is_dirty` is False
# whatever was edited, staged or added. The setting core.bare of the repository that all worktrees share counts for the
# worktree too, `Repo.bare` is True, and a bare repository cannot be dirty. A clean-up that asks before it removes deletes
# the work. git itself, GitPython in a worktree of a repository with a checkout of its own, and GitPython 3.2.1 see it.
# Seen: "worktree of a checkout: git 3 changes, is_dirty True", "worktree of a bare repository: git 3 changes, is_dirty False".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq python3-git=3.1.30-1+deb12u3 python3-gitdb=4.0.9-2 python3-smmap=5.0.0-1 2>/dev/null
for package in *.deb; do
  dpkg --extract "$package" root
done
export PYTHONPATH=$folder/root/usr/lib/python3/dist-packages
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main main
echo committed >main/file
git -C main add file
git -C main commit --quiet --message base
git clone --quiet --bare main bare.git
try() {
  git -C "$1" worktree add --quiet --detach "../worktree-of-$1"
  cd "worktree-of-$1"
  echo edited >file
  echo staged >staged
  git add staged
  echo new >new
  echo "git $(git status --short | wc -l) changes, is_dirty $(/usr/bin/python3 -c '
import git
print(git.Repo(".").is_dirty(untracked_files=True))')"
}
seen="worktree of a checkout: $(try main)
worktree of a bare repository: $(try bare.git)"
echo "$seen"
[ "$seen" = "worktree of a checkout: git 3 changes, is_dirty True
worktree of a bare repository: git 3 changes, is_dirty False" ]
