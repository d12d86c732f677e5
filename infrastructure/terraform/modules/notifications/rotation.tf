# The exchange of the webhook: what lies ready under the label NEXT is tried, and takes
# the place of the present one only if Slack took a message over it.

locals {
  rotation = "${var.project_name}-rotation"
}

resource "aws_secretsmanager_secret_rotation" "this" {
  # checkov:skip=CKV_AWS_304: 30 days by default; whoever wants more says so
  count = var.rotation == null ? 0 : 1

  secret_id           = aws_secretsmanager_secret.webhook.id
  rotation_lambda_arn = aws_lambda_function.rotation[0].arn
  rotate_immediately  = false

  rotation_rules {
    automatically_after_days = var.rotation.days
  }

  depends_on = [aws_lambda_permission.rotation, aws_iam_role_policy.rotation]
}

resource "aws_lambda_function" "rotation" {
  # checkov:skip=CKV_AWS_117: it speaks to Slack and to Secrets Manager, and to nothing of the VPC
  # checkov:skip=CKV_AWS_272: the zip is built by whoever deploys it, from a lock file with hashes
  # checkov:skip=CKV_AWS_173: the variables hold no secret, only the name of one
  # checkov:skip=CKV_AWS_115: it runs four times a month
  # checkov:skip=CKV_AWS_116: Secrets Manager invokes it, tries again, and tells when it fails
  count = var.rotation == null ? 0 : 1

  function_name    = local.rotation
  description      = "Tries the webhook that lies ready for ${var.project_name}, and puts it in place"
  role             = aws_iam_role.rotation[0].arn
  handler          = "entrypoints.lambda_rotation.handler"
  runtime          = var.rotation.runtime
  architectures    = [var.rotation.architecture]
  filename         = var.rotation.code_zip_path
  source_code_hash = filebase64sha256(var.rotation.code_zip_path)
  layers           = [var.rotation.layer_arn]
  timeout          = 120 # for a minute it tries to reach Slack
  memory_size      = 256

  environment {
    variables = {
      BOTTLES_ENVIRONMENT             = var.rotation.environment
      BOTTLES_PROJECT_NAME            = var.project_name
      BOTTLES_SLACK_WEBHOOK_SECRET_ID = aws_secretsmanager_secret.webhook.arn
    }
  }

  logging_config {
    log_format = "Text" # our lines are JSON already
    log_group  = aws_cloudwatch_log_group.rotation[0].name
  }

  tracing_config {
    mode = var.rotation.tracing_enabled ? "Active" : "PassThrough"
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_group" "rotation" {
  # checkov:skip=CKV_AWS_338: that a webhook was exchanged is in the secret's versions, too
  # checkov:skip=CKV_AWS_158: no secret is in a line
  count = var.rotation == null ? 0 : 1

  name              = "/aws/lambda/${local.rotation}"
  retention_in_days = var.rotation.log_retention_days
  kms_key_id        = var.rotation.log_kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_permission" "rotation" {
  count = var.rotation == null ? 0 : 1

  statement_id   = "secret"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.rotation[0].function_name
  principal      = "secretsmanager.amazonaws.com"
  source_arn     = aws_secretsmanager_secret.webhook.arn
  source_account = local.account
}

resource "aws_iam_role" "rotation" {
  count = var.rotation == null ? 0 : 1

  name                 = "${local.rotation}-role"
  assume_role_policy   = data.aws_iam_policy_document.rotation_trust[0].json
  permissions_boundary = var.rotation.permissions_boundary_arn
  tags                 = var.tags
}

data "aws_iam_policy_document" "rotation_trust" {
  count = var.rotation == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    dynamic "condition" {
      for_each = var.rotation.trusted_alone ? [true] : []

      content {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values = [join(":", [
          "arn", data.aws_partition.current.partition, "lambda", data.aws_region.current.name,
          local.account, "function", local.rotation,
        ])]
      }
    }
  }
}

data "aws_iam_policy_document" "rotation" {
  # checkov:skip=CKV_AWS_356: X-Ray knows no narrower resource than *
  # checkov:skip=CKV_AWS_111: as above
  count = var.rotation == null ? 0 : 1

  statement {
    sid = "TheSecret"
    actions = [
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = [aws_secretsmanager_secret.webhook.arn]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.rotation[0].arn}:*"]
  }

  statement {
    sid       = "Trace"
    actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = var.create_kms_key || var.kms_key_arn != null ? [local.kms_key_arn] : []

    content {
      sid       = "Key"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_role_policy" "rotation" {
  count = var.rotation == null ? 0 : 1

  name   = "SecretAccess"
  role   = aws_iam_role.rotation[0].id
  policy = data.aws_iam_policy_document.rotation[0].json
}
