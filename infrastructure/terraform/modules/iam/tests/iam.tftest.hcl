mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { name = "eu-central-1" }
  }
}

variables {
  s3_bucket_arn = "arn:aws:s3:::mirror"
}

run "as_it_comes" {
  command = plan

  assert {
    condition     = toset(concat([for role in aws_iam_role.this : role.name], [aws_iam_role.ledger_repair.name])) == toset([for each in ["orchestrator", "worker", "alarm", "ecs-execution", "ecs-task", "states", "ledger-repair"] : "homebrew-sync-${each}-role"])
    error_message = "The roles are not those of the contract."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : length(jsondecode(role.assume_role_policy).Statement) == 1 && jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"])
    error_message = "A role trusts another account."
  }

  assert {
    condition     = jsondecode(aws_iam_role.ledger_repair.assume_role_policy).Statement[0].Effect == "Deny"
    error_message = "Without names the role that repairs the ledger is somebody's."
  }
}

# What the applied root has, where all that is given is used (tests/e2e).
run "as_the_root_comes" {
  command = plan

  variables {
    slack_webhook_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:homebrew-sync/slack-webhook-AbCdEf"
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.this["ecs-task/Calls"].policy, "secretsmanager:GetSecretValue") && !strcontains(aws_iam_role_policy.this["worker/Calls"].policy, "secretsmanager:GetSecretValue")
    error_message = "Who tells people must have the webhook, and nobody else."
  }
}

run "with_everything" {
  command = plan

  variables {
    project_name                 = "mirror-2"
    kms_key_arn                  = "arn:aws:kms:eu-central-1:123456789012:key/bucket"
    slack_webhook_secret_arn     = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mirror-2/slack-webhook-AbCdEf"
    registry_token_secret_arn    = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry-AbCdEf"
    secret_kms_key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/secrets"
    topic_kms_key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/topic"
    external_hash_file_s3_bucket = "other"
    external_hash_file_s3_key    = "bottles_hash.json"
    lambda_in_vpc                = true
    ledger_repair_principal_arns = ["arn:aws:iam::123456789012:role/keeper"]
    permissions_boundary_arn     = "arn:aws:iam::123456789012:policy/boundary"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"]) && aws_iam_role.ledger_repair.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"
    error_message = "A role is without bounds."
  }

  assert {
    condition     = jsondecode(aws_iam_role.ledger_repair.assume_role_policy).Statement[0] == { Effect = "Allow", Principal = { AWS = ["arn:aws:iam::123456789012:role/keeper"] }, Action = "sts:AssumeRole" }
    error_message = "Who was named may not repair the ledger."
  }

  assert {
    condition     = one([for each in jsondecode(aws_iam_role_policy.this["orchestrator/S3Access"].policy).Statement : each.Resource if each.Sid == "Import"]) == ["arn:aws:s3:::other/bottles_hash.json"]
    error_message = "The external hash file is not the one object that is read elsewhere."
  }
}

run "without_what_can_be_left_out" {
  command = plan

  variables {
    enable_xray_tracing       = false
    enable_notifications      = false
    enable_sns_notifications  = false
    enable_dead_letter_queues = false
  }

  assert {
    condition     = length([for policy in aws_iam_role_policy.this : policy if strcontains(policy.policy, "xray:") || strcontains(policy.policy, "sns:") || strcontains(policy.policy, "sqs:") || strcontains(policy.policy, "secretsmanager:")]) == 0
    error_message = "A role has a right to what is not there."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_role_policy.this : length(jsondecode(policy.policy).Statement) > 0])
    error_message = "A policy says nothing, which IAM refuses."
  }
}

run "a_project_name_that_no_role_can_have" {
  command = plan
  variables { project_name = "9-lives" }
  expect_failures = [var.project_name]
}

run "a_bucket_that_is_no_arn" {
  command = plan
  variables { s3_bucket_arn = "mirror" }
  expect_failures = [var.s3_bucket_arn]
}

run "an_alias_for_a_key" {
  command = plan
  variables { kms_key_arn = "alias/mirror" }
  expect_failures = [var.kms_key_arn]
}

run "a_key_of_the_external_hash_file_that_names_many" {
  command = plan
  variables { external_hash_file_s3_key = "exports/*" }
  expect_failures = [var.external_hash_file_s3_key]
}

run "a_whole_account_that_may_repair" {
  command = plan
  variables { ledger_repair_principal_arns = ["arn:aws:iam::123456789012:root"] }
  expect_failures = [var.ledger_repair_principal_arns]
}

run "people_who_cannot_be_told" {
  command = plan
  variables { enable_sns_notifications = false }
  expect_failures = [var.enable_notifications]
}
