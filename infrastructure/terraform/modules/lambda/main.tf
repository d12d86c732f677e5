# Three programs from one zip: who plans runs, who works on small ones, and who tells
# Slack of alarms. What they import and is not ours comes in a layer.

locals {
  orchestrator = "${var.project_name}-orchestrator"
  worker       = "${var.project_name}-worker"
  alarm        = "${var.project_name}-alarm"

  # Lambda has no architecture in the name of a layer: another one is another layer.
  layer = "${var.project_name}-${replace(var.lambda_runtime, ".", "")}-${replace(var.lambda_architecture, "_", "-")}"

  in_vpc = length(var.lambda_subnet_ids) > 0
}

resource "aws_lambda_layer_version" "dependencies" {
  layer_name               = local.layer
  description              = "What the programs of ${var.project_name} import: boto3, requests and the rest of requirements.txt"
  filename                 = var.layer_zip_path
  source_code_hash         = filebase64sha256(var.layer_zip_path)
  compatible_runtimes      = [var.lambda_runtime]
  compatible_architectures = [var.lambda_architecture]

  lifecycle {
    # The functions leave the old version before it goes.
    create_before_destroy = true
  }
}

resource "aws_lambda_function" "orchestrator" {
  # checkov:skip=CKV_AWS_117: outside the VPC unless lambda_in_vpc: it needs the internet, and NAT costs more than the rest
  # checkov:skip=CKV_AWS_272: the zip is built by whoever deploys it, from a lock file with hashes; signing is theirs to add
  # checkov:skip=CKV_AWS_173: the variables hold no secret, only the name of one; Lambda encrypts them with its own key
  # checkov:skip=CKV_AWS_115: reserved concurrency is a variable: accounts with a low quota cannot grant any
  # checkov:skip=CKV_AWS_116: its failure destination below keeps more than a dead letter queue: the error too
  function_name    = local.orchestrator
  description      = "Plans runs of ${var.project_name}, hands them out, and closes them"
  role             = var.orchestrator_role_arn
  handler          = "entrypoints.lambda_orchestrator.handler"
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  filename         = var.code_zip_path
  source_code_hash = filebase64sha256(var.code_zip_path)
  layers           = [aws_lambda_layer_version.dependencies.arn]
  timeout          = var.orchestrator_timeout
  memory_size      = var.orchestrator_memory_size

  reserved_concurrent_executions = var.orchestrator_reserved_concurrency

  environment {
    variables = var.environment_variables
  }

  logging_config {
    log_format = "Text" # our lines are JSON already, metrics among them
    log_group  = aws_cloudwatch_log_group.orchestrator.name
  }

  tracing_config {
    mode = var.tracing_mode
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [true] : []

    content {
      subnet_ids         = var.lambda_subnet_ids
      security_group_ids = [var.lambda_security_group_id]
    }
  }

  tags = var.tags
}

resource "aws_lambda_function" "worker" {
  # checkov:skip=CKV_AWS_117: as for the orchestrator
  # checkov:skip=CKV_AWS_272: as for the orchestrator
  # checkov:skip=CKV_AWS_173: as for the orchestrator
  # checkov:skip=CKV_AWS_115: as for the orchestrator
  # checkov:skip=CKV_AWS_116: what it fails at goes to the orchestrator, which knows what to do; its queue is for what is left
  function_name    = local.worker
  description      = "Works on one shard of a small run of ${var.project_name}"
  role             = var.worker_role_arn
  handler          = "entrypoints.lambda_worker.handler"
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  filename         = var.code_zip_path
  source_code_hash = filebase64sha256(var.code_zip_path)
  layers           = [aws_lambda_layer_version.dependencies.arn]
  timeout          = var.sync_timeout
  memory_size      = var.sync_memory_size

  reserved_concurrent_executions = var.worker_reserved_concurrency

  environment {
    variables = var.environment_variables
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.worker.name
  }

  tracing_config {
    mode = var.tracing_mode
  }

  dynamic "vpc_config" {
    for_each = local.in_vpc ? [true] : []

    content {
      subnet_ids         = var.lambda_subnet_ids
      security_group_ids = [var.lambda_security_group_id]
    }
  }

  tags = var.tags
}

resource "aws_lambda_function_event_invoke_config" "orchestrator" {
  function_name                = aws_lambda_function.orchestrator.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  dynamic "destination_config" {
    for_each = var.enable_dead_letter_queues ? [true] : []

    content {
      on_failure {
        destination = aws_sqs_queue.dead_letters["orchestrator"].arn
      }
    }
  }
}

# Not tried again by Lambda: a shard that failed is given to the next attempt, by the
# orchestrator, which asks the ledger first.
resource "aws_lambda_function_event_invoke_config" "worker" {
  function_name                = aws_lambda_function.worker.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_lambda_function.orchestrator.arn
    }
  }
}
