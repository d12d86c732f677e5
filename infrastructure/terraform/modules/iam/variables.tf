variable "project_name" {
  description = "What the name of everything that is deployed begins with. Functions, queues, topic, cluster and state machine are known by it."
  type        = string
  default     = "homebrew-sync"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9-]{0,39}$", var.project_name))
    error_message = "project_name: up to 40 letters, digits and -, a letter first."
  }
}

variable "s3_bucket_arn" {
  description = "The bucket of the mirror."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9.-]+$", var.s3_bucket_arn))
    error_message = "s3_bucket_arn: the ARN of a bucket."
  }
}

variable "kms_key_arn" {
  description = "The key of your own that the bucket's objects are encrypted with; null: S3's."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn: the ARN of a key, no alias."
  }
}

variable "enable_notifications" {
  description = "Whether people are told of runs: over the webhook, the topic, or both."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = !var.enable_notifications || var.slack_webhook_secret_arn != null || var.enable_sns_notifications
    error_message = "enable_notifications: there is neither a webhook nor a topic; set it to false."
  }
}

variable "slack_webhook_secret_arn" {
  description = "The secret that holds the webhook; null: nobody tells Slack."
  type        = string
  default     = null

  validation {
    condition     = var.slack_webhook_secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:", var.slack_webhook_secret_arn))
    error_message = "slack_webhook_secret_arn: the ARN of a secret."
  }
}

variable "registry_token_secret_arn" {
  description = "The secret that holds the token of a private registry; null: there is none."
  type        = string
  default     = null

  validation {
    condition     = var.registry_token_secret_arn == null || can(regex("^arn:aws[a-z-]*:secretsmanager:", var.registry_token_secret_arn))
    error_message = "registry_token_secret_arn: the ARN of a secret."
  }
}

variable "secret_kms_key_arn" {
  description = "The key of your own that the secrets are encrypted with; null: the AWS managed one."
  type        = string
  default     = null

  validation {
    condition     = var.secret_kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.secret_kms_key_arn))
    error_message = "secret_kms_key_arn: the ARN of a key, no alias."
  }
}

variable "enable_sns_notifications" {
  description = "Whether the topic, PROJECT-alerts, is told of runs."
  type        = bool
  default     = true
  nullable    = false
}

variable "topic_kms_key_arn" {
  description = "The key of your own that the topic is encrypted with; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.topic_kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/", var.topic_kms_key_arn))
    error_message = "topic_kms_key_arn: the ARN of a key, no alias."
  }
}

variable "external_hash_file_s3_key" {
  description = "The object that is the external hash file; null: it is not in S3."
  type        = string
  default     = null

  validation {
    # A wildcard in it would be one in the policy.
    condition     = var.external_hash_file_s3_key == null || can(regex("^[^*?]+$", var.external_hash_file_s3_key))
    error_message = "external_hash_file_s3_key: a key without * and ?."
  }
}

variable "external_hash_file_s3_bucket" {
  description = "The bucket that object lies in; null: the mirror's own."
  type        = string
  default     = null

  validation {
    condition     = var.external_hash_file_s3_bucket == null || can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.external_hash_file_s3_bucket))
    error_message = "external_hash_file_s3_bucket: the name of a bucket."
  }
}

variable "repository_arn" {
  description = "The repository of Amazon ECR that tasks' images come from; null: the one called PROJECT."
  type        = string
  default     = null

  validation {
    condition     = var.repository_arn == null || can(regex("^arn:aws[a-z-]*:ecr:[a-z0-9-]+:[0-9]{12}:repository/[^*?]+$", var.repository_arn))
    error_message = "repository_arn: the ARN of a repository."
  }
}

variable "enable_xray_tracing" {
  description = "Whether functions and state machine may send traces."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_dead_letter_queues" {
  description = "Whether events that a function failed at are put into a queue."
  type        = bool
  default     = true
  nullable    = false
}

variable "lambda_in_vpc" {
  description = "Whether the functions are in a network, for which Lambda makes interfaces by their roles."
  type        = bool
  default     = false
  nullable    = false
}

variable "ledger_repair_principal_arns" {
  description = "Who may put on the role that repairs the ledger. Empty: nobody, which is right until it is needed."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for each in var.ledger_repair_principal_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?]+$", each))])
    error_message = "ledger_repair_principal_arns: ARNs of roles and users, none with * or ?, none of a whole account."
  }
}

variable "permissions_boundary_arn" {
  description = "A policy that bounds what any of these roles may do; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn: the ARN of a policy."
  }
}

variable "tags" {
  description = "Tags of everything in this module, beside the provider's."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "trust_each_function_alone" {
  description = "Whether the role of a function trusts Lambda for that function alone; false: for any function of the account. For where Lambda says that it cannot assume the role."
  type        = bool
  default     = true
  nullable    = false
}
