#!/usr/bin/env bash
# GitPython 3.1.30 of Debian 12 (Python 3.11, git 2.39): commits that it makes in a linked worktree are missing from the log of
# their branch. It writes that log below the worktree's own directory, and git reads it in the one that all worktrees
# share. Of a commit that was replaced, as by an amendment, only the logs of the worktree know. Once the worktree is
# removed, no log does, and the next gc deletes what git keeps for 30 days otherwise. GitPython 3.2.1 does the same.
# Seen: "git: log of topic: amended, work, base; worktree removed, gc: work kept", "GitPython: log of topic: base; worktree
# removed, gc: work deleted".
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
with_git() {
  git commit --quiet --all --message work
  git commit --quiet --amend --message amended
}
with_gitpython() {
  /usr/bin/python3 -c '
import git
repository = git.Repo(".")
repository.index.add(["file"])
work = repository.index.commit("work")
repository.index.commit("amended", parent_commits=work.parents)'
}
try() {
  git init --quiet -b main main
  cd main
  echo committed >file
  git add file
  git commit --quiet --message base
  git worktree add --quiet -b topic ../worktree
  cd ../worktree
  echo work >file
  "$1"
  work=$(git rev-parse 'HEAD@{1}')
  log=$(git reflog show --format=%s topic | paste -sd, | sed 's/,/, /g')
  cd ../main
  git worktree remove ../worktree
  git gc --quiet --prune=now
  echo "log of topic: $log; worktree removed, gc: work $(git cat-file -e "$work" 2>/dev/null && echo kept || echo deleted)"
  cd ..
  rm -rf main
}
seen="git: $(try with_git)
GitPython: $(try with_gitpython)"
echo "$seen"
[ "$seen" = "git: log of topic: amended, work, base; worktree removed, gc: work kept
GitPython: log of topic: base; worktree removed, gc: work deleted" ]
