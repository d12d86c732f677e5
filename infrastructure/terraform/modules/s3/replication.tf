locals {
  replica_count = var.replica_bucket_arn == null ? 0 : 1
}

resource "aws_iam_role" "replication" {
  count = local.replica_count

  name                 = "${var.project_name}-replication-role"
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnEquals    = { "aws:SourceArn" = local.bucket_arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "replication" {
  count = local.replica_count

  name = "Replication"
  role = aws_iam_role.replication[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Bucket"
        Effect   = "Allow"
        Action   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
        Resource = local.bucket_arn
      },
      {
        Sid      = "Read"
        Effect   = "Allow"
        Action   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
        Resource = "${local.bucket_arn}/*"
      },
      {
        Sid      = "Write"
        Effect   = "Allow"
        Action   = concat(["s3:ReplicateObject", "s3:ReplicateTags"], var.replica_account_id == null ? [] : ["s3:ObjectOwnerOverrideToBucketOwner"])
        Resource = "${var.replica_bucket_arn}/*"
      },
    ]
  })
}

resource "aws_s3_bucket_replication_configuration" "this" {
  count = local.replica_count

  bucket = aws_s3_bucket.this.id
  role   = aws_iam_role.replication[0].arn

  rule {
    id     = "everything"
    status = "Enabled"

    filter {}

    # What is deleted here stays there: that is what a copy is for.
    delete_marker_replication {
      status = "Disabled"
    }

    destination {
      bucket  = var.replica_bucket_arn
      account = var.replica_account_id

      dynamic "access_control_translation" {
        for_each = var.replica_account_id[*]

        content {
          owner = "Destination"
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this, aws_iam_role_policy.replication]
}
