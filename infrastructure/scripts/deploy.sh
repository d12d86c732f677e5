#!/usr/bin/env bash
# Builds everything from this tree and deploys it.
#
# usage: deploy.sh ENVIRONMENT [--yes]
#
# --yes           applies what is planned without asking
# AWS_ACCOUNT_ID  the account that is meant, unless aws_account_id says it
# CONTAINER_IMAGE an image that is there already, NAME@sha256:DIGEST; else it is built
#                 and pushed
# PYTHON_IMAGE    what the image is built from, NAME@sha256:DIGEST, unless CONTAINER_IMAGE
#                 is given
# BACKEND_CONFIG  a file that says where the backend of backend.tf keeps the state
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

architecture=$(setting container_architecture arm64)
platform="linux/${architecture/x86_64/amd64}"

digest() {
    aws ecr describe-images --repository-name "$project" --image-ids "imageTag=$tag" \
        --query 'imageDetails[0].imageDigest' --output text 2>/dev/null
}

# Whatever an image has to be built from is looked for before anything is changed.
image=${CONTAINER_IMAGE:-}
found=''
if [ -z "$image" ]; then
    need git
    base=${PYTHON_IMAGE:-}
    [[ $base =~ @sha256:[0-9a-f]{64}$ ]] ||
        fail "say what the image is built from, PYTHON_IMAGE=docker.io/library/python:3.13-slim@sha256:DIGEST (docker buildx imagetools inspect python:3.13-slim tells the digest); nothing was done"
    # A tag is given once: it is the commit, what of the tree is in none yet, and what
    # else an image is made of.
    digits=${base##*@sha256:}
    tag="$(git -C "$tree" describe --always --dirty="-$(date -u +%Y%m%d%H%M%S)")-$architecture-${digits:0:12}"
    found=$(digest) || found=''
fi
if [ -z "$image$found" ]; then
    engine=$(command -v docker || command -v podman) ||
        fail "there is neither docker nor podman on the PATH, and CONTAINER_IMAGE is not given"
    "$engine" pull --quiet --platform "$platform" "$base" >/dev/null ||
        fail "PYTHON_IMAGE, $base, cannot be fetched for $platform; nothing was done"
fi

build_functions
open_workspace
variables=()
while IFS= read -r each; do variables+=("$each"); done < <(given)

if [ -z "$image" ]; then
    if [ -z "$found" ]; then
        # The image has to lie somewhere before a task can be made of it.
        terraform_here apply -input=false "${variables[@]}" ${approval[@]+"${approval[@]}"} \
            -target=module.ecs.aws_ecr_repository.this
    fi
    repository=$(aws ecr describe-repositories --repository-names "$project" \
        --query 'repositories[0].repositoryUri' --output text)
    if [ -z "$found" ]; then
        "$engine" build --platform "$platform" --build-arg "PYTHON_IMAGE=$base" \
            --file "$tree/infrastructure/build/Dockerfile" --tag "$repository:$tag" "$tree"
        aws ecr get-login-password |
            "$engine" login --username AWS --password-stdin "${repository%%/*}"
        "$engine" push "$repository:$tag"
        found=$(digest) || fail "ECR does not know the image $repository:$tag; nothing was deployed"
    fi
    image="$repository@$found"
fi

terraform_here apply -input=false "${variables[@]}" "-var=container_image=$image" \
    ${approval[@]+"${approval[@]}"}
