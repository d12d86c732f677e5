# Where the shards of a big run are worked on: a task each, which the state machine
# starts and nobody keeps. There is no service: it would replace what has done its work.

data "aws_region" "current" {}

locals {
  container = "worker"
  image     = coalesce(var.container_image, "${aws_ecr_repository.this.repository_url}:latest")
  spool     = "/spool"

  # On EFS it outlives the task; on the task's own disk it serves its second tries.
  environment = merge({ BOTTLES_SPOOL = local.spool }, var.environment_variables)
}

resource "aws_ecs_cluster" "this" {
  # checkov:skip=CKV_AWS_65: enabled by default; its metrics are paid for, and so they are a variable
  name = var.project_name

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }

  tags = var.tags
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]

  default_capacity_provider_strategy {
    capacity_provider = var.use_spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }
}

resource "aws_cloudwatch_log_group" "tasks" {
  # checkov:skip=CKV_AWS_338: a year of lines is a variable away; what was done is in the ledger, which is kept for ever
  # checkov:skip=CKV_AWS_158: no secret is in a line; a key of one's own is a variable
  name              = "/aws/ecs/${var.project_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.project_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.task_cpu
  memory                   = var.task_memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = var.task_role_arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  # 20 GB come without being asked for, and may not be.
  dynamic "ephemeral_storage" {
    for_each = var.ephemeral_storage_size_gb > 20 ? [var.ephemeral_storage_size_gb] : []

    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  # The root is read-only; what Python and its libraries write goes here.
  volume {
    name = "tmp"
  }

  volume {
    name = "spool"

    dynamic "efs_volume_configuration" {
      for_each = aws_efs_access_point.this[*].id

      content {
        file_system_id     = aws_efs_file_system.this[0].id
        transit_encryption = "ENABLED"

        authorization_config {
          access_point_id = efs_volume_configuration.value
          iam             = "ENABLED"
        }
      }
    }
  }

  container_definitions = jsonencode([
    {
      name                   = local.container
      image                  = local.image
      essential              = true
      command                = ["python", "-m", "entrypoints.ecs_worker"]
      user                   = "1000:1000"
      readonlyRootFilesystem = true
      # Spot's warning comes two minutes ahead; ECS waits that long, and no longer.
      stopTimeout = 120
      linuxParameters = {
        initProcessEnabled = true
        capabilities       = { drop = ["ALL"] }
      }
      environment = [
        for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }
      ]
      mountPoints = [
        { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
        { sourceVolume = "spool", containerPath = local.spool, readOnly = false },
      ]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.tasks.name
          awslogs-region        = data.aws_region.current.name
          awslogs-stream-prefix = "ecs"
          # Rather wait for the log than lose a line of it, or a metric.
          mode = "blocking"
        }
      }
    },
  ])

  tags = var.tags
}
