mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  code_zip_path         = "tests/empty.zip"
  layer_zip_path        = "tests/empty.zip"
  orchestrator_role_arn = "arn:aws:iam::123456789012:role/homebrew-sync-orchestrator-role"
  worker_role_arn       = "arn:aws:iam::123456789012:role/homebrew-sync-worker-role"
  alarm_role_arn        = "arn:aws:iam::123456789012:role/homebrew-sync-alarm-role"
  topic_arn             = "arn:aws:sns:eu-central-1:123456789012:homebrew-sync-alerts"
  environment_variables = {
    BOTTLES_S3_BUCKET_NAME    = "bottles"
    BOTTLES_STATE_MACHINE_ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
  }
}

run "refuses_values_that_cannot_work" {
  command = plan

  variables {
    project_name                      = "1-mirror"
    lambda_architecture               = "armv7"
    lambda_runtime                    = "python3.10"
    orchestrator_timeout              = 60
    orchestrator_memory_size          = 128
    sync_timeout                      = 901
    sync_memory_size                  = 128
    orchestrator_reserved_concurrency = 0
    worker_reserved_concurrency       = 0
    log_retention_days                = 15
    tracing_mode                      = "On"
    orchestrator_role_arn             = "homebrew-sync-orchestrator-role"
    worker_role_arn                   = "homebrew-sync-worker-role"
    alarm_role_arn                    = "homebrew-sync-alarm-role"
    topic_arn                         = "homebrew-sync-alerts"
    lambda_subnet_ids                 = ["subnet-1"]
  }

  expect_failures = [
    var.project_name,
    var.lambda_architecture,
    var.lambda_runtime,
    var.orchestrator_timeout,
    var.orchestrator_memory_size,
    var.sync_timeout,
    var.sync_memory_size,
    var.orchestrator_reserved_concurrency,
    var.worker_reserved_concurrency,
    var.log_retention_days,
    var.tracing_mode,
    var.orchestrator_role_arn,
    var.worker_role_arn,
    var.alarm_role_arn,
    var.topic_arn,
    var.lambda_security_group_id,
  ]
}

run "refuses_zips_that_are_none" {
  command = plan

  variables {
    code_zip_path  = "versions.tf"
    layer_zip_path = "versions.tf"
  }

  expect_failures = [var.code_zip_path, var.layer_zip_path]
}

run "refuses_variables_that_the_programs_do_not_know" {
  command = plan

  variables {
    environment_variables = {
      BOTTLES_S3_BUCKET_NAME    = "bottles"
      BOTTLES_STATE_MACHINE_ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
      LOG_LEVEL                 = "DEBUG"
    }
  }

  expect_failures = [var.environment_variables]
}

run "refuses_an_environment_without_a_bucket" {
  command = plan

  variables {
    environment_variables = {
      BOTTLES_STATE_MACHINE_ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
    }
  }

  expect_failures = [var.environment_variables]
}

run "refuses_a_webhook_in_the_environment" {
  command = plan

  variables {
    alarm_environment_variables = { BOTTLES_SLACK_WEBHOOK_URL = "https://hooks.example/secret" }
  }

  expect_failures = [var.alarm_environment_variables]
}

run "refuses_an_alarm_function_without_a_topic" {
  command = plan

  variables {
    topic_arn = null
  }

  expect_failures = [aws_lambda_function.alarm]
}
