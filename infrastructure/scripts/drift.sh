#!/usr/bin/env bash
# Shows what deploying this tree with the image that is at work would change, and changes
# nothing. Ends with 0 if that is nothing, with 2 if it is something.
#
# usage: drift.sh ENVIRONMENT
#
# AWS_ACCOUNT_ID and BACKEND_CONFIG: see deploy.sh.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

choose "${1:-}"
need aws make terraform
check_account
build_functions
open_workspace

# Of no output, Terraform writes a warning where the value would be, and ends with 0.
image=$(terraform_here output -raw container_image 2>/dev/null | grep -x '[a-z0-9][a-z0-9._:/@-]*') || image=''
[ -n "$image" ] || fail "$environment has no image in its state: is it deployed, and is this its state?"
variables=()
while IFS= read -r each; do variables+=("$each"); done < <(given)

terraform_here plan -input=false -detailed-exitcode "${variables[@]}" "-var=container_image=$image"
