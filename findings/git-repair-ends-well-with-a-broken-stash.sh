#!/usr/bin/env bash
# git-repair 1.20200102 of Debian 12 (git 2.39): one blob of a commit is missing, and no remote has it. `git-repair --force`
# deletes the commit, the commits after it, the branch and the index, and says "Successfully recovered repository!". What
# no branch has, it does not look at: the stash and the HEAD of a linked worktree still name commits that it deleted, whose
# own files were whole, and after the success `git gc` ends on them. The missing file lay unchanged in the work tree all the
# time: `git hash-object -w` is the whole repair, and nothing is lost.
# Seen: "hash-object: branch, stash, worktree, gc" and "git-repair: success, none is left, gc fails".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git-repair=1.20200102-2+b2 rsync=3.5.0+ds1-0+deb12u1 libpopt0=1.19+dfsg-1 libxxhash0=0.8.1-1 2>/dev/null
for package in *.deb; do
  dpkg --extract "$package" root
done
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid GIT_CONFIG_COUNT=1
export GIT_CONFIG_KEY_0=init.defaultBranch GIT_CONFIG_VALUE_0=main
with_hash_object() {
  git hash-object -w file >/dev/null
}
with_git_repair() {
  PATH="$folder/root/usr/bin:$PATH" LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu) \
    git-repair --force 2>/dev/null | grep --quiet Successfully
  printf "success, "
}
# Takes one blob away from a branch on which a stash and a commit of another worktree stand.
try() {
  git init --quiet main
  cd main
  git commit --quiet --allow-empty --message base
  echo unsaved >file
  git add file
  git commit --quiet --message work
  git worktree add --quiet --detach ../linked
  echo other >../linked/other
  git -C ../linked add other
  git -C ../linked commit --quiet --message other
  echo edit >another
  git add another
  git stash push --quiet
  blob=$(git rev-parse HEAD:file)
  rm -f ".git/objects/${blob:0:2}/${blob:2}"
  "$1"
  left=
  ! git cat-file -e main 2>/dev/null || left+="branch, "
  ! git cat-file -e stash@{0} 2>/dev/null || left+="stash, "
  ! git -C ../linked cat-file -e HEAD 2>/dev/null || left+="worktree, "
  echo "${left:-none is left, }$(git gc --quiet 2>/dev/null && echo gc || echo gc fails)"
  cd ..
  rm -rf main linked
}
seen="hash-object: $(try with_hash_object)
git-repair: $(try with_git_repair)"
echo "$seen"
[ "$seen" = "hash-object: branch, stash, worktree, gc
git-repair: success, none is left, gc fails" ]
