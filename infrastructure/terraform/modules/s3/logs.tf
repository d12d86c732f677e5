# One bucket for what S3 and CloudTrail write about the other.
locals {
  has_logs = var.enable_access_logging || var.enable_cloudtrail
  # Known before it is there.
  log_bucket_name = "${var.bucket_name}-logs"
  log_bucket_arn  = "arn:${local.aws}:s3:::${local.log_bucket_name}"
  trail_name      = "${var.project_name}-ledger"
  trail_arn       = "arn:${local.aws}:cloudtrail:${data.aws_region.current.name}:${local.account}:trail/${local.trail_name}"

  log_statements = {
    DenyInsecureTransport = {
      when = var.deny_insecure_transport
      statement = {
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.log_bucket_arn, "${local.log_bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    }
    AccessLogs = {
      when = var.enable_access_logging
      statement = {
        Effect    = "Allow"
        Principal = { Service = "logging.s3.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.log_bucket_arn}/access/*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnEquals    = { "aws:SourceArn" = local.bucket_arn }
        }
      }
    }
    TrailLooks = {
      when = var.enable_cloudtrail
      statement = {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = local.log_bucket_arn
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn } }
      }
    }
    TrailWrites = {
      when = var.enable_cloudtrail
      statement = {
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${local.log_bucket_arn}/trail/AWSLogs/${local.account}/*"
        Condition = { StringEquals = { "aws:SourceArn" = local.trail_arn, "s3:x-amz-acl" = "bucket-owner-full-control" } }
      }
    }
  }
}

resource "aws_s3_bucket" "logs" {
  # checkov:skip=CKV_AWS_21: logs are written once, and removed by their age
  # checkov:skip=CKV_AWS_144: logs of the mirror are no mirror
  # checkov:skip=CKV_AWS_145: S3 and CloudTrail write here, with S3's own key
  # checkov:skip=CKV_AWS_18: the log of a log would have no end
  # checkov:skip=CKV2_AWS_62: nothing waits for its objects
  count = local.has_logs ? 1 : 0

  bucket = local.log_bucket_name
  # It goes with the bucket whose logs it keeps.
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  count = local.has_logs ? 1 : 0

  bucket = aws_s3_bucket.logs[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  count = local.has_logs ? 1 : 0

  bucket = aws_s3_bucket.logs[0].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  count = local.has_logs ? 1 : 0

  bucket = aws_s3_bucket.logs[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  # checkov:skip=CKV_AWS_300: every rule below has one; rules that come from a list are not seen
  count = local.has_logs ? 1 : 0

  bucket = aws_s3_bucket.logs[0].id

  dynamic "rule" {
    for_each = { access-logs = "access/", trail = "trail/" }

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = rule.value
      }

      expiration {
        days = var.log_expiration_days
      }

      abort_incomplete_multipart_upload {
        days_after_initiation = var.incomplete_upload_days
      }
    }
  }
}

resource "aws_s3_bucket_policy" "logs" {
  count = local.has_logs ? 1 : 0

  bucket = aws_s3_bucket.logs[0].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for sid, each in local.log_statements : merge({ Sid = sid }, each.statement) if each.when]
  })

  depends_on = [aws_s3_bucket_public_access_block.logs]
}

resource "aws_s3_bucket_logging" "this" {
  count = var.enable_access_logging ? 1 : 0

  bucket        = aws_s3_bucket.this.id
  target_bucket = aws_s3_bucket.logs[0].id
  target_prefix = "access/"

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_cloudtrail" "ledger" {
  # checkov:skip=CKV_AWS_35: S3's own key by default: what is written down are names of objects, no secrets
  # checkov:skip=CKV_AWS_67: the bucket is in one region, and nothing but the bucket is asked about
  # checkov:skip=CKV2_AWS_10: lines in CloudWatch cost more than the trail; nobody waits for them
  # checkov:skip=CKV_AWS_252: a message for each file of the trail would tell nobody anything
  count = var.enable_cloudtrail ? 1 : 0

  name                          = local.trail_name
  s3_bucket_name                = aws_s3_bucket.logs[0].id
  s3_key_prefix                 = "trail"
  enable_log_file_validation    = true
  include_global_service_events = false
  tags                          = var.tags

  advanced_event_selector {
    name = "What is done to the ledger and the hash file"

    field_selector {
      field  = "eventCategory"
      equals = ["Data"]
    }

    field_selector {
      field  = "resources.type"
      equals = ["AWS::S3::Object"]
    }

    field_selector {
      field       = "resources.ARN"
      starts_with = ["${local.bucket_arn}/ledger/", "${local.bucket_arn}/bottles_hash.json"]
    }
  }

  depends_on = [aws_s3_bucket_policy.logs]
}
