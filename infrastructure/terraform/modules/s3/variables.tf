variable "project_name" {
  description = "What the name of everything that is deployed begins with."
  type        = string
  default     = "homebrew-sync"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,39}$", var.project_name))
    error_message = "project_name: up to 40 letters, digits and -, a letter first."
  }
}

variable "bucket_name" {
  description = "The bucket of the mirror; its logs go to a second one, NAME-logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,56}[a-z0-9]$", var.bucket_name))
    error_message = "bucket_name: 3 to 58 small letters, digits and -. A name with dots has no certificate, one that is longer leaves no room for -logs."
  }
}

variable "force_destroy" {
  description = "Whether the bucket may be destroyed with everything in it, the ledger included."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_versioning" {
  description = "Must be true: earlier versions are what damage to the ledger is repaired from."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.enable_versioning
    error_message = "enable_versioning: must be true. The ledger is repaired from earlier versions, and an evicted bottle is brought back from one."
  }
}

variable "lifecycle_expiration_days" {
  description = "Days that a superseded bottle is kept for, 0 for ever. An age for `bottles gc`, which evicts by the ledger: no rule of the bucket removes a current object."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.lifecycle_expiration_days >= 0 && floor(var.lifecycle_expiration_days) == var.lifecycle_expiration_days
    error_message = "lifecycle_expiration_days: 0, or a whole number of days."
  }
}

variable "noncurrent_version_expiration_days" {
  description = "Days in which a deletion or an overwriting can be undone. The ledger's versions are kept for ever."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.noncurrent_version_expiration_days >= 1 && floor(var.noncurrent_version_expiration_days) == var.noncurrent_version_expiration_days
    error_message = "noncurrent_version_expiration_days: 1 or more."
  }
}

variable "incomplete_upload_days" {
  description = "Days after which an upload in parts that nobody ended is removed. The mirror makes none; people do."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.incomplete_upload_days >= 1 && floor(var.incomplete_upload_days) == var.incomplete_upload_days
    error_message = "incomplete_upload_days: 1 or more."
  }
}

variable "storage_class_transitions" {
  description = "Cheaper storage for bottles after some days, as [{days = 30, storage_class = \"STANDARD_IA\"}]. Each move costs a request a bottle."
  type = list(object({
    days          = number
    storage_class = string
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for each in var.storage_class_transitions : contains(["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"], each.storage_class)])
    error_message = "storage_class_transitions: STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING or GLACIER_IR; from the others nothing can be read at once."
  }

  validation {
    condition     = alltrue([for each in var.storage_class_transitions : each.days >= (endswith(each.storage_class, "_IA") ? 30 : 0)])
    error_message = "storage_class_transitions: to STANDARD_IA and ONEZONE_IA S3 moves after 30 days and more."
  }
}

variable "kms_key_arn" {
  description = "A key of your own for the bucket; null: S3's (SSE-S3). Objects under a key cannot be read without signing."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a key, no alias."
  }

  validation {
    condition     = var.kms_key_arn == null || var.client_access == "none"
    error_message = "kms_key_arn: who reads without signing cannot use a key; leave it out, or set client_access to none."
  }
}

variable "deny_insecure_transport" {
  description = "Whether requests without TLS are refused. false is for emulators without TLS."
  type        = bool
  default     = true
  nullable    = false
}

variable "deny_unconditional_commits" {
  description = "Whether a commit of the ledger can be created only, and never replaced. false is for emulators that do not know the condition s3:if-none-match, and would refuse every commit."
  type        = bool
  default     = true
  nullable    = false
}

variable "object_lock" {
  description = "Keeps versions from being removed for some days, as {mode = \"GOVERNANCE\", days = 30}; null: none. For the whole bucket, for S3 knows no lock of a prefix, and only a new bucket can have it."
  type = object({
    mode = string
    days = number
  })
  default = null

  validation {
    condition     = var.object_lock == null || try(contains(["GOVERNANCE", "COMPLIANCE"], var.object_lock.mode) && var.object_lock.days >= 1, false)
    error_message = "object_lock: GOVERNANCE or COMPLIANCE, for 1 day or more."
  }
}

variable "enable_access_logging" {
  description = "Whether S3 writes a line for each request into the bucket for logs."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_cloudtrail" {
  description = "Whether CloudTrail records who did what to the ledger and the hash file, in the bucket for logs. $0.10 for 100,000 requests."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_expiration_days" {
  description = "Days that the logs of either kind are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.log_expiration_days >= 1 && floor(var.log_expiration_days) == var.log_expiration_days
    error_message = "log_expiration_days: 1 or more."
  }
}

variable "replica_bucket_arn" {
  description = "A bucket with versioning, in another region, that gets a copy of everything; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.replica_bucket_arn == null || can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9.-]+$", var.replica_bucket_arn))
    error_message = "replica_bucket_arn: the ARN of a bucket."
  }

  validation {
    condition     = var.replica_bucket_arn == null || var.kms_key_arn == null
    error_message = "replica_bucket_arn: copies of objects under a key of your own are not provided for; leave kms_key_arn out."
  }
}

variable "replica_account_id" {
  description = "The account of the bucket for copies, which then owns them; null: this one."
  type        = string
  default     = null

  validation {
    condition     = var.replica_account_id == null || can(regex("^[0-9]{12}$", var.replica_account_id))
    error_message = "replica_account_id: twelve digits."
  }
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds what the role that copies may do; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn: the ARN of a policy."
  }
}

variable "enable_transfer_acceleration" {
  description = "Whether clients far away may take the way over AWS's edge, for $0.04 a GB and more."
  type        = bool
  default     = false
  nullable    = false
}

variable "external_hash_file_path" {
  description = "A hash file on this machine that is put into the bucket, for the first run to import; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.external_hash_file_path == null || can(filesha256(var.external_hash_file_path))
    error_message = "external_hash_file_path: there is no such file."
  }
}

variable "tags" {
  description = "Tags of everything in this module, beside the provider's."
  type        = map(string)
  default     = {}
  nullable    = false
}
