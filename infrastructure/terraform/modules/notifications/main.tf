# Whom people hear from: a topic, and the secret of Slack's webhook.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account    = data.aws_caller_identity.current.account_id
  topic_name = "${var.project_name}-alerts"
  alarms = join(":", [
    "arn", data.aws_partition.current.partition, "cloudwatch", data.aws_region.current.name,
    local.account, "alarm", "${var.project_name}-*",
  ])
  kms_key_arn = var.create_kms_key ? aws_kms_key.this[0].arn : var.kms_key_arn
}

resource "aws_sns_topic" "this" {
  # checkov:skip=CKV_AWS_26: alarms and messages hold no secret; a key costs a dollar a month, and is a variable
  name              = local.topic_name
  kms_master_key_id = local.kms_key_arn
  tags              = var.tags
}

# Who else may publish: the program's own roles have the right by their policies.
data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "OurAlarms"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.alarms]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  statement {
    sid       = "CostsOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "costalerts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  dynamic "statement" {
    for_each = var.deny_insecure_transport ? [true] : []

    content {
      sid       = "TlsOnly"
      effect    = "Deny"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.this.arn]

      principals {
        type        = "*"
        identifiers = ["*"]
      }

      condition {
        test     = "Bool"
        variable = "aws:SecureTransport"
        values   = ["false"]
      }
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.topic.json
}

# Each address is sent a letter, and hears nothing until its link is followed.
resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.enable_sns_notifications ? var.notification_email_addresses : [])

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "endpoint" {
  for_each = {
    for each in var.enable_sns_notifications ? var.notification_endpoints : [] :
    "${each.protocol} ${each.endpoint}" => each
  }

  topic_arn = aws_sns_topic.this.arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
}
