locals {
  # Filters cannot leave anything out. So each prefix but the ledger's has a rule, and
  # there is none for the whole bucket: the ledger keeps every version for ever.
  prefixes = {
    bottles            = "20" # the first half of the year of the day they lie under
    hash-file          = "bottles_hash.json"
    external-hash-file = "external/"
    registry-view      = "v2/"
    flat-view          = "flat/"
    api                = "api/"
    generations        = "generations/"
    status             = "status/"
    probes             = "probe-"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  # checkov:skip=CKV_AWS_300: every rule below has one; and one for all would reach the ledger
  bucket = aws_s3_bucket.this.id

  dynamic "rule" {
    for_each = local.prefixes

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = rule.value
      }

      noncurrent_version_expiration {
        noncurrent_days = var.noncurrent_version_expiration_days
      }

      abort_incomplete_multipart_upload {
        days_after_initiation = var.incomplete_upload_days
      }

      # Not an age: it takes away the mark of a deletion once no version is left below it.
      expiration {
        expired_object_delete_marker = true
      }

      dynamic "transition" {
        for_each = rule.key == "bottles" ? var.storage_class_transitions : []

        content {
          days          = transition.value.days
          storage_class = transition.value.storage_class
        }
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}
