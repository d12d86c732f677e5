data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  aws     = data.aws_partition.current.partition
  # Known before the bucket is there, so that a plan shows the policies.
  bucket_arn = "arn:${local.aws}:s3:::${var.bucket_name}"
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_144: a copy in another region is a variable: replica_bucket_arn
  # checkov:skip=CKV_AWS_145: S3's own key by default: who reads without signing cannot use another; a key is a variable
  # checkov:skip=CKV_AWS_18: access logging is a variable; who touches the ledger is recorded by CloudTrail
  # checkov:skip=CKV2_AWS_62: nothing waits for its objects: the ledger says what came
  bucket              = var.bucket_name
  force_destroy       = var.force_destroy
  object_lock_enabled = var.object_lock != null
  tags                = var.tags
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

# What readers are given (policy.tf) is bound to addresses or endpoints: to S3 that is not public.
resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = var.object_lock == null ? 0 : 1

  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = var.object_lock.mode
      days = var.object_lock.days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_accelerate_configuration" "this" {
  count = var.enable_transfer_acceleration ? 1 : 0

  bucket = aws_s3_bucket.this.id
  status = "Enabled"
}

resource "aws_s3_object" "external_hash_file" {
  count = var.external_hash_file_path == null ? 0 : 1

  bucket       = aws_s3_bucket.this.id
  key          = "external/bottles_hash.json"
  source       = var.external_hash_file_path
  source_hash  = filesha256(var.external_hash_file_path)
  content_type = "application/json"

  depends_on = [aws_s3_bucket_versioning.this, aws_s3_bucket_server_side_encryption_configuration.this]
}
