#!/usr/bin/env bash
# Removes what was deployed. A bucket that holds a ledger is not removed unless its name
# is given: with it go every bottle and everything that is known of them, for good. Nor
# is, without the name, any bucket that holds anything, where force_destroy is not set.
#
# usage: destroy.sh ENVIRONMENT [--with-ledger BUCKET]
#
# Asks before it removes anything. AWS_ACCOUNT_ID and BACKEND_CONFIG: see deploy.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

choose "${1:-}"
told=''
if [ $# -gt 1 ]; then
    [ "$2" = --with-ledger ] && [ -n "${3:-}" ] ||
        fail "usage: destroy.sh ENVIRONMENT [--with-ledger BUCKET]"
    told=$3
fi
need aws make terraform
check_account
open_workspace

# Its state is asked, and not its outputs: those are gone once a removal has begun.
there=$(terraform_here state list 2>/dev/null) || there=''
[ -n "$there" ] || fail "$environment has nothing in its state: is it deployed, and is this its state?"
bucket=''
if [[ $there == *module.s3.aws_s3_bucket.this* ]]; then
    bucket=$(terraform_here state show -no-color module.s3.aws_s3_bucket.this |
        sed -n 's/^    bucket *= "\(.*\)"$/\1/p')
    [ -n "$bucket" ] || fail "the state of $environment does not tell what its bucket is called; nothing was done"
fi

# Versions count, too: a ledger that was deleted can still be had back from them.
found=gone
if [ -n "$bucket" ] && ! found=$(aws s3api list-object-versions --bucket "$bucket" --prefix ledger/ \
    --no-paginate --max-keys 1 --query 'length([Versions, DeleteMarkers][])' \
    --output text 2>&1); then
    [[ $found == *NoSuchBucket* ]] ||
        fail "cannot tell whether $bucket holds a ledger; nothing was done: $found"
    found=gone
fi

variables=()
while IFS= read -r each; do variables+=("$each"); done < <(given)

case $found in
0 | gone) ;;
*) [ -n "$told" ] ||
    fail "$bucket holds a ledger; nothing was done. To remove it for good: destroy.sh $environment --with-ledger $bucket" ;;
esac
[ -z "$told" ] || [ "$told" = "${bucket:-$told}" ] ||
    fail "the bucket is called $bucket, not $told; nothing was done"

# Terraform reads what functions are made of before it takes them away.
build_functions
if [ -n "$told" ]; then
    # What Terraform may empty a bucket by has to be in its state first.
    emptied=()
    [ "$found" = gone ] || emptied+=(-target=module.s3.aws_s3_bucket.this)
    [[ $there != *module.s3.aws_s3_bucket.logs* ]] || emptied+=(-target=module.s3.aws_s3_bucket.logs)
    [ ${#emptied[@]} = 0 ] ||
        terraform_here apply -input=false "${variables[@]}" -var=force_destroy=true "${emptied[@]}"
fi
terraform_here destroy -input=false "${variables[@]}" ${told:+-var=force_destroy=true}
