output "bucket_name" {
  description = "The bucket of the mirror."
  value       = aws_s3_bucket.this.bucket
}

output "bucket_arn" {
  description = "Its ARN."
  value       = aws_s3_bucket.this.arn
}

output "kms_key_arn" {
  description = "The key that its objects are encrypted with; null: S3's own."
  value       = var.kms_key_arn
}

output "access_log_bucket_name" {
  description = "The bucket for logs of S3 and CloudTrail; null: there is none."
  value       = one(aws_s3_bucket.logs[*].bucket)
}

output "distribution_domain" {
  description = "Where clients read, with client_access = \"cloudfront\"; null else."
  value       = one(aws_cloudfront_distribution.readers[*].domain_name)
}

output "trail_arn" {
  description = "The trail that records what is done to the ledger; null: there is none."
  value       = one(aws_cloudtrail.ledger[*].arn)
}

output "replication_role_arn" {
  description = "The role that the far bucket's policy has to let in; null: nothing is copied."
  value       = one(aws_iam_role.replication[*].arn)
}

output "external_hash_file_key" {
  description = "The key under which external_hash_file_path was put; null: nothing was."
  value       = one(aws_s3_object.external_hash_file[*].key)
}

output "retention_days" {
  description = "The grace of superseded bottles, for `bottles gc`."
  value       = var.lifecycle_expiration_days
}
