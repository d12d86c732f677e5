locals {
  emulated = var.aws_endpoint_url != null
}

provider "aws" {
  region = var.aws_region
  # Whoever is signed in elsewhere changes nothing there.
  allowed_account_ids = var.aws_account_id[*]

  default_tags {
    tags = merge(
      { Project = var.project_name, Environment = var.environment, ManagedBy = "terraform" },
      var.tags,
    )
  }

  # An emulator answers at one address, and lacks some calls: asked 25 times, as is usual,
  # each of these takes nine minutes to fail.
  max_retries                 = local.emulated ? 5 : null
  s3_use_path_style           = local.emulated
  skip_credentials_validation = local.emulated
  skip_metadata_api_check     = local.emulated

  dynamic "endpoints" {
    for_each = var.aws_endpoint_url[*]

    content {
      budgets        = endpoints.value
      ce             = endpoints.value
      cloudfront     = endpoints.value
      cloudtrail     = endpoints.value
      cloudwatch     = endpoints.value
      cloudwatchlogs = endpoints.value
      ec2            = endpoints.value
      ecr            = endpoints.value
      ecs            = endpoints.value
      efs            = endpoints.value
      eventbridge    = endpoints.value
      iam            = endpoints.value
      kms            = endpoints.value
      lambda         = endpoints.value
      s3             = endpoints.value
      secretsmanager = endpoints.value
      sfn            = endpoints.value
      sns            = endpoints.value
      sqs            = endpoints.value
      sts            = endpoints.value
      xray           = endpoints.value
    }
  }
}
