#!/usr/bin/env bash
# git-crypt 0.7.0 of Debian 12 (git 2.39): `git worktree add` fails in an unlocked repository. The filter looks for its key in the
# directory that git tells as the work tree's own, .git/worktrees/NAME, while the key lies below .git: the checkout stops with
# 128. Git then takes the directory and its registration away but leaves the new branch, so that the same command fails
# another way the second time. With a link to the keys in place before the files are written, it works.
# Seen: "add: 128, tree gone, branch left; again: already exists; with a link: decrypted".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git-crypt=0.7.0-0.1 2>/dev/null
dpkg --extract git-crypt_*.deb root
export PATH=$folder/root/usr/bin:$PATH
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main main
cd main
git-crypt init 2>/dev/null
echo "secret filter=git-crypt diff=git-crypt" >.gitattributes
echo word >secret
git add .
git commit --quiet --message base
add() {
  git worktree add --quiet -b topic ../tree >../said 2>&1 && echo 0 || echo $?
}
seen="add: $(add), tree $([ -e ../tree ] && echo left || echo gone)"
seen+=", branch $(git show-ref --verify --quiet refs/heads/topic && echo left || echo gone)"
add >/dev/null
seen+="; again: $(grep --only-matching "already exists" ../said)"
git worktree add --quiet --no-checkout ../tree topic
ln -s ../../git-crypt .git/worktrees/tree/git-crypt
git -C ../tree checkout --quiet
seen+="; with a link: $([ "$(cat ../tree/secret)" = word ] && echo decrypted || echo encrypted)"
echo "$seen"
[ "$seen" = "add: 128, tree gone, branch left; again: already exists; with a link: decrypted" ]
