mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  execution_role_arn        = "arn:aws:iam::123456789012:role/homebrew-sync-ecs-execution-role"
  task_role_arn             = "arn:aws:iam::123456789012:role/homebrew-sync-ecs-task-role"
  states_role_arn           = "arn:aws:iam::123456789012:role/homebrew-sync-states-role"
  orchestrator_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:homebrew-sync-orchestrator"
  task_subnet_ids           = ["subnet-1", "subnet-2"]
  task_security_group_id    = "sg-tasks"
  environment_variables     = { BOTTLES_S3_BUCKET_NAME = "bottles" }
}

run "refuses_values_that_cannot_work" {
  command = plan

  variables {
    project_name              = "1-mirror"
    execution_role_arn        = "role"
    task_role_arn             = "role"
    states_role_arn           = "role"
    orchestrator_function_arn = "homebrew-sync-orchestrator"
    container_image           = "Not An Image"
    architecture              = "armv7"
    task_cpu                  = 256
    ephemeral_storage_size_gb = 201
    enable_efs                = true
    task_subnet_ids           = []
    assign_public_ip          = "YES"
    max_parallel_tasks        = 41
    task_timeout_seconds      = 10
    run_timeout_seconds       = 10
    container_insights        = "on"
    images_kept               = 0
    state_machine_log_level   = "DEBUG"
    log_retention_days        = 15
  }

  expect_failures = [
    var.project_name,
    var.execution_role_arn,
    var.task_role_arn,
    var.states_role_arn,
    var.orchestrator_function_arn,
    var.container_image,
    var.architecture,
    var.task_cpu,
    var.ephemeral_storage_size_gb,
    var.efs_subnet_ids,
    var.efs_security_group_id,
    var.task_subnet_ids,
    var.assign_public_ip,
    var.max_parallel_tasks,
    var.task_timeout_seconds,
    var.run_timeout_seconds,
    var.container_insights,
    var.images_kept,
    var.state_machine_log_level,
    var.log_retention_days,
  ]
}

run "takes_30_gb_with_4_vcpu" {
  command = plan

  variables {
    task_cpu    = 4096
    task_memory = 30720
  }
}

run "refuses_a_pair_that_fargate_does_not_offer" {
  command = plan

  variables {
    task_cpu    = 2048
    task_memory = 17408
  }

  expect_failures = [var.task_memory]
}

run "refuses_broken_gigabytes" {
  command = plan

  variables {
    task_memory = 8200
  }

  expect_failures = [var.task_memory]
}

run "refuses_variables_that_the_worker_does_not_know" {
  command = plan

  variables {
    environment_variables = { BOTTLES_S3_BUCKET_NAME = "bottles", LOG_LEVEL = "DEBUG" }
  }

  expect_failures = [var.environment_variables]
}

run "refuses_a_webhook_in_the_environment" {
  command = plan

  variables {
    environment_variables = {
      BOTTLES_S3_BUCKET_NAME    = "bottles"
      BOTTLES_SLACK_WEBHOOK_URL = "https://hooks.example/secret"
    }
  }

  expect_failures = [var.environment_variables]
}

run "refuses_an_environment_without_a_bucket" {
  command = plan

  variables {
    environment_variables = {}
  }

  expect_failures = [var.environment_variables]
}
