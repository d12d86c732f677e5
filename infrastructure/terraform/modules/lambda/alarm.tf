# Whoever publishes to the topic speaks to Slack through this function.

resource "aws_lambda_function" "alarm" {
  # checkov:skip=CKV_AWS_117: it speaks to Slack and to nothing of the VPC
  # checkov:skip=CKV_AWS_272: as for the orchestrator
  # checkov:skip=CKV_AWS_173: as for the orchestrator
  # checkov:skip=CKV_AWS_115: as for the orchestrator
  # checkov:skip=CKV_AWS_116: its failure destination below keeps more than a dead letter queue
  count = var.enable_alarm_function ? 1 : 0

  function_name    = local.alarm
  description      = "Passes on to Slack what the topic of ${var.project_name} is told"
  role             = var.alarm_role_arn
  handler          = "entrypoints.lambda_alarm.handler"
  runtime          = var.lambda_runtime
  architectures    = [var.lambda_architecture]
  filename         = var.code_zip_path
  source_code_hash = filebase64sha256(var.code_zip_path)
  layers           = [aws_lambda_layer_version.dependencies.arn]
  timeout          = 120 # for a minute it tries to reach Slack
  memory_size      = 256

  environment {
    variables = var.alarm_environment_variables
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.alarm[0].name
  }

  tracing_config {
    mode = var.tracing_mode
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.alarm_role_arn != null && var.topic_arn != null
      error_message = "The alarm function needs alarm_role_arn and topic_arn."
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "alarm" {
  count = var.enable_alarm_function ? 1 : 0

  function_name                = aws_lambda_function.alarm[0].function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  dynamic "destination_config" {
    for_each = var.enable_dead_letter_queues ? [true] : []

    content {
      on_failure {
        destination = aws_sqs_queue.dead_letters["alarm"].arn
      }
    }
  }
}

resource "aws_lambda_permission" "topic" {
  count = var.enable_alarm_function ? 1 : 0

  statement_id   = "topic"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.alarm[0].function_name
  principal      = "sns.amazonaws.com"
  source_arn     = var.topic_arn
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_sns_topic_subscription" "alarm" {
  count = var.enable_alarm_function ? 1 : 0

  topic_arn = var.topic_arn
  protocol  = "lambda"
  endpoint  = aws_lambda_function.alarm[0].arn

  depends_on = [aws_lambda_permission.topic]
}
