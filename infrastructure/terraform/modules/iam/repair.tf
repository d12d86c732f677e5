# The role behind glass: it alone may overwrite and remove what is in the ledger. The
# bucket's policy knows it by its name; docs/operations.md says when to put it on.
resource "aws_iam_role" "ledger_repair" {
  name                 = "${var.project_name}-ledger-repair-role"
  description          = "Repairs the ledger: for people, for as long as it takes"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    # A role has to say something of somebody: without names, that it is nobody's.
    Statement = [{
      Effect    = length(var.ledger_repair_principal_arns) > 0 ? "Allow" : "Deny"
      Principal = { AWS = length(var.ledger_repair_principal_arns) > 0 ? var.ledger_repair_principal_arns : ["*"] }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "ledger_repair" {
  name = "S3Access"
  role = aws_iam_role.ledger_repair.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for sid, each in {
      Look    = { when = true, statement = { Action = ["s3:ListBucket", "s3:ListBucketVersions"], Resource = local.bucket } }
      Read    = { when = true, statement = { Action = ["s3:GetObject", "s3:GetObjectVersion"], Resource = concat(local.ledger, [local.hash_file, local.bottles]) } }
      Restore = { when = true, statement = { Action = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"], Resource = local.ledger } }
      Publish = { when = true, statement = { Action = "s3:PutObject", Resource = local.hash_file } }
      Key     = local.bucket_key
    } : merge({ Sid = sid, Effect = "Allow" }, each.statement) if each.when]
  })
}
