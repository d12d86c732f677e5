# What Lambda gives up. `bottles cloud redrive` reads these queues, and that of EventBridge.
# The worker has none: what it fails at goes to the orchestrator.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  keeps_letters = var.enable_dead_letter_queues ? toset(
    var.enable_alarm_function ? ["orchestrator", "alarm"] : ["orchestrator"]
  ) : toset([])
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.keeps_letters

  name                      = "${var.project_name}-${each.key}-dlq"
  message_retention_seconds = 1209600 # 14 days, the longest
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

data "aws_iam_policy_document" "dead_letters" {
  for_each = local.keeps_letters

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.queue_arns[each.key]]

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

locals {
  queue_arns = {
    for name in local.keeps_letters : name => join(":", [
      "arn", data.aws_partition.current.partition, "sqs", data.aws_region.current.name,
      data.aws_caller_identity.current.account_id, "${var.project_name}-${name}-dlq",
    ])
  }
}

resource "aws_sqs_queue_policy" "dead_letters" {
  for_each = var.deny_insecure_transport ? local.keeps_letters : toset([])

  queue_url = aws_sqs_queue.dead_letters[each.key].url
  policy    = data.aws_iam_policy_document.dead_letters[each.key].json
}
