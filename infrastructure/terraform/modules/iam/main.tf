# One role a program. Each trusts one service, and that only for its own function, state
# machine or account; each has what the program calls, and what AWS does in its name.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  aws     = data.aws_partition.current.partition
  region  = data.aws_region.current.name
  here    = "${local.region}:${local.account}"

  # By name, for those that are made elsewhere need these roles first.
  functions       = { for each in ["orchestrator", "worker", "alarm"] : each => "arn:${local.aws}:lambda:${local.here}:function:${var.project_name}-${each}" }
  queues          = { for each in ["orchestrator", "alarm"] : each => "arn:${local.aws}:sqs:${local.here}:${var.project_name}-${each}-dlq" }
  state_machine   = "arn:${local.aws}:states:${local.here}:stateMachine:${var.project_name}"
  cluster         = "arn:${local.aws}:ecs:${local.here}:cluster/${var.project_name}"
  task_definition = "arn:${local.aws}:ecs:${local.here}:task-definition/${var.project_name}"
  tasks           = "arn:${local.aws}:ecs:${local.here}:task/${var.project_name}"
  topic           = "arn:${local.aws}:sns:${local.here}:${var.project_name}-alerts"
  repository      = coalesce(var.repository_arn, "arn:${local.aws}:ecr:${local.here}:repository/${var.project_name}")
  log_groups      = "arn:${local.aws}:logs:${local.here}:log-group"

  trust = merge(
    { for name, arn in local.functions : name => { service = "lambda", test = "ArnEquals", source = arn } },
    { for name in ["ecs-execution", "ecs-task"] : name => {
      # ECS says of a task only which account and region it is of.
      service = "ecs-tasks", test = "ArnLike", source = "arn:${local.aws}:ecs:${local.here}:*"
    } },
    { states = { service = "states", test = "ArnEquals", source = local.state_machine } },
  )
}

resource "aws_iam_role" "this" {
  for_each = local.trust

  name                 = "${var.project_name}-${each.key}-role"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "${each.value.service}.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = merge(
        { StringEquals = { "aws:SourceAccount" = local.account } },
        each.value.service == "lambda" && !var.trust_each_function_alone ? {} : { (each.value.test) = { "aws:SourceArn" = each.value.source } },
      )
    }]
  })
}

locals {
  # What s3_access.tf and calls.tf say of each role. A statement that is not wanted here is
  # left out.
  policies = merge(
    { for role, statements in local.s3_access : "${role}/S3Access" => statements },
    # A policy of no statements is refused. Which ones there are must be known before
    # the ARNs are: a task calls nothing but S3 where it tells nobody.
    { for role, statements in local.calls : "${role}/Calls" => statements if role != "ecs-task" || var.enable_notifications || var.registry_token_secret_arn != null },
  )
}

resource "aws_iam_role_policy" "this" {
  for_each = local.policies

  name = split("/", each.key)[1]
  role = aws_iam_role.this[split("/", each.key)[0]].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for sid, each in each.value : merge({ Sid = sid, Effect = "Allow" }, each.statement) if each.when]
  })
}
