# Events that could not be delivered, to be started again by `bottles cloud redrive`.

resource "aws_sqs_queue" "dead_letters" {
  count = var.enable_dead_letter_queue ? 1 : 0

  name                      = "${var.project_name}-rules-dlq"
  message_retention_seconds = 1209600 # 14 days, the longest
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

data "aws_iam_policy_document" "dead_letters" {
  count = var.enable_dead_letter_queue ? 1 : 0

  statement {
    sid       = "OurRules"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters[0].arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [for rule in aws_cloudwatch_event_rule.this : rule.arn]
    }
  }

  dynamic "statement" {
    for_each = var.deny_insecure_transport ? [true] : []

    content {
      sid       = "TlsOnly"
      effect    = "Deny"
      actions   = ["sqs:*"]
      resources = [aws_sqs_queue.dead_letters[0].arn]

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

resource "aws_sqs_queue_policy" "dead_letters" {
  count = var.enable_dead_letter_queue ? 1 : 0

  queue_url = aws_sqs_queue.dead_letters[0].url
  policy    = data.aws_iam_policy_document.dead_letters[0].json
}
