mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  aws_region         = "eu-central-1"
  s3_bucket_name     = "mirror"
  lambda_zips_folder = "tests/zips"
}

run "as_it_comes" {
  variables {
    slack_webhook_url = "https://hooks.slack.com/services/T0/B0/nobody"
  }

  assert {
    condition = local.environment == {
      BOTTLES_AWS_REGION              = "eu-central-1"
      BOTTLES_ENABLE_NOTIFICATIONS    = "true"
      BOTTLES_ENVIRONMENT             = "prod"
      BOTTLES_LOG_LEVEL               = "INFO"
      BOTTLES_MAX_PARALLEL_TASKS      = "16"
      BOTTLES_NOTIFICATION_TOPIC_ARN  = "arn:aws:sns:eu-central-1:123456789012:homebrew-sync-alerts"
      BOTTLES_PROJECT_NAME            = "homebrew-sync"
      BOTTLES_RETENTION_DAYS          = "30"
      BOTTLES_S3_BUCKET_NAME          = "mirror"
      BOTTLES_SIZE_THRESHOLD_GB       = "20"
      BOTTLES_SLACK_WEBHOOK_SECRET_ID = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:homebrew-sync/slack-webhook-AbCdEf"
    }
    error_message = "The programs are told something else."
  }

  assert {
    condition     = local.state_machine_arn == "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
    error_message = "The functions are told of another state machine than there is."
  }

  assert {
    condition     = keys(local.alarm_environment) == ["BOTTLES_AWS_REGION", "BOTTLES_ENVIRONMENT", "BOTTLES_LOG_LEVEL", "BOTTLES_PROJECT_NAME", "BOTTLES_SLACK_WEBHOOK_SECRET_ID"]
    error_message = "The alarm function is told something else."
  }

  assert {
    condition     = output.orchestrator_function_name == "homebrew-sync-orchestrator" && output.worker_function_name == "homebrew-sync-worker" && output.alarm_function_name == "homebrew-sync-alarm" && output.cluster_name == "homebrew-sync" && output.state_machine_name == "homebrew-sync" && output.secret_name == "homebrew-sync/slack-webhook" && output.bucket_name == "mirror"
    error_message = "What is deployed has other names than the contract gives it."
  }

  assert {
    condition     = output.role_names == { for whose in ["orchestrator", "worker", "alarm", "ecs_execution", "ecs_task", "states", "ledger_repair"] : whose => "homebrew-sync-${replace(whose, "_", "-")}-role" }
    error_message = "The roles have other names than the contract gives them."
  }

  assert {
    condition     = tomap(output.log_groups) == tomap({ orchestrator = "/aws/lambda/homebrew-sync-orchestrator", worker = "/aws/lambda/homebrew-sync-worker", alarm = "/aws/lambda/homebrew-sync-alarm", tasks = "/aws/ecs/homebrew-sync", state_machine = "/aws/vendedlogs/states/homebrew-sync" })
    error_message = "The log is elsewhere than the contract has it."
  }

  assert {
    condition     = output.rule_names["schedule"] == "homebrew-sync-schedule" && output.rule_names["manual"] == "homebrew-sync-manual" && output.rule_names["age"] == "homebrew-sync-age"
    error_message = "The rules have other names than the contract gives them."
  }
}

run "with_everything" {
  command = plan

  variables {
    project_name                 = "mirror-2"
    slack_webhook_url            = "https://hooks.slack.com/services/T0/B0/nobody"
    s3_kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/bucket"
    external_hash_file_path      = "versions.tf"
    external_hash_file_required  = true
    registry_token_secret_arn    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry-AbCdEf"
    mirror_settings              = { target_tags = "latest:2", with_deps = "true" }
    enable_nat_gateway           = true
    lambda_in_vpc                = true
    enable_efs                   = true
    enable_access_logging        = true
    create_notifications_kms_key = true
    enable_webhook_rotation      = true
    notification_email_addresses = ["admin@example.org"]
    alert_email                  = "alerts@example.org"
    ledger_repair_principal_arns = ["arn:aws:iam::123456789012:role/keeper"]
  }

  assert {
    condition     = toset(keys(local.environment)) == toset([for name in ["aws_region", "enable_notifications", "environment", "external_hash_file_required", "external_hash_file_s3_key", "log_level", "max_parallel_tasks", "notification_topic_arn", "project_name", "registry_token_secret_id", "retention_days", "s3_bucket_name", "size_threshold_gb", "slack_webhook_secret_id", "target_tags", "with_deps"] : "BOTTLES_${upper(name)}"])
    error_message = "The programs are told of something else."
  }

  assert {
    condition     = local.environment["BOTTLES_EXTERNAL_HASH_FILE_S3_KEY"] == "external/bottles_hash.json"
    error_message = "The programs are not told where the hash file was put."
  }
}

run "without_what_can_be_left_out" {
  command = plan

  variables {
    enable_slack              = false
    enable_sns_notifications  = false
    enable_dead_letter_queues = false
    enable_cloudwatch_alarms  = false
    enable_cloudtrail         = false
    enable_xray_tracing       = false
    monthly_budget_usd        = null
    rule_state                = "DISABLED"
  }

  assert {
    condition     = local.environment["BOTTLES_ENABLE_NOTIFICATIONS"] == "false" && !contains(keys(local.environment), "BOTTLES_SLACK_WEBHOOK_SECRET_ID") && !contains(keys(local.environment), "BOTTLES_NOTIFICATION_TOPIC_ARN")
    error_message = "The programs tell somebody whom there is not."
  }

  assert {
    condition     = output.alarm_function_name == null && length(output.dead_letter_queue_arns) == 0 && output.access_log_bucket_name == null
    error_message = "Something is there that was left out."
  }
}

run "readers_in_this_network" {
  command = plan
  variables { client_access = "vpc_endpoint" }

  assert {
    condition     = output.distribution_domain == null
    error_message = "There is a distribution that nobody asked for."
  }
}

run "two_external_hash_files" {
  command = plan
  variables {
    external_hash_file_s3_key = "bottles_hash.json"
    external_hash_file_url    = "https://example.org/bottles_hash.json"
  }
  expect_failures = [var.external_hash_file_s3_key]
}

run "a_bucket_of_no_object" {
  command = plan
  variables { external_hash_file_s3_bucket = "other" }
  expect_failures = [var.external_hash_file_s3_bucket]
}

run "a_hash_file_without_tls" {
  command = plan
  variables { external_hash_file_url = "http://example.org/bottles_hash.json" }
  expect_failures = [var.external_hash_file_url]
}

run "a_hash_file_that_is_needed_and_nowhere" {
  command = plan
  variables { external_hash_file_required = true }
  expect_failures = [var.external_hash_file_required]
}

run "a_setting_that_nobody_knows" {
  command = plan
  variables { mirror_settings = { tag = "arm64_sonoma" } }
  expect_failures = [var.mirror_settings]
}

run "a_threshold_of_half_a_gigabyte" {
  command = plan
  variables { size_threshold_gb = 0.5 }
  expect_failures = [var.size_threshold_gb]
}

run "no_tls_on_aws" {
  command = plan
  variables { deny_insecure_transport = false }
  expect_failures = [var.deny_insecure_transport]
}

run "commits_that_may_be_replaced_on_aws" {
  command = plan
  variables { deny_unconditional_commits = false }
  expect_failures = [var.deny_unconditional_commits]
}

run "an_emulator_elsewhere" {
  command = plan
  variables { aws_endpoint_url = "https://aws.example.org" }
  expect_failures = [var.aws_endpoint_url]
}

run "an_environment_that_no_metric_can_have" {
  command = plan
  variables { environment = "pre prod" }
  expect_failures = [var.environment]
}

run "a_level_of_the_log_that_nobody_knows" {
  command = plan
  variables { log_level = "TRACE" }
  expect_failures = [var.log_level]
}

run "half_an_account" {
  command = plan
  variables { aws_account_id = "1234" }
  expect_failures = [var.aws_account_id]
}
