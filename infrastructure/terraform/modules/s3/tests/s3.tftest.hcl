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
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mirror" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/homebrew-sync-replication-role" }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/E1", domain_name = "d1.cloudfront.net" }
  }
  mock_resource "aws_cloudfront_function" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:function/readers" }
  }
}

variables {
  bucket_name = "mirror"
}

run "as_it_comes" {
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && !aws_s3_bucket.this.force_destroy
    error_message = "What is removed is gone."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The bucket is not encrypted with S3's own key."
  }

  assert {
    condition     = alltrue([aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy, aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets])
    error_message = "The bucket may be made public."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.filter[0].prefix != "" && !startswith("ledger/", rule.filter[0].prefix) && !startswith(rule.filter[0].prefix, "ledger")])
    error_message = "A rule reaches the ledger."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.expiration[0].days == null || rule.expiration[0].days == 0 if length(rule.expiration) > 0]) && alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.expiration[0].date == null if length(rule.expiration) > 0])
    error_message = "A rule removes current objects by their age."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.noncurrent_version_expiration[0].noncurrent_days == 30])
    error_message = "A deletion cannot be undone for 30 days."
  }

  assert {
    condition     = [for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each.Sid] == ["DenyInsecureTransport", "DenyLedgerDeletes", "DenyUnconditionalCommits"]
    error_message = "The bucket says something else than who may not do what."
  }

  assert {
    condition = one([for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each if each.Sid == "DenyUnconditionalCommits"]) == {
      Sid       = "DenyUnconditionalCommits"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:PutObject"
      Resource  = "arn:aws:s3:::mirror/ledger/*/commits/*"
      Condition = {
        Null         = { "s3:if-none-match" = "true" }
        ArnNotEquals = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/homebrew-sync-ledger-repair-role" }
      }
    }
    error_message = "A commit may be replaced."
  }

  assert {
    condition = one([for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each if each.Sid == "DenyLedgerDeletes"]) == {
      Sid       = "DenyLedgerDeletes"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]
      Resource  = "arn:aws:s3:::mirror/ledger/*"
      Condition = { ArnNotEquals = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/homebrew-sync-ledger-repair-role" } }
    }
    error_message = "The ledger may be removed."
  }

  assert {
    condition     = length(aws_cloudtrail.ledger) == 1 && output.access_log_bucket_name == "mirror-logs" && length(aws_s3_bucket_logging.this) == 0
    error_message = "What is done to the ledger is not recorded."
  }

  assert {
    condition     = length(aws_cloudfront_distribution.readers) + length(aws_s3_bucket_replication_configuration.this) + length(aws_s3_bucket_accelerate_configuration.this) + length(aws_s3_bucket_object_lock_configuration.this) == 0
    error_message = "There is something that was not asked for."
  }

  assert {
    condition     = output.retention_days == 90 && output.kms_key_arn == null && output.distribution_domain == null
    error_message = "The outputs are others."
  }
}

run "an_emulator_without_tls_and_conditions" {
  command = plan

  variables {
    deny_insecure_transport    = false
    deny_unconditional_commits = false
    enable_cloudtrail          = false
  }

  assert {
    condition     = [for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each.Sid] == ["DenyLedgerDeletes"] && length(aws_s3_bucket.logs) == 0 && output.access_log_bucket_name == null
    error_message = "Something is refused that it cannot do, or there are logs of nothing."
  }
}

run "with_everything" {
  command = plan

  variables {
    kms_key_arn                  = "arn:aws:kms:eu-central-1:123456789012:key/bucket"
    object_lock                  = { mode = "GOVERNANCE", days = 30 }
    enable_access_logging        = true
    enable_transfer_acceleration = true
    storage_class_transitions    = [{ days = 30, storage_class = "STANDARD_IA" }]
    external_hash_file_path      = "versions.tf"
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == "arn:aws:kms:eu-central-1:123456789012:key/bucket" && one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled
    error_message = "The key is not the bucket's."
  }

  assert {
    condition     = aws_s3_bucket.this.object_lock_enabled && one(one(aws_s3_bucket_object_lock_configuration.this[0].rule).default_retention).days == 30
    error_message = "Versions are not locked."
  }

  assert {
    condition     = { for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id => [for each in rule.transition : each.days] if length(rule.transition) > 0 } == { bottles = [30] }
    error_message = "Others than bottles are moved to cheaper storage."
  }

  assert {
    condition     = toset([for each in jsondecode(aws_s3_bucket_policy.logs[0].policy).Statement : each.Sid]) == toset(["AccessLogs", "DenyInsecureTransport", "TrailLooks", "TrailWrites"]) && length(aws_s3_bucket_logging.this) == 1
    error_message = "S3 or CloudTrail cannot write logs."
  }

  assert {
    condition     = output.external_hash_file_key == "external/bottles_hash.json" && aws_s3_bucket_accelerate_configuration.this[0].status == "Enabled"
    error_message = "The external hash file is not put there, or nothing is faster."
  }
}

run "a_copy_in_another_account" {
  command = plan

  variables {
    replica_bucket_arn       = "arn:aws:s3:::copy"
    replica_account_id       = "210987654321"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/fence"
  }

  assert {
    condition     = aws_iam_role.replication[0].permissions_boundary == "arn:aws:iam::123456789012:policy/fence"
    error_message = "The role that copies is not bounded as the others are."
  }

  assert {
    condition     = aws_s3_bucket_replication_configuration.this[0].rule[0].destination[0].bucket == "arn:aws:s3:::copy" && aws_s3_bucket_replication_configuration.this[0].rule[0].delete_marker_replication[0].status == "Disabled"
    error_message = "Deletions are copied, too."
  }

  assert {
    condition     = strcontains(aws_iam_role_policy.replication[0].policy, "s3:ObjectOwnerOverrideToBucketOwner")
    error_message = "The other account does not own its copy."
  }
}

run "readers_in_a_network" {
  command = plan

  variables {
    client_access           = "vpc_endpoint"
    client_vpc_endpoint_ids = ["vpce-1"]
  }

  assert {
    condition = one([for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each if each.Effect == "Allow"]) == {
      Sid       = "ReadThroughEndpoints"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = [for view in ["v2", "api", "flat", "status"] : "arn:aws:s3:::mirror/${view}/*"]
      Condition = { StringEquals = { "aws:SourceVpce" = ["vpce-1"] } }
    }
    error_message = "Readers are given more than the views, or come another way."
  }
}

run "readers_at_addresses" {
  command = plan

  variables {
    client_access = "cidr"
    client_cidrs  = ["198.51.100.0/24"]
  }

  assert {
    condition = one([for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each if each.Effect == "Allow"]) == {
      Sid       = "ReadFromAddresses"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = [for view in ["v2", "api", "flat", "status"] : "arn:aws:s3:::mirror/${view}/*"]
      Condition = { IpAddress = { "aws:SourceIp" = ["198.51.100.0/24"] } }
    }
    error_message = "Readers are given more than the views, or come from elsewhere."
  }
}

run "readers_of_a_distribution" {
  variables {
    client_access               = "cloudfront"
    client_authorization_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  }

  assert {
    condition = one([for each in jsondecode(aws_s3_bucket_policy.this.policy).Statement : each if each.Effect == "Allow"]) == {
      Sid       = "ReadByDistribution"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "s3:GetObject"
      Resource  = [for view in ["v2", "api", "flat", "status"] : "arn:aws:s3:::mirror/${view}/*"]
      Condition = { StringEquals = { "aws:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/E1" } }
    }
    error_message = "The distribution is given more than the views, or another one is let in."
  }

  assert {
    condition     = strcontains(aws_cloudfront_function.readers[0].code, "'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'") && aws_cloudfront_origin_access_control.readers[0].signing_behavior == "always"
    error_message = "Nobody checks what clients send, or the bucket sees it."
  }

  assert {
    condition     = aws_cloudfront_distribution.readers[0].default_cache_behavior[0].viewer_protocol_policy == "https-only" && output.distribution_domain == "d1.cloudfront.net"
    error_message = "Clients may come without TLS."
  }
}

run "versioning_off" {
  command = plan
  variables { enable_versioning = false }
  expect_failures = [var.enable_versioning]
}

run "a_name_with_dots" {
  command = plan
  variables { bucket_name = "mirror.example.org" }
  expect_failures = [var.bucket_name]
}

run "readers_that_nobody_knows" {
  command = plan
  variables { client_access = "public" }
  expect_failures = [var.client_access]
}

run "readers_at_no_address" {
  command = plan
  variables { client_access = "cidr" }
  expect_failures = [var.client_cidrs]
}

run "the_whole_world" {
  command = plan
  variables {
    client_access = "cidr"
    client_cidrs  = ["0.0.0.0/0"]
  }
  expect_failures = [var.client_cidrs]
}

run "half_of_the_new_world" {
  command = plan
  variables {
    client_access = "cidr"
    client_cidrs  = ["2000::/3"]
  }
  expect_failures = [var.client_cidrs]
}

run "readers_through_no_endpoint" {
  command = plan
  variables { client_access = "vpc_endpoint" }
  expect_failures = [var.client_vpc_endpoint_ids]
}

run "readers_that_cannot_use_the_key" {
  command = plan
  variables {
    client_access = "cidr"
    client_cidrs  = ["198.51.100.0/24"]
    kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/bucket"
  }
  expect_failures = [var.kms_key_arn]
}

run "an_authorization_that_nobody_checks" {
  command = plan
  variables { client_authorization_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  expect_failures = [var.client_authorization_sha256]
}

run "storage_that_has_to_thaw" {
  command = plan
  variables { storage_class_transitions = [{ days = 90, storage_class = "DEEP_ARCHIVE" }] }
  expect_failures = [var.storage_class_transitions]
}

run "a_lock_of_no_kind" {
  command = plan
  variables { object_lock = { mode = "SOMETIMES", days = 30 } }
  expect_failures = [var.object_lock]
}

run "a_grace_of_half_a_day" {
  command = plan
  variables { lifecycle_expiration_days = 0.5 }
  expect_failures = [var.lifecycle_expiration_days]
}

run "a_hash_file_that_is_not_there" {
  command = plan
  variables { external_hash_file_path = "no-such-file.json" }
  expect_failures = [var.external_hash_file_path]
}
