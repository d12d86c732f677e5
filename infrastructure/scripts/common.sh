# What deploy.sh, destroy.sh, drift.sh and trigger.sh have in common; sourced, never run.

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
configuration="$tree/infrastructure/terraform"

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || fail "there is no $command on the PATH"
    done
}

# Say which environment is meant. Each has its own file, its own workspace (so its own
# state), and its own project_name, so that several fit into one account.
choose() {
    environment=${1:-}
    file="$configuration/environments/$environment.tfvars"
    case $environment in
    '' | *[!a-z0-9-]*) fail "say which environment: $(environments)" ;;
    esac
    [ -f "$file" ] || fail "there is no environment $environment: $(environments)"
    project=$(setting project_name homebrew-sync)
    region=$(setting aws_region us-west-2)
    export AWS_REGION=$region AWS_DEFAULT_REGION=$region
}

environments() {
    local each
    for each in "$configuration"/environments/*.tfvars; do
        basename "$each" .tfvars
    done | paste -s -d ' ' -
}

# Print what a variable says where Terraform looks, or its default. What stands in the
# environment's file wins over terraform.tfvars, and that over TF_VAR_NAME, as it does there.
setting() {
    local name=$1 exported=TF_VAR_$1 value each found
    value=${!exported:-$2}
    for each in "$configuration/terraform.tfvars" "$file"; do
        [ -f "$each" ] || continue
        found=$(sed -n "s/^[[:space:]]*$name[[:space:]]*=[[:space:]]*\"\([^\"]*\)\".*/\1/p" "$each" | tail -n 1)
        value=${found:-$value}
    done
    printf '%s\n' "$value"
}

# Go on only in the account that is meant, and only once it has been said which that is.
check_account() {
    local meant said
    said=$(setting aws_account_id '')
    meant=${AWS_ACCOUNT_ID:-$said}
    [ "${said:-$meant}" = "$meant" ] ||
        fail "aws_account_id says $said, and AWS_ACCOUNT_ID says $meant; nothing was done"
    [ -n "$meant" ] ||
        fail "say which account is meant: aws_account_id in terraform.tfvars, or AWS_ACCOUNT_ID"
    account=$(aws sts get-caller-identity --query Account --output text) ||
        fail "AWS does not say whose credentials these are; nothing was done"
    [ "$account" = "$meant" ] ||
        fail "these are credentials of account $account, and $environment is meant for $meant; nothing was done"
}

# Run Terraform with the settings of the environment, in its workspace.
terraform_here() {
    terraform -chdir="$configuration" "$@"
}

# Build what functions are deployed as, the same bytes from the same tree.
build_functions() {
    make -C "$tree" lambda \
        ARCHITECTURE="$(setting lambda_architecture arm64)" \
        RUNTIME="$(setting lambda_runtime python3.13)"
}

open_workspace() {
    # BACKEND_CONFIG names a file with where the state is kept; without one it is here.
    # Of no backend, Terraform would take the file, warn, and keep the state here.
    [ -z "${BACKEND_CONFIG:-}" ] || grep -qsE '(^|[[:space:]{])backend[[:space:]]+"' "$configuration"/*.tf ||
        fail "BACKEND_CONFIG is given, and nothing says of which backend: write terraform { backend \"s3\" {} } into infrastructure/terraform/backend.tf; nothing was deployed or removed"
    terraform_here init -input=false ${BACKEND_CONFIG:+-backend-config="$BACKEND_CONFIG"}
    terraform_here workspace select -or-create "$environment"
}

given() {
    # The file is a variable's source by its path from where Terraform runs.
    printf '%s\n' "-var-file=environments/$environment.tfvars" "-var=aws_account_id=$account"
}
