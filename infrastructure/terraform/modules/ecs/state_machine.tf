# What works on the shards: state_machine.asl.json says how.

resource "aws_cloudwatch_log_group" "state_machine" {
  # checkov:skip=CKV_AWS_338: as for the tasks
  # checkov:skip=CKV_AWS_158: as for the tasks
  # Under this prefix the policy of the log service stays short, however many machines.
  name              = "/aws/vendedlogs/states/${var.project_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}

data "aws_partition" "current" {}

resource "aws_sfn_state_machine" "this" {
  name     = var.project_name
  role_arn = var.states_role_arn

  definition = templatefile("${path.module}/state_machine.asl.json", {
    partition                  = data.aws_partition.current.partition
    orchestrator_function_arn  = var.orchestrator_function_arn
    orchestrator_wait_seconds  = var.orchestrator_timeout + 30 # its answer has a way to go
    cluster_arn                = aws_ecs_cluster.this.arn
    task_definition_arn        = aws_ecs_task_definition.this.arn
    container_name             = local.container
    subnets                    = jsonencode(var.task_subnet_ids)
    security_groups            = jsonencode([var.task_security_group_id])
    assign_public_ip           = var.assign_public_ip
    capacity_provider_strategy = jsonencode([{ CapacityProvider = var.use_spot ? "FARGATE_SPOT" : "FARGATE", Weight = 1 }])
    max_parallel_tasks         = var.max_parallel_tasks
    task_timeout_seconds       = var.task_timeout_seconds
    timeout_seconds            = var.run_timeout_seconds
  })

  logging_configuration {
    level                  = var.state_machine_log_level
    include_execution_data = true # orders: they hold no secret
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = var.tracing_enabled
  }

  tags = var.tags

  # A machine that is begun before the cluster has its providers cannot use Spot.
  depends_on = [aws_ecs_cluster_capacity_providers.this]
}
