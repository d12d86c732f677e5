locals {
  # By name, for it is made elsewhere and needs this bucket.
  ledger_repair_role = "arn:${local.aws}:iam::${local.account}:role/${var.project_name}-ledger-repair-role"
  views              = [for view in ["v2", "api", "flat", "status"] : "${local.bucket_arn}/${view}/*"]

  statements = {
    DenyInsecureTransport = {
      when = var.deny_insecure_transport
      statement = {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    }

    # A commit is created, never replaced. S3 looks at the current version only, and a
    # mark of deletion opens the place again: hence the next one, too.
    DenyUnconditionalCommits = {
      when = var.deny_unconditional_commits
      statement = {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/ledger/*/commits/*"
        Condition = {
          Null         = { "s3:if-none-match" = "true" }
          ArnNotEquals = { "aws:PrincipalArn" = local.ledger_repair_role }
        }
      }
    }

    DenyLedgerDeletes = {
      when = true
      statement = {
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]
        Resource  = "${local.bucket_arn}/ledger/*"
        Condition = { ArnNotEquals = { "aws:PrincipalArn" = local.ledger_repair_role } }
      }
    }

    ReadThroughEndpoints = {
      when = var.client_access == "vpc_endpoint"
      statement = {
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = local.views
        Condition = { StringEquals = { "aws:SourceVpce" = var.client_vpc_endpoint_ids } }
      }
    }

    ReadFromAddresses = {
      when = var.client_access == "cidr"
      statement = {
        Effect    = "Allow"
        Principal = "*"
        Action    = "s3:GetObject"
        Resource  = local.views
        Condition = { IpAddress = { "aws:SourceIp" = var.client_cidrs } }
      }
    }

    ReadByDistribution = {
      when = var.client_access == "cloudfront"
      statement = {
        Effect    = "Allow"
        Principal = { Service = "cloudfront.amazonaws.com" }
        Action    = "s3:GetObject"
        Resource  = local.views
        Condition = { StringEquals = { "aws:SourceArn" = one(aws_cloudfront_distribution.readers[*].arn) } }
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for sid, each in local.statements : merge({ Sid = sid }, each.statement) if each.when]
  })

  # S3 refuses two changes of the same bucket at once.
  depends_on = [aws_s3_bucket_public_access_block.this]
}
