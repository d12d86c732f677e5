#!/usr/bin/env bash
# Builds everything from this tree and deploys it.
#
# usage: deploy.sh ENVIRONMENT [--yes]
#
# --yes           applies what is planned without asking
# AWS_ACCOUNT_ID  the account that is meant, unless aws_account_id says it
# CONTAINER_IMAGE an image that is there already, NAME@sha256:DIGEST; else it is built
#                 and pushed
# PYTHON_IMAGE    what the image is built from, in place of the Dockerfile's
# BACKEND_CONFIG  a file that says where Terraform keeps its state
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

choose "${1:-}"
case ${2:-} in
'') approval=() ;;
--yes) approval=(-auto-approve) ;;
*) fail "usage: deploy.sh ENVIRONMENT [--yes]" ;;
esac
need aws make terraform
check_account

make -C "$tree" lambda \
    ARCHITECTURE="$(setting lambda_architecture arm64)" \
    RUNTIME="$(setting lambda_runtime python3.13)"

open_workspace
variables=()
while IFS= read -r each; do variables+=("$each"); done < <(given)

image=${CONTAINER_IMAGE:-}
if [ -z "$image" ]; then
    engine=$(command -v docker || command -v podman) ||
        fail "there is neither docker nor podman on the PATH, and CONTAINER_IMAGE is not given"
    # The image has to lie somewhere before a task can be made of it.
    terraform_here apply -input=false "${variables[@]}" ${approval[@]+"${approval[@]}"} \
        -target=module.ecs.aws_ecr_repository.this
    repository=$(aws ecr describe-repositories --repository-names "$project" \
        --query 'repositories[0].repositoryUri' --output text)
    # A tag is given once: it is the commit, and what of the tree is in none yet.
    tag=$(git -C "$tree" describe --always --dirty="-$(date -u +%Y%m%d%H%M%S)")
    digest() {
        aws ecr describe-images --repository-name "$project" --image-ids "imageTag=$tag" \
            --query 'imageDetails[0].imageDigest' --output text 2>/dev/null
    }
    if ! digest >/dev/null; then
        architecture=$(setting container_architecture arm64)
        "$engine" build --platform "linux/${architecture/x86_64/amd64}" \
            --file "$tree/infrastructure/build/Dockerfile" --tag "$repository:$tag" \
            ${PYTHON_IMAGE:+--build-arg "PYTHON_IMAGE=$PYTHON_IMAGE"} "$tree"
        aws ecr get-login-password |
            "$engine" login --username AWS --password-stdin "${repository%%/*}"
        "$engine" push "$repository:$tag"
    fi
    found=$(digest) || fail "ECR does not know the image $repository:$tag; nothing was deployed"
    image="$repository@$found"
fi

terraform_here apply -input=false "${variables[@]}" "-var=container_image=$image" \
    ${approval[@]+"${approval[@]}"}
